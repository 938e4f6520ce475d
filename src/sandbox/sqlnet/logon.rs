//! The exchange that proves a password: the server's half, with the verifier of version 12c.

use std::collections::BTreeMap;

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use aws_lc_rs::pbkdf2;

use super::wire::{Read, Reader, Writer, hexadecimal, unhexadecimal};
use crate::model::Secret;
use crate::sandbox::sql::{VERIFIER_ROUNDS, Verifier};

/// The type of the verifier, as flags of its salt.
const VERIFIER_TYPE: u64 = 0x4815;
/// Rounds that make the session's key.
const SESSION_ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(3).expect("three is not zero");
/// The bytes of a block.
const BLOCK: usize = 16;

const PARAMETER: u8 = 8;

/// A mode: a new password for a session that is there.
pub(super) const CHANGES_PASSWORD: u64 = 0x02;
/// A mode: as SYSDBA.
pub(super) const AS_SYSDBA: u64 = 0x20;

type Encryptor = cbc::Encryptor<aes::Aes256>;
type Decryptor = cbc::Decryptor<aes::Aes256>;

/// What one of the two requests of a logon says.
#[derive(Debug, Default)]
pub(super) struct Ask {
    pub(super) user: String,
    pub(super) mode: u64,
    pub(super) pairs: BTreeMap<String, Vec<u8>>,
}

impl Ask {
    /// A value as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.pairs.get(name).map(|bytes| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
    }
}

/// Reads either request behind its head.
pub(super) fn read(reader: &mut Reader<'_>) -> Read<Ask> {
    let named = reader.u8()? != 0;
    reader.ub()?;
    let mode = reader.ub()?;
    reader.u8()?;
    let count = reader.count()?;
    reader.skip(2)?;
    let user = if named { reader.bytes()?.unwrap_or_default() } else { Vec::new() };
    let mut pairs = BTreeMap::new();
    for _ in 0..count {
        let name = reader.text2()?;
        let value = reader.bytes2()?.unwrap_or_default();
        reader.ub()?;
        pairs.insert(name, value);
    }
    Ok(Ask { user: String::from_utf8_lossy(&user).into_owned(), mode, pairs })
}

/// Writes named values, each with its flags.
pub(super) fn parameters(writer: &mut Writer, pairs: &[(&str, String, u64)]) {
    writer.u8(PARAMETER).count(pairs.len());
    for (name, value, flags) in pairs {
        writer.bytes2(name.as_bytes()).bytes2(value.as_bytes()).ub(*flags);
    }
}

fn encrypt(key: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = clear.to_vec();
    let length = bytes.len();
    Encryptor::new_from_slices(key, &[0; BLOCK])
        .ok()?
        .encrypt_padded::<NoPadding>(&mut bytes, length)
        .ok()?;
    Some(bytes)
}

