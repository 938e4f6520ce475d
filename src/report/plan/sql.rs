//! A plan as scripts for SQLcl. The commands used are listed in `docs/dry-run-sql.md`, and no others are.
//!
//! The order of the plan is kept: a new script begins wherever the next statement goes to another database or user.
//! Calls to the cloud and work by hand appear as PROMPT lines where their turn is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::text::pretty;
use crate::model::act::{Bind, BindKind, Body, Direction, Returns, SqlCall};
use crate::model::plan_view::PlanView;
use crate::model::{Act, Call, Effect, Redactor, RestCall, Times, late};
use crate::report::lines::value;
use crate::report::style::plain;

/// One script: everything that follows on one database as one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlScript {
    /// A name for its file: `02-target-admin.sql`.
    pub file: String,
    /// The database as the plan calls it; empty for a plan without any SQL.
    pub database: String,
    /// The database user.
    pub user: String,
    /// The text.
    pub text: String,
}

/// What SQL*Plus takes in a VARCHAR2 variable.
const LONGEST_VARIABLE: usize = 4000;
/// Literals longer than this are put together from pieces.
const PIECE: usize = 1000;

/// The plan's scripts, in the order in which they are to be run.
pub fn plan_sql(view: &PlanView) -> Vec<SqlScript> {
    let mut writer = Writer { view, scripts: Vec::new(), current: None, pending: String::new() };
    for step in &view.steps {
        writer.note(&format!("--- {}: {}", step.id, plain(&step.title)));
        if let Some(reason) = &step.skip {
            writer.note(&format!("skipped: {}", plain(reason)));
            continue;
        }
        if let Some(when) = &step.when {
            writer.note(&format!("only when {{{{ {when} }}}}"));
        }
        if let Some(instructions) = &step.manual {
            writer.note(&format!("BY HAND: {}", plain(instructions)));
        }
        for act in &step.acts {
            writer.act(act);
        }
    }
    for check in &view.checks {
        writer.note(&format!("--- check {}: {}", check.id, plain(&check.title)));
        writer.note(&format!("expected: {}", value(&late::show(&check.expected))));
        for act in &check.acts {
            writer.act(act);
        }
    }
    writer.finish()
}

struct Writer<'a> {
    view: &'a PlanView,
    scripts: Vec<SqlScript>,
    current: Option<Section>,
    /// PROMPT lines that came before any statement.
    pending: String,
}

struct Section {
    database: String,
    user: String,
    ocid: String,
    text: String,
    /// Substitution variables by what they stand for, so that each is asked once a script.
    asked: BTreeMap<String, String>,
}

