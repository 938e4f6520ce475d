//! References between steps: each is checked where it stands, and makes an edge.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::load::Runbook;
use crate::actions::AnyAction;
use crate::engine::order;
use crate::model::diagnostic::suggestion;
use crate::model::toml_table::Mistakes;
use crate::model::{Expression, StepId};

/// What is known of a database when a plan is made: the names behind `source.` and `target.`.
pub(super) const DATABASE_FACTS: &[&str] = &[
    "name",
    "ocid",
    "role",
    "db_name",
    "display_name",
    "compartment",
    "state",
    "workload",
    "version",
    "ords_url",
    "address",
    "way",
    "apex_url",
    "user",
    "password",
    "driver",
    "wallet",
    "results",
    "tags",
    "private_endpoint",
    "private_endpoint_ip",
    "private_endpoint_label",
    "subnet",
    "network",
    "secrets",
    "consents",
    "refreshable",
];

/// What is known of the run when a plan is made.
pub(super) const RUN_FACTS: &[&str] = &["id", "suffix", "folder", "stamp"];

/// What is known of the run when all other steps and the checklist are over.
pub(super) const SO_FAR: &[&str] =
    &["outcome", "failed", "error", "now", "seconds", "steps", "checks", "checks_failed", "checks_open"];

/// What is known of the bucket for dumps.
pub(super) const STORAGE_FACTS: &[&str] =
    &["bucket", "namespace", "compartment", "credential", "user", "token", "uri"];

/// Where an expression stands, for what it may refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Step { each: bool },
    Found { each: bool },
    ForEach,
    Default,
}

/// Checks every expression of the file and fills in what each step needs.
pub(super) fn check(mistakes: &Mistakes, table: &DeTable<'_>, runbook: &mut Runbook) {
    let known = Known::of(runbook);
    let tables = tables(table);
    let mut edges: Vec<(StepId, BTreeSet<StepId>)> = Vec::new();
    for step in &runbook.steps {
        let mut needs: BTreeSet<StepId> = BTreeSet::new();
        for (span, text, place) in texts(&tables, step) {
            needs.extend(known.expression(mistakes, &span, &text, place, Some(&step.id)));
        }
        if let Some(on) = step.file.run.on() {
            match known.connection(table, on) {
                Some(texts) => {
                    for (span, text) in texts {
                        let place = Place::Step { each: step.file.for_each.is_some() };
                        needs.extend(known.expression(mistakes, &span, &text, place, Some(&step.id)));
                    }
                }
                None => mistakes.add(
                    step.span.clone(),
                    format!("step {} runs on {on:?}, and no connection has that name", step.id),
                    suggestion(on, known.connections()),
                ),
            }
        }
        for name in step.file.needs.iter().chain(&step.file.puts_back) {
            match known.step(name) {
                Some((id, _)) => {
                    needs.insert(id.clone());
                }
                None => mistakes.add(
                    step.span.clone(),
                    format!("step {} needs {name:?}, which is not there", step.id),
                    suggestion(name, known.names()),
                ),
            }
        }
        edges.push((step.id.clone(), needs));
    }
    for (name, param) in &runbook.params {
        if let Some(text) = param.default.as_ref().and_then(|d| d.as_str()).filter(|t| t.contains("{{")) {
            let span = member_span(table, "param", name, "default");
            known.expression(mistakes, &span, text, Place::Default, None);
        }
    }
    for (name, value) in &runbook.values {
        let span = member_span(table, "value", name, "is");
        known.expression(mistakes, &span, &format!("{{{{ {} }}}}", value.is), Place::Default, None);
        let later = format!("values.{name}");
        let earlier =
            |reference: &String| reference.as_str() < later.as_str() || !reference.starts_with("values.");
        let references = Expression::parse(&value.is).map(|e| e.references().clone()).unwrap_or_default();
        if let Some(wrong) = references.iter().find(|reference| !earlier(reference)) {
            let help = "a value may refer to those that stand before it in the alphabet";
            mistakes.add(span, format!("value {name} cannot refer to {wrong}"), Some(help.into()));
        }
    }
    for (name, result) in &runbook.results {
        let span = member_span(table, "result", name, "is");
        known.expression(mistakes, &span, &format!("{{{{ {} }}}}", result.is), Place::Default, None);
    }
    if let Some((span, text)) =
        table.get("next").and_then(|next| Some((next.span(), next.get_ref().as_str()?)))
    {
        known.expression(mistakes, &span, text, Place::Default, None);
    }
    for item in table.get("require").and_then(|t| t.get_ref().as_array()).into_iter().flatten() {
        for (key, value) in item.get_ref().as_table().into_iter().flat_map(|t| t.iter()) {
            let Some(text) = value.get_ref().as_str() else { continue };
            let bare = matches!(key.get_ref().as_ref(), "when" | "expr");
            if bare || text.contains("{{") {
                let text = if bare { format!("{{{{ {text} }}}}") } else { text.to_owned() };
                known.expression(mistakes, &value.span(), &text, Place::Default, None);
            }
        }
    }
    if let Err(cycle) = order(edges.iter().map(|(id, needs)| (id, needs.iter().collect()))) {
        let span = cycle.ring.first().and_then(|id| runbook.step(id)).map_or(0..0, |s| s.span.clone());
        mistakes.add(span, cycle.to_string(), Some("take one of the references or `needs` away".into()));
    }
    for (step, (_, needs)) in runbook.steps.iter_mut().zip(edges) {
        step.needs = needs.into_iter().collect();
    }
}

