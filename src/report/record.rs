//! The record of a run: events folded into what the reports need. It can be made while the run goes on or afterwards.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{
    ActionError, CancelReason, CheckStatus, Event, EventKind, RunId, StepId, StepStatus, Verdict,
};

/// What is known of a run before its first event.
#[derive(Clone, Debug)]
pub struct RunHead {
    /// The run.
    pub run: RunId,
    /// Name of the runbook.
    pub runbook: String,
    /// The database that is read.
    pub source: Option<String>,
    /// The database that is changed.
    pub target: Option<String>,
    /// Ids and titles of the steps in the order of the plan.
    pub steps: Vec<(StepId, String)>,
    /// Ids and titles of the checks in the order of the plan.
    pub checks: Vec<(StepId, String)>,
    /// What is typed after `adbctl` and these options once the run came to its end.
    pub next: Option<String>,
    /// The options that a printed command repeats to mean the same, with a blank before each.
    pub repeat: String,
}

/// Everything the final reports are made from. Its JSON form is `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// Name of the runbook.
    pub runbook: String,
    /// The database that was read.
    pub source: Option<String>,
    /// The database that was changed.
    pub target: Option<String>,
    /// How it ended; null while it has not.
    pub verdict: Option<Verdict>,
    /// When the run began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// The steps in the order of the plan.
    pub steps: Vec<StepRecord>,
    /// The checks in the order of the plan.
    pub checks: Vec<CheckRecord>,
    /// How urgently it was asked to stop, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<CancelReason>,
    /// What the run is to be known by, once it came to its end.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub results: Map<String, Value>,
    /// What is typed after `adbctl` once the run came to its end.
    #[serde(skip)]
    pub next: Option<String>,
    /// The options that a printed command repeats to mean the same.
    #[serde(skip)]
    pub repeat: String,
}

/// A step in the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRecord {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// How it stands.
    pub status: StepStatus,
    /// When it was first begun.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How often it was begun.
    pub attempts: u32,
    /// What it made for later steps.
    pub outputs: Value,
    /// What went wrong.
    pub error: Option<ActionError>,
    /// Why it was skipped, or what a person has to do.
    pub reason: Option<String>,
}

/// A check in the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRecord {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// How it came out.
    pub status: CheckStatus,
    /// What was expected.
    pub expected: Value,
    /// What was found.
    pub found: Value,
    /// Why it could not look.
    pub error: Option<ActionError>,
}

impl StepRecord {
    fn new(id: StepId, title: String) -> Self {
        Self {
            id,
            title,
            status: StepStatus::Pending,
            started: None,
            finished: None,
            attempts: 0,
            outputs: Value::Null,
            error: None,
            reason: None,
        }
    }

    /// How long the step took from its first beginning to its end, in seconds.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.finished?.duration_since(self.started?).as_secs_f64())
    }
}

impl CheckRecord {
    fn new(id: StepId, title: String) -> Self {
        Self {
            id,
            title,
            status: CheckStatus::NotRun,
            expected: Value::Null,
            found: Value::Null,
            error: None,
        }
    }
}

impl RunRecord {
    /// A record of a run that has not begun.
    pub fn new(head: RunHead) -> Self {
        Self {
            run: head.run,
            runbook: head.runbook,
            source: head.source,
            target: head.target,
            verdict: None,
            started: None,
            finished: None,
            steps: head.steps.into_iter().map(|(id, title)| StepRecord::new(id, title)).collect(),
            checks: head.checks.into_iter().map(|(id, title)| CheckRecord::new(id, title)).collect(),
            cancelled: None,
            results: Map::new(),
            next: head.next,
            repeat: head.repeat,
        }
    }

