//! Markdown: for tickets and change records.

use std::fmt::Write as _;

use super::direction;
use crate::model::{CheckStatus, StepStatus};
use crate::report::RunRecord;
use crate::report::checklist::titled;
use crate::report::lines::{spoken, step_word, value};

/// Text inside a table cell: marks of the format lose their meaning, line ends become spaces.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '\n' => safe.push(' '),
            '\r' => {}
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

pub(super) fn render(record: &RunRecord) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# {} {}\n", cell(&record.runbook), cell(&direction(record)));
    let _ = writeln!(text, "- Run: `{}`", record.run);
    let _ = writeln!(text, "- Verdict: **{}**", cell(&record.verdict_line()));
    if let (Some(started), Some(finished)) = (record.started, record.finished) {
        let _ = writeln!(text, "- From {started} to {finished}");
    }
    for (name, result) in &record.results {
        let shown = result.as_str().map_or_else(|| value(result), str::to_owned);
        let _ = writeln!(text, "- {}: `{}`", cell(&titled(name)), shown.replace(['`', '\n'], " "));
    }
    if let Some(command) = record.next_command() {
        let _ = writeln!(text, "- Next: `{command}`");
    }
    text.push_str("\n## Steps\n\n| step | title | status | time | remarks |\n|---|---|---|---|---|\n");
    for step in &record.steps {
        let remark = match (&step.error, &step.reason) {
            (Some(error), _) if step.status == StepStatus::Failed => error.message.clone(),
            (_, Some(reason)) => reason.clone(),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            cell(step.id.as_str()),
            cell(&step.title),
            step_word(step.status),
            step.seconds().map(spoken).unwrap_or_default(),
            cell(&remark)
        );
    }
    text.push_str("\n## Checks\n\n| check | result | expected | found |\n|---|---|---|---|\n");
    for check in &record.checks {
        let result = match check.status {
            CheckStatus::Passed => "passed",
            CheckStatus::Failed => "**failed**",
            CheckStatus::Manual => "to be looked at",
            CheckStatus::Skipped => "not needed",
            CheckStatus::NotRun => "did not run",
        };
        let found = check.error.as_ref().map_or_else(|| value(&check.found), |e| e.message.clone());
        let _ = writeln!(
            text,
            "| {} | {result} | {} | {} |",
            cell(&check.title),
            cell(&value(&check.expected)),
            cell(&found)
        );
    }
    let open: Vec<_> = record.open_manual().collect();
    if !open.is_empty() {
        text.push_str("\n## To do by hand\n\n");
        for step in open {
            let reason = step.reason.as_deref().unwrap_or_default();
            let _ = writeln!(text, "1. {}: {}", cell(&step.title), cell(reason));
        }
    }
    text
}
