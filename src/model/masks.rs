//! Rules of masking: which function a column's values pass through.

use serde_json::{Map, Value, json};

use super::names::{parts, qualified};

/// The shipped rules. Each is a function `MASK_…` of the package that is made for an export.
pub const RULES: &[&str] =
    &["date", "email", "free_text", "name", "national_id", "number", "phone", "timestamp"];

/// A column's name in its three parts.
fn column(name: &str) -> Result<[String; 3], String> {
    parts(&qualified(name)).ok_or_else(|| format!("{name} is not of the form SCHEMA.TABLE.COLUMN"))
}

/// The function of a rule: one of the package, or the operator's own.
fn function(rule: &str, package: &str) -> Result<(String, bool), String> {
    if RULES.contains(&rule) {
        return Ok((format!("{package}.MASK_{}", rule.to_uppercase()), false));
    }
    let own = qualified(rule);
    if parts::<3>(&own).is_some() {
        return Ok((own, true));
    }
    Err(format!("{rule} is no rule of masking: say {}, or OWNER.PACKAGE.FUNCTION", RULES.join(", ")))
}

fn members(rules: &Value) -> Result<Vec<(String, &str)>, String> {
    let rules = rules.as_object().ok_or("rules of masking are an object: SCHEMA.TABLE.COLUMN = RULE")?;
    let mut found: Vec<(String, &str)> = Vec::new();
    for (name, rule) in rules {
        let name = qualified(name);
        let rule = rule.as_str().ok_or_else(|| format!("the rule of {name} is no text"))?;
        if found.iter().any(|(other, _)| *other == name) {
            return Err(format!("there are two rules for {name}"));
        }
        found.push((name, rule));
    }
    Ok(found)
}

/// The functions of columns, by `SCHEMA.TABLE.COLUMN`, as a Data Pump job takes them.
pub fn masks(rules: &Value, package: &Value) -> Result<Value, String> {
    let package = package.as_str().unwrap_or_default();
    let made = members(rules)?.into_iter().map(|(name, rule)| {
        column(&name)?;
        Ok((name, json!(function(rule, package)?.0)))
    });
    Ok(Value::Object(made.collect::<Result<Map<_, _>, String>>()?))
}

/// Rules, or names of columns alone, as objects with `schema`, `table`, `column`, `name`, and for a rule `rule` and `own`.
pub fn as_columns(given: &Value) -> Result<Value, String> {
    let object = |name: &str, rule: Option<&str>| {
        let [schema, table, of] = column(name)?;
        let own = rule.map(|rule| function(rule, "")).transpose()?.is_some_and(|(_, own)| own);
        let rule = rule.map(|rule| if own { qualified(rule) } else { rule.to_owned() });
        Ok(
            json!({ "schema": schema, "table": table, "column": of, "name": qualified(name), "rule": rule, "own": own }),
        )
    };
    match given {
        Value::Array(names) => names
            .iter()
            .map(|name| object(name.as_str().ok_or_else(|| format!("{name} is no text"))?, None))
            .collect(),
        rules => members(rules)?.into_iter().map(|(name, rule)| object(&name, Some(rule))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_rules() {
        fn check(rules: &Value, wanted: Result<Value, &str>) {
            let found = masks(rules, &json!("ADMIN.P"));
            match wanted {
                Ok(wanted) => assert_eq!(found, Ok(wanted)),
                Err(part) => assert!(found.clone().unwrap_err().contains(part), "{found:?}"),
            }
        }
        check(
            &json!({ "s.t.c": "email", "s.t.d": "me.tools.hide" }),
            Ok(json!({ "S.T.C": "ADMIN.P.MASK_EMAIL", "S.T.D": "ME.TOOLS.HIDE" })),
        );
        check(&json!({ "s.t": "email" }), Err("SCHEMA.TABLE.COLUMN"));
        check(&json!({ "s.t.c": "emial" }), Err("is no rule"));
        check(&json!({ "s.t.c": "email", "S.T.C": "name" }), Err("two rules for S.T.C"));
        check(&json!([]), Err("an object"));
    }

    #[test]
    fn columns_of_rules_and_of_names() {
        assert_eq!(
            as_columns(&json!({ "s.t.\"c d\"": "email" })).unwrap(),
            json!([{ "schema": "S", "table": "T", "column": "c d", "name": "S.T.\"c d\"", "rule": "email", "own": false }])
        );
        let named = as_columns(&json!(["s.t.c"])).unwrap();
        assert_eq!([&named[0]["name"], &named[0]["rule"]], [&json!("S.T.C"), &Value::Null]);
        assert_eq!(as_columns(&json!({ "s.t.c": "a.b.c" })).unwrap()[0]["own"], true);
    }
}
