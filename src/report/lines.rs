//! Progress without a terminal: one line for each thing that happened, with the time before it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::out::Out;
use super::style::{Style, plain};
use crate::model::{CheckStatus, Event, EventKind, Reporter, StepId, StepStatus, clock};

/// Writes plain lines to standard error. A wait is said once, again when its state changes, and once a minute.
#[derive(Debug)]
pub struct PlainLines {
    out: Out,
    waits: HashMap<StepId, (Option<String>, u64)>,
    slow_after: Duration,
}

/// How long a wait stays silent, in seconds, when nothing changes.
const SILENCE: u64 = 60;

impl PlainLines {
    /// Lines to the door's standard error; waits longer than `slow_after` are marked.
    pub fn new(out: Out, slow_after: Duration) -> Self {
        Self { out, waits: HashMap::new(), slow_after }
    }

    fn worth_saying(&mut self, event: &Event) -> bool {
        match &event.kind {
            EventKind::StepWaiting { step, seconds, state, .. } => match self.waits.get(step) {
                Some((last_state, last)) if last_state == state && *seconds < last + SILENCE => false,
                _ => {
                    self.waits.insert(step.clone(), (state.clone(), *seconds));
                    true
                }
            },
            EventKind::StepFinished { step, .. } => {
                self.waits.remove(step);
                true
            }
            other => !is_not_run(other),
        }
    }
}

/// A check that the run never got to. The end of the run lists it; here it would only hide what went wrong.
pub(super) fn is_not_run(kind: &EventKind) -> bool {
    matches!(kind, EventKind::CheckFinished { status: CheckStatus::NotRun, .. })
}

impl Reporter for PlainLines {
    fn on_event(&mut self, event: &Event) -> io::Result<()> {
        if self.worth_saying(event) {
            let style = self.out.screen().err;
            let at = event.at.strftime("%Y-%m-%dT%H:%M:%SZ");
            self.out.talk(&format!("{at} {}", describe(&event.kind, style, self.slow_after)));
        }
        Ok(())
    }
}

/// The sign that stands before a finished step.
pub(super) fn step_mark(status: StepStatus, style: Style) -> String {
    match status {
        StepStatus::Done => style.good("✓"),
        StepStatus::Failed => style.bad("✗"),
        StepStatus::Manual => style.warn("!"),
        StepStatus::Skipped | StepStatus::Blocked | StepStatus::Pending => style.dim("–"),
        StepStatus::Running => style.warn("…"),
    }
}

/// The sign that stands before a check.
pub(super) fn check_mark(status: CheckStatus, style: Style) -> String {
    match status {
        CheckStatus::Passed => style.good("✓"),
        CheckStatus::Failed => style.bad("✗"),
        CheckStatus::Manual => style.warn("!"),
        CheckStatus::Skipped | CheckStatus::NotRun => style.dim("–"),
    }
}

/// A step's status as people read it.
pub(super) fn step_word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "not begun",
        StepStatus::Running => "running",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Failed => "failed",
        StepStatus::Manual => "open, by hand",
        StepStatus::Blocked => "blocked",
    }
}