fn member_span(table: &DeTable<'_>, key: &str, name: &str, member: &str) -> Range<usize> {
    let Some(DeValue::Table(inner)) = table.get(key).map(Spanned::get_ref) else { return 0..0 };
    let Some(DeValue::Table(named)) = inner.get(name).map(Spanned::get_ref) else { return 0..0 };
    named.get(member).map_or(0..0, Spanned::span)
}

/// Every text of a step in which expressions can stand, with its place in the file.
fn texts(tables: &Tables<'_, '_>, step: &super::load::Step) -> Vec<(Range<usize>, String, Place)> {
    let mut found = Vec::new();
    let Some(value) = tables.get(&(step.span.start, step.span.end)) else { return found };
    let each = step.file.for_each.is_some();
    for (key, value) in *value {
        let place = match key.get_ref().as_ref() {
            "found" => Place::Found { each },
            "for-each" => Place::ForEach,
            "expect" if step.check.is_some() => Place::Found { each },
            _ => Place::Step { each },
        };
        match key.get_ref().as_ref() {
            // These are expressions as they stand, without braces.
            "when" | "found" | "for-each" => {
                if let Some(text) = value.get_ref().as_str() {
                    let text =
                        if text.contains("{{") { text.to_owned() } else { format!("{{{{ {text} }}}}") };
                    found.push((value.span(), text, place));
                }
            }
            "run" => collect_action(value, place, each, &mut found),
            "expect" => collect(value, place, &mut found),
            _ => {}
        }
    }
    found
}

fn table<'t, 'a>(value: &'t Spanned<DeValue<'a>>) -> Option<&'t DeTable<'a>> {
    value.get_ref().as_table()
}

/// As [`collect`], for the arguments of an action; a manual step's verification is read as a check is.
fn collect_action(
    value: &Spanned<DeValue<'_>>,
    place: Place,
    each: bool,
    found: &mut Vec<(Range<usize>, String, Place)>,
) {
    let Some(manual) = table(value).and_then(|action| action.get("manual").and_then(table)) else {
        return collect(value, place, found);
    };
    for (key, value) in manual {
        let verification = if key.get_ref() == "verify" { table(value) } else { None };
        let Some(verification) = verification else {
            collect(value, place, found);
            continue;
        };
        for (key, value) in verification {
            match (key.get_ref().as_ref(), value.get_ref().as_str()) {
                ("found", Some(text)) if !text.contains("{{") => {
                    found.push((value.span(), format!("{{{{ {text} }}}}"), Place::Found { each }));
                }
                ("found" | "expect", _) => collect(value, Place::Found { each }, found),
                _ => collect(value, place, found),
            }
        }
    }
}

