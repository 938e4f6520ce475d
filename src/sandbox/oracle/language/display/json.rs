//! SQL/JSON functions and `JSON_TABLE`.

use std::fmt::{self, Display, Formatter};

use super::super::ast::{
    Expression, ExpressionKind, Ident, JsonAnswer, JsonColumn, JsonColumnKind, JsonEntry, JsonFunction,
    JsonHandling, JsonOnNull, JsonPath, JsonTable, JsonValueExpression, JsonWrapper,
};
use super::{list, literal};

pub(super) fn function(f: &mut Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    match kind {
        ExpressionKind::JsonPath(path) => json_path(f, path),
        ExpressionKind::JsonObject { entries, handling } => {
            f.write_str("JSON_OBJECT(")?;
            list(f, entries)?;
            write!(f, "{handling})")
        }
        ExpressionKind::JsonArray { elements, handling } => {
            f.write_str("JSON_ARRAY(")?;
            list(f, elements)?;
            write!(f, "{handling})")
        }
        ExpressionKind::JsonArrayAgg { element, order_by, handling } => {
            write!(f, "JSON_ARRAYAGG({element}")?;
            if !order_by.is_empty() {
                f.write_str(" ORDER BY ")?;
                list(f, order_by)?;
            }
            write!(f, "{handling})")
        }
        ExpressionKind::JsonObjectAgg { entry, handling } => write!(f, "JSON_OBJECTAGG({entry}{handling})"),
        _ => Ok(()),
    }
}

fn json_path(f: &mut Formatter<'_>, path: &JsonPath) -> fmt::Result {
    let word = match path.function {
        JsonFunction::Value => "JSON_VALUE",
        JsonFunction::Query => "JSON_QUERY",
        JsonFunction::Exists => "JSON_EXISTS",
    };
    write!(f, "{word}({}{}", path.document, format_json(path.format_json))?;
    if let Some(text) = &path.path {
        f.write_str(", ")?;
        literal(f, text)?;
    }
    passing(f, &path.passing)?;
    wrapper(f, path.wrapper)?;
    write!(f, "{})", path.handling)
}

fn format_json(said: bool) -> &'static str {
    if said { " FORMAT JSON" } else { "" }
}

fn passing(f: &mut Formatter<'_>, values: &[(Expression, Ident)]) -> fmt::Result {
    for (index, (value, name)) in values.iter().enumerate() {
        f.write_str(if index == 0 { " PASSING " } else { ", " })?;
        write!(f, "{value} AS {name}")?;
    }
    Ok(())
}

fn wrapper(f: &mut Formatter<'_>, wrapper: Option<JsonWrapper>) -> fmt::Result {
    f.write_str(match wrapper {
        Some(JsonWrapper::Without) => " WITHOUT WRAPPER",
        Some(JsonWrapper::Unconditional) => " WITH UNCONDITIONAL WRAPPER",
        Some(JsonWrapper::Conditional) => " WITH CONDITIONAL WRAPPER",
        None => "",
    })
}

impl Display for JsonHandling {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.on_null {
            Some(JsonOnNull::Null) => " NULL ON NULL",
            Some(JsonOnNull::Absent) => " ABSENT ON NULL",
            None => "",
        })?;
        if let Some(data_type) = &self.returning {
            write!(f, " RETURNING {data_type}")?;
        }
        f.write_str(if self.pretty { " PRETTY" } else { "" })?;
        f.write_str(if self.strict { " STRICT" } else { "" })?;
        f.write_str(if self.unique_keys { " WITH UNIQUE KEYS" } else { "" })?;
        if let Some(answer) = &self.on_error {
            write!(f, " {answer} ON ERROR")?;
        }
        if let Some(answer) = &self.on_empty {
            write!(f, " {answer} ON EMPTY")?;
        }
        Ok(())
    }
}

impl Display for JsonAnswer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Error => f.write_str("ERROR"),
            Self::Default(value) => write!(f, "DEFAULT {value}"),
            Self::EmptyArray => f.write_str("EMPTY ARRAY"),
            Self::EmptyObject => f.write_str("EMPTY OBJECT"),
            Self::True => f.write_str("TRUE"),
            Self::False => f.write_str("FALSE"),
        }
    }
}

impl Display for JsonEntry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "KEY {key} VALUE {}", self.value),
            None => self.value.fmt(f),
        }
    }
}

impl Display for JsonValueExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, format_json(self.format_json))
    }
}

impl Display for JsonTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "JSON_TABLE({}{}", self.document, format_json(self.format_json))?;
        if let Some(text) = &self.path {
            f.write_str(", ")?;
            literal(f, text)?;
        }
        passing(f, &self.passing)?;
        write!(f, "{} COLUMNS (", self.handling)?;
        list(f, &self.columns)?;
        f.write_str("))")
    }
}

impl Display for JsonColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            name.fmt(f)?;
        }
        match &self.kind {
            JsonColumnKind::Ordinality => f.write_str(" FOR ORDINALITY"),
            JsonColumnKind::Nested { path, columns } => {
                f.write_str("NESTED PATH ")?;
                literal(f, path)?;
                f.write_str(" COLUMNS (")?;
                list(f, columns)?;
                f.write_str(")")
            }
            JsonColumnKind::Path { function, data_type, wrapper: wrapping, path, handling } => {
                if let Some(data_type) = data_type {
                    write!(f, " {data_type}")?;
                }
                f.write_str(match function {
                    JsonFunction::Value => "",
                    JsonFunction::Query => " FORMAT JSON",
                    JsonFunction::Exists => " EXISTS",
                })?;
                wrapper(f, *wrapping)?;
                if let Some(path) = path {
                    f.write_str(" PATH ")?;
                    literal(f, path)?;
                }
                handling.fmt(f)
            }
        }
    }
}