/// A number of seconds as people say it.
pub(super) fn spoken(seconds: f64) -> String {
    if (0.05..10.0).contains(&seconds) {
        return format!("{seconds:.1} s");
    }
    clock::spoken(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// What is waited for, in which state, how far and for how long.
pub(super) fn waiting(
    what: &str,
    seconds: u64,
    percent: Option<f64>,
    state: Option<&str>,
    slow: bool,
) -> String {
    let mut text = plain(what);
    if let Some(state) = state {
        let _ = write!(text, ", now {}", plain(state));
    }
    if let Some(percent) = percent {
        let _ = write!(text, ", {percent:.0} %");
    }
    let _ = write!(text, ", {}", clock::spoken(Duration::from_secs(seconds)));
    if slow {
        text.push_str(" (slow)");
    }
    text
}

/// One event as one line, several only where a far side's error has causes.
pub(super) fn describe(kind: &EventKind, style: Style, slow_after: Duration) -> String {
    match kind {
        EventKind::RunStarted { runbook, steps, resumed } => {
            let verb = if *resumed { "goes on" } else { "begins" };
            let plural = if *steps == 1 { "step" } else { "steps" };
            style.bold(&format!("{runbook} {verb}: {steps} {plural} to do"))
        }
        EventKind::StepStarted { step, title, attempt } => {
            let again = if *attempt > 1 { format!(" (try {attempt})") } else { String::new() };
            format!("  {step}: {}{again}", plain(title))
        }
        EventKind::StepWaiting { step, what, seconds, percent, state } => {
            let slow = Duration::from_secs(*seconds) >= slow_after;
            let text = waiting(what, *seconds, *percent, state.as_deref(), slow);
            format!("  {step}: waiting for {text}")
        }
        EventKind::StepRetrying { step, attempt, seconds, error } => style.warn(&format!(
            "  {step}: try {attempt} did not work, again in {seconds} s: {}",
            plain(&error.message)
        )),
        EventKind::StepOutput { step, line } => format!("  {step}: {}", plain(line)),
        EventKind::StepFinished { step, title, status, reason, error, seconds, .. } => {
            let mut text = format!("{} {step}: {}", step_mark(*status, style), plain(title));
            match status {
                StepStatus::Done => text.push_str(&style.dim(&format!(" ({})", spoken(*seconds)))),
                other => {
                    let _ = write!(text, " ({})", step_word(*other));
                }
            }
            if let Some(error) = error {
                text.push_str(&error_lines(error, 4));
            } else if let Some(reason) = reason {
                let _ = write!(text, ": {}", plain(reason));
            }
            text
        }
        EventKind::CheckFinished { check, title, status, expected, found, error } => {
            let mut text = format!("{} {check}: {}", check_mark(*status, style), plain(title));
            if let Some(error) = error {
                text.push_str(&error_lines(error, 4));
            } else if *status == CheckStatus::Skipped {
                let _ = write!(text, ": {}", plain(found.as_str().unwrap_or("not needed")));
            } else if *status == CheckStatus::Failed {
                let _ = write!(text, ": expected {}, found {}", value(expected), value(found));
            }
            text
        }
        EventKind::CancelAsked { reason } => match reason {
            crate::model::CancelReason::Asked => {
                style.warn("stopping: nothing new is begun; once more to leave at once")
            }
            crate::model::CancelReason::LockLost => {
                style.warn("stopping: the lock on the target is lost; nothing new is begun")
            }
            crate::model::CancelReason::Insisted => style.warn("leaving now"),
        },
        EventKind::RunFinished { verdict, seconds, .. } => {
            style.bold(&format!("{} after {}", verdict.word(), spoken(*seconds)))
        }
    }
}

/// An error under the line it belongs to: what, its code and request id, causes, advice.
pub(super) fn error_lines(error: &crate::model::ActionError, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut text = format!("\n{margin}{}", plain(&error.message));
    if let Some(code) = error.code.as_ref().filter(|code| !error.message.contains(code.as_str())) {
        let _ = write!(text, " [{}]", plain(code));
    }
    for cause in &error.causes {
        let _ = write!(text, "\n{margin}caused by: {}", plain(cause));
    }
    if let Some(id) = &error.request_id {
        let _ = write!(text, "\n{margin}request id: {}", plain(id));
    }
    if let Some(advice) = &error.advice {
        let _ = write!(text, "\n{margin}what to do: {}", plain(advice));
    }
    text
}

/// A JSON value as people read it: texts without quotes, nothing as `nothing`.
pub(super) fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "nothing".to_owned(),
        serde_json::Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// What a check found: rows a line each, without the members that are null; anything else as [`value`] has it.
pub(super) fn found(found: &serde_json::Value) -> String {
    let rows: Option<Vec<_>> = found
        .as_array()
        .filter(|list| !list.is_empty())
        .and_then(|list| list.iter().map(|row| row.as_object()).collect());
    let Some(rows) = rows else { return value(found) };
    let line = |row: &serde_json::Map<String, serde_json::Value>| {
        let members =
            row.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| format!("{}={}", plain(k), value(v)));
        members.collect::<Vec<_>>().join(" ")
    };
    rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::out::tests::kept;
    use super::super::record::tests::story;
    use super::*;

    #[test]
    fn a_run_in_lines() {
        let (out, stdout, stderr) = kept();
        let mut lines = PlainLines::new(out, Duration::from_mins(10));
        for event in story() {
            lines.on_event(&event).unwrap();
        }
        assert_eq!(stdout.text(), "");
        insta::assert_snapshot!(stderr.text());
    }

    #[test]
    fn waits_are_said_when_something_changed_or_a_minute_passed() {
        let (out, _, stderr) = kept();
        let mut lines = PlainLines::new(out, Duration::from_secs(100));
        let mut event = story().remove(0);
        for (seconds, state) in [(0, "A"), (10, "A"), (20, "B"), (70, "B"), (80, "B"), (139, "B"), (140, "B")]
        {
            event.kind = EventKind::StepWaiting {
                step: "clone".parse().unwrap(),
                what: "it".into(),
                seconds,
                percent: None,
                state: Some(state.into()),
            };
            lines.on_event(&event).unwrap();
        }
        let said: Vec<String> =
            stderr.text().lines().map(|l| l.rsplit("now ").next().unwrap().to_owned()).collect();
        assert_eq!(said, ["A, 0 s", "B, 20 s", "B, 1 min 20 s", "B, 2 min 20 s (slow)"]);
    }
}