impl Writer<'_> {
    fn note(&mut self, text: &str) {
        let lines = prompt(text);
        match &mut self.current {
            Some(section) => section.text.push_str(&lines),
            None => self.pending.push_str(&lines),
        }
    }

    fn act(&mut self, act: &Act) {
        let times = match &act.times {
            Times::Once => String::new(),
            Times::Maybe { when } => format!(" (only if {})", plain(when)),
            Times::Until { condition } => format!(" (again until {})", plain(condition)),
            Times::Each { of } => format!(" (for each of {})", plain(of)),
        };
        let loud = if act.effect == Effect::Destroy { "DESTROYS: " } else { "" };
        let title = format!("{loud}{}{times}", plain(&act.title));
        match &act.call {
            Call::Rest(call) => {
                self.note(&title);
                self.note(&rest(call));
            }
            Call::Local(call) => {
                let paths: Vec<String> = call.paths().iter().map(|p| value(&late::show(p))).collect();
                self.note(&title);
                self.note(&format!("HERE: {} {}", plain(&call.work()), paths.join(" ")));
            }
            Call::Sql(call) => {
                self.open(call);
                self.note(&title);
                if let Some(section) = &mut self.current {
                    section.statement(call);
                }
            }
        }
    }

    /// Begins a new script unless the statement belongs to the one that is open.
    fn open(&mut self, call: &SqlCall) {
        let (database, user) = (call.connection.database.clone(), value(&late::show(&call.connection.user)));
        let same = self.current.as_ref().is_some_and(|s| s.database == database && s.user == user);
        if same {
            return;
        }
        self.close();
        let ocid = value(&late::show(&call.connection.ocid));
        let text = std::mem::take(&mut self.pending);
        self.current = Some(Section { database, user, ocid, text, asked: BTreeMap::new() });
    }

    fn close(&mut self) {
        let Some(section) = self.current.take() else { return };
        let number = self.scripts.len() + 1;
        let name = |text: &str| -> String {
            let word: String = text
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                .collect();
            word.trim_matches('-').to_owned()
        };
        let mut end = String::new();
        for variable in section.asked.values() {
            let _ = writeln!(end, "UNDEFINE {variable}");
        }
        let place = if section.database.is_empty() {
            "no statement is sent; this script only tells what happens".to_owned()
        } else {
            format!(
                "connect to database {} as {} first\n--   {}",
                section.database, section.user, section.ocid
            )
        };
        let head = format!(
            "-- {}: {}, run {}\n-- Script {number}: {place}\n-- Made by adbctl --dry-run=sql; what it sends is what stands here.\n\
             SET DEFINE OFF\nSET VERIFY OFF\nSET ECHO OFF\nSET SQLBLANKLINES ON\nSET SERVEROUTPUT ON\n\
             WHENEVER SQLERROR EXIT SQL.SQLCODE ROLLBACK\n",
            self.view.runbook,
            one_line(&self.view.title),
            self.view.run
        );
        let file = match (section.database.is_empty(), name(&section.database), name(&section.user)) {
            (true, _, _) => format!("{number:02}-cloud.sql"),
            (false, database, user) => format!("{number:02}-{database}-{user}.sql"),
        };
        let text = Redactor::global().scrub(&format!("{head}{}{end}", section.text));
        self.scripts.push(SqlScript { file, database: section.database, user: section.user, text });
    }

    fn finish(mut self) -> Vec<SqlScript> {
        if self.current.is_none() && !self.pending.is_empty() {
            let text = std::mem::take(&mut self.pending);
            self.current = Some(Section {
                database: String::new(),
                user: String::new(),
                ocid: String::new(),
                text,
                asked: BTreeMap::new(),
            });
        }
        self.close();
        self.scripts
    }
}

fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// PROMPT lines. A `-` at the end of a line would continue the command, so one is not left there.
fn prompt(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| {
        let line = line.trim_end();
        let line = match line.strip_suffix('-') {
            Some(start) => format!("{start}\u{2010}"),
            None => line.to_owned(),
        };
        all + format!("PROMPT {line}").trim_end() + "\n"
    })
}

fn rest(call: &RestCall) -> String {
    let mut text = format!("REST {} {}", call.method, plain(&call.shown_path()));
    for (n, (name, given)) in call.query.iter().filter(|(_, v)| !v.is_null()).enumerate() {
        let _ = write!(text, "{}{name}={}", if n == 0 { '?' } else { '&' }, value(&late::show(given)));
    }
    for (name, given) in call.headers.iter().filter(|(_, v)| !v.is_null()) {
        let _ = write!(text, "\n  {name}: {}", value(&late::show(given)));
    }
    if let Body::Json(body) = &call.body {
        for line in pretty(body).lines() {
            let _ = write!(text, "\n  {line}");
        }
    }
    text
}

impl Section {
    fn statement(&mut self, call: &SqlCall) {
        for bind in &call.binds {
            self.bind(bind);
        }
        let text = call.text.trim_end();
        // A block keeps its last semicolon; the one of a query would end the statement before the slash does.
        let text = match call.returns {
            Returns::Rows => text.trim_end_matches([';', ' ', '\n']),
            Returns::Nothing => text,
        };
        let _ = writeln!(self.text, "{text}\n/");
        for bind in call.binds.iter().filter(|b| b.direction != Direction::In) {
            let _ = writeln!(self.text, "PRINT {}", bind.name);
        }
    }

