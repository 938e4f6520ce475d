//! The commands of SQL*Plus: which are understood, which make no difference, and which cannot be.

/// What a line that begins outside a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Changes nothing that matters to a run: formatting, headings.
    Ignored,
    /// `PROMPT text`.
    Prompt(String),
    /// `SET DEFINE ON`, `OFF` or another mark.
    SetDefine(Option<char>),
    /// `DEFINE name = value`.
    Define(String, String),
    /// `UNDEFINE name …`.
    Undefine(Vec<String>),
    /// `WHENEVER SQLERROR`: whether statements go on after an error.
    OnError {
        /// They go on.
        goes_on: bool,
    },
    /// `@file` and `@@file`.
    Include {
        /// The file as written.
        file: String,
        /// `@@`: beside the including script.
        nested: bool,
    },
    /// `EXEC statement`.
    Execute(String),
    /// `EXIT` or `QUIT`.
    Exit,
    /// Cannot be done, with advice.
    Refused(String),
}

/// Every SQL*Plus command that is not done, with what to write instead.
const REFUSED: &[(&[&str], &str)] = &[
    (&["HOST", "!", "$"], "a script runs inside the database only; make it a step of the runbook"),
    (&["SPOOL", "SPO"], "the run's record keeps the output; take the line out"),
    (
        &["CONNECT", "CONN", "DISCONNECT", "DISC"],
        "the runbook says where and as whom a script runs; split the script",
    ),
    (
        &["ACCEPT", "ACC", "PAUSE", "PAU"],
        "nobody is asked while a script runs; use DEFINE or a parameter of the runbook",
    ),
    (
        &["VARIABLE", "VAR", "PRINT", "PRI"],
        "bind variables do not outlive a request; use a PL/SQL variable in one block",
    ),
    (
        &["GET", "SAVE", "EDIT", "ED", "LIST", "RUN", "STORE", "CHANGE", "APPEND", "INPUT", "DEL"],
        "the editor of SQL*Plus does not exist here",
    ),
    (
        &["COPY", "ARCHIVE", "STARTUP", "SHUTDOWN", "RECOVER", "PASSWORD", "PASSW", "XQUERY"],
        "this command of SQL*Plus does not exist here",
    ),
    (
        &["DESCRIBE", "DESC", "SHOW", "SHO", "HELP"],
        "use a query of the dictionary, such as select … from user_tab_columns",
    ),
];

const IGNORED: &[&str] = &[
    "COLUMN",
    "COL",
    "TTITLE",
    "TTI",
    "BTITLE",
    "BTI",
    "BREAK",
    "BRE",
    "COMPUTE",
    "COMP",
    "CLEAR",
    "CL",
    "REPHEADER",
    "REPFOOTER",
    "TIMING",
    "TIMI",
];

/// Reads a line as a command; nothing when it begins a statement. `next_is_sql` tells `SET ROLE` from `SET ECHO`.
pub(super) fn read(line: &str) -> Option<Command> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("@@") {
        return Some(include(rest, true));
    }
    if let Some(rest) = line.strip_prefix('@') {
        return Some(include(rest, false));
    }
    let cut = line.find(|c: char| c.is_whitespace()).unwrap_or(line.len());
    let (word, rest) = (line[..cut].trim_end_matches(';').to_uppercase(), line[cut..].trim());
    let first_mark = line.chars().next().filter(|c| matches!(c, '!' | '$')).map(String::from);
    let word = first_mark.unwrap_or(word);
    if let Some((_, advice)) = REFUSED.iter().find(|(words, _)| words.contains(&word.as_str())) {
        return Some(Command::Refused(format!("{word} is not possible here: {advice}")));
    }
    if IGNORED.contains(&word.as_str()) {
        return Some(Command::Ignored);
    }
    let bare = rest.trim_end_matches(';').trim();
    match word.as_str() {
        "REM" | "REMARK" => Some(Command::Ignored),
        "PROMPT" | "PRO" => Some(Command::Prompt(rest.to_owned())),
        "SET" => set(bare),
        "DEFINE" | "DEF" => Some(define(bare)),
        "UNDEFINE" | "UNDEF" => {
            Some(Command::Undefine(bare.split_whitespace().map(str::to_uppercase).collect()))
        }
        "WHENEVER" => Some(whenever(bare)),
        "START" | "STA" => Some(include(rest, false)),
        "EXEC" | "EXECUTE" => Some(Command::Execute(bare.to_owned())),
        "EXIT" | "QUIT" => Some(Command::Exit),
        _ => None,
    }
}

fn include(rest: &str, nested: bool) -> Command {
    let mut words = rest.trim().trim_end_matches(';').split_whitespace();
    match (words.next(), words.next()) {
        (Some(file), None) => Command::Include { file: file.trim_matches('"').to_owned(), nested },
        (Some(_), Some(_)) => Command::Refused(
            "arguments of an included script are not possible here: use DEFINE before it".into(),
        ),
        (None, _) => Command::Refused("name the script to include: @file".into()),
    }
}

fn set(rest: &str) -> Option<Command> {
    let mut words = rest.split_whitespace();
    let name = words.next().unwrap_or("").to_uppercase();
    let value = words.next().unwrap_or("").to_uppercase();
    match name.as_str() {
        // These are SQL.
        "ROLE" | "TRANSACTION" | "CONSTRAINT" | "CONSTRAINTS" => None,
        "DEFINE" | "DEF" | "SCAN" => Some(Command::SetDefine(match value.as_str() {
            "OFF" => None,
            "ON" | "" => Some('&'),
            other => other.trim_matches('\'').chars().next(),
        })),
        "AUTOCOMMIT" | "AUTO" if value != "OFF" => Some(Command::Refused(
            "SET AUTOCOMMIT is not possible here: write COMMIT where one is meant".into(),
        )),
        "SQLTERMINATOR" | "SQLT" | "CMDSEP" | "CMDS" | "BLOCKTERMINATOR" | "SQLPREFIX" | "ESCAPE" | "ESC"
            if value != "OFF" =>
        {
            Some(Command::Refused(format!("SET {name} is not possible here: use the usual marks")))
        }
        _ => Some(Command::Ignored),
    }
}

fn define(rest: &str) -> Command {
    match rest.split_once('=') {
        Some((name, value)) => {
            let value = value.trim();
            let quoted = |mark: char| value.strip_prefix(mark).and_then(|v| v.strip_suffix(mark));
            let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
            Command::Define(name.trim().to_uppercase(), value.to_owned())
        }
        None => Command::Ignored,
    }
}

fn whenever(rest: &str) -> Command {
    let words: Vec<String> = rest.split_whitespace().map(str::to_uppercase).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["SQLERROR", "CONTINUE", ..] => Command::OnError { goes_on: true },
        ["SQLERROR", "EXIT", ..] => Command::OnError { goes_on: false },
        ["OSERROR", ..] => Command::Ignored,
        _ => Command::Refused("write WHENEVER SQLERROR EXIT or WHENEVER SQLERROR CONTINUE".into()),
    }
}
