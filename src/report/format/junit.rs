//! JUnit XML: steps and checks as test cases.

use std::fmt::Write as _;

use super::{direction, escaped};
use crate::model::{ActionError, CheckStatus, StepStatus};
use crate::report::RunRecord;
use crate::report::lines::{step_word, value};

struct Case {
    class: &'static str,
    name: String,
    seconds: f64,
    end: End,
}

enum End {
    Good,
    Bad { kind: String, message: String, detail: String },
    Skipped(String),
}

pub(super) fn render(record: &RunRecord) -> String {
    let cases = cases(record);
    let failures = cases.iter().filter(|c| matches!(c.end, End::Bad { .. })).count();
    let skipped = cases.iter().filter(|c| matches!(c.end, End::Skipped(_))).count();
    let seconds = record.seconds().unwrap_or(0.0);
    let name = format!("{} {}", record.runbook, direction(record));
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\"",
        cases.len()
    );
    let stamp = record.started.map(|t| format!(" timestamp=\"{t}\"")).unwrap_or_default();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"adbctl\" {counts}>");
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" id=\"{}\" {counts}{stamp}>",
        escaped(name.trim()),
        record.run
    );
    for case in &cases {
        let head = format!(
            "    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.3}\"",
            escaped(&record.runbook),
            case.class,
            escaped(&case.name),
            case.seconds
        );
        let _ = match &case.end {
            End::Good => writeln!(xml, "{head}/>"),
            End::Skipped(why) => {
                writeln!(xml, "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", escaped(why))
            }
            End::Bad { kind, message, detail } => writeln!(
                xml,
                "{head}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                escaped(kind),
                escaped(message),
                escaped(detail)
            ),
        };
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn cases(record: &RunRecord) -> Vec<Case> {
    let steps = record.steps.iter().map(|step| Case {
        class: "steps",
        name: format!("{}: {}", step.id, step.title),
        seconds: step.seconds().unwrap_or(0.0),
        end: match step.status {
            StepStatus::Done => End::Good,
            StepStatus::Failed => bad(step.error.as_ref(), "the step failed"),
            other => End::Skipped(match &step.reason {
                Some(reason) => format!("{}: {reason}", step_word(other)),
                None => step_word(other).to_owned(),
            }),
        },
    });
    let checks = record.checks.iter().map(|check| Case {
        class: "checks",
        name: format!("{}: {}", check.id, check.title),
        seconds: 0.0,
        end: match check.status {
            CheckStatus::Passed => End::Good,
            CheckStatus::Failed => bad(
                check.error.as_ref(),
                &format!("expected {}, found {}", value(&check.expected), value(&check.found)),
            ),
            CheckStatus::Manual => End::Skipped("a person has to look".into()),
            CheckStatus::Skipped => End::Skipped("not needed".into()),
            CheckStatus::NotRun => End::Skipped("did not run".into()),
        },
    });
    steps.chain(checks).collect()
}

fn bad(error: Option<&ActionError>, otherwise: &str) -> End {
    match error {
        Some(error) => End::Bad {
            kind: error.code.clone().unwrap_or_else(|| "failed".into()),
            message: error.message.clone(),
            detail: crate::report::lines::error_lines(error, 0).trim().to_owned(),
        },
        None => End::Bad { kind: "check".into(), message: otherwise.into(), detail: otherwise.into() },
    }
}
