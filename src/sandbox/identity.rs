//! Who is calling: request signatures, tokens, and the keys behind both.

use aws_lc_rs::{digest, hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::http::{Call, Refusal};
use super::world::Tenancy;

/// How far a request's date may be from the server's clock, as the service has it.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The public half of a key, DER in the `SubjectPublicKeyInfo` form.
pub(crate) type PublicKey = Vec<u8>;

/// The parameters of an `Authorization: Signature …` header.
#[derive(Debug, PartialEq, Eq)]
struct Parameters {
    headers: Vec<String>,
    key_id: String,
    signature: String,
}

fn parameters(header: &str) -> Option<Parameters> {
    let rest = header.strip_prefix("Signature ")?;
    let (mut headers, mut key_id, mut signature, mut algorithm) = (None, None, None, None);
    for part in split_outside_quotes(rest) {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned();
        match name.trim() {
            "headers" => headers = Some(value.split(' ').map(str::to_owned).collect()),
            "keyId" => key_id = Some(value),
            "signature" => signature = Some(value),
            "algorithm" => algorithm = Some(value),
            _ => {}
        }
    }
    (algorithm.as_deref() == Some("rsa-sha256")).then_some(())?;
    Some(Parameters { headers: headers?, key_id: key_id?, signature: signature? })
}

fn split_outside_quotes(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted) = (Vec::new(), 0, false);
    for (place, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[from..place]);
                from = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Whether a call is one of the two that send a body without signing it.
pub(crate) fn is_bare_upload(call: &Call) -> bool {
    call.method == axum::http::Method::PUT
        && matches!(call.parts().as_slice(), ["n", _, "b", _, "o" | "u", _, ..])
}

fn required_headers(call: &Call, federation: bool) -> Vec<&'static str> {
    let mut required = vec!["(request-target)"];
    if !federation {
        required.push("host");
    }
    let with_body = matches!(call.method.as_str(), "POST" | "PUT" | "PATCH") && !is_bare_upload(call);
    if with_body {
        required.extend(["content-length", "content-type", "x-content-sha256"]);
    }
    required
}

/// The text that the signature covers.
fn signing_text(call: &Call, names: &[String]) -> Result<String, Refusal> {
    let mut lines = Vec::new();
    for name in names {
        let value = if name == "(request-target)" {
            format!("{} {}", call.method.as_str().to_ascii_lowercase(), call.target)
        } else {
            call.header(name)
                .ok_or_else(|| {
                    Refusal::unauthenticated(format!("the signed header {name} is not in the request"))
                })?
                .to_owned()
        };
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}

fn check_date(call: &Call, now: Timestamp) -> Result<(), Refusal> {
    let date = call
        .header("x-date")
        .or_else(|| call.header("date"))
        .ok_or_else(|| Refusal::unauthenticated("there is no date"))?;
    let at = httpdate::parse_http_date(date)
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .ok_or_else(|| Refusal::unauthenticated("the date is not in the form of HTTP"))?;
    if now.duration_since(at).abs() > SKEW {
        return Err(Refusal::unauthenticated("the date is more than five minutes from the server's clock"));
    }
    Ok(())
}

fn check_body(call: &Call) -> Result<(), Refusal> {
    if let Some(length) = call.header("content-length")
        && length.parse()
            != Ok(call.received.as_ref().map_or(call.body.len() as u64, |received| received.size))
    {
        return Err(Refusal::unauthenticated("content-length is not the body's length"));
    }
    if let Some(sent) = call.header("x-content-sha256") {
        let own = match &call.received {
            Some(received) => received.sha256.clone(),
            None => Some(STANDARD.encode(digest::digest(&digest::SHA256, &call.body).as_ref())),
        };
        if own.as_deref() != Some(sent) {
            return Err(Refusal::unauthenticated("x-content-sha256 is not the body's digest"));
        }
    }
    Ok(())
}

/// Verifies everything about a signature except whose key it is, which `key_of` finds.
fn verify_with(
    call: &Call,
    now: Timestamp,
    federation: bool,
    key_of: impl FnOnce(&str) -> Result<PublicKey, Refusal>,
) -> Result<(), Refusal> {
    let header =
        call.header("authorization").ok_or_else(|| Refusal::unauthenticated("there is no authorization"))?;
    let parameters = parameters(header)
        .ok_or_else(|| Refusal::unauthenticated("the authorization is no rsa-sha256 signature"))?;
    for name in required_headers(call, federation) {
        if !parameters.headers.iter().any(|signed| signed == name) {
            return Err(Refusal::unauthenticated(format!("{name} is not signed")));
        }
    }
    if !parameters.headers.iter().any(|name| name == "date" || name == "x-date") {
        return Err(Refusal::unauthenticated("the date is not signed"));
    }
    check_date(call, now)?;
    check_body(call)?;
    let key = key_of(&parameters.key_id)?;
    let text = signing_text(call, &parameters.headers)?;
    let signed = STANDARD
        .decode(&parameters.signature)
        .map_err(|_| Refusal::unauthenticated("the signature is not base64"))?;
    signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key)
        .verify(text.as_bytes(), &signed)
        .map_err(|_| Refusal::unauthenticated("the signature does not fit the request"))
}