fn decrypt(key: &[u8], hidden: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = hidden.to_vec();
    Decryptor::new_from_slices(key, &[0; BLOCK]).ok()?.decrypt_padded::<NoPadding>(&mut bytes).ok()?;
    Some(bytes)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// One attempt to log on.
pub(super) struct Attempt {
    verifier: Verifier,
    own_half: [u8; 32],
    salt: [u8; 16],
    key: Option<Vec<u8>>,
}

impl Attempt {
    /// An attempt for a user who has a verifier; for one who has none, against an invented one.
    pub(super) fn new(verifier: Option<Verifier>) -> Self {
        let verifier = verifier.unwrap_or_else(|| Verifier { salt: random(), hash: random() });
        Self { verifier, own_half: random(), salt: random(), key: None }
    }

    /// What the client needs for its half.
    pub(super) fn challenge(&self) -> Vec<(&'static str, String, u64)> {
        let half = encrypt(&self.verifier.hash[..32], &self.own_half).unwrap_or_default();
        vec![
            ("AUTH_SESSKEY", hexadecimal(&half), 0),
            ("AUTH_VFR_DATA", hexadecimal(&self.verifier.salt), VERIFIER_TYPE),
            ("AUTH_PBKDF2_CSK_SALT", hexadecimal(&self.salt), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", VERIFIER_ROUNDS.to_string(), 0),
            ("AUTH_PBKDF2_SDER_COUNT", SESSION_ROUNDS.to_string(), 0),
        ]
    }

    /// The password that the client sent; nothing where no password can be read, as with a wrong one.
    pub(super) fn password(&mut self, ask: &Ask) -> Option<Secret> {
        let other = decrypt(&self.verifier.hash[..32], &unhexadecimal(ask.pairs.get("AUTH_SESSKEY")?)?)?;
        let mixed = hexadecimal(&[other.as_slice(), &self.own_half].concat());
        let mut key = vec![0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, SESSION_ROUNDS, &self.salt, mixed.as_bytes(), &mut key);
        self.key = Some(key);
        self.hidden(ask, "AUTH_PASSWORD")
    }

    /// A password among the values that is hidden by the session's key: random bytes, the password, and padding.
    pub(super) fn hidden(&self, ask: &Ask, name: &str) -> Option<Secret> {
        let clear = decrypt(self.key.as_ref()?, &unhexadecimal(ask.pairs.get(name)?)?)?;
        let padding = usize::from(*clear.last()?);
        if !(1..=BLOCK).contains(&padding) || clear.len() < BLOCK + padding {
            return None;
        }
        Some(Secret::new(String::from_utf8(clear[BLOCK..clear.len() - padding].to_vec()).ok()?))
    }

    /// The proof that the server knows the password too.
    pub(super) fn proof(&self) -> String {
        let clear = [random::<BLOCK>().as_slice(), b"SERVER_TO_CLIENT"].concat();
        let hidden = self.key.as_ref().and_then(|key| encrypt(key, &clear));
        hexadecimal(&hidden.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted<const N: usize>(from: u8) -> [u8; N] {
        std::array::from_fn(|at| from + u8::try_from(at).unwrap())
    }

    /// The exchange that other people's clients were seen to make, with every random byte known.
    #[test]
    fn an_exchange_of_known_bytes() {
        let verifier = Verifier::with_salt("tiger", counted(0));
        assert_eq!(hexadecimal(&verifier.hash[..8]), "14EA3F411C70C9A3");
        let mut attempt = Attempt { verifier, own_half: counted(0), salt: counted(0x10), key: None };
        assert_eq!(
            attempt.challenge()[0].1,
            "FD84F1E4351AA1507974681DDC1ED8C9CE37E7AB2FF7F4FE859422FD201E74DD"
        );
        let mut ask = Ask::default();
        let mut put = |name: &str, value: &str| ask.pairs.insert(name.to_owned(), value.as_bytes().to_vec());
        put("AUTH_SESSKEY", "F530030CCB936AAD2B4A37A7E4B0C9AF67E845B0F0565CB3869CF099F17D50EB");
        put("AUTH_PASSWORD", "9919FA2E26303E7905C04EA4E5C074EBE517BD9DB22C6F426345E1ABBA1C11C0");
        assert_eq!(attempt.password(&ask).unwrap().reveal(), "tiger");
        assert_eq!(
            hexadecimal(attempt.key.as_ref().unwrap()),
            "A8EC69CF81B9CEF0F2C5E1FFF858A3A10ADDEC6D7182C7BD41D463B8A6F65519"
        );
        assert_eq!(attempt.proof().len(), 64);
    }

    #[test]
    fn what_cannot_be_a_password_is_none() {
        fn check(session_key: &str, password: &str) {
            let mut attempt = Attempt::new(None);
            let mut ask = Ask::default();
            ask.pairs.insert("AUTH_SESSKEY".to_owned(), session_key.as_bytes().to_vec());
            ask.pairs.insert("AUTH_PASSWORD".to_owned(), password.as_bytes().to_vec());
            assert!(attempt.password(&ask).is_none(), "{session_key} {password}");
        }
        let whole = "00".repeat(32);
        check("", "");
        check("xyz", &whole);
        check("0011", &whole);
        check(&whole, "00");
        check(&whole, "no digits");
        check(&whole, &"00".repeat(15));
    }
}
