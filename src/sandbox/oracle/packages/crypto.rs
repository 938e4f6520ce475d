//! `DBMS_CRYPTO`: digests, keyed digests and random bytes. It enciphers nothing.

use aws_lc_rs::{digest, hmac, rand};
use md5::{Digest, Md5};

use super::whole;
use crate::sandbox::oracle::error::{Outcome, fail};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;

/// The bytes of a RAW that must be there.
fn given(values: &[Value], at: usize, missing: i32) -> Outcome<&[u8]> {
    match values.get(at) {
        Some(Value::Raw(bytes)) if !bytes.is_empty() => Ok(bytes),
        _ => fail(missing, &[]),
    }
}

/// `HASH`: data, kind. Of a CLOB the bytes in AL32UTF8 are taken.
pub(super) fn hash(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let data = match values.first() {
        Some(Value::Text(text)) if !text.is_empty() => text.as_bytes(),
        _ => given(values, 0, 28231)?,
    };
    let algorithm = match whole(values, 1) {
        Some(2) => return Ok(Value::raw(&Md5::digest(data))),
        Some(3) => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Some(4) => &digest::SHA256,
        Some(5) => &digest::SHA384,
        Some(6) => &digest::SHA512,
        _ => return fail(28817, &[]),
    };
    Ok(Value::raw(digest::digest(algorithm, data).as_ref()))
}

/// `MAC`: data, kind, key.
pub(super) fn mac(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let data = given(values, 0, 28231)?;
    let algorithm = match whole(values, 1) {
        Some(2) => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Some(3) => hmac::HMAC_SHA256,
        Some(4) => hmac::HMAC_SHA384,
        Some(5) => hmac::HMAC_SHA512,
        _ => return fail(28817, &[]),
    };
    let key = hmac::Key::new(algorithm, given(values, 2, 28239)?);
    Ok(Value::raw(hmac::sign(&key, data).as_ref()))
}

/// `RANDOMBYTES`: how many.
pub(super) fn random_bytes(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let Some(length) = whole(values, 0).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 2000) else {
        return fail(28817, &[]);
    };
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    Ok(Value::raw(&bytes))
}