fn collect(value: &Spanned<DeValue<'_>>, place: Place, found: &mut Vec<(Range<usize>, String, Place)>) {
    match value.get_ref() {
        DeValue::String(text) if text.contains("{{") => found.push((value.span(), text.to_string(), place)),
        DeValue::Array(items) => items.iter().for_each(|item| collect(item, place, found)),
        DeValue::Table(table) => table.iter().for_each(|(_, inner)| collect(inner, place, found)),
        _ => {}
    }
}

/// The tables of steps and checks by where they stand.
type Tables<'t, 'a> = BTreeMap<(usize, usize), &'t DeTable<'a>>;

fn tables<'t, 'a>(table: &'t DeTable<'a>) -> Tables<'t, 'a> {
    let mut found = Tables::new();
    let mut add = |item: &'t Spanned<DeValue<'a>>| {
        let DeValue::Table(inner) = item.get_ref() else { return None };
        found.insert((item.span().start, item.span().end), inner);
        Some(inner)
    };
    for key in ["step", "check"] {
        let Some(DeValue::Array(items)) = table.get(key).map(Spanned::get_ref) else { continue };
        for item in items {
            let checks = add(item).and_then(|inner| inner.get("check"));
            if let Some(DeValue::Array(checks)) = checks.map(Spanned::get_ref) {
                for check in checks {
                    add(check);
                }
            }
        }
    }
    found
}

struct Known {
    connections: Vec<String>,
    params: Vec<String>,
    values: Vec<String>,
    databases: Vec<String>,
    /// The steps that come after the checklist.
    last: BTreeSet<StepId>,
    /// The steps that are no checks.
    steps: BTreeMap<StepId, KnownStep>,
    checks: BTreeMap<StepId, KnownStep>,
    /// The outputs of the actions that verify what a person did.
    verifications: BTreeMap<StepId, Vec<&'static str>>,
}

/// What others can refer to of a step.
struct KnownStep {
    outputs: Vec<&'static str>,
    each: bool,
}

