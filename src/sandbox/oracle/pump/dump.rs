//! The dump file: a header that can be read by itself, and what was exported, packed, perhaps encrypted, with a checksum.

use std::io::{Cursor, Read as _, Write as _};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, pbkdf2};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::collect::Entry;
use super::job::Mode;
use crate::sandbox::oracle::catalogue::StoredType;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::values::value::{from_hexadecimal, hexadecimal};
use crate::sandbox::oracle::values::{Number, Type, Value};

const MAGIC: &[u8] = b"SANDBOX DATA PUMP\n";
const CHECKSUM: usize = 32;

/// What the first block of a dump file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) guid: String,
    /// From 1.
    pub(super) number: usize,
    pub(super) count: usize,
    /// The control table is in this file.
    pub(super) master: bool,
    /// Owner and name of the job, quoted.
    pub(super) job: String,
    pub(super) mode: Mode,
    /// The version it was made for.
    pub(super) version: String,
    pub(super) time_zone: i64,
    pub(super) instance: String,
    /// Microseconds since 1970.
    pub(super) created: i64,
    /// The salt of the password; none in the clear.
    pub(super) salt: Option<String>,
    /// `PASSWORD`, `TRANSPARENT` or `DUAL`.
    pub(super) encryption_mode: Option<String>,
    pub(super) metadata_encrypted: bool,
    pub(super) data_encrypted: bool,
    pub(super) metadata_compressed: bool,
    pub(super) data_compressed: bool,
    /// The exporter may have been anybody: what users it holds.
    pub(super) privileged: bool,
}

/// The rows of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TableRows {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<(String, StoredType)>,
    pub(super) rows: Vec<Vec<Json>>,
}

/// The rows of a table as they lie in a file: as text, which takes a tenth of the room until they are wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PackedRows {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) text: String,
}

impl PackedRows {
    /// The rows.
    pub(super) fn unpack(&self) -> Outcome<TableRows> {
        serde_json::from_str(&self.text)
            .map_err(|error| OracleError::new(39006, &[]).below(&error.to_string()))
    }
}

/// What one file holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) entries: Vec<Entry>,
    pub(super) tables: Vec<PackedRows>,
}

/// All files of an export.
#[derive(Debug)]
pub(super) struct DumpSet {
    pub(super) header: Header,
    pub(super) content: Content,
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// No dump file, or not a whole one.
    NotADump,
    /// Encrypted, and no password was given.
    PasswordNeeded,
    /// Encrypted with another password.
    PasswordWrong,
}

/// A value as a dump holds it.
pub(super) fn pack_value(value: &Value) -> Json {
    match value {
        Value::Number(number) => Json::String(number.to_string()),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Date(n) | Value::Timestamp(n) | Value::IntervalDay(n) | Value::IntervalYear(n) => {
            Json::from(*n)
        }
        Value::TimestampTz(micros, offset) => serde_json::json!([micros, offset]),
        Value::Raw(bytes) => Json::String(hexadecimal(bytes)),
        _ => Json::Null,
    }
}

/// The value of a column of a type.
pub(super) fn unpack_value(json: &Json, of: &Type) -> Value {
    match (json, of) {
        (Json::String(text), Type::Number(..) | Type::Integer) => {
            Number::parse(text).map_or(Value::Null, Value::Number)
        }
        (Json::String(text), Type::Raw(_) | Type::Blob) => {
            from_hexadecimal(text).map_or(Value::Null, |bytes| Value::raw(&bytes))
        }
        (Json::String(text), _) => Value::text(text),
        (Json::Number(number), of) => {
            let number = number.as_i64().unwrap_or_default();
            match of {
                Type::Date => Value::Date(number),
                Type::IntervalDay => Value::IntervalDay(number),
                Type::IntervalYear => Value::IntervalYear(number),
                _ => Value::Timestamp(number),
            }
        }
        (Json::Array(pair), _) => {
            let part = |at: usize| pair.get(at).and_then(Json::as_i64).unwrap_or_default();
            Value::TimestampTz(part(0), i32::try_from(part(1)).unwrap_or_default())
        }
        _ => Value::Null,
    }
}

fn key(password: &str, salt: &[u8]) -> LessSafeKey {
    const ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(20_000).expect("not zero");
    let mut bytes = [0_u8; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, password.as_bytes(), &mut bytes);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).expect("the key has the cipher's length"))
}

/// Packs one thing into an archive.
fn squeeze(text: &[u8], compressed: bool) -> Vec<u8> {
    let method = if compressed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("content", options).expect("memory takes what it is given");
    archive.write_all(text).expect("memory takes what it is given");
    archive.finish().expect("memory takes what it is given").into_inner()
}

fn unsqueeze(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut text = Vec::new();
    archive.by_index(0).ok()?.read_to_end(&mut text).ok()?;
    Some(text)
}

