//! Expressions of runbooks: `steps.clone.ocid`, `params.schema | upper`.
//!
//! The language is minijinja's expression language, strict: a name that is not there is an error. Beside its own
//! filters there are those of [`super::filters`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;
use thiserror::Error;

use super::filters::FILTERS;

/// An expression that has been parsed. Cloning is cheap.
#[derive(Clone)]
pub struct Expression {
    parsed: Arc<Parsed>,
}

struct Parsed {
    source: String,
    references: BTreeSet<String>,
    form: Form,
}

/// How an expression is evaluated.
enum Form {
    /// A dotted name, by far the most frequent form: its value is looked up, without the engine and without handing
    /// the whole scope over to it.
    Path,
    /// Everything else.
    Compiled(minijinja::Expression<'static, 'static>),
}

/// Why a text is no expression, or why one has no value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message} in {{{{ {source_text} }}}}")]
pub struct ExpressionError {
    source_text: String,
    message: String,
}

impl ExpressionError {
    /// What is wrong, without the expression.
    pub fn reason(&self) -> &str {
        &self.message
    }
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for filter in FILTERS {
        filter.register(&mut environment);
    }
    environment
});

impl Expression {
    /// Reads an expression, without its braces.
    ///
    /// # Errors
    /// The text is not an expression.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let source = source.trim();
        if is_path(source) {
            return Ok(Self::of(source, BTreeSet::from([source.to_owned()]), Form::Path));
        }
        let compiled = compile(source)?;
        let mut references: BTreeSet<String> = compiled.undeclared_variables(true).into_iter().collect();
        // Some forms (a slice of a member) are not followed down to the member: then the name alone stands for it, and
        // whoever checks references asks for a form that can be followed.
        for root in compiled.undeclared_variables(false) {
            let below = format!("{root}.");
            if !references.iter().any(|r| *r == root || r.starts_with(&below)) {
                references.insert(root);
            }
        }
        Ok(Self::of(source, references, Form::Compiled(compiled)))
    }

    fn of(source: &str, references: BTreeSet<String>, form: Form) -> Self {
        Self { parsed: Arc::new(Parsed { source: source.to_owned(), references, form }) }
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
        &self.parsed.source
    }

    /// The dotted names the expression refers to, such as `steps.clone.ocid`.
    pub fn references(&self) -> &BTreeSet<String> {
        &self.parsed.references
    }

    /// The expression for a member of this one's value.
    ///
    /// # Panics
    /// If `name` is not an identifier, which is a mistake of the caller's source.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let source = self.source();
        let simple = source.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-');
        let source = if simple { format!("{source}.{name}") } else { format!("({source}).{name}") };
        Self::parse(&source).expect("a member name in source is an identifier")
    }

    /// The value in `scope`, a JSON object whose members are the names an expression can use.
    ///
    /// # Errors
    /// A name that is not there, or an operation that its operands do not allow.
    pub fn evaluate(&self, scope: &Value) -> Result<Value, ExpressionError> {
        let source = self.source();
        match &self.parsed.form {
            // What is not there has the engine's error.
            Form::Path => match look_up(source, scope) {
                Some(found) => Ok(found.clone()),
                None => evaluate(source, &compile(source)?, scope),
            },
            Form::Compiled(compiled) => evaluate(source, compiled, scope),
        }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

/// Words of the expression language that cannot begin a name.
const WORDS: &[&str] =
    &["and", "else", "false", "False", "if", "in", "is", "none", "None", "not", "or", "true", "True"];

/// Whether the text is names with dots between them, and nothing else.
fn is_path(source: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let first = source.split('.').next().unwrap_or_default();
    first.len() < source.len() && !WORDS.contains(&first) && source.split('.').all(is_name)
}

fn look_up<'a>(path: &str, scope: &'a Value) -> Option<&'a Value> {
    path.split('.').try_fold(scope, |value, name| value.as_object()?.get(name))
}

fn compile(source: &str) -> Result<minijinja::Expression<'static, 'static>, ExpressionError> {
    ENVIRONMENT.compile_expression_owned(source.to_owned()).map_err(|e| error(source, &e))
}

