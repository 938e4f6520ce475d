//! What was looked at, what was found, and what to do about it.

use serde::Serialize;

use super::super::exit::{Exit, Failure};
use crate::report::Style;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As it should be.
    Passed,
    /// Something has to be done.
    Failed,
    /// Worth knowing, and no fault.
    Note,
    /// It could not be looked at, because of something that failed before.
    Unchecked,
    /// A person has to look: there is no way to ask.
    Person,
}

/// One line of the answer.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    area: String,
    check: &'static str,
    status: Status,
    found: String,
    remedy: Option<String>,
}

/// All lines, in the order in which things were looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    area: String,
    list: Vec<Finding>,
    unreachable: bool,
}

impl Findings {
    /// What follows is about this.
    pub(super) fn begin(&mut self, area: impl Into<String>) {
        self.area = area.into();
    }

    fn add(&mut self, check: &'static str, status: Status, found: String, remedy: Option<String>) {
        self.list.push(Finding { area: self.area.clone(), check, status, found, remedy });
    }

    /// It is as it should be.
    pub(super) fn passed(&mut self, check: &'static str, found: impl Into<String>) {
        self.add(check, Status::Passed, found.into(), None);
    }

    /// Something has to be done about it.
    pub(super) fn failed(
        &mut self,
        check: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Status::Failed, found.into(), Some(remedy.into()));
    }

    /// An error tells what was found and what to do.
    pub(super) fn error(&mut self, check: &'static str, error: impl Into<Failure>) {
        let Failure { message, causes, help, .. } = error.into();
        let found = causes.iter().fold(message, |text, cause| format!("{text}; {cause}"));
        self.add(check, Status::Failed, found, help);
    }

    /// Worth knowing.
    pub(super) fn note(&mut self, check: &'static str, found: impl Into<String>, remedy: Option<String>) {
        self.add(check, Status::Note, found.into(), remedy);
    }

    /// A person has to look, and this says at what.
    pub(super) fn person(
        &mut self,
        check: &'static str,
        question: impl std::fmt::Display,
        look: impl Into<String>,
    ) {
        self.add(check, Status::Person, format!("for a person: {question}"), Some(look.into()));
    }

    /// These could not be looked at.
    pub(super) fn unchecked(&mut self, checks: &[&'static str], why: &str) {
        for check in checks {
            self.add(check, Status::Unchecked, format!("not checked: {why}"), None);
        }
    }

    /// A host of the cloud does not answer.
    pub(super) fn unreachable(&mut self) {
        self.unreachable = true;
    }

    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        if self.unreachable {
            Exit::FarSide
        } else if self.list.iter().any(|finding| finding.status == Status::Failed) {
            Exit::CheckFailed
        } else {
            Exit::Done
        }
    }

    /// The list as JSON.
    pub(super) fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&self.list)
    }

    /// The list for people.
    pub(super) fn text(&self, style: Style) -> String {
        let width = self.list.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        let mut lines: Vec<String> = Vec::new();
        let mut area = "";
        for finding in &self.list {
            if finding.area != area {
                area = &finding.area;
                if !lines.is_empty() {
                    lines.push(String::new());
                }
                lines.push(style.bold(area));
            }
            let mark = match finding.status {
                Status::Passed => style.good("✓"),
                Status::Failed => style.bad("✗"),
                Status::Note | Status::Unchecked => style.dim("–"),
                Status::Person => style.warn("?"),
            };
            lines.push(format!("  {mark} {:<width$}  {}", finding.check, finding.found));
            if let Some(remedy) = &finding.remedy {
                lines.push(format!("      help: {remedy}"));
            }
        }
        lines.push(String::new());
        lines.push(self.last_line(style));
        lines.join("\n")
    }

    fn last_line(&self, style: Style) -> String {
        let count = |status| self.list.iter().filter(|finding| finding.status == status).count();
        let open = match count(Status::Person) {
            0 => String::new(),
            1 => "; 1 thing is for a person to look at".to_owned(),
            several => format!("; {several} things are for a person to look at"),
        };
        match count(Status::Failed) {
            0 => style.good(&format!("all is well{open}")),
            1 => style.bad(&format!("1 thing has to be mended{open}")),
            failed => style.bad(&format!("{failed} things have to be mended{open}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits() {
        fn check(make: impl Fn(&mut Findings), exit: Exit, last: &str) {
            let mut findings = Findings::default();
            findings.begin("Area");
            make(&mut findings);
            assert_eq!(findings.exit(), exit);
            assert_eq!(findings.text(Style::default()).lines().last(), Some(last));
        }
        check(|f| f.passed("a", "good"), Exit::Done, "all is well");
        check(|f| f.note("a", "so", None), Exit::Done, "all is well");
        check(|f| f.unchecked(&["a", "b"], "no"), Exit::Done, "all is well");
        check(|f| f.failed("a", "bad", "mend it"), Exit::CheckFailed, "1 thing has to be mended");
        check(
            |f| f.person("a", "is it so?", "look"),
            Exit::Done,
            "all is well; 1 thing is for a person to look at",
        );
        check(
            |f| {
                f.failed("a", "bad", "mend it");
                f.error("b", Failure::refused("no"));
                f.unreachable();
            },
            Exit::FarSide,
            "2 things have to be mended",
        );
    }

    #[test]
    fn areas_and_remedies_are_shown() {
        let mut findings = Findings::default();
        findings.begin("One");
        findings.passed("first", "good");
        findings.begin("Two");
        findings.failed("second", "bad", "mend it");
        let wanted =
            "One\n  ✓ first   good\n\nTwo\n  ✗ second  bad\n      help: mend it\n\n1 thing has to be mended";
        assert_eq!(findings.text(Style::default()), wanted);
        let json: serde_json::Value = serde_json::from_str(&findings.json().unwrap()).unwrap();
        let second = serde_json::json!({
            "area": "Two", "check": "second", "status": "failed", "found": "bad", "remedy": "mend it",
        });
        assert_eq!(json[1], second);
    }
}