    /// Folds a whole story, for reports made after the fact.
    #[must_use]
    pub fn of_events<'a>(head: RunHead, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut record = Self::new(head);
        for event in events {
            record.take(event);
        }
        record
    }

    fn step(&mut self, id: &StepId, title: Option<&str>) -> &mut StepRecord {
        let at = self.steps.iter().position(|s| &s.id == id).unwrap_or_else(|| {
            self.steps.push(StepRecord::new(id.clone(), title.unwrap_or(id.as_str()).to_owned()));
            self.steps.len() - 1
        });
        &mut self.steps[at]
    }

    fn check(&mut self, id: &StepId, title: &str) -> &mut CheckRecord {
        let at = self.checks.iter().position(|c| &c.id == id).unwrap_or_else(|| {
            self.checks.push(CheckRecord::new(id.clone(), title.to_owned()));
            self.checks.len() - 1
        });
        &mut self.checks[at]
    }

    /// Takes one event in.
    pub fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { .. } => {
                self.started.get_or_insert(event.at);
                // A run that goes on after an interruption has not ended any more.
                self.verdict = None;
                self.finished = None;
                self.cancelled = None;
            }
            EventKind::StepStarted { step, title, attempt } => {
                // A check is announced like a step; it has its own list and only its end counts.
                if self.checks.iter().any(|c| &c.id == step) {
                    return;
                }
                let record = self.step(step, Some(title));
                record.status = StepStatus::Running;
                record.started.get_or_insert(event.at);
                record.finished = None;
                record.error = None;
                record.attempts = record.attempts.max(*attempt);
            }
            EventKind::StepRetrying { step, error, .. } => {
                if !self.checks.iter().any(|c| &c.id == step) {
                    self.step(step, None).error = Some(error.clone());
                }
            }
            EventKind::StepWaiting { .. } | EventKind::StepOutput { .. } => {}
            EventKind::StepFinished { step, title, status, outputs, reason, error, .. } => {
                if self.checks.iter().any(|c| &c.id == step) {
                    return;
                }
                let record = self.step(step, Some(title));
                record.status = *status;
                record.finished = Some(event.at);
                record.outputs = outputs.clone();
                record.reason.clone_from(reason);
                record.error.clone_from(error);
            }
            EventKind::CheckFinished { check, title, status, expected, found, error } => {
                let record = self.check(check, title);
                record.status = *status;
                record.expected = expected.clone();
                record.found = found.clone();
                record.error.clone_from(error);
            }
            EventKind::CancelAsked { reason } => self.cancelled = Some(*reason),
            EventKind::RunFinished { verdict, results, .. } => {
                self.verdict = Some(*verdict);
                self.results.clone_from(results);
                self.finished = Some(event.at);
            }
        }
    }

    /// The manual steps that are still open.
    pub fn open_manual(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|s| s.status == StepStatus::Manual)
    }

    /// How long the run took from its first beginning, in seconds.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.finished?.duration_since(self.started?).as_secs_f64())
    }

    /// The verdict in words: `done; 1 manual step is open`.
    pub fn verdict_line(&self) -> String {
        let failed = self.checks.iter().filter(|c| c.status == CheckStatus::Failed).count();
        let first = match self.verdict {
            None => "not ended".to_owned(),
            Some(Verdict::Done) => "done".to_owned(),
            Some(Verdict::CheckFailed) => match failed {
                0 => "ran to the end, but open manual steps count as failure".to_owned(),
                1 => "ran to the end, but 1 check failed".to_owned(),
                n => format!("ran to the end, but {n} checks failed"),
            },
            Some(Verdict::Failed) => "failed; nothing was left behind".to_owned(),
            Some(Verdict::FailedWithLeftovers) => "failed, and something it made is still there".to_owned(),
            Some(Verdict::Interrupted) => "interrupted; nothing is lost".to_owned(),
        };
        let line = match self.open_manual().count() {
            0 => first,
            1 => format!("{first}; 1 manual step is open"),
            n => format!("{first}; {n} manual steps are open"),
        };
        match self.checks.iter().filter(|c| c.status == CheckStatus::Manual).count() {
            0 => line,
            1 => format!("{line}; 1 check is to be looked at"),
            n => format!("{line}; {n} checks are to be looked at"),
        }
    }

    /// The command that a person would type next, if there is one.
    pub fn next_command(&self) -> Option<String> {
        match self.verdict {
            Some(Verdict::Done | Verdict::CheckFailed) => {
                let open = self.open_manual().next().is_some() || self.verdict == Some(Verdict::CheckFailed);
                let Some(target) = self.target.as_ref().filter(|_| open) else {
                    let next = self.next.as_ref().filter(|_| self.verdict == Some(Verdict::Done))?;
                    return Some(format!("adbctl{} {next}", self.repeat));
                };
                let flag = if self.runbook == "refresh" {
                    String::new()
                } else {
                    format!(" --runbook {}", self.runbook)
                };
                Some(format!("adbctl{} verify {target}{flag}", self.repeat))
            }
            Some(Verdict::Failed | Verdict::FailedWithLeftovers | Verdict::Interrupted) | None => {
                Some(format!("adbctl{} resume {}", self.repeat, self.run))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Category;

    pub(in super::super) fn id(text: &str) -> StepId {
        text.parse().unwrap()
    }

    pub(in super::super) fn head() -> RunHead {
        RunHead {
            run: "20260519t211000-k3fa".parse().unwrap(),
            runbook: "refresh".into(),
            source: Some("prod".into()),
            target: Some("dev".into()),
            steps: ["capture", "clone", "mail", "schemes", "swap"]
                .into_iter()
                .map(|s| (id(s), format!("Title of {s}")))
                .collect(),
            checks: vec![
                (id("jobs_off"), "Copied jobs are off".into()),
                (id("mail_stopped"), "Mail <is> stopped".into()),
            ],
            next: None,
            repeat: String::new(),
        }
    }

    /// A run with one of everything.
    pub(in super::super) fn story() -> Vec<Event> {
        let error = ActionError::new(Category::Transient, "the service answered 503 & <busy>")
            .code("ServiceUnavailable")
            .request_id(Some("A1/B2".into()))
            .because("connection reset")
            .advise("wait a minute");
        let step = |s: &str| id(s);
        let finished =
            |s: &str, status, reason: Option<&str>, error: Option<ActionError>| EventKind::StepFinished {
                step: id(s),
                title: format!("Title of {s}"),
                status,
                outputs: if status == StepStatus::Done { json!({ "ocid": "ocid1.x" }) } else { Value::Null },
                reason: reason.map(str::to_owned),
                error,
                seconds: 4.25,
            };
        let started = |s: &str, attempt| EventKind::StepStarted {
            step: id(s),
            title: format!("Title of {s}"),
            attempt,
        };
        let kinds = vec![
            EventKind::RunStarted { runbook: "refresh".into(), steps: 5, resumed: false },
            started("capture", 1),
            EventKind::StepRetrying { step: step("capture"), attempt: 1, seconds: 2, error: error.clone() },
            started("capture", 2),
            finished("capture", StepStatus::Done, None, None),
            started("clone", 1),
            EventKind::StepWaiting {
                step: step("clone"),
                what: "the clone to become AVAILABLE".into(),
                seconds: 700,
                percent: Some(40.0),
                state: Some("PROVISIONING".into()),
            },
            EventKind::StepOutput { step: step("clone"), line: "the clone is \u{1b}[31mred".into() },
            finished("clone", StepStatus::Failed, None, Some(error)),
            finished("mail", StepStatus::Skipped, Some("mail = false"), None),
            finished(
                "schemes",
                StepStatus::Manual,
                Some("Open the builder and make the scheme current."),
                None,
            ),
            finished("swap", StepStatus::Blocked, Some("clone failed"), None),
            EventKind::CheckFinished {
                check: step("jobs_off"),
                title: "Copied jobs are off".into(),
                status: CheckStatus::Passed,
                expected: json!(0),
                found: json!(0),
                error: None,
            },
            EventKind::CheckFinished {
                check: step("mail_stopped"),
                title: "Mail <is> stopped".into(),
                status: CheckStatus::Failed,
                expected: json!("N"),
                found: json!("]]>\"Y\""),
                error: None,
            },
            EventKind::RunFinished {
                verdict: Verdict::FailedWithLeftovers,
                seconds: 750.0,
                results: Map::from_iter([("dump".to_owned(), json!("temp/prod/"))]),
            },
        ];
        let begin: Timestamp = "2026-05-19T21:10:00Z".parse().unwrap();
        kinds
            .into_iter()
            .enumerate()
            .map(|(n, kind)| Event {
                seq: n as u64 + 1,
                at: begin + jiff::SignedDuration::from_secs(i64::try_from(n).unwrap() * 10),
                run: head().run,
                kind,
            })
            .collect()
    }

    #[test]
    fn events_fold_into_the_record() {
        let record = RunRecord::of_events(head(), &story());
        let statuses: Vec<_> = record.steps.iter().map(|s| s.status).collect();
        assert_eq!(
            statuses,
            [
                StepStatus::Done,
                StepStatus::Failed,
                StepStatus::Skipped,
                StepStatus::Manual,
                StepStatus::Blocked
            ]
        );
        assert_eq!(record.steps[0].attempts, 2);
        assert_eq!(record.steps[0].error, None);
        assert_eq!(record.steps[0].seconds(), Some(30.0));
        assert_eq!(
            record.verdict_line(),
            "failed, and something it made is still there; 1 manual step is open"
        );
        assert_eq!(record.next_command().unwrap(), "adbctl resume 20260519t211000-k3fa");
    }

    #[test]
    fn a_continued_run_has_not_ended() {
        let mut events = story();
        let mut again = events[0].clone();
        again.kind = EventKind::RunStarted { runbook: "refresh".into(), steps: 2, resumed: true };
        events.push(again);
        let record = RunRecord::of_events(head(), &events);
        assert_eq!((record.verdict, record.finished), (None, None));
        assert_eq!(record.steps[0].status, StepStatus::Done);
    }

    #[test]
    fn the_next_command_follows_the_verdict() {
        fn check(verdict: Option<Verdict>, manual: bool, wanted: Option<&str>) {
            let mut record = RunRecord::new(head());
            record.verdict = verdict;
            if manual {
                record.steps[0].status = StepStatus::Manual;
            }
            assert_eq!(record.next_command().as_deref(), wanted, "{verdict:?} {manual}");
        }
        check(Some(Verdict::Done), false, None);
        check(Some(Verdict::Done), true, Some("adbctl verify dev"));
        check(Some(Verdict::CheckFailed), false, Some("adbctl verify dev"));
        check(Some(Verdict::Interrupted), false, Some("adbctl resume 20260519t211000-k3fa"));
        check(None, false, Some("adbctl resume 20260519t211000-k3fa"));
    }
}
