//! Object Storage as packages use it: credentials, the forms of addresses, requests, and answers as ORA- errors.

use md5::{Digest as _, Md5};
use serde_json::Value as Json;

use crate::sandbox::oracle::database::{WebAnswer, WebRequest};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;
use crate::sandbox::oracle::values::value::hexadecimal;

/// One object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name behind the last slash of the location.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// MD5 in hexadecimal digits; of an object made of parts what the service calls its digest.
    pub(crate) checksum: Option<String>,
    /// Microseconds since 1970 UTC.
    pub(crate) created: Option<i64>,
    /// Microseconds since 1970 UTC.
    pub(crate) modified: Option<i64>,
}

/// The two ways to speak to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Native,
    Swift,
}

/// An address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    form: Form,
    /// Everything up to the slash before the object's name, or before the question mark of a list.
    base: String,
    /// The object's name, or a list's prefix, percent-encoded.
    name: String,
    /// As the caller wrote it.
    written: String,
}

fn raised(code: i32, text: &str) -> OracleError {
    OracleError::with_text(code, text)
}

/// Percent-encodes what cannot stand in a path and leaves what is encoded already.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Percent-encodes a text for a query.
fn quoted(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Whether each `%` is followed by two hexadecimal digits.
fn well_encoded(text: &str) -> bool {
    text.match_indices('%').all(|(at, _)| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn address(uri: &str) -> Outcome<Address> {
    let unsupported = || raised(20006, &format!("Unsupported object store URI - {uri}"));
    let invalid = || raised(20011, &format!("Invalid object URI - {uri}"));
    let (scheme, rest) = uri.split_once("://").ok_or_else(unsupported)?;
    let (host, path) = rest.split_once('/').ok_or_else(invalid)?;
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let bare = host.split(':').next().unwrap_or_default();
    // The loopback origin is the sandbox's own; nothing else is spoken to without TLS.
    let own = matches!(bare, "127.0.0.1" | "localhost");
    if scheme != "https" && !(own && scheme == "http") {
        return Err(unsupported());
    }
    let named = |service: &str| bare.strip_prefix(service).is_some_and(|rest| rest.contains('.'));
    let native = named("objectstorage.")
        || (bare.contains(".objectstorage.") && bare.ends_with(".oci.customer-oci.com"));
    let form = match path.split('/').next() {
        Some("v1") if own || named("swiftobjectstorage.") => Form::Swift,
        Some("n" | "p") if own || native => Form::Native,
        _ if own || native || named("swiftobjectstorage.") => return Err(invalid()),
        _ => return Err(unsupported()),
    };
    // What stands before the object's name: n/NAMESPACE/b/BUCKET/o (behind p/SECRET perhaps), or v1/NAMESPACE/BUCKET.
    let parts: Vec<&str> = path.split('/').collect();
    let skip = if parts[0] == "p" { 2 } else { 0 };
    let head = match form {
        Form::Native => {
            let fits = parts.len() >= skip + 5
                && parts[skip] == "n"
                && parts[skip + 2] == "b"
                && parts[skip + 4] == "o";
            if !fits || parts[skip + 1].is_empty() || parts[skip + 3].is_empty() {
                return Err(invalid());
            }
            skip + 5
        }
        Form::Swift => {
            if parts.len() < 3 || parts[1].is_empty() || parts[2].is_empty() {
                return Err(invalid());
            }
            3
        }
    };
    Ok(Address {
        form,
        base: format!("{scheme}://{host}/{}", parts[..head].join("/")),
        name: encoded(&parts[head..].join("/")),
        written: uri.to_owned(),
    })
}

/// The error of an answer that is not the wanted one.
fn refused(answer: &WebAnswer, uri: &str) -> OracleError {
    let code = 20000 + i32::from(answer.status.min(999));
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(1000).collect();
    let line = match answer.status {
        401 | 403 => format!("Authorization failed for URI - {uri}"),
        404 => format!("Object not found - {uri}"),
        status => format!("Request failed with status HTTP {status} - {uri}"),
    };
    let error = raised(code, &line);
    if said.trim().is_empty() { error } else { error.below(&format!("Error response - {said}")) }
}

/// Sends a request in the name of a credential, or of nobody.
fn send(
    machine: &mut Machine,
    credential_name: Option<&str>,
    written: &str,
    request: WebRequest,
) -> Outcome<WebAnswer> {
    let login = credential_name.map(|name| credential(machine, name)).transpose()?;
    let request = WebRequest { login, ..request };
    machine.shared.host.send(&request).map_err(|why| {
        OracleError::new(29273, &[])
            .below("ORA-12545: Connect failed because target host or object does not exist")
            .below(&format!("{why} - {written}"))
    })
}

fn object(uri: &str) -> Outcome<Address> {
    let address = address(uri)?;
    if address.name.is_empty() {
        return Err(raised(20011, &format!("Invalid object URI - {uri}")));
    }
    if !well_encoded(&address.name) {
        return Err(raised(20400, &format!("Request failed with status HTTP 400 - {uri}")));
    }
    Ok(address)
}

fn request(method: &'static str, address: &Address) -> WebRequest {
    WebRequest {
        method,
        url: format!("{}/{}", address.base, address.name),
        login: None,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// A credential's owner and name, folded as the database folds names: plain ones to upper case, quoted ones as they are.
fn owner_and_name(text: &str) -> Option<(Option<String>, String)> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        if let Some(inner) = rest.strip_prefix('"') {
            let end = inner.find('"')?;
            parts.push(inner[..end].to_owned());
            rest = &inner[end + 1..];
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            parts.push(rest[..end].to_uppercase());
            rest = &rest[end..];
        }
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None if rest.is_empty() => break,
            None => return None,
        }
    }
    if parts.iter().any(String::is_empty) {
        return None;
    }
    match (parts.pop(), parts.pop(), parts.is_empty()) {
        (Some(name), owner, true) => Some((owner, name)),
        _ => None,
    }
}

/// User and password of a credential. It is one of the present user's; `OWNER.NAME` may name another's only where the
/// database's property `DEFAULT_CREDENTIAL` does.
///
/// # Errors
/// ORA-20004 for one that is not there or is disabled, ORA-20010 without a name.
pub(crate) fn credential(machine: &mut Machine, name: &str) -> Outcome<(String, String)> {
    let user = machine.authority.user.clone();
    let Some((owner, found)) = owner_and_name(name) else {
        return Err(raised(20010, "Missing credential name"));
    };
    let missing = |owner: &str| raised(20004, &format!("Credential \"{owner}\".\"{found}\" does not exist"));
    let owner = owner.unwrap_or_else(|| user.clone());
    let default = machine.catalogue.settings.get("DEFAULT_CREDENTIAL").and_then(|text| owner_and_name(text));
    if owner != user && default != Some((Some(owner.clone()), found.clone())) {
        return Err(missing(&owner));
    }
    let table = machine.catalogue.sys_table("CREDENTIAL$").ok_or_else(|| missing(&owner))?;
    let at = |name: &str| table.columns.iter().position(|column| column.name == name);
    let (Some(owner_at), Some(name_at)) = (at("OWNER"), at("CREDENTIAL_NAME")) else {
        return Err(missing(&owner));
    };
    let keys = [(owner_at, Value::text(&owner)), (name_at, Value::text(&found))];
    let row = machine.store.scan(&table, &keys, Some(1))?.pop().ok_or_else(|| missing(&owner))?.1;
    let field = |name: &str| at(name).and_then(|at| row[at].as_str()).map(str::to_owned);
    if field("ENABLED").as_deref() != Some("TRUE") {
        return Err(raised(20004, &format!("Credential \"{owner}\".\"{found}\" is disabled")));
    }
    if field("PRIVATE_KEY").is_some() {
        return Err(OracleError::unsupported(
            "sign requests with a credential's key; use one of user name and auth token",
        ));
    }
    Ok((field("USERNAME").unwrap_or_default(), field("PASSWORD").unwrap_or_default()))
}

/// Writes an object, over one that may be there.
pub(crate) fn put(machine: &mut Machine, credential: Option<&str>, uri: &str, bytes: &[u8]) -> Outcome<()> {
    let address = object(uri)?;
    let mut asked = request("PUT", &address);
    asked.headers.push(("content-type".to_owned(), "application/octet-stream".to_owned()));
    bytes.clone_into(&mut asked.body);
    let answer = send(machine, credential, uri, asked)?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(refused(&answer, uri)) }
}

/// Reads an object, or the bytes from the first to the last of a range.
pub(crate) fn get(
    machine: &mut Machine,
    credential: Option<&str>,
    uri: &str,
    range: Option<(u64, u64)>,
) -> Outcome<Vec<u8>> {
    let address = object(uri)?;
    let mut asked = request("GET", &address);
    if let Some((first, last)) = range {
        asked.headers.push(("range".to_owned(), format!("bytes={first}-{last}")));
    }
    let answer = send(machine, credential, uri, asked)?;
    if matches!(answer.status, 200 | 206) { Ok(answer.body) } else { Err(refused(&answer, uri)) }
}

/// The error of an answer that is none of the service's.
fn unexpected(uri: &str) -> OracleError {
    raised(20000, &format!("Unexpected answer - {uri}"))
}

/// An object's size; nothing when there is no such object.
pub(crate) fn size(machine: &mut Machine, credential: Option<&str>, uri: &str) -> Outcome<Option<u64>> {
    let address = object(uri)?;
    let answer = send(machine, credential, uri, request("HEAD", &address))?;
    match answer.status {
        200 => {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            length.map_or_else(|| Err(unexpected(uri)), |length| Ok(Some(length)))
        }
        404 => Ok(None),
        _ => Err(refused(&answer, uri)),
    }
}

/// Deletes an object.
pub(crate) fn delete(machine: &mut Machine, credential: Option<&str>, uri: &str) -> Outcome<()> {
    let address = object(uri)?;
    let answer = send(machine, credential, uri, request("DELETE", &address))?;
    if (200..300).contains(&answer.status) { Ok(()) } else { Err(refused(&answer, uri)) }
}

/// The objects under a location, in order of their names.
pub(crate) fn list(
    machine: &mut Machine,
    credential: Option<&str>,
    location_uri: &str,
) -> Outcome<Vec<Entry>> {
    let address = address(location_uri)?;
    if !well_encoded(&address.name) {
        return Err(raised(20400, &format!("Request failed with status HTTP 400 - {location_uri}")));
    }
    let prefix = decoded(&address.name);
    let folder = prefix.rfind('/').map_or(0, |at| at + 1);
    let mut entries = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut query = format!("prefix={}&limit=1000", quoted(&prefix));
        query.push_str(match address.form {
            Form::Native => "&fields=name,size,md5,timeCreated,timeModified",
            Form::Swift => "&format=json",
        });
        if let Some(next) = &next {
            let word = if address.form == Form::Native { "start" } else { "marker" };
            query.push_str(&format!("&{word}={}", quoted(next)));
        }
        let asked = WebRequest {
            method: "GET",
            url: format!("{}?{query}", address.base),
            login: None,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let answer = send(machine, credential, &address.written, asked)?;
        let page = match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| unexpected(location_uri))?,
            204 => Json::Null,
            _ => return Err(refused(&answer, location_uri)),
        };
        let rows = if address.form == Form::Native { &page["objects"] } else { &page };
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        entries.extend(rows.iter().map(|row| entry(address.form, row, folder)));
        next = match address.form {
            Form::Native => page["nextStartWith"].as_str().map(str::to_owned),
            Form::Swift if rows.len() < 1000 => None,
            Form::Swift => rows.last().and_then(|row| row["name"].as_str()).map(str::to_owned),
        };
        if next.is_none() {
            return Ok(entries);
        }
    }
}

