//! What was typed, as a script and values for its placeholders.

use std::collections::BTreeMap;
use std::io::Read as _;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::exit::{Exit, Failure};
use crate::cli::{BindType, SqlArgs, bind_name};
use crate::model::act::{Bind, BindKind, Direction};
use crate::model::{SecretRef, late};
use crate::sql::{Piece, Script, ScriptOptions, SqlError, directory_loader};

/// Reads the text, the file or standard input.
pub(super) fn read(args: &SqlArgs) -> Result<Script, Failure> {
    let defines: BTreeMap<String, String> =
        args.defines.iter().map(|define| (define.key.clone(), define.value.clone())).collect();
    let options = ScriptOptions { defines };
    let read = match (&args.file, args.text.as_deref()) {
        (Some(file), _) => of_file(file, &options),
        (None, Some("-")) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| {
                Failure::new(Exit::Usage, format!("standard input cannot be read as text: {e}"))
            })?;
            typed("standard input", &text, &options)
        }
        (None, text) => typed("command line", text.unwrap_or_default(), &options),
    };
    let mut script = read?.map_err(mistakes)?;
    if script.pieces.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no statement in the text")
            .help("adbctl sql DB 'select …', or --file FILE, or - for standard input"));
    }
    if args.go_on {
        script.pieces.iter_mut().for_each(|piece| piece.goes_on = true);
    }
    Ok(script)
}

type Reading = Result<Result<Script, SqlError>, Failure>;

fn of_file(file: &Utf8Path, options: &ScriptOptions) -> Reading {
    if !file.is_file() {
        return Err(Failure::new(Exit::Usage, format!("there is no file {file}"))
            .help("give the path of a script, or the statement itself without --file"));
    }
    let directory = file.parent().filter(|path| !path.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let load = directory_loader(directory)?;
    let name = file.file_name().unwrap_or_default();
    Ok(Script::read(Utf8Path::new(name), &load, options))
}

/// A typed text may lack the mark that ends its last statement.
fn typed(name: &str, text: &str, options: &ScriptOptions) -> Reading {
    let beside = directory_loader(Utf8Path::new("."))?;
    let read = |text: &str| {
        let load = |path: &Utf8Path| if path == name { Ok(text.to_owned()) } else { beside(path) };
        Script::read(Utf8Path::new(name), &load, options)
    };
    let as_typed = read(text);
    let only_not_ended = match &as_typed {
        Err(SqlError::Mistakes(found)) => {
            found.iter().all(|mistake| mistake.message.contains("is not ended"))
        }
        _ => false,
    };
    Ok(if only_not_ended { read(&format!("{}\n/\n", text.trim_end())) } else { as_typed })
}

/// The mistakes of a text, drawn on it.
pub(super) fn mistakes(error: SqlError) -> Failure {
    match error {
        SqlError::Mistakes(found) => found.into(),
        other => Failure::new(Exit::Wrong, other.to_string()),
    }
}

/// `statement 2 (fix.sql:7)`, or `the statement` where there is only one and it was typed.
pub(super) fn named(script: &Script, number: usize, line: Option<u64>) -> String {
    let Some(piece) = script.pieces.get(number.saturating_sub(1)) else { return "the statement".into() };
    if script.pieces.len() == 1 && piece.file == "command line" {
        return "the statement".into();
    }
    let line = line.and_then(|line| usize::try_from(line).ok()).map_or(0, |line| line.saturating_sub(1));
    format!("statement {number} ({}:{})", piece.file, piece.line + line)
}

/// The values of placeholders: each that stands in the text has one, and each that is given stands there.
pub(super) fn given(args: &SqlArgs, script: &Script) -> Result<Vec<Bind>, Failure> {
    let mut given: Vec<Bind> = Vec::new();
    for wish in &args.binds {
        let kind = match wish.kind {
            BindType::Text => BindKind::Varchar2,
            BindType::Number => BindKind::Number,
            BindType::Clob => BindKind::Clob,
        };
        let (direction, value) = match wish.value.as_deref() {
            None => (Direction::Out, Value::Null),
            Some("") => (Direction::In, Value::Null),
            Some(value) => (Direction::In, late::protect(json!(value))),
        };
        given.push(Bind { name: wish.name.clone(), kind, direction, value });
    }
    for secret in &args.secrets {
        let wrong = |why: String| {
            Failure::new(Exit::Usage, format!("--secret {}: {why}", secret.key))
                .help("write it as in the configuration: --secret 'NAME={ env = \"VARIABLE\" }'")
        };
        let name = bind_name(&secret.key).map_err(wrong)?;
        let reference = reference(&secret.value).map_err(wrong)?.asking_for(&format!("value of :{name}"));
        let value = late::secret(&reference);
        given.push(Bind { name, kind: BindKind::Varchar2, direction: Direction::In, value });
    }
    for (n, bind) in given.iter().enumerate() {
        if given[..n].iter().any(|earlier| earlier.name == bind.name) {
            return Err(Failure::new(Exit::Usage, format!(":{} is given twice", bind.name)));
        }
    }
    compare(&given, script)?;
    Ok(given)
}

/// A reference as it stands in the configuration. What it says is never shown: somebody may have typed the secret itself.
fn reference(text: &str) -> Result<SecretRef, String> {
    #[derive(Deserialize)]
    struct Holder {
        value: SecretRef,
    }
    let table = toml::from_str::<Holder>(&format!("value = {text}"));
    table.map(|holder| holder.value).map_err(|_| "this is no reference to a secret".to_owned())
}

fn compare(given: &[Bind], script: &Script) -> Result<(), Failure> {
    let mut used: Vec<String> = Vec::new();
    for (n, piece) in script.pieces.iter().enumerate() {
        for name in piece.placeholders() {
            let place = || named(script, n + 1, None);
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(Failure::new(Exit::Usage, format!("{} has the placeholder :{name}", place()))
                    .help("give placeholders names, such as :id, and their values by --bind id=42"));
            }
            let Some(bind) = given.iter().find(|bind| bind.name == name) else {
                return Err(Failure::new(Exit::Usage, format!(":{name} in {} has no value", place())).help(
                    format!("give it: --bind {name}=VALUE, or --secret '{name}={{ env = \"VARIABLE\" }}'"),
                ));
            };
            if bind.direction == Direction::Out && !comes_out(piece) {
                return Err(Failure::new(
                    Exit::Usage,
                    format!(
                        ":{name} has no value, and only a PL/SQL block can give one; {} is none",
                        place()
                    ),
                )
                .help(format!("--bind {name}=VALUE; an empty value is NULL")));
            }
            used.push(name);
        }
    }
    match given.iter().find(|bind| !used.contains(&bind.name)) {
        Some(bind) => {
            Err(Failure::new(Exit::Usage, format!("no statement has a placeholder :{}", bind.name))
                .help("look at its spelling; placeholders inside literals and definitions do not count"))
        }
        None => Ok(()),
    }
}

fn comes_out(piece: &Piece) -> bool {
    piece.kind == crate::sql::PieceKind::Plsql
}
