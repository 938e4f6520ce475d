//! The sink that every output passes: known secret values, in any encoded form, become `[secret]`.

use std::sync::{LazyLock, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in the place of a secret.
pub const MASK: &str = "[secret]";

/// Values shorter than this would mask half of every text; they are refused when a secret is resolved.
pub const SHORTEST: usize = 4;

/// Holds the values to be scrubbed, longest first, in the forms they can take on the way out.
#[derive(Debug, Default)]
pub struct Redactor {
    forms: RwLock<Vec<String>>,
}

static GLOBAL: LazyLock<Redactor> = LazyLock::new(Redactor::default);

impl Redactor {
    /// The process's redactor, which every [`super::Secret`] registers with.
    pub fn global() -> &'static Self {
        &GLOBAL
    }

    /// Registers a value. Values under [`SHORTEST`] bytes are not registered.
    pub fn add(&self, value: &str) {
        let mut forms = self.forms.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in encoded_forms(value) {
            if form.len() >= SHORTEST && !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text with every registered value masked.
    pub fn scrub(&self, text: &str) -> String {
        let forms = self.forms.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut clean = text.to_owned();
        for form in forms.iter() {
            if clean.contains(form.as_str()) {
                clean = clean.replace(form.as_str(), MASK);
            }
        }
        clean
    }

    /// The JSON value with every registered value masked in its strings and keys.
    pub fn scrub_json(&self, value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::String(text) => Value::String(self.scrub(text)),
            Value::Array(items) => Value::Array(items.iter().map(|v| self.scrub_json(v)).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(k, v)| (self.scrub(k), self.scrub_json(v))).collect())
            }
            other => other.clone(),
        }
    }
}

fn encoded_forms(value: &str) -> Vec<String> {
    let trimmed = value.trim_end_matches(['\r', '\n']);
    let json = serde_json::to_string(trimmed).unwrap_or_default();
    let percent = utf8_percent_encode(trimmed, NON_ALPHANUMERIC).to_string();
    // Clients differ in which marks they leave bare in a URL; these two are the common sets.
    let form: String = url::form_urlencoded::byte_serialize(trimmed.as_bytes()).collect();
    vec![
        trimmed.to_owned(),
        json.trim_matches('"').to_owned(),
        percent,
        form,
        STANDARD.encode(trimmed),
        STANDARD_NO_PAD.encode(trimmed),
        URL_SAFE_NO_PAD.encode(trimmed),
        trimmed.replace('\'', "''"),
        trimmed.replace('"', "\"\""),
        trimmed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_form_of_a_secret_survives(secret in "[ -~]{8,30}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            let redactor = Redactor::default();
            redactor.add(&secret);
            for form in encoded_forms(&secret) {
                let clean = redactor.scrub(&format!("{before}{form}{after}"));
                prop_assert!(!clean.contains(&form) || MASK.contains(&form), "{clean}");
            }
        }
    }

    #[test]
    fn longest_value_goes_first() {
        let redactor = Redactor::default();
        redactor.add("password");
        redactor.add("password-long");
        assert_eq!(redactor.scrub("x password-long y"), "x [secret] y");
    }
}
