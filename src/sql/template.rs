//! One template: checked when it is loaded, rendered with arguments when a plan is made.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::value::Value as Engine;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::error::SqlError;
use super::guard::{DATABASE_BIND, Guard, wrap};
use super::header::{Header, Parameter, ParameterKind, Side, parse};
use super::lexer::{Part, binds, parts};
use super::quote::{identifier, literal, simple_name};
use crate::model::act::{Bind, BindKind, Direction, Returns};
use crate::model::{Diagnostic, Effect, Repeat, SourceText, late};

/// A template that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    name: String,
    header: Header,
    text: String,
    body: String,
}

/// A statement that is ready to stand in an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The text, guard included.
    pub text: String,
    /// The binds in order of first use.
    pub binds: Vec<Bind>,
    /// Which database it is for.
    pub side: Side,
    /// What it does there.
    pub effect: Effect,
    /// What may be done when it is not known whether it ran.
    pub repeat: Repeat,
    /// Whether rows come back.
    pub returns: Returns,
    /// How long it may take, in seconds.
    pub limit_seconds: u64,
}

/// The filters that make a value safe inside text. Every `{{ … }}` of a template ends in one of them.
const QUOTING: &[&str] = &["lit", "ident", "name"];

/// Reserved words of SQL, which cannot be names of binds.
const RESERVED: &[&str] = &[
    "access",
    "add",
    "all",
    "alter",
    "and",
    "any",
    "as",
    "asc",
    "audit",
    "between",
    "by",
    "char",
    "check",
    "cluster",
    "column",
    "comment",
    "compress",
    "connect",
    "create",
    "current",
    "date",
    "decimal",
    "default",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "exclusive",
    "exists",
    "file",
    "float",
    "for",
    "from",
    "grant",
    "group",
    "having",
    "identified",
    "immediate",
    "in",
    "increment",
    "index",
    "initial",
    "insert",
    "integer",
    "intersect",
    "into",
    "is",
    "level",
    "like",
    "lock",
    "long",
    "maxextents",
    "minus",
    "mode",
    "modify",
    "noaudit",
    "nocompress",
    "not",
    "nowait",
    "null",
    "number",
    "of",
    "offline",
    "on",
    "online",
    "option",
    "or",
    "order",
    "pctfree",
    "prior",
    "public",
    "raw",
    "rename",
    "resource",
    "revoke",
    "row",
    "rowid",
    "rownum",
    "rows",
    "select",
    "session",
    "set",
    "share",
    "size",
    "smallint",
    "start",
    "successful",
    "synonym",
    "sysdate",
    "table",
    "then",
    "to",
    "trigger",
    "uid",
    "union",
    "unique",
    "update",
    "user",
    "validate",
    "values",
    "varchar",
    "varchar2",
    "view",
    "whenever",
    "where",
    "with",
];

fn environment() -> Environment<'static> {
    // Empty: none of the engine's own filters exist, above all not the one that calls any text safe.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(|out, _, value| {
        let text = value.as_str().filter(|_| value.is_safe()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, "a value was not passed through lit, ident or name")
        })?;
        out.write_str(text).map_err(Error::from)
    });
    environment.add_filter("lit", |text: &str| safe(literal(text)));
    environment.add_filter("ident", |text: &str| safe(identifier(text)));
    environment.add_filter("name", |text: &str| safe(simple_name(text)));
    environment.add_filter("upper", |text: &str| text.to_uppercase());
    environment
}

fn safe(quoted: Result<String, String>) -> Result<Engine, Error> {
    quoted.map(Engine::from_safe_string).map_err(|message| Error::new(ErrorKind::InvalidOperation, message))
}

impl Template {
    /// Reads and checks a template: its header, that every value is quoted, that parameters and text agree, and that
    /// it renders.
    ///
    /// # Errors
    /// Every mistake that was found, with line and column.
    pub fn load(name: &str, text: &str) -> Result<Self, SqlError> {
        let source = SourceText::new(format!("sql/{name}.sql"), text);
        let (header, begin) = parse(&source).map_err(SqlError::Mistakes)?;
        let body = text[begin..].trim_end().to_owned();
        let mut mistakes = unquoted(&source, begin);
        if mistakes.is_empty() {
            mistakes.extend(disagreements(&source, begin, &header, &body));
        }
        if header.effect != Effect::Read && !begins_block(&body) {
            mistakes.push(
                Diagnostic::new(&source, begin..begin, "a template that writes must be one PL/SQL block")
                    .help("begin it with declare or begin, so that the guard can stand before it"),
            );
        }
        if !mistakes.is_empty() {
            return Err(SqlError::Mistakes(mistakes));
        }
        let template = Self { name: name.to_owned(), header, text: text.to_owned(), body };
        template.fill(&template.samples()).map_err(|e| {
            SqlError::Mistakes(vec![Diagnostic::new(
                &source,
                begin..begin,
                format!("it does not render: {e}"),
            )])
        })?;
        Ok(template)
    }

