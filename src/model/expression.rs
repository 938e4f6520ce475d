//! Expressions of runbooks: `steps.clone.ocid`, `params.schema | upper`.
//!
//! The language is minijinja's expression language, strict: a name that is not there is an error. Beside its own
//! filters there are three for lists of rows: `rows | columns('owner', 'name')` keeps these members of each, and
//! `rows | lacking(others, 'owner', 'name')` gives those rows, with these members only, that `others` does not have;
//! `rows | among(others, 'owner', 'name')` those that it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use minijinja::value::Rest;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;
use thiserror::Error;

/// An expression that has been parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct Expression {
    source: String,
    references: BTreeSet<String>,
}

/// Why a text is no expression, or why one has no value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message} in {{{{ {source_text} }}}}")]
pub struct ExpressionError {
    source_text: String,
    message: String,
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("columns", |rows: minijinja::Value, names: Rest<String>| columns(&rows, &names));
    for (name, wanted) in [("lacking", false), ("among", true)] {
        environment.add_filter(
            name,
            move |rows: minijinja::Value, others: minijinja::Value, names: Rest<String>| {
                let others = columns(&others, &names)?;
                let mut rows = columns(&rows, &names)?;
                rows.retain(|row| others.contains(row) == wanted);
                Ok::<_, minijinja::Error>(rows)
            },
        );
    }
    environment
});

/// The members of these names of each row; without names the rows as they are. A row without such a member has null.
fn columns(rows: &minijinja::Value, names: &[String]) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    rows.try_iter()?
        .map(|row| {
            if names.is_empty() {
                return Ok(row);
            }
            let members = names.iter().map(|name| {
                let member = row.get_attr(name)?;
                let member = if member.is_undefined() { minijinja::Value::from(()) } else { member };
                Ok((name.clone(), member))
            });
            Ok(minijinja::Value::from(members.collect::<Result<BTreeMap<_, _>, minijinja::Error>>()?))
        })
        .collect()
}

impl Expression {
    /// Reads an expression, without its braces.
    ///
    /// # Errors
    /// The text is not an expression.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let source = source.trim();
        let compiled = ENVIRONMENT.compile_expression(source).map_err(|e| error(source, &e))?;
        let mut references: BTreeSet<String> = compiled.undeclared_variables(true).into_iter().collect();
        // Some forms (a slice of a member) are not followed down to the member: then the name alone stands for it, and
        // whoever checks references asks for a form that can be followed.
        for root in compiled.undeclared_variables(false) {
            let below = format!("{root}.");
            if !references.iter().any(|r| *r == root || r.starts_with(&below)) {
                references.insert(root);
            }
        }
        Ok(Self { source: source.to_owned(), references })
    }

    /// Reads a text with `{{ … }}` in it. A text that is one expression keeps that expression's type; anything else
    /// becomes the expression that joins the pieces into a text.
    ///
    /// # Errors
    /// Braces that do not close, or something between them that is no expression.
    pub fn of_template(text: &str) -> Result<Self, ExpressionError> {
        let pieces = pieces(text)?;
        if let [Piece::Expression(only)] = pieces.as_slice() {
            return Self::parse(only);
        }
        let mut joined = Vec::new();
        for piece in &pieces {
            match piece {
                Piece::Literal(literal) => joined.push(quoted(literal)),
                Piece::Expression(source) => {
                    Self::parse(source)?;
                    joined.push(format!("({source})"));
                }
            }
        }
        Self::parse(&joined.join(" ~ "))
    }

    /// The expression as text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The dotted names the expression refers to, such as `steps.clone.ocid`.
    pub fn references(&self) -> &BTreeSet<String> {
        &self.references
    }

    /// The expression for a member of this one's value.
    ///
    /// # Panics
    /// If `name` is not an identifier, which is a mistake of the caller's source.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let simple =
            self.source.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-');
        let source =
            if simple { format!("{}.{name}", self.source) } else { format!("({}).{name}", self.source) };
        Self::parse(&source).expect("a member name in source is an identifier")
    }

    /// The value in `scope`, a JSON object whose members are the names an expression can use.
    ///
    /// # Errors
    /// A name that is not there, or an operation that its operands do not allow.
    pub fn evaluate(&self, scope: &Value) -> Result<Value, ExpressionError> {
        let compiled = ENVIRONMENT.compile_expression(&self.source).map_err(|e| error(&self.source, &e))?;
        let found = compiled.eval(minijinja::value::Serde(scope)).map_err(|e| error(&self.source, &e))?;
        if found.is_undefined() {
            return Err(ExpressionError {
                source_text: self.source.clone(),
                message: "nothing has that name".into(),
            });
        }
        serde_json::to_value(&found)
            .map_err(|e| ExpressionError { source_text: self.source.clone(), message: e.to_string() })
    }
}

