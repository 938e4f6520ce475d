use super::*;
use crate::db::wallet::handshake::tests::{Authority, pem};
use crate::model::Category;

const PASSWORD: &str = "Wallet-Test-1";

#[test]
fn wallets_that_are_opened_or_not() {
    fn check(pem: &str, password: Option<&str>, wanted: Result<(bool, usize), (Category, &str)>) {
        let password = password.map(|password| Secret::new(password.to_owned()));
        match (Keys::open(pem.as_bytes(), None, password.as_ref()), wanted) {
            (Ok(keys), Ok(wanted)) => {
                assert_eq!((keys.identity().is_some(), keys.authorities().len()), wanted, "{pem}");
            }
            (Err(error), Err((category, wanted))) => {
                assert!(error.message.contains(wanted) && error.advice.is_some(), "{error}");
                assert_eq!(error.category, category, "{error}");
            }
            (found, wanted) => panic!("{found:?} instead of {wanted:?}"),
        }
    }
    let authority = Authority::new("ours");
    let good = pem(&authority, 2100);
    check(&good, Some(PASSWORD), Ok((true, 1)));
    check(&good, Some("other"), Err((Category::Denied, "password does not open")));
    check(&good, None, Err((Category::Invalid, "no password of the wallet is configured")));
    check(&pem(&authority, 1999), Some(PASSWORD), Err((Category::Invalid, "expired at 1999-01-01")));
    let certificates = &good[good.find("-----BEGIN CERTIFICATE").unwrap()..];
    check(certificates, None, Ok((false, 2)));
    check("-----BEGIN CERTIFICATE-----\n", None, Err((Category::Invalid, "does not end")));
}