    /// Its name: the path under `sql/` without the ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole text, for a frozen plan.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Arguments of the right types for tests and for the check at load.
    pub fn samples(&self) -> Map<String, Value> {
        let sample = |parameter: &Parameter| match parameter.kind {
            ParameterKind::Literals => json!(["it's", "b"]),
            ParameterKind::Identifiers => json!(["A b", "C"]),
            ParameterKind::Literal => json!("it's"),
            ParameterKind::Identifier => json!("A b"),
            ParameterKind::Name => json!("A_B"),
            ParameterKind::Bind(spec) if spec.direction == Direction::Out => Value::Null,
            ParameterKind::Bind(spec) => match spec.kind {
                BindKind::Number => json!(1),
                BindKind::Clob => json!("[]"),
                BindKind::Varchar2 => json!("x"),
            },
        };
        self.header.parameters.iter().map(|p| (p.name.clone(), sample(p))).collect()
    }

    /// The statement with these arguments. In binds may be late values or secrets; what stands in the text may not.
    /// A template that writes needs the guard.
    ///
    /// # Errors
    /// An argument that is missing, unknown, of the wrong type, or late where the text needs it; a missing guard.
    pub fn render(
        &self,
        arguments: &Map<String, Value>,
        guard: Option<&Guard>,
    ) -> Result<Rendered, SqlError> {
        for name in arguments.keys() {
            if !self.header.parameters.iter().any(|p| &p.name == name) {
                return Err(self.argument(name, "the template has no such parameter"));
            }
        }
        let mut binds = Vec::new();
        for parameter in &self.header.parameters {
            let given = arguments.get(&parameter.name);
            match parameter.kind.bind() {
                Some(spec) => {
                    let value = match (spec.direction, given) {
                        (Direction::Out, _) => Value::Null,
                        (_, Some(value)) => self.bindable(&parameter.name, spec.kind, value)?,
                        (_, None) => return Err(self.argument(&parameter.name, "no value was given")),
                    };
                    binds.push(Bind {
                        name: parameter.name.clone(),
                        kind: spec.kind,
                        direction: spec.direction,
                        value,
                    });
                }
                None => self.textual(parameter, given)?,
            }
        }
        let mut text = self.fill(arguments)?;
        if self.header.effect != Effect::Read {
            let guard = guard.ok_or_else(|| SqlError::Unguarded(self.name.clone()))?;
            text = wrap(&text, guard, guard.side_of(self.header.side))?;
            binds.insert(0, guard.bind());
        }
        let order = self::binds(&text);
        binds.sort_by_key(|bind| order.iter().position(|name| *name == bind.name));
        Ok(Rendered {
            text,
            binds,
            side: self.header.side,
            effect: self.header.effect,
            repeat: self.header.repeat,
            returns: self.header.returns,
            limit_seconds: self.header.limit_seconds,
        })
    }

    /// The guard's own text, which is whole only once a block stands in it.
    pub(super) fn open_guard(&self, arguments: &Map<String, Value>) -> Result<String, SqlError> {
        self.fill(arguments)
    }

    fn argument(&self, parameter: &str, message: impl Into<String>) -> SqlError {
        SqlError::Argument {
            template: self.name.clone(),
            parameter: parameter.to_owned(),
            message: message.into(),
        }
    }

    fn bindable(&self, name: &str, kind: BindKind, value: &Value) -> Result<Value, SqlError> {
        if late::as_late(value).is_some() || late::as_secret(value).is_some() || value.is_null() {
            return Ok(value.clone());
        }
        match (kind, value) {
            (BindKind::Number, Value::Number(_))
            | (BindKind::Varchar2 | BindKind::Clob, Value::String(_)) => Ok(value.clone()),
            // A list or an object travels as its JSON text. One with late values inside has to be late as a whole,
            // or it could not be told from one that only looks like it.
            (BindKind::Clob, Value::Array(_) | Value::Object(_)) if late::expressions(value).is_empty() => {
                Ok(Value::String(late::unprotect(value.clone()).to_string()))
            }
            _ => Err(self.argument(name, format!("{value} does not fit the bind's type"))),
        }
    }

    fn textual(&self, parameter: &Parameter, given: Option<&Value>) -> Result<(), SqlError> {
        let Some(value) = given else {
            return Err(self.argument(&parameter.name, "no value was given"));
        };
        let mut hidden = false;
        late::walk(value, &mut |v| hidden |= late::as_late(v).is_some() || late::as_secret(v).is_some());
        if hidden {
            return Err(self.argument(
                &parameter.name,
                "a value that is only known later, or a secret, cannot stand in the text; only binds take one",
            ));
        }
        let list = matches!(parameter.kind, ParameterKind::Literals | ParameterKind::Identifiers);
        let good = match value {
            Value::String(_) => !list,
            Value::Array(items) => list && items.iter().all(Value::is_string),
            _ => false,
        };
        let wanted = if list { "a list of texts" } else { "a text" };
        if good { Ok(()) } else { Err(self.argument(&parameter.name, format!("{value} is not {wanted}"))) }
    }

