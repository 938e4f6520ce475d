//! What is kept of a password for those who prove it without sending it.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, pbkdf2, rand};

use super::catalogue::User;
use super::database::{Database, verifier};
use super::ddl::check_password;
use super::error::{Outcome, fail};
use super::values::value::{from_hexadecimal, hexadecimal};

/// Rounds behind a verifier.
pub const VERIFIER_ROUNDS: u32 = 4096;
/// Stands behind the salt.
const LABEL: &[u8] = b"AUTH_PBKDF2_SPEEDY_KEY";

/// The verifier of version 12c: from it a password can be proved, and not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    /// The salt.
    pub salt: [u8; 16],
    /// The digest of the derived key and the salt. Its first half is the key of the exchange.
    pub hash: [u8; 64],
}

impl Verifier {
    /// The verifier of a password under a salt.
    pub fn with_salt(password: &str, salt: [u8; 16]) -> Self {
        let rounds = NonZeroU32::new(VERIFIER_ROUNDS).unwrap_or(NonZeroU32::MIN);
        let mut key = [0; 64];
        let label = [&salt, LABEL].concat();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, &label, password.as_bytes(), &mut key);
        let digest = digest::digest(&digest::SHA512, &[key.as_slice(), &salt].concat());
        let mut hash = [0; 64];
        hash.copy_from_slice(digest.as_ref());
        Self { salt, hash }
    }

    /// A new one for a password, as it is stored.
    pub(super) fn stored(password: &str) -> String {
        let mut salt = [0; 16];
        rand::fill(&mut salt).expect("the operating system gives random bytes");
        let Self { salt, hash } = Self::with_salt(password, salt);
        format!("{}{}", hexadecimal(&salt), hexadecimal(&hash))
    }

    fn read(stored: &str) -> Option<Self> {
        let bytes = from_hexadecimal(stored)?;
        Some(Self { salt: bytes.get(..16)?.try_into().ok()?, hash: bytes.get(16..)?.try_into().ok()? })
    }
}

impl Database {
    /// Sets ADMIN's password and unlocks it.
    pub fn set_admin_password(&self, password: &str) -> Outcome<()> {
        self.set_password("ADMIN", password)
    }

    /// Sets a user's password and unlocks the account.
    pub fn set_password(&self, user: &str, password: &str) -> Outcome<()> {
        self.change(|catalogue, store| {
            let Some(found) = catalogue.schema(user).cloned() else { return fail(1918, &[user]) };
            store.put_document(&format!("l/{user}"), None)?;
            catalogue.put_user(
                store,
                User { locked: None, expired: false, ..(*found).clone() }.with_password(password),
            )
        })
    }

    /// The verifier of a user, whose name is as the dictionary has it; none without a password.
    ///
    /// # Errors
    /// When the dictionary cannot be read.
    pub fn password_verifier(&self, user: &str) -> Outcome<Option<Verifier>> {
        let catalogue = self.present()?;
        Ok(catalogue.schema(user).and_then(|user| Verifier::read(user.exchange.as_deref()?)))
    }

    /// Gives a user another password, as its owner does who knows the present one. It may have expired.
    ///
    /// # Errors
    /// ORA-01017 for a wrong user or password, ORA-28000 for a locked account, ORA-28003 for a password against the rules.
    pub fn change_password(&self, user: &str, old: &str, new: &str) -> Outcome<()> {
        let catalogue = self.present()?;
        let Some(found) = catalogue.schema(user).cloned() else { return fail(1017, &[]) };
        if found.locked.is_some() {
            return fail(28000, &[]);
        }
        if found.verifier.as_deref() != Some(verifier(user, old).as_str()) {
            return fail(1017, &[]);
        }
        check_password(user, new)?;
        self.change(|catalogue, store| {
            let renewed = User { expired: false, expires: None, ..(*found).clone() };
            catalogue.put_user(store, renewed.with_password(new))
        })
    }
}

impl User {
    /// The same user with another password.
    pub(super) fn with_password(self, password: &str) -> Self {
        let digest = verifier(&self.name, password);
        Self { verifier: Some(digest), exchange: Some(Verifier::stored(password)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_read_as_it_was_stored() {
        let stored = Verifier::stored("Some-Password-1");
        let read = Verifier::read(&stored).unwrap();
        assert_eq!(read, Verifier::with_salt("Some-Password-1", read.salt));
        assert_ne!(read, Verifier::with_salt("Some-Password-2", read.salt));
        for wrong in ["", "00", "zz", &stored[2..]] {
            assert_eq!(Verifier::read(wrong), None, "{wrong}");
        }
    }
}
