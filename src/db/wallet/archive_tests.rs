use super::*;

/// An entry of a zip as an attacker would write it: nothing is checked.
#[derive(Clone)]
pub(crate) struct Raw {
    name: Vec<u8>,
    content: Vec<u8>,
    mode: u32,
    flags: u16,
}

fn raw(name: &str, content: &[u8]) -> Raw {
    Raw { name: name.as_bytes().to_vec(), content: content.to_vec(), mode: 0o100_644, flags: 0 }
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A zip of these entries, stored.
fn zip_of(entries: &[Raw]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = u32::try_from(body.len()).unwrap();
        let size = u32::try_from(entry.content.len()).unwrap().to_le_bytes();
        let length = u16::try_from(entry.name.len()).unwrap().to_le_bytes();
        let mut common = vec![20, 0];
        common.extend(entry.flags.to_le_bytes());
        common.extend([0; 6]);
        common.extend(crc(&entry.content).to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(length);
        body.extend(b"PK\x03\x04");
        body.extend(&common);
        body.extend([0; 2]);
        body.extend(&entry.name);
        body.extend(&entry.content);
        directory.extend(b"PK\x01\x02");
        directory.extend([20, 3]);
        directory.extend(&common);
        directory.extend([0; 8]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let (start, length) = (u32::try_from(body.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    body.extend(directory);
    body.extend(b"PK\x05\x06");
    body.extend([0; 4]);
    body.extend(count);
    body.extend(count);
    body.extend(length.to_le_bytes());
    body.extend(start.to_le_bytes());
    body.extend([0; 2]);
    body
}

/// All nine files, each with its own name as content.
fn whole() -> Vec<Raw> {
    NAMES.iter().map(|name| raw(name, name.as_bytes())).collect()
}

fn with(more: &[Raw]) -> Vec<u8> {
    zip_of(&[whole(), more.to_vec()].concat())
}

#[test]
fn a_whole_wallet_is_read_and_strangers_are_left_out() {
    let wallet = Wallet::from_zip(&with(&[raw("notes.txt", b"x")])).unwrap();
    assert_eq!(wallet.ignored, ["notes.txt"]);
    for name in NAMES {
        assert_eq!(wallet.file(name), name.as_bytes());
    }
    let again = Wallet::from_zip(&wallet.to_zip().unwrap()).unwrap();
    assert_eq!((again.files, again.ignored), (wallet.files, Vec::new()));
}

#[test]
fn hostile_zips_are_refused() {
    fn check(zip: &[u8], wanted: &str) {
        let error = Wallet::from_zip(zip).map(|w| w.ignored).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}\nwanted: {wanted}");
        let error = ActionError::from(error);
        assert!(error.advice.is_some());
    }
    fn name(name: &str, wanted: &str) {
        check(&with(&[raw(name, b"x")]), wanted);
        let mut entries = whole();
        entries.insert(0, raw(name, b"x"));
        check(&zip_of(&entries), wanted);
    }
    name("../tnsnames.ora", "leads out of the wallet's directory");
    name("..", "leads out of the wallet's directory");
    name("a/../../b", "leads out of the wallet's directory");
    name("..\\evil", "leads out of the wallet's directory");
    name("/etc/passwd", "is an absolute path");
    name("\\\\server\\share", "is an absolute path");
    name("C:evil", "is an absolute path");
    name("a\\b", "has a backslash in its name");
    name("wallet/tnsnames.ora", "lies in a directory of its own");
    name("empty/", "lies in a directory of its own");
    name("new\nline", "has characters that no wallet's file has");
    name("zero\0", "has characters that no wallet's file has");
    name("", "is no name of a file");
    name("TNSNAMES.ORA", "two entries with one name");
    check(&with(&[raw("README", b"again")]), "two entries with one name");
    let of_mode = |mode: u32| {
        let mut entries = whole();
        entries[8] = Raw { mode, ..raw("README", b"/etc/passwd") };
        zip_of(&entries)
    };
    check(&of_mode(0o120_777), "is a link");
    check(&of_mode(0o020_666), "is no plain file");
    check(&of_mode(0o040_755), "is no plain file");
    check(&with(&[Raw { flags: 1, ..raw("secret", b"x") }]), "is encrypted");
    check(&with(&[Raw { name: vec![0xff, 0xfe], ..raw("", b"x") }]), "has characters");
    let many: Vec<Raw> = (0..24).map(|n| raw(&format!("more{n}"), b"x")).collect();
    check(&with(&many), "has 33 entries");
    check(&zip_of(&whole()[..2]), "the wallet lacks cwallet.sso, ewallet.p12, ewallet.pem, keystore.jks");
    check(b"", "no readable zip");
    check(b"<html>no</html>", "no readable zip");
    let good = with(&[]);
    check(&good[..good.len() / 2], "no readable zip");
    check(&vec![0; MOST_BYTES + 1], "more than the");
    let mut damaged = good.clone();
    let at = damaged.windows(12).position(|w| w == b"ewallet.pemX" || w == b"ewallet.peme").unwrap();
    damaged[at + 11] = b'X';
    check(&damaged, "cannot be read");
}

#[test]
fn bombs_are_refused_whatever_their_headers_say() {
    let bomb = |content: &[u8], times: usize| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for name in NAMES.into_iter().chain(["one", "two", "three"]).take(9 + times) {
            writer.start_file(name, options).unwrap();
            writer.write_all(if name == "README" { content } else { b"x" }).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let refused = |zip: &[u8]| Wallet::from_zip(zip).map(|w| w.ignored).unwrap_err().to_string();
    let zeros = vec![0; 8 * MOST_BYTES];
    assert!(refused(&bomb(&zeros, 0)).contains("\"README\" of the wallet's zip unpacks to far more"));
    assert!(refused(&bomb(&zeros[..MOST_BYTES / 2], 1)).contains("unpacks to far more"), "by its ratio");
    // A directory that tells of ten bytes does not make the reading go on for ever.
    let mut lying = bomb(&zeros, 0);
    let entry = lying.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    lying[entry + 24..entry + 28].copy_from_slice(&10_u32.to_le_bytes());
    let said = refused(&lying);
    assert!(said.contains("unpacks to far more") || said.contains("cannot be read"), "{said}");
}

fn mode(path: &Utf8Path) -> u32 {
    fs_err::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn home() -> (tempfile::TempDir, Utf8PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(home.path().to_owned()).unwrap();
    (home, path)
}

#[test]
fn only_the_owner_can_read_it_and_an_older_wallet_is_replaced_whole() {
    let (_home, home) = home();
    let directory = home.join("new/wallet");
    let mut wallet = Wallet::from_zip(&with(&[])).unwrap();
    for round in ["first", "second"] {
        wallet.replace("README", round.into());
        wallet.unpack(&directory).unwrap();
        wallet.write_zip(&home.join("new/wallet.zip")).unwrap();
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&home.join("new/wallet.zip")), 0o600);
        for name in NAMES {
            assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
        }
        assert_eq!(fs_err::read_to_string(directory.join("README")).unwrap(), round);
        let beside: Vec<_> =
            fs_err::read_dir(home.join("new")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(beside.len(), 2, "nothing is left over: {beside:?}");
    }
}

#[test]
fn what_a_crash_left_behind_is_cleared() {
    let (_home, home) = home();
    let directory = home.join("wallet");
    let wallet = Wallet::from_zip(&with(&[])).unwrap();
    // Between the two renames: the old one is set aside, and the new one is not there yet.
    wallet.unpack(&home.join(".wallet.former")).unwrap();
    fs_err::create_dir(home.join(".wallet.new")).unwrap();
    fs_err::write(home.join(".wallet.new/README"), "half").unwrap();
    wallet.unpack(&directory).unwrap();
    // After them: both are there.
    wallet.unpack(&home.join(".wallet.former")).unwrap();
    wallet.unpack(&directory).unwrap();
    let there: Vec<_> = fs_err::read_dir(&home).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(there, ["wallet"]);
}

#[test]
fn nothing_else_is_replaced() {
    let (_home, home) = home();
    let wallet = Wallet::from_zip(&with(&[])).unwrap();
    let check = |name: &str, wanted: &str| {
        let error = wallet.unpack(&home.join(name)).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    };
    fs_err::create_dir(home.join("work")).unwrap();
    fs_err::write(home.join("work/thesis.txt"), "dear").unwrap();
    check("work", "holds \"thesis.txt\", which is no wallet's file");
    fs_err::write(home.join("file"), "dear").unwrap();
    check("file", "is no directory");
    fs_err::os::unix::fs::symlink(home.join("work"), home.join("link")).unwrap();
    check("link", "is a link");
    assert_eq!(fs_err::read_to_string(home.join("work/thesis.txt")).unwrap(), "dear");
    assert!(wallet.write_zip(&home.join("work")).unwrap_err().to_string().contains("is a directory"));
}