    fn fill(&self, arguments: &Map<String, Value>) -> Result<String, SqlError> {
        let scope: BTreeMap<&str, &Value> = self
            .header
            .parameters
            .iter()
            .filter(|p| p.kind.bind().is_none())
            .filter_map(|p| Some((p.name.as_str(), arguments.get(&p.name)?)))
            .collect();
        environment().render_str(&self.body, minijinja::value::Serde(&scope)).map_err(|e| SqlError::Render {
            template: self.name.clone(),
            message: e.detail().map_or_else(|| e.to_string(), str::to_owned),
        })
    }
}

/// Whether the text is one PL/SQL block.
fn begins_block(body: &str) -> bool {
    let first: String = body.chars().take_while(char::is_ascii_alphabetic).collect();
    let ended = body.trim_end().ends_with(';');
    ended && (first.eq_ignore_ascii_case("declare") || first.eq_ignore_ascii_case("begin"))
}

/// The `{{ … }}` and `{% … %}` of a text, with their ranges.
fn tags(text: &str) -> Vec<(bool, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").into_iter().chain(text[at..].find("{%")).min() {
        let begin = at + open;
        let value = text[begin..].starts_with("{{");
        let close = if value { "}}" } else { "%}" };
        let end = text[begin..].find(close).map_or(text.len(), |n| begin + n + 2);
        found.push((value, begin..end));
        at = end;
    }
    found
}

/// Values that end in no quoting filter, and values inside literals or comments, where quoting would do harm.
fn unquoted(source: &SourceText, begin: usize) -> Vec<Diagnostic> {
    let text = source.text();
    let mut mistakes = Vec::new();
    let mut plain = text.as_bytes().to_vec();
    for (value, range) in tags(&text[begin..]) {
        let range = begin + range.start..begin + range.end;
        let tag = &text[range.clone()];
        if value && !ends_quoted(tag) {
            mistakes.push(
                Diagnostic::new(source, range.clone(), format!("the value {tag} is not quoted")).help(
                    "pass it through lit (a literal), ident (a quoted identifier) or name (a simple name)",
                ),
            );
        }
        // The tag's own quotation marks are none of the statement's.
        plain[range].fill(b'x');
    }
    let Ok(plain) = String::from_utf8(plain) else { return mistakes };
    let quoted: Vec<_> = parts(&plain[begin..]).into_iter().filter(|(part, _)| *part != Part::Code).collect();
    for (_, range) in tags(&text[begin..]) {
        if quoted.iter().any(|(_, part)| part.start <= range.start && range.start < part.end) {
            let place = begin + range.start..begin + range.end;
            mistakes.push(
                Diagnostic::new(
                    source,
                    place,
                    "a value cannot stand inside a literal, a quoted name or a comment",
                )
                .help("end the literal before it and join with ||"),
            );
        }
    }
    mistakes
}

/// `{{ word.word | filter | lit }}`: a plain name, then filters, the last one a quoting one.
fn ends_quoted(tag: &str) -> bool {
    let inside = tag.trim_start_matches("{{").trim_end_matches("}}").trim_matches('-').trim();
    let mut pieces = inside.split('|').map(str::trim);
    let plain = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    };
    let first = pieces.next().is_some_and(plain);
    let filters: Vec<&str> = pieces.collect();
    first && filters.iter().all(|f| plain(f)) && filters.last().is_some_and(|last| QUOTING.contains(last))
}

/// Parameters that the text does not use, and names it uses that are no parameters.
fn disagreements(source: &SourceText, begin: usize, header: &Header, body: &str) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    let mut wrong = |message: String| mistakes.push(Diagnostic::new(source, begin..begin, message));
    let used = match environment().template_from_str(body) {
        Ok(template) => template.undeclared_variables(false),
        Err(e) => {
            let line = e.line().unwrap_or(1);
            wrong(format!("the template's line {line}: {}", e.detail().unwrap_or("cannot be read")));
            return mistakes;
        }
    };
    let mut sorted: Vec<&String> = used.iter().collect();
    sorted.sort();
    for name in sorted {
        if !header.parameters.iter().any(|p| &p.name == name && p.kind.bind().is_none()) {
            wrong(format!("{name} is used in the text and is not declared as a parameter"));
        }
    }
    let bound = binds(body);
    for name in &bound {
        if !header.parameters.iter().any(|p| &p.name == name && p.kind.bind().is_some()) {
            wrong(format!("the bind :{name} is used and is not declared as a parameter"));
        }
        if RESERVED.contains(&name.as_str()) {
            wrong(format!(
                "the bind :{name} has a reserved word for a name, which the database refuses (ORA-01745)"
            ));
        }
        if name == DATABASE_BIND && !source.name().contains("guard/") {
            wrong(format!("the bind :{name} belongs to the guard"));
        }
    }
    for parameter in &header.parameters {
        let is_used = match parameter.kind.bind() {
            Some(_) => bound.contains(&parameter.name),
            None => used.contains(&parameter.name),
        };
        if !is_used {
            wrong(format!("parameter {} is declared and not used", parameter.name));
        }
    }
    mistakes
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
