//! The commands of SQL*Plus that a script may hold, and its substitution variables.

use std::collections::BTreeMap;

/// A command, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Changes how output looks, of which nothing is left here.
    Nothing,
    /// SET SERVEROUTPUT.
    ServerOutput(bool),
    /// SET DEFINE: the letter that begins a variable, or none.
    DefineLetter(Option<char>),
    /// DEFINE name = value.
    Define(String, String),
    /// DEFINE without a value: shows it, or all.
    ShowDefine(Option<String>),
    /// UNDEFINE.
    Undefine(Vec<String>),
    /// PROMPT.
    Prompt(String),
    /// WHENEVER SQLERROR: whether the script ends, and whether it commits then.
    WheneverError {
        /// EXIT rather than CONTINUE.
        exit: bool,
        /// COMMIT is asked for.
        commit: bool,
        /// ROLLBACK is asked for.
        rollback: bool,
    },
    /// EXIT or QUIT, and whether COMMIT is asked for.
    Exit {
        /// COMMIT is asked for.
        commit: bool,
    },
    /// EXECUTE: the block it stands for.
    Execute(String),
    /// A lone slash: the statement before runs again.
    Again,
    /// SHOW USER.
    ShowUser,
    /// A command that the web does not allow, by name.
    Restricted(String),
    /// What SQL*Plus itself says against it.
    Mistake(String),
}

/// Settings of SQL*Plus that only change how results look or are asked for.
const LOOKS: &[&str] = &[
    "APPINFO",
    "ARRAYSIZE",
    "AUTOPRINT",
    "COLSEP",
    "CONCAT",
    "ECHO",
    "EDITFILE",
    "EMBEDDED",
    "ERRORLOGGING",
    "FEED",
    "FEEDBACK",
    "HEA",
    "HEADING",
    "HEADSEP",
    "LIN",
    "LINES",
    "LINESIZE",
    "LONG",
    "LONGC",
    "LONGCHUNKSIZE",
    "NEWPAGE",
    "NULL",
    "NUM",
    "NUMFORMAT",
    "NUMWIDTH",
    "PAGES",
    "PAGESIZE",
    "PAUSE",
    "RECSEP",
    "SHOWMODE",
    "SQLBL",
    "SQLBLANKLINES",
    "SQLFORMAT",
    "SQLPROMPT",
    "TAB",
    "TERM",
    "TERMOUT",
    "TI",
    "TIME",
    "TIMI",
    "TIMING",
    "TRIM",
    "TRIMOUT",
    "TRIMS",
    "TRIMSPOOL",
    "UNDERLINE",
    "VER",
    "VERIFY",
    "WRAP",
];

/// Reads a command.
pub(super) fn read(text: &str) -> Command {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let first = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let rest = text.get(words.first().map_or(0, |word| word.len())..).unwrap_or_default().trim_start();
    if text.starts_with(['@', '!']) {
        return Command::Restricted(if text.starts_with('@') { "@ (START)".into() } else { "HOST".into() });
    }
    match first.as_str() {
        "/" | "RUN" => Command::Again,
        "REM" | "REMARK" | "COL" | "COLUMN" | "BREAK" | "BTITLE" | "TTITLE" | "CLEAR" | "COMPUTE"
        | "REPHEADER" | "TIMING" => Command::Nothing,
        "SET" => set(&words),
        "PROMPT" => Command::Prompt(rest.to_owned()),
        "DEF" | "DEFINE" => define(rest),
        "UNDEF" | "UNDEFINE" => {
            Command::Undefine(words[1..].iter().map(|word| word.to_ascii_uppercase()).collect())
        }
        "WHENEVER" => whenever(&words),
        "EXIT" | "QUIT" => Command::Exit { commit: says(&words, "COMMIT") },
        "EXEC" | "EXECUTE" if rest.is_empty() => Command::Mistake("Usage: EXEC[UTE] statement".into()),
        "EXEC" | "EXECUTE" => {
            Command::Execute(format!("BEGIN {}; END;", rest.trim_end().trim_end_matches(';').trim_end()))
        }
        "SHO" | "SHOW" if words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("user")) => {
            Command::ShowUser
        }
        "HOST" | "HO" | "SPOOL" | "SPO" | "CONN" | "CONNECT" | "DISC" | "DISCONNECT" | "START" | "STORE"
        | "SAVE" | "GET" | "EDIT" | "CD" | "STARTUP" | "SHUTDOWN" | "PASSWORD" | "COPY" | "ACCEPT"
        | "PAUSE" => Command::Restricted(first),
        _ => Command::Mistake(format!("SP2-0734: the sandbox cannot run the command {first}")),
    }
}

fn says(words: &[&str], word: &str) -> bool {
    words.iter().any(|found| found.eq_ignore_ascii_case(word))
}