enum Piece {
    Literal(String),
    Expression(String),
}

fn pieces(text: &str) -> Result<Vec<Piece>, ExpressionError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        if open > 0 {
            found.push(Piece::Literal(rest[..open].to_owned()));
        }
        let inside = &rest[open + 2..];
        let close = inside.find("}}").ok_or_else(|| ExpressionError {
            source_text: inside.trim().to_owned(),
            message: "the braces are not closed".into(),
        })?;
        found.push(Piece::Expression(inside[..close].trim().to_owned()));
        rest = &inside[close + 2..];
    }
    if !rest.is_empty() {
        found.push(Piece::Literal(rest.to_owned()));
    }
    Ok(found)
}

fn quoted(literal: &str) -> String {
    format!(
        "\"{}\"",
        literal.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r")
    )
}

fn error(source: &str, e: &minijinja::Error) -> ExpressionError {
    let message = e.detail().map_or_else(|| e.kind().to_string(), |d| format!("{}: {d}", e.kind()));
    ExpressionError { source_text: source.to_owned(), message }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{ {} }}}}", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(template: &str, wanted: &Value) {
        let scope = json!({ "steps": { "clone": { "ocid": "o1", "n": 3, "net": { "ip": null } } },
                            "params": { "quote": "a\"b\\{{" } });
        let found = Expression::of_template(template).and_then(|e| e.evaluate(&scope));
        match found {
            Ok(value) => assert_eq!(&value, wanted, "{template}"),
            Err(e) => assert_eq!(&json!({ "error": e.to_string() }), wanted, "{template}"),
        }
    }

    #[test]
    fn values_and_texts() {
        check("{{ steps.clone.n }}", &json!(3));
        check("a-{{ steps.clone.n }}", &json!("a-3"));
        check("{{ steps.clone.net.ip }}", &Value::Null);
        check("say \"{{ params.quote }}\"\n", &json!("say \"a\"b\\{{\"\n"));
        check("{{ steps.clone.ocid ~ 'OLD' }}", &json!("o1OLD"));
        check(
            "{{ steps.clone.ocid",
            &json!({ "error": "the braces are not closed in {{ steps.clone.ocid }}" }),
        );
    }

    #[test]
    fn lists_of_rows() {
        fn check(expression: &str, wanted: &Value) {
            let scope = json!({
                "old": [{ "owner": "A", "name": "X", "n": 1 }, { "owner": "B", "name": "Y", "n": 2 }],
                "new": [{ "owner": "A", "name": "X", "n": 9 }],
            });
            let found = Expression::parse(expression).and_then(|e| e.evaluate(&scope));
            assert_eq!(found.unwrap_or_else(|e| json!(e.to_string())), *wanted, "{expression}");
        }
        check("old | columns('owner')", &json!([{ "owner": "A" }, { "owner": "B" }]));
        check("old | columns('owner', 'gone') | first", &json!({ "gone": null, "owner": "A" }));
        check("old | lacking(new, 'owner', 'name')", &json!([{ "name": "Y", "owner": "B" }]));
        check("new | lacking(old, 'owner', 'name')", &json!([]));
        check("old | among(new, 'owner', 'name')", &json!([{ "name": "X", "owner": "A" }]));
        check("new | lacking(old)", &json!([{ "name": "X", "n": 9, "owner": "A" }]));
        check(
            "old | lacking([])",
            &json!([{ "name": "X", "n": 1, "owner": "A" }, { "name": "Y", "n": 2, "owner": "B" }]),
        );
        let references = Expression::parse("steps.a.rows | lacking(found.rows, 'x')").unwrap();
        let references: Vec<_> = references.references().iter().map(String::as_str).collect();
        assert_eq!(references, ["found.rows", "steps.a.rows"]);
    }

    #[test]
    fn missing_names_are_errors() {
        let scope = json!({ "steps": { "clone": {} } });
        let missing = Expression::parse("steps.clone.odic").unwrap();
        assert!(missing.evaluate(&scope).is_err());
    }

    #[test]
    fn references_are_nested() {
        let expression = Expression::parse("steps.clone.ocid ~ params.x").unwrap();
        let found: Vec<_> = expression.references().iter().map(String::as_str).collect();
        assert_eq!(found, ["params.x", "steps.clone.ocid"]);
    }
}
