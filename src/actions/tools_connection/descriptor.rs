//! Which of a database's connect descriptors a connection is given.

use serde_json::Value;

use crate::model::{ActionError, Category};

/// The levels of service, the longer words first where one begins with another.
const LEVELS: &[&str] = &["TPURGENT", "TP", "HIGH", "MEDIUM", "LOW"];

/// The level that a connect descriptor or easy connect string asks for, in the service's words.
pub(super) fn level_of(text: &str) -> Option<&'static str> {
    let upper = text.to_ascii_uppercase();
    LEVELS.iter().find(|level| upper.contains(&format!("_{level}."))).copied()
}

/// The connect descriptor of a database for a level, the lowest where there is none; with a client's certificate or
/// without one.
///
/// # Errors
/// The database has no SQL*Net, as one for APEX only, or wants a certificate.
pub(super) fn of(
    database: &Value,
    level: Option<&str>,
    with_certificate: bool,
) -> Result<String, ActionError> {
    let name = database["displayName"].as_str().or(database["dbName"].as_str()).unwrap_or("the database");
    let wanted = if with_certificate { "MUTUAL" } else { "SERVER" };
    let profiles =
        database["connectionStrings"]["profiles"].as_array().map(Vec::as_slice).unwrap_or_default();
    if profiles.is_empty() {
        return Err(ActionError::new(
            Category::Invalid,
            format!("{name} has no connect descriptors, so that Database Tools cannot reach it"),
        )
        .advise("a database for APEX only has none: use driver = \"ords\" for it"));
    }
    let fits = |profile: &&Value| profile["tlsAuthentication"] == wanted;
    let of_level = |level: &str| {
        let right = |profile: &&Value| profile["consumerGroup"] == level && profile["syntaxFormat"] == "LONG";
        profiles.iter().filter(fits).find(right)
    };
    let found = level.and_then(of_level).or_else(|| of_level("LOW")).or_else(|| profiles.iter().find(fits));
    found.and_then(|profile| profile["value"].as_str()).map(str::to_owned).ok_or_else(|| {
        ActionError::invalid(format!(
            "{name} takes connections with a client's certificate only, and the connection has no wallet (keyStores)"
        ))
        .advise("give the connection the wallet as a key store, or allow one-way TLS on the database")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels() {
        fn check(text: &str, wanted: Option<&str>) {
            assert_eq!(level_of(text), wanted, "{text}");
        }
        check(
            "(description=(connect_data=(service_name=g_dev_tpurgent.adb.oraclecloud.com)))",
            Some("TPURGENT"),
        );
        check("host:1522/g_dev_tp.adb.oraclecloud.com", Some("TP"));
        check("host:1522/g_dev_LOW.adb.oraclecloud.com", Some("LOW"));
        check("host:1522/plain", None);
    }

    #[test]
    fn descriptors() {
        let profile = |level: &str, tls: &str| json!({ "consumerGroup": level, "tlsAuthentication": tls, "syntaxFormat": "LONG", "value": format!("{level} {tls}") });
        let database = json!({ "displayName": "dev", "connectionStrings": { "profiles": [
            profile("HIGH", "MUTUAL"), profile("LOW", "MUTUAL"), profile("LOW", "SERVER"),
        ] } });
        let check = |level: Option<&str>, certificate: bool, wanted: &str| {
            assert_eq!(of(&database, level, certificate).unwrap(), wanted);
        };
        check(Some("HIGH"), true, "HIGH MUTUAL");
        check(Some("HIGH"), false, "LOW SERVER");
        check(Some("TP"), true, "LOW MUTUAL");
        check(None, true, "LOW MUTUAL");
        assert!(of(&json!({}), None, true).unwrap_err().message.contains("no connect descriptors"));
        let mutual = json!({ "connectionStrings": { "profiles": [profile("LOW", "MUTUAL")] } });
        assert!(of(&mutual, None, false).unwrap_err().message.contains("certificate"));
    }
}
