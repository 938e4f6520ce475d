//! Values that may become known only while the run goes on.
//!
//! A plan is made before the first call, yet a later step needs what an earlier one will produce: the OCID of the
//! clone, an address read from the service. Such a value travels as a JSON object with the single key `$late` and the
//! expression that will give it. A secret travels as `$secret` and its reference; it is filled in by the code that
//! performs the act and by nothing else. Both forms survive being written to the plan and read again.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::expression::Expression;
use super::failure::ActionError;
use super::secret::SecretRef;

/// The key that marks a late value inside JSON.
pub const LATE: &str = "$late";
/// The key that marks a secret reference inside JSON.
pub const SECRET: &str = "$secret";
/// The key that protects a text which would read like an expression.
pub const TEXT: &str = "$text";

/// A value of type `T`, or the expression that will give it.
#[derive(Clone, Debug, PartialEq)]
pub enum Late<T> {
    /// Known when the plan is made.
    Known(T),
    /// Known when the steps it refers to are done.
    Later(Expression),
}

impl<T: Serialize> Late<T> {
    /// The value as JSON, late or not, ready to stand in an act.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Known(value) => serde_json::to_value(value).unwrap_or(Value::Null),
            Self::Later(expression) => late(expression),
        }
    }
}

impl<T> Late<T> {
    /// The value, if it is known by now.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Later(_) => None,
        }
    }
}

impl<T> Late<T> {
    /// The value, which the plan itself is made from. `what` begins the error's sentence.
    ///
    /// # Errors
    /// It becomes known only while the run goes on.
    pub fn at_plan(&self, what: &str) -> Result<&T, ActionError> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Later(expression) => {
                Err(ActionError::invalid(format!("{what} must be known when the plan is made"))
                    .because(format!("{{{{ {} }}}} is known only while the run goes on", expression.source()))
                    .advise("refer to parameters, values and databases there, and not to steps"))
            }
        }
    }
}

impl Late<Value> {
    /// One member of a late or known object; a member that is missing from a known object is null.
    #[must_use]
    pub fn member(&self, name: &str) -> Value {
        match self {
            Self::Known(value) => value.get(name).cloned().unwrap_or(Value::Null),
            Self::Later(expression) => late(&expression.member(name)),
        }
    }
}

/// The JSON form of a late value.
pub fn late(expression: &Expression) -> Value {
    json!({ LATE: expression.source() })
}

/// The JSON form of a value that the action itself supplies while it runs, under `name`.
///
/// # Panics
/// If `name` is not an identifier, which is a mistake of the action's author.
pub fn here(name: &str) -> Value {
    late(&Expression::parse(&format!("here.{name}")).expect("a name inside an act is an identifier"))
}

/// The JSON form of a secret.
pub fn secret(reference: &SecretRef) -> Value {
    json!({ SECRET: reference })
}

/// The JSON form of a secret whose reference may itself be late.
pub fn secret_of(reference: &Value) -> Value {
    json!({ SECRET: reference })
}

/// The expression of a late value, if `value` is one.
pub fn as_late(value: &Value) -> Option<&str> {
    single(value, LATE)?.as_str()
}

/// The reference of a secret, if `value` is one.
pub fn as_secret(value: &Value) -> Option<&Value> {
    single(value, SECRET)
}

fn single<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    if map.len() == 1 { map.get(key) } else { None }
}

/// Wraps texts that contain `{{`, so that reading them back never takes them for expressions.
pub fn protect(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("{{") => json!({ TEXT: text }),
        Value::Array(items) => Value::Array(items.into_iter().map(protect).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, protect(v))).collect()),
        other => other,
    }
}

/// Takes the wrapping of [`protect`] off again.
pub fn unprotect(value: Value) -> Value {
    if let Some(Value::String(text)) = single(&value, TEXT) {
        return Value::String(text.clone());
    }
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(unprotect).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, unprotect(v))).collect()),
        other => other,
    }
}