fn moment(text: Option<&str>) -> Option<i64> {
    text?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

fn entry(form: Form, row: &Json, folder: usize) -> Entry {
    let name = row["name"].as_str().unwrap_or_default();
    let (bytes, checksum, created, modified) = match form {
        Form::Native => ("size", "md5", row["timeCreated"].as_str(), "timeModified"),
        Form::Swift => ("bytes", "hash", None, "last_modified"),
    };
    Entry {
        name: name.get(folder..).unwrap_or(name).to_owned(),
        bytes: row[bytes].as_u64().unwrap_or(0),
        checksum: row[checksum].as_str().map(hexadecimal_digest),
        created: moment(created),
        modified: moment(row[modified].as_str()),
    }
}

/// A digest in base64 as hexadecimal digits; another text stays as it is.
fn hexadecimal_digest(text: &str) -> String {
    use base64::Engine as _;
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == Md5::output_size() => hexadecimal(&bytes).to_lowercase(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(uri: &str, wanted: Result<(&str, &str), i32>) {
            let found = address(uri).map(|a| (a.base, a.name)).map_err(|error| error.code);
            let wanted = wanted.map(|(base, name)| (base.to_owned(), name.to_owned()));
            assert_eq!(found, wanted, "{uri}");
        }
        const HOST: &str = "https://objectstorage.uk-london-1.oraclecloud.com";
        let native = format!("{HOST}/n/space/b/bucket/o");
        check(&format!("{native}/a/b c.dmp"), Ok((&native, "a/b%20c.dmp")));
        check(&format!("{native}/a%20b&é\".dmp"), Ok((&native, "a%20b&%C3%A9%22.dmp")));
        check(&format!("{native}/"), Ok((&native, "")));
        check(&native, Ok((&native, "")));
        let swift = "https://swiftobjectstorage.uk-london-1.oraclecloud.com/v1/space/bucket";
        check(&format!("{swift}/x"), Ok((swift, "x")));
        check(
            "http://127.0.0.1:8080/n/space/b/bucket/o/x",
            Ok(("http://127.0.0.1:8080/n/space/b/bucket/o", "x")),
        );
        check(&format!("{HOST}/p/word/n/space/b/bucket/o/x"), {
            Ok(("https://objectstorage.uk-london-1.oraclecloud.com/p/word/n/space/b/bucket/o", "x"))
        });
        check(&format!("{HOST}/n/space/b/bucket"), Err(20011));
        check(&format!("{HOST}/v1/space/bucket/x"), Err(20011));
        check(&format!("{HOST}/n//b/bucket/o/x"), Err(20011));
        check(HOST, Err(20011));
        check("http://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d", Err(20006));
        check("https://www.example.com/n/a/b/c/o/d", Err(20006));
        check("bucket/object", Err(20006));
        check("", Err(20006));
    }

    #[test]
    fn names_of_credentials() {
        fn check(text: &str, wanted: Option<(Option<&str>, &str)>) {
            let wanted = wanted.map(|(owner, name)| (owner.map(str::to_owned), name.to_owned()));
            assert_eq!(owner_and_name(text), wanted, "{text}");
        }
        check("dmp_cred", Some((None, "DMP_CRED")));
        check("Admin.dmp_cred", Some((Some("ADMIN"), "DMP_CRED")));
        check("\"Mixed.Case\"", Some((None, "Mixed.Case")));
        check("admin.\"Mixed\"", Some((Some("ADMIN"), "Mixed")));
        check("a.b.c", None);
        check("", None);
        check("a.", None);
        check("\"open", None);
    }

    #[test]
    fn escapes_and_digests() {
        for (text, good) in [("a%20b", true), ("100%", false), ("%zz", false), ("", true)] {
            assert_eq!(well_encoded(text), good, "{text}");
        }
        assert_eq!(hexadecimal_digest("1B2M2Y8AsgTpgAmY7PhCfg=="), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hexadecimal_digest("abc-2"), "abc-2");
    }
}
