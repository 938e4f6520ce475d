//! `sql`: statements typed, piped or in a file.

use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::values::Assignment;

/// Arguments of `sql`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = AFTER)]
pub struct SqlArgs {
    /// The database, by its name in the configuration
    pub database: String,
    /// One statement or several; `-` reads them from standard input
    #[arg(value_name = "TEXT", required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// A script in the form of SQL*Plus; what it includes with @ lies in its directory or below
    #[arg(long, short = 'f', value_name = "FILE")]
    pub file: Option<Utf8PathBuf>,
    /// The value of :NAME, a text unless NAME:number or NAME:clob is written; without a value it comes out of a PL/SQL
    /// block; can be given several times
    #[arg(long = "bind", value_name = "NAME=VALUE")]
    pub binds: Vec<BindWish>,
    /// The value of :NAME is a secret, by reference: 'NAME={ env = "VARIABLE" }', with file, vault, command or prompt
    /// as in the configuration; can be given several times
    #[arg(long = "secret", value_name = "NAME=REFERENCE")]
    pub secrets: Vec<Assignment>,
    /// The value of &NAME in the text; can be given several times
    #[arg(long = "define", value_name = "NAME=VALUE")]
    pub defines: Vec<Assignment>,
    /// How rows are written [default: table; json with --output json]
    #[arg(long, value_name = "FORM")]
    pub format: Option<RowForm>,
    /// Show so many rows of a query; 0 shows all [default: 1000 as a table, else all]
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Write the only value that a query gives, a CLOB or BLOB of any length, to this file as it is; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "rows", "go_on"])]
    pub value_to: Option<Utf8PathBuf>,
    /// Replace a file of that name
    #[arg(long, requires = "value_to")]
    pub force: bool,
    /// Go on after a statement that failed
    #[arg(long = "continue")]
    pub go_on: bool,
    /// Another driver than the configured one
    #[arg(long, value_name = "DRIVER")]
    pub driver: Option<DriverName>,
    /// How long each statement may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit_seconds: u64,
}

const AFTER: &str = "\
Whatever is no plain query begins with the identity guard, is refused on a database of role production, and asks first
elsewhere, unless --yes is given. Statements up to a COMMIT or DDL are whole or not at all; what is left open is committed.

Exit codes: 0 all statements succeeded; 2 a bind without value; 3 the text cannot be read as SQL; 4 refused; 5 a
statement failed and nothing is left of the others; 6 a statement failed, and what others changed stays; 7 broken off;
8 the database was not reached or let nobody in.";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowForm {
    /// For people, 80 columns wide; long values are cut
    Table,
    /// RFC 4180 with a line of names, whole values
    Csv,
    /// One object a line for each statement, whole values
    Json,
}

/// The drivers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DriverName {
    /// REST-Enabled SQL over HTTPS
    Ords,
    /// SQL*Net in Rust, without a client library
    Thin,
    /// SQL*Net by Oracle's client library
    Thick,
    /// OCI Database Tools with your cloud identity
    Dbtools,
}

/// The types a bind can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindType {
    /// VARCHAR2.
    Text,
    /// NUMBER.
    Number,
    /// CLOB.
    Clob,
}

/// `NAME=VALUE`, `NAME:number=VALUE`, or `NAME` for one that comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindWish {
    /// The name in small letters, without the colon.
    pub name: String,
    /// The type.
    pub kind: BindType,
    /// The value; none for one that comes out.
    pub value: Option<String>,
}

impl FromStr for BindWish {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (head, value) = match text.split_once('=') {
            Some((head, value)) => (head, Some(value.to_owned())),
            None => (text, None),
        };
        let (name, kind) = head.split_once(':').unwrap_or((head, "text"));
        let kind = match kind.to_ascii_lowercase().as_str() {
            "text" | "varchar2" => BindType::Text,
            "number" => BindType::Number,
            "clob" => BindType::Clob,
            other => {
                return Err(format!("{other:?} is no type of a bind; the types are text, number and clob"));
            }
        };
        let name = bind_name(name)?;
        if kind == BindType::Number
            && let Some(value) = value.as_deref().filter(|value| !value.is_empty())
            && !value.parse::<f64>().is_ok_and(f64::is_finite)
        {
            return Err(format!("{value:?} is no number"));
        }
        Ok(Self { name, kind, value })
    }
}

/// The name of a bind in small letters.
///
/// # Errors
/// It is none, or one that adbctl keeps for itself.
pub fn bind_name(name: &str) -> Result<String, String> {
    let name = name.trim().to_ascii_lowercase();
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '#'));
    if !good {
        return Err(format!("{name:?} is no name of a bind; write NAME=VALUE, for example --bind id=42"));
    }
    if name.starts_with("adbctl_") {
        return Err("names that begin with adbctl_ are those of the guard; give the bind another".into());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_as_typed() {
        fn check(text: &str, wanted: Option<(&str, BindType, Option<&str>)>) {
            let found = text.parse::<BindWish>().ok();
            let wanted = wanted.map(|(name, kind, value)| BindWish {
                name: name.to_owned(),
                kind,
                value: value.map(str::to_owned),
            });
            assert_eq!(found, wanted, "{text}");
        }
        check("ID=42", Some(("id", BindType::Text, Some("42"))));
        check("id:number=4.2e1", Some(("id", BindType::Number, Some("4.2e1"))));
        check("id:number=", Some(("id", BindType::Number, Some(""))));
        check("doc:clob=a=b", Some(("doc", BindType::Clob, Some("a=b"))));
        check("back:NUMBER", Some(("back", BindType::Number, None)));
        check("back", Some(("back", BindType::Text, None)));
        for wrong in ["", "1=2", "a b=1", "id:date=1", "id:number=x", "adbctl_database=x", "=x"] {
            check(wrong, None);
        }
    }
}