fn set(words: &[&str]) -> Command {
    let name = words.get(1).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let value = words.get(2).copied().unwrap_or_default();
    let switch = match value.to_ascii_uppercase().as_str() {
        "ON" => Some(true),
        "OFF" => Some(false),
        _ => None,
    };
    match name.as_str() {
        "SERVEROUT" | "SERVEROUTPUT" => match switch {
            Some(on) => Command::ServerOutput(on),
            None => Command::Mistake(format!("SP2-0265: serveroutput must be set ON or OFF, not {value:?}")),
        },
        "DEF" | "DEFINE" | "SCAN" => match (switch, value.trim_matches('\'')) {
            (Some(true), _) => Command::DefineLetter(Some('&')),
            (Some(false), _) => Command::DefineLetter(None),
            (None, letter) if letter.chars().count() == 1 => Command::DefineLetter(letter.chars().next()),
            _ => Command::Mistake(format!("SP2-0268: define option is no letter: {value:?}")),
        },
        name if LOOKS.contains(&name) => Command::Nothing,
        "AUTO" | "AUTOCOMMIT" if switch == Some(false) => Command::Nothing,
        "" => Command::Mistake("SP2-0281: set missing set option".into()),
        name => {
            Command::Mistake(format!("SP2-0158: unknown SET option {name:?}, or one the sandbox cannot set"))
        }
    }
}

fn define(rest: &str) -> Command {
    let Some((name, value)) = rest.split_once('=') else {
        let name = rest.trim();
        return Command::ShowDefine((!name.is_empty()).then(|| name.to_ascii_uppercase()));
    };
    let value = value.trim();
    let inner = ['\'', '"']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let name = name.trim().to_ascii_uppercase();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Command::Mistake("SP2-0137: DEFINE needs one name before the equal sign".into());
    }
    Command::Define(name, inner.to_owned())
}

fn whenever(words: &[&str]) -> Command {
    let word = |at: usize| words.get(at).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let exit = match word(2).as_str() {
        "EXIT" => true,
        "CONTINUE" => false,
        _ => return Command::Mistake("Usage: WHENEVER SQLERROR { CONTINUE | EXIT } …".into()),
    };
    match word(1).as_str() {
        "SQLERROR" => {
            Command::WheneverError { exit, commit: says(words, "COMMIT"), rollback: says(words, "ROLLBACK") }
        }
        "OSERROR" => Command::Nothing,
        _ => Command::Mistake("Usage: WHENEVER { SQLERROR | OSERROR } …".into()),
    }
}

/// Puts the values of substitution variables in place of their names.
///
/// # Errors
/// The name of a variable that has no value.
pub(super) fn substitute(
    text: &str,
    letter: Option<char>,
    values: &BTreeMap<String, String>,
) -> Result<String, String> {
    let Some(letter) = letter else { return Ok(text.to_owned()) };
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(letter) {
        whole.push_str(&rest[..at]);
        let run = rest[at..].len() - rest[at..].trim_start_matches(letter).len();
        let after = &rest[at + run..];
        let length = after.find(|c: char| !(c.is_alphanumeric() || "_$#".contains(c))).unwrap_or(after.len());
        if length == 0 || run > 2 * letter.len_utf8() {
            whole.push_str(&rest[at..at + run]);
            rest = after;
            continue;
        }
        let name = after[..length].to_ascii_uppercase();
        let Some(value) = values.get(&name) else { return Err(name) };
        whole.push_str(value);
        rest = after[length..].strip_prefix('.').unwrap_or(&after[length..]);
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        fn check(text: &str, wanted: &Command) {
            assert_eq!(read(text), *wanted, "{text}");
        }
        let mistake = |text: &str| matches!(read(text), Command::Mistake(_));
        check("set serveroutput on size unlimited", &Command::ServerOutput(true));
        check("SET SERVEROUT OFF", &Command::ServerOutput(false));
        check("set define off", &Command::DefineLetter(None));
        check("set define '^'", &Command::DefineLetter(Some('^')));
        check("set pagesize 0 linesize 200", &Command::Nothing);
        check("prompt  two  words", &Command::Prompt("two  words".into()));
        check("define schema = 'APP'", &Command::Define("SCHEMA".into(), "APP".into()));
        check("define", &Command::ShowDefine(None));
        check("undefine a b", &Command::Undefine(vec!["A".into(), "B".into()]));
        let exit = |exit, commit, rollback| Command::WheneverError { exit, commit, rollback };
        check("whenever sqlerror exit sql.sqlcode rollback", &exit(true, false, true));
        check("WHENEVER SQLERROR EXIT FAILURE COMMIT", &exit(true, true, false));
        check("whenever sqlerror continue none", &exit(false, false, false));
        check("whenever oserror exit 9", &Command::Nothing);
        check("exit", &Command::Exit { commit: false });
        check(
            "exec dbms_output.put_line('x');",
            &Command::Execute("BEGIN dbms_output.put_line('x'); END;".into()),
        );
        check("/", &Command::Again);
        check("host ls", &Command::Restricted("HOST".into()));
        check("@other.sql", &Command::Restricted("@ (START)".into()));
        assert!(mistake("set nonsense on"));
        assert!(mistake("variable x number"));
        assert!(mistake("whenever sqlerror"));
    }

    #[test]
    fn substitution() {
        fn check(text: &str, letter: Option<char>, wanted: Result<&str, &str>) {
            let values = BTreeMap::from([("WHO".to_owned(), "scott".to_owned())]);
            let found = substitute(text, letter, &values);
            assert_eq!(found.as_deref().map_err(String::as_str), wanted, "{text}");
        }
        check("a &who b &&WHO.", Some('&'), Ok("a scott b scott"));
        check("&who..t", Some('&'), Ok("scott.t"));
        check("a & b", Some('&'), Ok("a & b"));
        check("'R&D'", Some('&'), Err("D"));
        check("'R&D'", None, Ok("'R&D'"));
        check("^who &who", Some('^'), Ok("scott &who"));
        check("größe&", Some('&'), Ok("größe&"));
    }
}
