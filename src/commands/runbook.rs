//! `adbctl runbook`: looking at runbooks and checking them.

use super::exit::{Exit, Failure};
use super::prepare::load_runbook;
use super::surroundings::Surroundings;
use crate::cli::RunbookCommand;
use crate::runbook::{self, Runbook, shipped};

/// `adbctl runbook …`.
pub(super) fn runbook(command: RunbookCommand, around: &Surroundings) -> Result<Exit, Failure> {
    let text = match command {
        RunbookCommand::List => {
            let mut lines = Vec::new();
            for (name, _) in shipped() {
                lines.push(format!("{name:<16}  {}", load_runbook(name)?.title));
            }
            lines.join("\n")
        }
        RunbookCommand::Show { runbook } => show(&load_runbook(&runbook)?),
        RunbookCommand::Check { runbook } => {
            let checked = load_runbook(&runbook)?;
            let steps = checked.steps.iter().filter(|s| s.check.is_none()).count();
            format!("{}: {steps} steps, {} checks, no mistakes", checked.name, checked.steps.len() - steps)
        }
        RunbookCommand::Graph { runbook } => graph(&load_runbook(&runbook)?),
        RunbookCommand::Schema => format!("{:#}", runbook::schema()),
    };
    around.out.result(text.trim_end())?;
    Ok(Exit::Done)
}

fn show(runbook: &Runbook) -> String {
    let mut text = format!("{}\n\n{}\n", runbook.title, runbook.doc.trim());
    text.push_str("\nDatabases\n");
    for (part, database) in &runbook.databases {
        let access = format!("{:?}", database.access).to_lowercase();
        text.push_str(&format!("  {part:<10}  {access:<6}  {}\n", database.doc.trim()));
    }
    text.push_str("\nParameters\n");
    for (name, param) in &runbook.params {
        let kind = format!("{:?}", param.kind).to_lowercase();
        let default =
            param.default.as_ref().map_or_else(|| "required".to_owned(), |d| format!("default {d}"));
        text.push_str(&format!("  {name:<20}  {kind:<7}  {}; {default}\n", param.doc.trim()));
    }
    if !runbook.values.is_empty() {
        text.push_str("\nValues\n");
    }
    for (name, value) in &runbook.values {
        text.push_str(&format!("  {name:<20}  {}\n", value.doc.trim()));
    }
    for (heading, checks) in [("Steps", false), ("Checks", true)] {
        text.push_str(&format!("\n{heading}\n"));
        for step in runbook.steps.iter().filter(|s| s.check.is_some() == checks) {
            let (kind, _) = step.file.run.parts();
            text.push_str(&format!("  {:<20}  {}  [{kind}]\n", step.id.as_str(), step.file.title));
            if let Some(doc) = &step.file.doc {
                for line in doc.trim().lines() {
                    text.push_str(&format!("      {}\n", line.trim()));
                }
            }
        }
    }
    text
}

fn graph(runbook: &Runbook) -> String {
    let mut text = format!("digraph {:?} {{\n", runbook.name);
    for step in runbook.steps.iter().filter(|s| s.check.is_none()) {
        text.push_str(&format!("  {:?} [label={:?}];\n", step.id.as_str(), step.file.title));
        for need in &step.needs {
            text.push_str(&format!("  {:?} -> {:?};\n", need.as_str(), step.id.as_str()));
        }
    }
    text.push_str("}\n");
    text
}