/// Verifies a request by the user's API key or by a token that the sandbox gave out.
pub(crate) fn verify(tenancy: &Tenancy, call: &Call, now: Timestamp) -> Result<(), Refusal> {
    verify_with(call, now, false, |key_id| {
        if let Some(token) = key_id.strip_prefix("ST$") {
            return token_key(tenancy, token, crate::model::clock::now());
        }
        let own = format!("{}/{}/{}", tenancy.id, tenancy.user, tenancy.fingerprint);
        if key_id != own {
            return Err(Refusal::unauthenticated("the keyId is not that of a key in this tenancy"));
        }
        STANDARD.decode(&tenancy.api_key).map_err(|_| Refusal::unauthenticated("the stored key is broken"))
    })
}

/// Verifies an instance's request for a token: signed by the key of its own certificate, which is `leaf` (DER).
pub(crate) fn verify_federation(
    tenancy: &Tenancy,
    call: &Call,
    leaf: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, leaf);
    let fingerprint: Vec<String> = sha1.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let wanted = format!("{}/fed-x509/{}", tenancy.id, fingerprint.join(":"));
    verify_with(call, now, true, |key_id| {
        if key_id != wanted {
            return Err(Refusal::unauthenticated(
                "the keyId does not name the certificate's tenancy and fingerprint",
            ));
        }
        let (_, certificate) = x509_parser::parse_x509_certificate(leaf)
            .map_err(|_| Refusal::unauthenticated("the certificate cannot be read"))?;
        Ok(certificate.public_key().raw.to_vec())
    })
}

/// A fingerprint as users know it: MD5 of the public key, in pairs.
pub(crate) fn fingerprint(public_key: &[u8]) -> String {
    let pairs: Vec<String> = Md5::digest(public_key).iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

fn token_mac(tenancy: &Tenancy) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, tenancy.token_secret.as_bytes())
}

/// A token for the holder of a key.
pub(crate) fn new_token(tenancy: &Tenancy, public_key: &[u8], now: Timestamp, minutes: i64) -> String {
    let claims = json!({
        "sub": tenancy.user,
        "tenant": tenancy.id,
        "res_tenant": tenancy.id,
        "res_compartment": tenancy.compartments.values().next(),
        "iat": now.as_second(),
        "iat_ms": now.as_millisecond(),
        "exp": now.as_second() + minutes * 60,
        "jti": super::world::random_word(20),
        "spki": STANDARD.encode(public_key),
    });
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "typ": "JWT"}).to_string());
    let body = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = hmac::sign(&token_mac(tenancy), body.as_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

/// The key of a token's holder, if the token is the sandbox's own and has not run out.
pub(crate) fn token_key(tenancy: &Tenancy, token: &str, now: Timestamp) -> Result<PublicKey, Refusal> {
    let broken = || Refusal::unauthenticated("the token was not given out by this sandbox");
    let (body, mac) = token.rsplit_once('.').ok_or_else(broken)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| broken())?;
    hmac::verify(&token_mac(tenancy), body.as_bytes(), &mac).map_err(|_| broken())?;
    let claims = body.split_once('.').ok_or_else(broken)?.1;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).map_err(|_| broken())?)
        .map_err(|_| broken())?;
    if claims["exp"].as_i64().is_none_or(|end| end <= now.as_second()) {
        return Err(Refusal::unauthenticated("the token has run out"));
    }
    let made = claims["iat_ms"].as_i64().unwrap_or(0);
    if tenancy.tokens_from.is_some_and(|from| made < from.as_millisecond()) {
        return Err(Refusal::unauthenticated("the token was made to expire"));
    }
    STANDARD.decode(claims["spki"].as_str().unwrap_or_default()).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorizations_are_taken_apart() {
        let header = "Signature algorithm=\"rsa-sha256\",headers=\"date (request-target) host\",\
                      keyId=\"a/b/c\",signature=\"x=,=\",version=\"1\"";
        let found = parameters(header).unwrap();
        assert_eq!(found.headers, ["date", "(request-target)", "host"]);
        assert_eq!((found.key_id.as_str(), found.signature.as_str()), ("a/b/c", "x=,="));
        for bad in [
            "",
            "Bearer x",
            "Signature keyId=\"a\"",
            "Signature algorithm=\"hmac\",headers=\"\",keyId=\"\",signature=\"\"",
        ] {
            assert!(parameters(bad).is_none(), "{bad}");
        }
    }
}
