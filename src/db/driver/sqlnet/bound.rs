//! The values of binds as texts, which all drivers read in the same way.

use serde_json::Value;

use crate::db::error::DbError;
use crate::model::act::{Bind, BindKind, Direction};

/// A VARCHAR2 bind holds no more bytes than this.
pub(in crate::db::driver) const LONGEST_VARCHAR2: usize = 32_767;

/// The value that goes in, as a text; a number is one that JSON can read. Nothing for null, for an empty text, and for a
/// bind that only comes out.
///
/// # Errors
/// The value is not of the bind's type, or too long for it.
pub(in crate::db::driver) fn text(bind: &Bind) -> Result<Option<String>, DbError> {
    let wrong = |why: &str| DbError::invalid(format!("the bind :{} {why}", bind.name));
    if bind.direction == Direction::Out {
        return Ok(None);
    }
    let text = match (bind.kind, &bind.value) {
        (_, Value::Null) => return Ok(None),
        (BindKind::Number, Value::Number(number)) => number.to_string(),
        (BindKind::Number, Value::Bool(truth)) => u8::from(*truth).to_string(),
        (BindKind::Number, Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => text.trim().to_owned(),
            _ => return Err(wrong("is to be a number and is not")),
        },
        (BindKind::Number, _) => return Err(wrong("is to be a number and is a list or object")),
        (BindKind::Varchar2 | BindKind::Clob, Value::String(text)) => text.clone(),
        // Lists and objects travel as JSON text: blocks read them with JSON_TABLE.
        (BindKind::Varchar2 | BindKind::Clob, other) => other.to_string(),
    };
    if bind.kind == BindKind::Varchar2 && text.len() > LONGEST_VARCHAR2 {
        let length = text.len();
        return Err(wrong(&format!("has {length} bytes and a VARCHAR2 holds {LONGEST_VARCHAR2}"))
            .advise("bind it as a CLOB"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}