/// The bytes of a file.
pub(super) fn write(header: &Header, content: &Content, password: Option<&str>) -> Vec<u8> {
    let text = serde_json::to_vec(content).expect("a dump has text keys only");
    let mut body = squeeze(&text, header.data_compressed || header.metadata_compressed);
    if let (Some(password), Some(salt)) = (password, &header.salt) {
        let salt = from_hexadecimal(salt).unwrap_or_default();
        let mut nonce = [0_u8; NONCE_LEN];
        nonce[NONCE_LEN - 1] = u8::try_from(header.number % 256).unwrap_or(0);
        nonce[NONCE_LEN - 2] = u8::try_from(header.number / 256 % 256).unwrap_or(0);
        key(password, &salt)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(header.guid.as_bytes()),
                &mut body,
            )
            .expect("a dump is not longer than the cipher takes");
    }
    let head = serde_json::to_vec(header).expect("a header has text keys only");
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::try_from(head.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(head);
    bytes.extend(body);
    let sum = digest::digest(&digest::SHA256, &bytes);
    bytes.extend(sum.as_ref());
    bytes
}

fn parts(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
    let header = serde_json::from_slice(rest.get(4..4 + length)?).ok()?;
    Some((header, rest.get(4 + length..)?))
}

/// What the header says; none for what is no dump file.
pub(super) fn read_header(bytes: &[u8]) -> Option<Header> {
    parts(bytes).map(|(header, _)| header)
}

/// What a file holds.
pub(super) fn read(bytes: &[u8], password: Option<&str>) -> Result<(Header, Content), Broken> {
    let whole = bytes.len().checked_sub(CHECKSUM).ok_or(Broken::NotADump)?;
    let (body, sum) = bytes.split_at(whole);
    if digest::digest(&digest::SHA256, body).as_ref() != sum {
        return Err(Broken::NotADump);
    }
    let (header, packed) = parts(body).ok_or(Broken::NotADump)?;
    let mut packed = packed.to_vec();
    if let Some(salt) = &header.salt {
        let password = password.ok_or(Broken::PasswordNeeded)?;
        let salt = from_hexadecimal(salt).ok_or(Broken::NotADump)?;
        let mut nonce = [0_u8; NONCE_LEN];
        nonce[NONCE_LEN - 1] = u8::try_from(header.number % 256).unwrap_or(0);
        nonce[NONCE_LEN - 2] = u8::try_from(header.number / 256 % 256).unwrap_or(0);
        let length = key(password, &salt)
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(header.guid.as_bytes()),
                &mut packed,
            )
            .map_err(|_| Broken::PasswordWrong)?
            .len();
        packed.truncate(length);
    }
    let text = unsqueeze(&packed).ok_or(Broken::NotADump)?;
    let content = serde_json::from_slice(&text).map_err(|_| Broken::NotADump)?;
    Ok((header, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(salt: Option<&str>) -> Header {
        Header {
            guid: "AB".repeat(16),
            number: 1,
            count: 1,
            master: true,
            job: "\"A\".\"B\"".to_owned(),
            mode: Mode::Schema,
            version: "19.0.0.0.0".to_owned(),
            time_zone: 42,
            instance: "X".to_owned(),
            created: 0,
            salt: salt.map(str::to_owned),
            encryption_mode: salt.map(|_| "PASSWORD".to_owned()),
            metadata_encrypted: salt.is_some(),
            data_encrypted: salt.is_some(),
            metadata_compressed: true,
            data_compressed: false,
            privileged: true,
        }
    }

    #[test]
    fn files_come_back_or_are_refused() {
        fn check(salt: Option<&str>, given: Option<&str>, harm: bool, want: Option<Broken>) {
            let content = Content {
                tables: vec![PackedRows {
                    schema: "HR".to_owned(),
                    name: "SECRETS".to_owned(),
                    text: r#"{"schema":"HR","name":"SECRETS","columns":[],"rows":[["plain words"]]}"#
                        .to_owned(),
                }],
                ..Content::default()
            };
            let mut bytes = write(&header(salt), &content, Some("right"));
            assert!(!bytes.windows(11).any(|window| window == b"plain words"));
            assert_eq!(read_header(&bytes).unwrap().job, "\"A\".\"B\"");
            if harm {
                let at = bytes.len() / 2;
                bytes[at] ^= 1;
            }
            let got = read(&bytes, given);
            assert_eq!(got.as_ref().err().copied(), want);
            if let Ok((_, content)) = got {
                assert_eq!(content.tables[0].unpack().unwrap().rows[0][0], "plain words");
            }
        }
        check(None, None, false, None);
        check(Some("0102"), Some("right"), false, None);
        check(Some("0102"), Some("wrong"), false, Some(Broken::PasswordWrong));
        check(Some("0102"), None, false, Some(Broken::PasswordNeeded));
        check(None, None, true, Some(Broken::NotADump));
        assert!(read_header(b"something else").is_none());
    }

    #[test]
    fn values_come_back() {
        fn check(value: &Value, of: &Type) {
            assert_eq!(&unpack_value(&pack_value(value), of), value);
        }
        check(&Value::integer(-7), &Type::NUMBER);
        check(&Value::Number(Number::parse("12345678901234567890.5").unwrap()), &Type::NUMBER);
        check(&Value::text("Grüße\u{0}'"), &Type::TEXT);
        check(&Value::Date(86_400), &Type::Date);
        check(&Value::Timestamp(5), &Type::Timestamp(6));
        check(&Value::TimestampTz(9, -90), &Type::TimestampTz(6));
        check(&Value::IntervalYear(14), &Type::IntervalYear);
        check(&Value::raw(&[0, 255]), &Type::Blob);
        check(&Value::Null, &Type::Date);
    }
}