impl Known {
    fn of(runbook: &Runbook) -> Self {
        Self {
            connections: runbook.connections.keys().cloned().collect(),
            params: runbook.params.keys().cloned().collect(),
            values: runbook.values.keys().cloned().collect(),
            databases: runbook.databases.keys().cloned().collect(),
            last: runbook.steps.iter().filter(|s| s.file.last).map(|s| s.id.clone()).collect(),
            steps: known_steps(runbook, false),
            checks: known_steps(runbook, true),
            verifications: verifications(runbook),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.steps.keys().map(StepId::as_str)
    }

    fn connections(&self) -> impl Iterator<Item = &str> + Clone {
        self.databases.iter().chain(&self.connections).map(String::as_str)
    }

    /// The expressions of a connection, with their places; none for those that every runbook has.
    fn connection(&self, table: &DeTable<'_>, name: &str) -> Option<Vec<(Range<usize>, String)>> {
        if self.databases.iter().any(|d| d == name) {
            return Some(Vec::new());
        }
        if !self.connections.iter().any(|c| c == name) {
            return None;
        }
        let Some(DeValue::Table(all)) = table.get("connection").map(Spanned::get_ref) else { return None };
        let mut found = Vec::new();
        collect(all.get(name)?, Place::Default, &mut found);
        Some(found.into_iter().map(|(span, text, _)| (span, text)).collect())
    }

    fn step(&self, name: &str) -> Option<(&StepId, &KnownStep)> {
        self.steps.get_key_value(&name.parse::<StepId>().ok()?)
    }

    /// Checks one text and returns the steps it refers to.
    fn expression(
        &self,
        mistakes: &Mistakes,
        span: &Range<usize>,
        text: &str,
        place: Place,
        at: Option<&StepId>,
    ) -> BTreeSet<StepId> {
        let mut needs = BTreeSet::new();
        let expression = match Expression::of_template(text) {
            Ok(expression) => expression,
            Err(error) => {
                mistakes.add(span.clone(), error.to_string(), None);
                return needs;
            }
        };
        for reference in expression.references() {
            let mut parts = reference.split('.');
            let (root, first, second) = (parts.next().unwrap_or(""), parts.next(), parts.next());
            let wrong = match root {
                "params" => missing(first, self.params.iter().map(String::as_str), "parameter"),
                "values" => missing(first, self.values.iter().map(String::as_str), "value"),
                "storage" => missing(first, STORAGE_FACTS.iter().copied(), "fact about the bucket for dumps"),
                "run" => missing(first, RUN_FACTS.iter().copied(), "fact about the run"),
                "so_far" if at.is_some_and(|id| self.last.contains(id)) => {
                    missing(first, SO_FAR.iter().copied(), "fact about the run so far")
                }
                "so_far" => Some((
                    "how the run went is not known here".into(),
                    Some("`so_far` belongs to a step with last = true".into()),
                )),
                "source" | "target" if !self.databases.iter().any(|d| d == root) => {
                    Some((format!("this runbook has no {root}"), Some(format!("declare [database.{root}]"))))
                }
                "source" | "target" => {
                    missing(first, DATABASE_FACTS.iter().copied(), "fact about a database")
                }
                "item" if matches!(place, Place::Step { each: true } | Place::Found { each: true }) => None,
                "item" => Some((
                    "there is no item here".into(),
                    Some("`item` belongs to a step with for-each".into()),
                )),
                "found" if matches!(place, Place::Found { .. }) => {
                    let check = at.and_then(|id| self.checks.get(id)).map(|check| &check.outputs);
                    let outputs = check.or_else(|| at.and_then(|id| self.verifications.get(id)));
                    missing(first, outputs.into_iter().flatten().copied(), "output of this check's action")
                }
                "steps" if place == Place::ForEach || place == Place::Default => Some((
                    "only parameters are known here".into(),
                    Some("give the whole list to one action, which goes through it itself".into()),
                )),
                "steps" => match self.output(first, second) {
                    Ok(id) => {
                        needs.insert(id);
                        None
                    }
                    Err(wrong) => Some(wrong),
                },
                other => Some((
                    format!("nothing is called {other:?} here"),
                    suggestion(
                        other,
                        [
                            "params", "values", "steps", "source", "target", "storage", "run", "item",
                            "found", "so_far",
                        ],
                    ),
                )),
            };
            if let Some((message, help)) = wrong {
                mistakes.add(span.clone(), message, help);
            }
        }
        needs
    }

    fn output(&self, step: Option<&str>, output: Option<&str>) -> Result<StepId, (String, Option<String>)> {
        let name = step.unwrap_or_default();
        let Some((id, KnownStep { outputs, each })) = self.step(name) else {
            return Err((format!("no step is called {name:?}"), suggestion(name, self.names())));
        };
        if *each {
            return Err((format!("step {id} is repeated, so nothing can refer to its outputs"), None));
        }
        match output {
            Some(output) if outputs.contains(&output) => Ok(id.clone()),
            Some(output) => Err((
                format!("step {id} has no output {output:?}"),
                suggestion(output, outputs.iter().copied()),
            )),
            None => Err((format!("which output of step {id}?"), suggestion("", outputs.iter().copied()))),
        }
    }
}

fn known_steps(runbook: &Runbook, checks: bool) -> BTreeMap<StepId, KnownStep> {
    let mut found = BTreeMap::new();
    for step in runbook.steps.iter().filter(|step| step.check.is_some() == checks) {
        let outputs = step.file.run.domain().outputs().iter().map(|output| output.name).collect();
        let known = KnownStep { outputs, each: step.file.for_each.is_some() };
        found.entry(step.id.clone()).or_insert(known);
    }
    found
}

fn verifications(runbook: &Runbook) -> BTreeMap<StepId, Vec<&'static str>> {
    let outputs_of = |step: &super::load::Step| match &step.file.run {
        AnyAction::Manual(manual) => {
            let outputs = manual.verify.as_ref()?.run.domain().outputs();
            Some((step.id.clone(), outputs.iter().map(|output| output.name).collect()))
        }
        _ => None,
    };
    runbook.steps.iter().filter_map(outputs_of).collect()
}

fn missing<'a>(
    name: Option<&str>,
    known: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> Option<(String, Option<String>)> {
    let name = name.unwrap_or_default();
    if known.clone().any(|k| k == name) {
        return None;
    }
    Some((format!("no {what} is called {name:?}"), suggestion(name, known)))
}
