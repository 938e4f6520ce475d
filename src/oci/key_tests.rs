use super::*;

const FINGERPRINT: &str = "be:8c:c9:ee:f7:96:f8:fa:e7:3a:ac:75:ca:c0:f2:30";

fn read(pem: &str, passphrase: Option<&str>) -> Result<PrivateKey, OciError> {
    let secret = passphrase.map(|p| Secret::new(p.to_owned()));
    PrivateKey::from_pem(pem, secret.as_ref(), "the key")
}

#[test]
fn every_form_of_the_same_key() {
    fn check(pem: &str, passphrase: Option<&str>) {
        let key = read(pem, passphrase).unwrap();
        assert_eq!(key.fingerprint(), FINGERPRINT);
    }
    check(include_str!("testdata/pkcs1.pem"), None);
    check(include_str!("testdata/pkcs8.pem"), None);
    // A passphrase for a key that needs none is ignored.
    check(include_str!("testdata/pkcs8.pem"), Some("knock"));
    check(include_str!("testdata/pkcs8-enc.pem"), Some("knock"));
    check(include_str!("testdata/pkcs8-des3.pem"), Some("knock"));
    check(include_str!("testdata/legacy-aes128.pem"), Some("knock"));
    check(include_str!("testdata/legacy-aes192.pem"), Some("knock"));
    check(include_str!("testdata/legacy-aes256.pem"), Some("knock"));
    check(include_str!("testdata/legacy-des3.pem"), Some("knock"));
    let windows = include_str!("testdata/pkcs1.pem").replace('\n', "\r\n");
    check(&format!("some note\n{windows}OCI_API_KEY\n"), None);
}

#[test]
fn refusals_are_told_apart() {
    fn check(pem: &str, passphrase: Option<&str>, wanted: &str) {
        let error = read(pem, passphrase).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error} (wanted {wanted})");
        assert!(error.advice.is_some(), "{error}");
    }
    check(include_str!("testdata/pkcs8-enc.pem"), None, "no passphrase");
    check(include_str!("testdata/pkcs8-enc.pem"), Some("knick"), "is wrong");
    check(include_str!("testdata/legacy-aes256.pem"), None, "no passphrase");
    for wrong in ["knick", "knack", "knuck", "a", "b", "c"] {
        check(include_str!("testdata/legacy-aes256.pem"), Some(wrong), "is wrong");
        check(include_str!("testdata/legacy-des3.pem"), Some(wrong), "is wrong");
    }
    check(include_str!("testdata/openssh.pem"), None, "OpenSSH");
    check(include_str!("testdata/public.pem"), None, "public key");
    check(include_str!("testdata/ec.pem"), None, "no RSA key");
    check(include_str!("testdata/small.pem"), None, "fewer than 2048 bits");
    check(include_str!("testdata/pkcs8-des3.pem"), None, "no passphrase");
    check(include_str!("testdata/pkcs8-des3.pem"), Some("knick"), "is wrong");
    // Weak ways to make a key of a passphrase, and ways older than PBES2: it is said how to get out of them.
    for old in [
        include_str!("testdata/pkcs8-sha1.pem"),
        include_str!("testdata/pkcs8-des3-sha1.pem"),
        include_str!("testdata/pkcs8-pbes1.pem"),
        include_str!("testdata/pkcs8-md5des.pem"),
    ] {
        check(old, Some("knock"), "the encryption of the key is not supported");
        let advice = read(old, Some("knock")).unwrap_err().advice.clone().unwrap();
        assert!(advice.contains("openssl pkcs8 -topk8 -v2 aes-256-cbc"), "{advice}");
    }
    check("hello", None, "no PEM key");
    check("-----BEGIN PRIVATE KEY-----\nAAAA\n", None, "no PEM key");
    check("-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n", None, "damaged");
    check("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None, "damaged");
    check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None, "CERTIFICATE");
}

#[test]
fn fingerprints_are_compared() {
    let key = read(include_str!("testdata/pkcs1.pem"), None).unwrap();
    key.check_fingerprint(&FINGERPRINT.to_uppercase(), "the key").unwrap();
    let error = key.check_fingerprint("00:11", "the key").unwrap_err();
    assert!(error.to_string().contains(FINGERPRINT) && error.to_string().contains("00:11"), "{error}");
}

#[test]
fn files_open_to_everybody_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("key.pem");
    fs_err::write(&path, include_str!("testdata/pkcs1.pem")).unwrap();
    let set = |mode| fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o644);
    let error = PrivateKey::from_file(&path, None).unwrap_err();
    assert!(error.advice.clone().unwrap().contains("chmod 600"), "{error}");
    set(0o600);
    PrivateKey::from_file(&path, None).unwrap();
    let missing = PrivateKey::from_file(&path.with_file_name("other.pem"), None).unwrap_err();
    assert!(missing.to_string().contains("other.pem"), "{missing}");
}