/// Replaces every late value that `give` knows. Members that become null are left out of objects, as the service's
/// own clients leave them out.
///
/// # Errors
/// Whatever `give` answers for an expression that it cannot evaluate.
pub fn fill<E>(value: &Value, give: &mut dyn FnMut(&str) -> Result<Option<Value>, E>) -> Result<Value, E> {
    if let Some(source) = as_late(value) {
        return Ok(give(source)?.unwrap_or_else(|| value.clone()));
    }
    match value {
        Value::Array(items) => {
            Ok(Value::Array(items.iter().map(|v| fill(v, give)).collect::<Result<_, E>>()?))
        }
        Value::Object(map) => {
            // A secret that turns out not to be wanted is nothing, and not an object without its reference.
            if let Some(reference) = as_secret(value) {
                let now = fill(reference, give)?;
                return Ok(if now.is_null() { now } else { secret_of(&now) });
            }
            let mut filled = Map::new();
            for (key, member) in map {
                let now = fill(member, give)?;
                if !(now.is_null() && as_late(member).is_some()) {
                    filled.insert(key.clone(), now);
                }
            }
            Ok(Value::Object(filled))
        }
        other => Ok(other.clone()),
    }
}

/// All late expressions inside `value`, in order of appearance.
pub fn expressions(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, &mut |v| {
        if let Some(source) = as_late(v) {
            found.push(source.to_owned());
        }
    });
    found
}

/// Calls `visit` on `value` and everything inside it, outermost first.
pub fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|v| walk(v, visit)),
        Value::Object(map) => map.values().for_each(|v| walk(v, visit)),
        _ => {}
    }
}

/// The value as a person reads it in a plan: `{{ steps.clone.ocid }}` for late ones, `<secret …>` for secrets.
pub fn show(value: &Value) -> Value {
    if let Some(source) = as_late(value) {
        return Value::String(format!("{{{{ {source} }}}}"));
    }
    if let Some(reference) = as_secret(value) {
        let text = match (as_late(reference), serde_json::from_value::<SecretRef>(reference.clone())) {
            (Some(source), _) => format!("<secret: {{{{ {source} }}}}>"),
            (None, Ok(reference)) => format!("<secret: {reference}>"),
            (None, Err(_)) => "<secret>".to_owned(),
        };
        return Value::String(text);
    }
    match value {
        Value::Array(items) => Value::Array(items.iter().map(show).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), show(v))).collect()),
        other => other.clone(),
    }
}

impl<T: Serialize> Serialize for Late<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => {
                let plain = serde_json::to_value(value).map_err(serde::ser::Error::custom)?;
                protect(plain).serialize(serializer)
            }
            Self::Later(expression) => late(expression).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Late<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LateVisitor(PhantomData))
    }
}

struct LateVisitor<T>(PhantomData<T>);

/// A plain value of the wanted type, optional ones included.
fn known<T: DeserializeOwned, E: de::Error>(value: Value) -> Result<Late<T>, E> {
    serde_json::from_value(value).map(Late::Known).map_err(E::custom)
}

impl<'de, T: DeserializeOwned> de::Visitor<'de> for LateVisitor<T> {
    type Value = Late<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value, or an expression such as \"{{ steps.clone.ocid }}\"")
    }

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
        known(Value::from(v))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
        known(Value::from(v))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
        known(Value::from(v))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
        known(Value::from(v))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        known(Value::Null)
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        if v.contains("{{") {
            Expression::of_template(v).map(Late::Later).map_err(E::custom)
        } else {
            known(Value::from(v))
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Late::Known)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(de::value::MapAccessDeserializer::new(map))?;
        if let Some(source) = as_late(&value) {
            return Expression::parse(source).map(Late::Later).map_err(de::Error::custom);
        }
        serde_json::from_value(unprotect(value)).map(Late::Known).map_err(de::Error::custom)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Late<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{} or expression", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                generator.subschema_for::<T>(),
                { "type": "string", "pattern": "\\{\\{.*\\}\\}", "description": "An expression." }
            ]
        })
    }
}
