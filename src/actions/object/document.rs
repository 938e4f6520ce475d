//! Documents as objects hold them.

use serde_json::Value;

use crate::model::ActionError;

/// The bytes of a document: a text as it is, everything else as indented JSON with a line end.
///
/// # Errors
/// Nothing to store.
pub(in crate::actions) fn bytes_of(content: &Value) -> Result<bytes::Bytes, ActionError> {
    match content {
        Value::Null => Err(ActionError::invalid("there is nothing to write: the content is null")),
        Value::String(text) => Ok(bytes::Bytes::from(text.clone().into_bytes())),
        other => {
            let mut text =
                serde_json::to_vec_pretty(other).map_err(|e| ActionError::bug(format!("a document: {e}")))?;
            text.push(b'\n');
            Ok(text.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_as_bytes() {
        fn check(content: &Value, wanted: Option<&str>) {
            let found = bytes_of(content).ok().map(|b| String::from_utf8(b.to_vec()).unwrap());
            assert_eq!(found.as_deref(), wanted, "{content}");
        }
        check(&json!("as it is"), Some("as it is"));
        check(&json!({ "b": 1, "a": [] }), Some("{\n  \"b\": 1,\n  \"a\": []\n}\n"));
        check(&json!(""), Some(""));
        check(&Value::Null, None);
    }
}