    fn bind(&mut self, bind: &Bind) {
        let long = bind.value.as_str().is_some_and(|text| text.len() > LONGEST_VARIABLE);
        let kind = match bind.kind {
            BindKind::Number => "NUMBER",
            BindKind::Clob => "CLOB",
            BindKind::Varchar2 if long => "CLOB",
            BindKind::Varchar2 => "VARCHAR2(4000)",
        };
        let _ = writeln!(self.text, "VARIABLE {} {kind}", bind.name);
        if bind.direction == Direction::Out {
            return;
        }
        let unknown = !late::expressions(&bind.value).is_empty() || holds_secret(&bind.value);
        let plain_value = late::unprotect(bind.value.clone());
        let assignment = match &plain_value {
            _ if unknown => {
                let variable = self.ask(&bind.value);
                // The q-quote lets the answer hold apostrophes.
                let answer = match bind.kind {
                    BindKind::Number => format!("to_number('&{variable}')"),
                    BindKind::Varchar2 | BindKind::Clob => format!("q'~&{variable}.~'"),
                };
                let _ =
                    writeln!(self.text, "SET DEFINE ON\nEXEC :{} := {answer};\nSET DEFINE OFF", bind.name);
                return;
            }
            Value::Null => "NULL".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => literal(if *yes { "true" } else { "false" }),
            Value::String(text) if bind.kind == BindKind::Number => {
                format!("to_number({})", literal(text))
            }
            Value::String(text) => return self.text_value(&bind.name, text),
            other => literal(&other.to_string()),
        };
        let _ = writeln!(self.text, "EXEC :{} := {assignment};", bind.name);
    }

    /// Assigns a text: on one line where it fits, in a block of pieces where it does not.
    fn text_value(&mut self, name: &str, text: &str) {
        if text.chars().count() <= PIECE && !text.contains(['\n', '\r']) {
            let _ = writeln!(self.text, "EXEC :{name} := {};", literal(text));
            return;
        }
        let _ = writeln!(self.text, "BEGIN\n  :{name} := '';");
        for line in text.split_inclusive('\n') {
            let (body, end) = match line.strip_suffix('\n') {
                Some(body) => (body, " || chr(10)"),
                None => (line, ""),
            };
            let body = body.replace('\r', "");
            let letters: Vec<char> = body.chars().collect();
            let pieces: Vec<String> = letters.chunks(PIECE).map(|piece| piece.iter().collect()).collect();
            let last = pieces.len().saturating_sub(1);
            for (n, piece) in pieces.iter().enumerate() {
                let end = if n == last { end } else { "" };
                let _ = writeln!(self.text, "  :{name} := :{name} || {}{end};", literal(piece));
            }
            if pieces.is_empty() {
                let _ = writeln!(self.text, "  :{name} := :{name} || chr(10);");
            }
        }
        self.text.push_str("END;\n/\n");
    }

    /// The substitution variable for a value that is not known, asked for on first use.
    fn ask(&mut self, unknown: &Value) -> String {
        let shown = match late::show(unknown) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if let Some(variable) = self.asked.get(&shown) {
            return variable.clone();
        }
        let variable = format!("adbctl_{}", self.asked.len() + 1);
        let hide = if holds_secret(unknown) { " HIDE" } else { "" };
        let question = one_line(&shown).replace('\'', "''");
        let _ = writeln!(self.text, "ACCEPT {variable} CHAR PROMPT '{question}: '{hide}");
        self.asked.insert(shown, variable.clone());
        variable
    }
}

fn holds_secret(given: &Value) -> bool {
    let mut found = false;
    late::walk(given, &mut |v| found |= late::as_secret(v).is_some());
    found
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
