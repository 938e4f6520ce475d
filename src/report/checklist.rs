//! The checklist that a run ends with, for the terminal.

use super::lines::{check_mark, error_lines, found, spoken, step_mark, step_word, value};
use super::record::{RunRecord, StepRecord};
use super::style::{Style, plain, wrap};
use crate::model::{CheckStatus, Redactor, StepId, StepStatus, Verdict};
use std::fmt::Write as _;

/// The line length that fits every terminal.
const WIDTH: usize = 80;

/// The final checklist: steps, checks, what is left to a person, the verdict and the next command.
pub fn checklist(record: &RunRecord, style: Style) -> String {
    let mut text = heading(record, style);
    text.push_str(&steps(record, style));
    text.push_str(&checks(record, style));
    text.push_str(&manual(record, style));
    let verdict = record.verdict_line();
    let _ = writeln!(text, "\n{} {verdict}", style.bold("Verdict:"));
    if let Some(seconds) = record.seconds() {
        let _ = writeln!(text, "{} {}", style.bold("Took:"), spoken(seconds));
    }
    for (name, result) in &record.results {
        let shown = result.as_str().map_or_else(|| value(result), plain);
        let _ = writeln!(text, "{} {shown}", style.bold(&format!("{}:", titled(name))));
    }
    if let Some(command) = record.next_command() {
        let _ = writeln!(text, "{} {command}", style.bold("Next:"));
    }
    Redactor::global().scrub(&text)
}

/// What a run that was given up has put back, step by step; then what it did not come to.
pub fn undone(record: &RunRecord, what: &[StepId], style: Style) -> String {
    let mut text = heading(record, style);
    let took_part = |step: &&StepRecord| what.contains(&step.id) && step.status != StepStatus::Skipped;
    let back: Vec<&StepRecord> = record.steps.iter().filter(took_part).collect();
    text.push_str(&listed("Put back", &back, style));
    let left = back.iter().any(|step| step.status != StepStatus::Done);
    let verdict = match record.verdict {
        Some(Verdict::Interrupted) if !left => {
            "what it had changed for the time being is put back".to_owned()
        }
        Some(Verdict::Interrupted) => "interrupted; something is not put back yet".to_owned(),
        _ => record.verdict_line(),
    };
    let _ = writeln!(text, "\n{} {verdict}", style.bold("Verdict:"));
    let _ = writeln!(
        text,
        "{} adbctl{} resume {}",
        style.bold("To go on all the same:"),
        record.repeat,
        record.run
    );
    if !record.checks.is_empty() {
        let _ = writeln!(text, "\n{}", style.bold("Checks that were not made"));
        for check in &record.checks {
            let _ = writeln!(text, "  {} {}", check_mark(CheckStatus::NotRun, style), plain(&check.title));
        }
    }
    Redactor::global().scrub(&text)
}

/// A name with a capital letter in front.
pub(super) fn titled(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn heading(record: &RunRecord, style: Style) -> String {
    let mut what = record.runbook.clone();
    match (&record.source, &record.target) {
        (Some(source), Some(target)) => {
            let _ = write!(what, " {source} → {target}");
        }
        (None, Some(only)) | (Some(only), None) => {
            let _ = write!(what, " {only}");
        }
        (None, None) => {}
    }
    format!("{}   run {}\n", style.bold(&what), record.run)
}

fn steps(record: &RunRecord, style: Style) -> String {
    listed("Steps", &record.steps.iter().collect::<Vec<_>>(), style)
}

fn listed(heading: &str, steps: &[&StepRecord], style: Style) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold(heading));
    let width = steps.iter().map(|s| s.id.as_str().len()).max().unwrap_or(0).min(24);
    for step in steps {
        let end = match step.status {
            StepStatus::Done => step.seconds().map(spoken).unwrap_or_default(),
            other => step_word(other).to_owned(),
        };
        let title = plain(&step.title);
        let _ = write!(text, "  {} {:width$}  {title}", step_mark(step.status, style), step.id.as_str());
        if !end.is_empty() {
            text.push_str(&style.dim(&format!("  ({end})")));
        }
        if step.status == StepStatus::Failed
            && let Some(error) = &step.error
        {
            let _ = write!(text, "\n{}", wrap(error_lines(error, 0).trim(), 6, WIDTH));
        } else if step.status == StepStatus::Skipped
            && let Some(reason) = &step.reason
        {
            let _ = write!(text, "\n{}", wrap(&plain(reason), 6, WIDTH));
        }
        text.push('\n');
    }
    text
}

fn checks(record: &RunRecord, style: Style) -> String {
    if record.checks.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold("Checks"));
    for check in &record.checks {
        let _ = writeln!(text, "  {} {}", check_mark(check.status, style), plain(&check.title));
        if check.status == CheckStatus::Skipped
            && let Some(reason) = check.found.as_str()
        {
            let _ = writeln!(text, "{}", wrap(&plain(reason), 6, WIDTH));
        }
        if check.status == CheckStatus::Failed {
            if let Some(error) = &check.error {
                text.push_str(&wrap(error_lines(error, 0).trim(), 6, WIDTH));
                text.push('\n');
            } else {
                let _ =
                    writeln!(text, "{}", wrap(&format!("expected: {}", value(&check.expected)), 6, WIDTH));
                let _ = writeln!(text, "{}", wrap(&format!("found:    {}", found(&check.found)), 6, WIDTH));
            }
        } else if check.status == CheckStatus::Manual {
            let _ = writeln!(text, "{}", wrap(&found(&check.found), 6, WIDTH));
        }
    }
    text
}

fn manual(record: &RunRecord, style: Style) -> String {
    let open: Vec<_> = record.open_manual().collect();
    if open.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold("To do by hand"));
    for (n, step) in open.iter().enumerate() {
        let _ = writeln!(text, "  {}. {} [{}]", n + 1, plain(&step.title), step.id);
        if let Some(reason) = &step.reason {
            let _ = writeln!(text, "{}", wrap(&plain(reason), 5, WIDTH));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::{head, story};
    use super::*;

    #[test]
    fn one_of_everything() {
        let record = RunRecord::of_events(head(), &story());
        let text = checklist(&record, Style::default());
        assert!(text.lines().all(|l| l.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text);
    }
}
