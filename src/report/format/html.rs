//! One page without scripts, fonts or pictures from elsewhere, that prints well.

use std::fmt::Write as _;

use super::{direction, escaped};
use crate::model::{CheckStatus, StepStatus, Verdict};
use crate::report::RunRecord;
use crate::report::checklist::titled;
use crate::report::lines::{error_lines, spoken, step_word, value};

const LOOK: &str = "\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd}\
td.time{white-space:nowrap;text-align:right}\
.good{color:#17692b}.bad{color:#a3121f;font-weight:600}.open{color:#7a5200}.quiet{color:#666}\
pre{white-space:pre-wrap;margin:.3rem 0}code{font-size:.95em}\
@media print{body{margin:0;max-width:none;font-size:11pt}tr{break-inside:avoid}}";

pub(super) fn render(record: &RunRecord) -> String {
    let title = format!("{} {}", record.runbook, direction(record));
    let title = escaped(title.trim());
    let class = match record.verdict {
        Some(Verdict::Done) => "good",
        Some(Verdict::Interrupted) | None => "open",
        Some(_) => "bad",
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{LOOK}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Run <code>{}</code></p>\n<p class=\"{class}\">{}</p>\n",
        record.run,
        escaped(&record.verdict_line())
    );
    if let (Some(started), Some(finished)) = (record.started, record.finished) {
        let _ = writeln!(page, "<p class=\"quiet\">From {started} to {finished}</p>");
    }
    for (name, result) in &record.results {
        let shown = result.as_str().map_or_else(|| value(result), str::to_owned);
        let _ = writeln!(page, "<p>{}: <code>{}</code></p>", escaped(&titled(name)), escaped(&shown));
    }
    if let Some(command) = record.next_command() {
        let _ = writeln!(page, "<p>Next: <code>{}</code></p>", escaped(&command));
    }
    page.push_str(&steps(record));
    page.push_str(&checks(record));
    page.push_str(&manual(record));
    page.push_str("</body>\n</html>\n");
    page
}

fn steps(record: &RunRecord) -> String {
    let mut part = String::from(
        "<h2>Steps</h2>\n<table>\n<tr><th>Step</th><th>Title</th><th>Status</th><th>Time</th></tr>\n",
    );
    for step in &record.steps {
        let class = match step.status {
            StepStatus::Done => "good",
            StepStatus::Failed => "bad",
            StepStatus::Manual | StepStatus::Running => "open",
            StepStatus::Skipped | StepStatus::Blocked | StepStatus::Pending => "quiet",
        };
        let remark = match (&step.error, &step.reason) {
            (Some(error), _) if step.status == StepStatus::Failed => {
                format!("<pre>{}</pre>", escaped(error_lines(error, 0).trim()))
            }
            (_, Some(reason)) => format!("<br><span class=\"quiet\">{}</span>", escaped(reason)),
            _ => String::new(),
        };
        let _ = writeln!(
            part,
            "<tr><td><code>{}</code></td><td>{}{remark}</td><td class=\"{class}\">{}</td><td class=\"time\">{}</td></tr>",
            step.id,
            escaped(&step.title),
            step_word(step.status),
            step.seconds().map(spoken).unwrap_or_default()
        );
    }
    part.push_str("</table>\n");
    part
}

fn checks(record: &RunRecord) -> String {
    let mut part = String::from(
        "<h2>Checks</h2>\n<table>\n<tr><th>Check</th><th>Result</th><th>Expected</th><th>Found</th></tr>\n",
    );
    for check in &record.checks {
        let (class, word) = match check.status {
            CheckStatus::Passed => ("good", "passed"),
            CheckStatus::Failed => ("bad", "failed"),
            CheckStatus::Manual => ("open", "to be looked at"),
            CheckStatus::Skipped => ("quiet", "not needed"),
            CheckStatus::NotRun => ("quiet", "did not run"),
        };
        let found = check.error.as_ref().map_or_else(|| value(&check.found), |e| e.message.clone());
        let _ = writeln!(
            part,
            "<tr><td>{}</td><td class=\"{class}\">{word}</td><td>{}</td><td>{}</td></tr>",
            escaped(&check.title),
            escaped(&value(&check.expected)),
            escaped(&found)
        );
    }
    part.push_str("</table>\n");
    part
}

fn manual(record: &RunRecord) -> String {
    let mut part = String::new();
    for step in record.open_manual() {
        if part.is_empty() {
            part.push_str("<h2>To do by hand</h2>\n<ol>\n");
        }
        let reason = step.reason.as_deref().unwrap_or_default();
        let _ = writeln!(part, "<li>{}<pre>{}</pre></li>", escaped(&step.title), escaped(reason));
    }
    if !part.is_empty() {
        part.push_str("</ol>\n");
    }
    part
}
