//! The comment block that opens a template and declares what it is.

use std::ops::Range;

use crate::model::act::{BindKind, Direction, Returns};
use crate::model::diagnostic::{Diagnostic, SourceText, suggestion};
use crate::model::{Effect, Repeat};

/// Which database a template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is read. Its few writes need consent.
    Source,
    /// The one that is changed.
    Target,
    /// Either. A template that writes takes the part of the database it is rendered for: on the one that is read it
    /// is one of the few writes that need consent.
    Any,
}

/// What a template says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is for.
    pub purpose: String,
    /// Which database it is for.
    pub side: Side,
    /// What it does to the database.
    pub effect: Effect,
    /// What may be done when it is not known whether it ran.
    pub repeat: Repeat,
    /// Whether rows come back.
    pub returns: Returns,
    /// How long it may take, in seconds.
    pub limit_seconds: u64,
    /// What the database user needs.
    pub privileges: String,
    /// Its parameters in the order of the header.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// How its value gets into the statement.
    pub kind: ParameterKind,
    /// What it is.
    pub about: String,
}

/// How a value gets into the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// As a literal in the text.
    Literal,
    /// As literals in the text.
    Literals,
    /// As a quoted identifier in the text.
    Identifier,
    /// As quoted identifiers in the text.
    Identifiers,
    /// As a simple name in the text.
    Name,
    /// As a bind.
    Bind(BindSpec),
}

/// The type and direction of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindSpec {
    /// Its type.
    pub kind: BindKind,
    /// Which way the value goes.
    pub direction: Direction,
}

impl ParameterKind {
    fn parse(words: &[&str]) -> Option<Self> {
        match words {
            ["literal"] => Some(Self::Literal),
            ["literals"] => Some(Self::Literals),
            ["identifier"] => Some(Self::Identifier),
            ["identifiers"] => Some(Self::Identifiers),
            ["name"] => Some(Self::Name),
            ["bind", kind, direction] => {
                let kind = match *kind {
                    "varchar2" => BindKind::Varchar2,
                    "number" => BindKind::Number,
                    "clob" => BindKind::Clob,
                    _ => return None,
                };
                let direction = match *direction {
                    "in" => Direction::In,
                    "out" => Direction::Out,
                    "inout" => Direction::InOut,
                    _ => return None,
                };
                Some(Self::Bind(BindSpec { kind, direction }))
            }
            _ => None,
        }
    }

    /// The bind's type and direction, if it is one.
    pub fn bind(self) -> Option<BindSpec> {
        match self {
            Self::Bind(spec) => Some(spec),
            _ => None,
        }
    }
}

const KEYS: &[&str] =
    &["purpose", "side", "effect", "repeat", "returns", "limit", "privileges", "param NAME"];

/// Reads the header. Gives it with the offset at which the statement begins.
pub(super) fn parse(source: &SourceText) -> Result<(Header, usize), Vec<Diagnostic>> {
    let (entries, body) = entries(source.text());
    let mut mistakes = Vec::new();
    let mut wrong = |span: Range<usize>, message: String, help: Option<String>| {
        let mut mistake = Diagnostic::new(source, span, message);
        mistake.help = help;
        mistakes.push(mistake);
    };
    let mut parameters: Vec<Parameter> = Vec::new();
    for entry in &entries {
        if let Some(name) = entry.key.strip_prefix("param ") {
            let (kind, about) = entry.value.split_once(" - ").unwrap_or((&entry.value, ""));
            let words: Vec<&str> = kind.split_whitespace().collect();
            match ParameterKind::parse(&words) {
                _ if about.is_empty() => wrong(
                    entry.span.clone(),
                    format!("parameter {name} is not explained"),
                    Some("write: -- param NAME: TYPE - what it is".into()),
                ),
                None => wrong(
                    entry.span.clone(),
                    format!("{kind:?} is no type of a parameter"),
                    Some(
                        "types are literal, literals, identifier, identifiers, name, and bind varchar2|number|clob in|out|inout"
                            .into(),
                    ),
                ),
                Some(_) if parameters.iter().any(|p| p.name == name.trim()) => {
                    wrong(entry.span.clone(), format!("parameter {name} is declared twice"), None);
                }
                Some(kind) => parameters.push(Parameter {
                    name: name.trim().to_owned(),
                    kind,
                    about: about.trim().to_owned(),
                }),
            }
        } else if !KEYS.contains(&entry.key.as_str()) {
            wrong(
                entry.span.clone(),
                format!("unknown key {:?} in the header", entry.key),
                suggestion(&entry.key, KEYS.iter().copied()),
            );
        }
    }
    let value = |key: &str| entries.iter().find(|e| e.key == key);
    let mut pick = |key: &'static str, choices: &'static [&'static str]| -> Option<usize> {
        let Some(entry) = value(key) else {
            wrong(0..0, format!("the header lacks {key:?}"), None);
            return None;
        };
        let at = choices.iter().position(|c| *c == entry.value);
        if at.is_none() {
            wrong(
                entry.span.clone(),
                format!("{:?} is no {key}", entry.value),
                suggestion(&entry.value, choices.iter().copied()),
            );
        }
        at
    };
    let side = pick("side", &["source", "target", "any"]).map(|n| [Side::Source, Side::Target, Side::Any][n]);
    let effect = pick("effect", &["read", "write", "destroy"])
        .map(|n| [Effect::Read, Effect::Write, Effect::Destroy][n]);
    let repeat = pick("repeat", &["safe", "probe"]).map(|n| [Repeat::Safe, Repeat::Probe][n]);
    let returns = pick("returns", &["rows", "nothing"]).map(|n| [Returns::Rows, Returns::Nothing][n]);
    let limit = value("limit").and_then(|e| e.value.parse::<u64>().ok()).filter(|n| *n > 0);
    if limit.is_none() {
        wrong(
            value("limit").map_or(0..0, |e| e.span.clone()),
            "limit must be a number of seconds".into(),
            None,
        );
    }
    for key in ["purpose", "privileges"] {
        if value(key).is_none_or(|e| e.value.is_empty()) {
            wrong(0..0, format!("the header lacks {key:?}"), None);
        }
    }
    if side == Some(Side::Any) && effect == Some(Effect::Destroy) {
        wrong(
            value("side").map_or(0..0, |e| e.span.clone()),
            "a template that destroys is for one side".into(),
            None,
        );
    }
    match (side, effect, repeat, returns, limit) {
        (Some(side), Some(effect), Some(repeat), Some(returns), Some(limit_seconds))
            if mistakes.is_empty() =>
        {
            let text = |key| value(key).map(|e| e.value.clone()).unwrap_or_default();
            let (purpose, privileges) = (text("purpose"), text("privileges"));
            Ok((
                Header { purpose, side, effect, repeat, returns, limit_seconds, privileges, parameters },
                body,
            ))
        }
        _ => Err(mistakes),
    }
}

struct Entry {
    key: String,
    value: String,
    span: Range<usize>,
}

fn entries(text: &str) -> (Vec<Entry>, usize) {
    let mut found: Vec<Entry> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let Some(inside) = line.trim_end().strip_prefix("--") else { break };
        let span = at..at + line.trim_end().len();
        if let Some(more) = inside.strip_prefix("   ") {
            if let Some(last) = found.last_mut() {
                last.value.push(' ');
                last.value.push_str(more.trim());
            }
        } else if let Some((key, value)) = inside.split_once(':') {
            found.push(Entry { key: key.trim().to_owned(), value: value.trim().to_owned(), span });
        } else {
            found.push(Entry { key: inside.trim().to_owned(), value: String::new(), span });
        }
        at += line.len();
    }
    (found, at)
}