fn evaluate(
    source: &str,
    compiled: &minijinja::Expression<'static, 'static>,
    scope: &Value,
) -> Result<Value, ExpressionError> {
    let found = compiled.eval(minijinja::value::Serde(scope)).map_err(|e| error(source, &e))?;
    let fail = |message: String| ExpressionError { source_text: source.to_owned(), message };
    if found.is_undefined() {
        return Err(fail("nothing has that name".into()));
    }
    serde_json::to_value(&found).map_err(|e| fail(e.to_string()))
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
        write!(f, "{{{{ {} }}}}", self.source())
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
    fn networks_are_laid_over_each_other() {
        let scope = json!({ "steps": { "before": { "network": { "subnetId": "net", "privateEndpointIp": "10.0.2.21" } } },
                            "params": { "network": { "privateEndpointIp": "10.0.2.30" } } });
        let laid =
            Expression::parse("(steps.before.network | overlaid(params.network)).privateEndpointIp").unwrap();
        assert_eq!(laid.evaluate(&scope), Ok(json!("10.0.2.30")));
        let found: Vec<_> = laid.references().iter().map(String::as_str).collect();
        assert_eq!(found, ["params.network", "steps.before.network"]);
        let both = Expression::parse(
            "{ 'subnetId': 'net' } | overlaid({ 'privateEndpointLabel': '', 'nsgIds': ['g'] })",
        );
        assert!(both.unwrap().evaluate(&scope).unwrap_err().to_string().contains("has no nsgIds"));
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
        check(
            "new | filled(uri='p/{owner}-{n}.sql', as='{n}', over=0)",
            &json!([{ "owner": "A", "name": "X", "n": 9, "uri": "p/A-9.sql", "as": 9, "over": 0 }]),
        );
        check("'[{\"n\": 1}]' | parsed", &json!([{ "n": 1 }]));
        check(
            "old | joined([{'owner': 'B', 'z': 5}], 'owner') | columns('n', 'z')",
            &json!([{ "n": 1, "z": null }, { "n": 2, "z": 5 }]),
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
    fn a_path_means_what_the_engine_means() {
        let scope = json!({
            "a": { "b": { "if": 1, "_c9": [1, 2], "items": "own" }, "n": null, "t": "{{ x }}", "f": 1.5 },
            "true": { "b": 1 },
            "list": [{ "b": 1 }],
        });
        // Whether it is taken for a path, and whether it has a value.
        for (source, path, good) in [
            ("a.b", true, true),
            ("a.b.if", true, true),
            ("a.b._c9", true, true),
            ("a.b.items", true, true),
            ("a.n", true, true),
            ("a.t", true, true),
            ("a.f", true, true),
            ("a.b.keys", true, false),
            ("a.n.x", true, false),
            ("list.b", true, false),
            ("z.b", true, false),
            ("a", false, true),
            ("a.b-1", false, false),
            ("a.b[0]", false, false),
            ("true.b", false, false),
            ("a. b", false, true),
            ("list.0", false, true),
            ("a..b", false, false),
            ("a.b.", false, false),
            (".a", false, false),
            ("a.é", false, false),
        ] {
            assert_eq!(is_path(source), path, "{source}");
            let engine = compile(source).and_then(|compiled| {
                let references: BTreeSet<String> = compiled.undeclared_variables(true).into_iter().collect();
                Ok((evaluate(source, &compiled, &scope)?, references))
            });
            assert_eq!(engine.is_ok(), good, "{source}: {engine:?}");
            let ours =
                Expression::parse(source).and_then(|e| Ok((e.evaluate(&scope)?, e.references().clone())));
            assert_eq!(ours, engine, "{source}");
        }
    }

    #[test]
    fn references_are_nested() {
        let expression = Expression::parse("steps.clone.ocid ~ params.x").unwrap();
        let found: Vec<_> = expression.references().iter().map(String::as_str).collect();
        assert_eq!(found, ["params.x", "steps.clone.ocid"]);
    }
}
