//! Passwords that adbctl makes up.

use crate::model::Secret;

/// Without letters and digits that look alike.
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const DIGITS: &[u8] = b"23456789";
/// Marks that need no quoting in SQL, shells, URLs and connect strings.
const MARKS: &[u8] = b"_-";

/// Length of a database password; the service takes 12 to 30.
const ADMIN_LENGTH: usize = 20;
/// Length of a wallet password; the service takes 8 and more.
const WALLET_LENGTH: usize = 16;

/// A new password for ADMIN or another database user: 20 characters with upper case, lower case, digits and marks, a
/// letter first, and without the text `admin`.
pub fn admin_password() -> Secret {
    password(ADMIN_LENGTH)
}

/// A new password for a wallet: 16 characters with letters and digits.
pub fn wallet_password() -> Secret {
    password(WALLET_LENGTH)
}

fn password(length: usize) -> Secret {
    let all: Vec<u8> = [UPPER, LOWER, DIGITS, MARKS].concat();
    loop {
        let text: Vec<u8> = (0..length).map(|_| all[below(all.len())]).collect();
        if is_good(&text) {
            return Secret::new(String::from_utf8_lossy(&text).into_owned());
        }
    }
}

fn is_good(text: &[u8]) -> bool {
    let count = |set: &[u8]| text.iter().filter(|c| set.contains(c)).count();
    let admin = String::from_utf8_lossy(text).to_ascii_lowercase().contains("admin");
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.last().is_some_and(u8::is_ascii_alphanumeric)
        && count(UPPER) >= 2
        && count(LOWER) >= 2
        && count(DIGITS) >= 2
        && count(MARKS) >= 1
        && !admin
}

/// A random number below `end`, which is at most 256, all equally likely.
fn below(end: usize) -> usize {
    let fair = 256 - 256 % end;
    loop {
        let mut byte = [0_u8; 1];
        aws_lc_rs::rand::fill(&mut byte).expect("the operating system gives random bytes");
        if usize::from(byte[0]) < fair {
            return usize::from(byte[0]) % end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_service() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            for (secret, length) in [(admin_password(), 20), (wallet_password(), 16)] {
                let text = secret.reveal();
                assert_eq!(text.len(), length);
                assert!(text.chars().any(|c| c.is_ascii_uppercase()), "{text}");
                assert!(text.chars().any(|c| c.is_ascii_lowercase()), "{text}");
                assert!(text.chars().any(|c| c.is_ascii_digit()), "{text}");
                assert!(!text.chars().any(|c| "\"'&@/\\ $`0O1lI".contains(c)), "{text}");
                assert!(!text.to_lowercase().contains("admin"), "{text}");
                assert!(seen.insert(text.to_owned()), "the same password twice");
            }
        }
    }

    #[test]
    fn what_is_not_good() {
        fn check(text: &str, wanted: bool) {
            assert_eq!(is_good(text.as_bytes()), wanted, "{text}");
        }
        check("Abcdef23_Ghjkmn", true);
        check("Abcdef23Ghjkmn", false);
        check("2bcdefA3_Ghjkmn", false);
        check("AbcdAdMin23_Ghjk", false);
        check("abcdef23_ghjkmn", false);
        check("Abcdef23Ghjkmn_", false);
    }
}
