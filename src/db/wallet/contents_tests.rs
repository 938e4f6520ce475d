use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;
use crate::db::wallet::identity::Identity;

const FORMER: &str = "Wallet-Former-1";

/// A wallet with a key that nothing encrypts, or that is under the former password.
fn wallet() -> Contents {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&authority_key).unwrap();
    let mut client = CertificateParams::new(vec!["client.example.com".to_owned()]).unwrap();
    client.distinguished_name.push(DnType::CommonName, "client");
    let key = KeyPair::generate().unwrap();
    let issued = client.signed_by(&key, &Issuer::from_params(&params, &authority_key)).unwrap();
    let plain = format!("# client\n{}{}{}", key.serialize_pem(), authority.pem(), issued.pem());
    let empty = Secret::new(String::new());
    let sealed = sealed_anew(plain.as_bytes(), &empty, &Secret::new(FORMER.into())).unwrap();
    let files = NAMES.into_iter().map(|name| (name, name.as_bytes().to_vec()));
    let mut files: BTreeMap<&'static str, Vec<u8>> = files.collect();
    files.insert("ewallet.pem", sealed);
    Contents { files, ignored: Vec::new() }
}

#[test]
fn another_password_opens_the_same_key() {
    let (former, new) = (Secret::new(FORMER.into()), Secret::new("Wallet-New-22".into()));
    let wallet = wallet();
    let before = Identity::open(wallet.file("ewallet.pem").unwrap(), &former).unwrap();
    let changed = wallet.with_password(&former, &new).unwrap();
    assert_eq!(changed.names(), ["tnsnames.ora", "sqlnet.ora", "cwallet.sso", "ewallet.pem", "README"]);
    let pem = changed.file("ewallet.pem").unwrap();
    assert_eq!(Identity::open(pem, &new).unwrap().fingerprint, before.fingerprint);
    assert!(matches!(Identity::open(pem, &former), Err(IdentityError::Password)));
    let text = std::str::from_utf8(pem).unwrap();
    assert!(
        text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----") && text.contains("# client\n"),
        "{text}"
    );
    assert!(!text.contains("-----BEGIN PRIVATE KEY"), "{text}");
    assert_eq!(wallet.with_password(&new, &former).unwrap_err().message, IdentityError::Password.to_string());
    assert!(wallet.only(&["tnsnames.ora"]).with_password(&former, &new).is_err());
}

#[test]
fn certificates_are_read_without_a_password() {
    let wallet = wallet();
    let pem = wallet.file("ewallet.pem").unwrap();
    let found = certificates(pem).unwrap();
    let opened = Identity::open(pem, &Secret::new(FORMER.into())).unwrap();
    assert_eq!(found.iter().map(|c| c.authority).collect::<Vec<_>>(), [false, true]);
    assert_eq!(found[0].fingerprint, opened.fingerprint);
    assert!(found[0].subject.contains("CN=client"), "{found:?}");
    assert!(certificates(b"-----BEGIN CERTIFICATE-----\nAAAA\n").is_err());
    assert!(certificates(&[0xff]).is_err());
}

#[test]
fn a_part_of_a_wallet_is_packed_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let part = wallet().only(&["tnsnames.ora", "ewallet.pem"]);
    let zip = folder.join("part.zip");
    fs_err::write(&zip, part.to_zip().unwrap()).unwrap();
    assert_eq!(Contents::read(&zip).unwrap().files, part.files);
    let unpacked = folder.join("part");
    fs_err::create_dir(&unpacked).unwrap();
    assert!(Contents::read(&unpacked).unwrap_err().message.contains("holds no file of a wallet"));
    part.write_into(&unpacked).unwrap();
    assert_eq!(Contents::read(&unpacked).unwrap().files, part.files);
    let cut = part.to_zip().unwrap();
    fs_err::write(&zip, &cut[..cut.len() / 2]).unwrap();
    assert!(Contents::read(&zip).unwrap_err().message.contains("part.zip: the wallet"));
}
