//! Where a database is to stand in the network: what was recorded of one, with what an operator gives laid over it.
//!
//! Members have the service's own names. A private endpoint and a public one exclude each other, so laying over is more
//! than replacing members.

use serde_json::{Map, Value, json};

/// The members that can be recorded and given. Others, such as the whole host name, follow from these.
pub const MEMBERS: [&str; 6] = [
    "subnetId",
    "nsgIds",
    "privateEndpointLabel",
    "privateEndpointIp",
    "whitelistedIps",
    "isMtlsConnectionRequired",
];

/// The members that only a private endpoint has.
const PRIVATE: [&str; 3] = ["nsgIds", "privateEndpointIp", "privateEndpointLabel"];

/// The network wanted: `recorded`, with the members of `given` before it. Null in `given` is as not given.
///
/// * `privateEndpointLabel: ""` ends the private endpoint; a public database has no subnet, groups or address.
/// * An address belongs to its subnet: where another subnet is given, the recorded one is dropped.
/// * An access list belongs to a public endpoint: where there was one and is none any more, the recorded list is dropped.
///
/// An address or label that is null in the result is for the service to choose.
///
/// # Errors
/// `given` wants a private endpoint and a public one at once.
pub fn overlaid(recorded: &Value, given: &Value) -> Result<Value, String> {
    let of = |from: &Value, name: &str| from.get(name).cloned().unwrap_or_default();
    let is_given = |name: &str| !is_empty(&of(given, name));
    let public = of(given, "privateEndpointLabel") == "";
    let mut wanted: Map<String, Value> = MEMBERS
        .iter()
        .map(|name| {
            let value = of(given, name);
            ((*name).to_owned(), if value.is_null() { of(recorded, name) } else { value })
        })
        .collect();
    if public || is_empty(&wanted["subnetId"]) {
        if let Some(name) = PRIVATE.iter().chain(&["subnetId"]).find(|name| is_given(name)) {
            return Err(if public {
                format!(
                    "an empty privateEndpointLabel makes the database public, and a public one has no {name}"
                )
            } else {
                format!(
                    "{name} is given for a database without a private endpoint, which begins with a subnetId"
                )
            });
        }
        for name in PRIVATE.iter().chain(&["subnetId"]) {
            wanted.insert((*name).to_owned(), Value::Null);
        }
        // Null would mean that nothing is wanted; this is how the service is told that it is to be public.
        wanted.insert("privateEndpointLabel".to_owned(), json!(""));
    } else {
        if is_empty(&of(recorded, "subnetId")) && !is_given("whitelistedIps") {
            wanted.insert("whitelistedIps".to_owned(), Value::Null);
        }
        let moved = of(recorded, "subnetId") != wanted["subnetId"];
        if moved && !is_given("privateEndpointIp") {
            wanted.insert("privateEndpointIp".to_owned(), Value::Null);
        }
        none_as_empty(&mut wanted, "nsgIds");
    }
    none_as_empty(&mut wanted, "whitelistedIps");
    Ok(Value::Object(wanted))
}

/// What was found of a network, to be compared with what was wanted: members that were left to the service are null.
///
/// # Errors
/// None that can come of what a service answers.
pub fn as_far_as(found: &Value, wanted: &Value) -> Result<Value, String> {
    let mut found = overlaid(found, &json!({}))?;
    for (name, member) in found.as_object_mut().into_iter().flatten() {
        if wanted.get(name).is_none_or(Value::is_null) {
            *member = Value::Null;
        }
    }
    Ok(found)
}

/// The service answers an empty list or nothing at all, and means the same.
fn none_as_empty(wanted: &mut Map<String, Value>, name: &str) {
    if is_empty(&wanted[name]) {
        wanted.insert(name.to_owned(), json!([]));
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_array().is_some_and(|list| list.iter().all(|item| item == ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// subnet, groups, label, address, access list, mutual TLS
    fn of(members: [Value; 6]) -> Value {
        Value::Object(MEMBERS.iter().map(|name| (*name).to_owned()).zip(members).collect())
    }

    #[test]
    fn what_is_given_comes_first() {
        fn check(recorded: &Value, given: &Value, wanted: [Value; 6]) {
            assert_eq!(overlaid(recorded, given), Ok(of(wanted)), "{recorded} {given}");
        }
        let private =
            of([json!("net"), json!(["g"]), json!("dev"), json!("10.0.2.21"), json!(null), json!(true)]);
        let public =
            json!({ "subnetId": null, "whitelistedIps": ["203.0.113.7"], "isMtlsConnectionRequired": true });
        let as_is = [json!("net"), json!(["g"]), json!("dev"), json!("10.0.2.21"), json!([]), json!(true)];
        check(&private, &json!({}), as_is.clone());
        check(&private, &json!({ "privateEndpointIp": null }), as_is);
        check(
            &private,
            &json!({ "privateEndpointIp": "10.0.2.30", "nsgIds": [], "isMtlsConnectionRequired": false }),
            [json!("net"), json!([]), json!("dev"), json!("10.0.2.30"), json!([]), json!(false)],
        );
        check(
            &private,
            &json!({ "subnetId": "other" }),
            [json!("other"), json!(["g"]), json!("dev"), json!(null), json!([]), json!(true)],
        );
        check(
            &private,
            &json!({ "subnetId": "net" }),
            [json!("net"), json!(["g"]), json!("dev"), json!("10.0.2.21"), json!([]), json!(true)],
        );
        check(
            &private,
            &json!({ "privateEndpointLabel": "", "whitelistedIps": ["192.0.2.1"] }),
            [json!(null), json!(null), json!(""), json!(null), json!(["192.0.2.1"]), json!(true)],
        );
        check(
            &public,
            &json!({}),
            [json!(null), json!(null), json!(""), json!(null), json!(["203.0.113.7"]), json!(true)],
        );
        check(
            &public,
            &json!({ "subnetId": "net", "privateEndpointIp": "10.0.2.30" }),
            [json!("net"), json!([]), json!(null), json!("10.0.2.30"), json!([]), json!(true)],
        );
        check(
            &public,
            &json!({ "whitelistedIps": [""] }),
            [json!(null), json!(null), json!(""), json!(null), json!([]), json!(true)],
        );
    }

    #[test]
    fn private_and_public_at_once_is_a_mistake() {
        fn check(recorded: &Value, given: &Value, part: &str) {
            let error = overlaid(recorded, given).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        let both = json!({ "privateEndpointLabel": "", "privateEndpointIp": "10.0.2.30" });
        check(&json!({ "subnetId": "net" }), &both, "a public one has no privateEndpointIp");
        let lost = json!({ "privateEndpointLabel": "dev" });
        check(&json!({}), &lost, "privateEndpointLabel is given for a database without a private endpoint");
    }

    /// What a check does: what was left to the service is not compared.
    #[test]
    fn what_was_wanted_is_compared() {
        let found = json!({ "subnetId": "net", "privateEndpointLabel": "h7", "privateEndpointIp": "10.0.2.9", "nsgIds": null });
        let same = |wanted: &Value| {
            let wanted = overlaid(&json!({}), wanted).unwrap();
            as_far_as(&found, &wanted).unwrap() == wanted
        };
        assert!(same(&json!({ "subnetId": "net" })));
        assert!(!same(&json!({ "subnetId": "net", "privateEndpointIp": "10.0.2.8" })));
        assert!(!same(&json!({ "subnetId": "net", "nsgIds": ["g"] })));
        assert!(!same(&json!({ "subnetId": "other" })));
        assert!(!same(&json!({})), "it was to be public");
    }
}
