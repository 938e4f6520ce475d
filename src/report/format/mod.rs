//! The final reports: each a pure function of the record, so that it can be made again at any time.

mod html;
mod json;
mod junit;
mod markdown;

use super::record::RunRecord;
use crate::model::Redactor;

/// A report format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name, as in `--report NAME=FILE`.
    pub name: &'static str,
    /// The usual ending of its files.
    pub extension: &'static str,
    /// What it is for.
    pub about: &'static str,
    render: fn(&RunRecord) -> String,
}

impl Format {
    /// The report's text, secrets masked.
    pub fn render(&self, record: &RunRecord) -> String {
        Redactor::global().scrub(&(self.render)(record))
    }
}

/// All formats there are.
pub const FORMATS: &[Format] = &[
    Format { name: "json", extension: "json", about: "one JSON document", render: json::render },
    Format { name: "junit", extension: "xml", about: "JUnit XML, for build servers", render: junit::render },
    Format { name: "html", extension: "html", about: "one self-contained page", render: html::render },
    Format { name: "markdown", extension: "md", about: "Markdown", render: markdown::render },
];

/// The format of this name.
pub fn format_named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

/// Text inside XML or HTML, also in attributes. Characters that XML does not allow become replacement characters.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// Source and target as one phrase.
fn direction(record: &RunRecord) -> String {
    match (&record.source, &record.target) {
        (Some(source), Some(target)) => format!("{source} → {target}"),
        (None, Some(only)) | (Some(only), None) => only.clone(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::record::tests::{head, story};
    use super::*;
    use crate::model::Secret;

    #[test]
    fn every_format_is_well_formed_and_masks_secrets() {
        let secret = Secret::new("a<b>&'quoted\"-value".into());
        let mut record = RunRecord::of_events(head(), &story());
        record.steps[0].outputs = serde_json::json!({ "leak": secret.reveal() });
        record.steps[1].error.as_mut().unwrap().message = format!("it said {}", secret.reveal());
        let mut names = BTreeSet::new();
        for format in FORMATS {
            assert!(names.insert(format.name), "{} is there twice", format.name);
            assert!(!format.extension.is_empty() && !format.about.is_empty());
            let text = format.render(&record);
            assert!(text.ends_with('\n') && text.contains("refresh"), "{}", format.name);
            for form in [secret.reveal(), "quoted\\\"-value", "&amp;'quoted"] {
                assert!(!text.contains(form), "{}: {form}", format.name);
            }
        }
    }

    #[test]
    fn snapshots_of_the_standard_story() {
        let record = RunRecord::of_events(head(), &story());
        for format in FORMATS {
            insta::assert_snapshot!(format!("standard.{}", format.name), format.render(&record));
        }
    }

    #[test]
    fn report_json_has_the_promised_fields() {
        let record = RunRecord::of_events(head(), &story());
        let json: serde_json::Value =
            serde_json::from_str(&format_named("json").unwrap().render(&record)).unwrap();
        for field in ["run", "runbook", "source", "target", "verdict", "steps", "checks"] {
            assert!(json.get(field).is_some(), "{field}");
        }
        for field in ["id", "title", "status", "started", "finished", "attempts", "outputs", "error"] {
            assert!(json["steps"][4].get(field).is_some(), "{field}");
        }
        for field in ["id", "title", "status", "expected", "found"] {
            assert!(json["checks"][0].get(field).is_some(), "{field}");
        }
        assert_eq!(json["steps"][3]["status"], "manual");
        assert_eq!(json["verdict"], "failed-with-leftovers");
    }

    /// Reads XML strictly enough to notice a wrong escape, tag or attribute; gives the names of the elements.
    fn elements(xml: &str) -> Result<Vec<String>, String> {
        let (mut open, mut names, mut rest) = (Vec::new(), Vec::new(), xml);
        while let Some(at) = rest.find(['<', '&', '>']) {
            let (mark, after) = (&rest[at..=at], &rest[at + 1..]);
            let end = match mark {
                "<" => after.find('>').ok_or("an open tag")?,
                "&" => after.find(';').ok_or("an open entity")?,
                _ => return Err("a bare >".into()),
            };
            let inside = &after[..end];
            if mark == "&" {
                if !["amp", "lt", "gt", "quot", "#39"].contains(&inside) {
                    return Err(format!("entity {inside}"));
                }
            } else if let Some(name) = inside.strip_prefix('/') {
                if open.pop().as_deref() != Some(name) {
                    return Err(format!("</{name}> does not close"));
                }
            } else if !inside.starts_with('?') {
                let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
                if inside.matches('"').count() % 2 != 0 || inside.contains('<') {
                    return Err(format!("attributes of {inside}"));
                }
                names.push(name.clone());
                if !inside.ends_with('/') {
                    open.push(name);
                }
            }
            rest = &after[end + 1..];
        }
        if open.is_empty() { Ok(names) } else { Err(format!("{open:?} left open")) }
    }

    #[test]
    fn junit_reads_back() {
        let record = RunRecord::of_events(head(), &story());
        let names = elements(&format_named("junit").unwrap().render(&record)).unwrap();
        let count = |wanted: &str| names.iter().filter(|n| *n == wanted).count();
        assert_eq!((count("testcase"), count("failure"), count("skipped")), (7, 2, 3));
        for broken in ["<a>", "<a></b>", "<a>&nbsp;</a>", "<a>&</a>", "<a x=\"></a>", "a > b"] {
            assert!(elements(broken).is_err(), "{broken}");
        }
    }
}
