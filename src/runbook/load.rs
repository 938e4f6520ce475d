//! Reading a runbook: every table by itself, so that one pass reports a mistake of each.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use super::file::{
    Access, CheckFile, ConnectionFile, DatabaseFile, FORMAT, ParamFile, ParamKind, RequireFile, StepFile,
    ValueFile,
};
use super::library::fragments;
use super::references;
use crate::engine::CheckRule;
use crate::model::StepId;
use crate::model::clock::parse_duration;
use crate::model::diagnostic::{Diagnostic, SourceText, nearest, suggestion};
use crate::model::toml_table::{Mistakes, TableReader, parse};

/// A runbook that has been checked.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// Its name: the stem of its file.
    pub name: String,
    /// Its text.
    pub source: SourceText,
    /// What it does, in a line.
    pub title: String,
    /// More about it.
    pub doc: String,
    /// The parts of databases.
    pub databases: BTreeMap<String, DatabaseFile>,
    /// The connections for statements, beside `source` and `target`.
    pub connections: BTreeMap<String, ConnectionFile>,
    /// The parameters.
    pub params: BTreeMap<String, ParamFile>,
    /// Values worked out when the plan is made.
    pub values: BTreeMap<String, ValueFile>,
    /// What a run is to be known by when it came to its end.
    pub results: BTreeMap<String, ValueFile>,
    /// What is typed after `adbctl` to go on from there.
    pub next: Option<String>,
    /// What must hold before anything begins.
    pub requires: Vec<RequireFile>,
    /// The steps, checks of steps and the checklist, in file order.
    pub steps: Vec<Step>,
}

impl Runbook {
    /// Whether an expression of the file speaks of this root, such as `storage`. A comment that does counts too: what
    /// hangs on it is one look more at the cloud.
    pub fn mentions(&self, root: &str) -> bool {
        self.source.text().contains(&format!("{root}."))
    }
}

/// A step or a check of a runbook.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Where it stands in the file.
    pub span: Range<usize>,
    /// What the file says of it.
    pub file: StepFile,
    /// For checks: what is compared.
    pub check: Option<CheckRule>,
    /// The steps it refers to or names as needed.
    pub needs: Vec<StepId>,
}

/// Reads and checks a runbook.
///
/// # Errors
/// Every mistake found, in the order of the file.
pub fn load(name: &str, source: &SourceText) -> Result<Runbook, Vec<Diagnostic>> {
    let mistakes = Mistakes::new(source.clone());
    let file = parse(&mistakes);
    let table = file.get_ref();
    let mut runbook = empty(name, source);
    runbook.databases = named(&mistakes, table, "database");
    runbook.connections = named(&mistakes, table, "connection");
    runbook.params = named(&mistakes, table, "param");
    runbook.values = named(&mistakes, table, "value");
    runbook.results = named(&mistakes, table, "result");
    for part in runbook.databases.keys().filter(|part| !matches!(part.as_str(), "source" | "target")) {
        let span = key_span(table, "database", part);
        mistakes.add(
            span,
            format!("no database plays the part `{part}`"),
            Some("the parts are source and target".into()),
        );
    }
    check_params(&mistakes, table, &runbook.params);
    runbook.requires =
        array(table, "require").iter().filter_map(|item| typed(&mistakes, item.clone())).collect();
    steps(&mistakes, table, &mut runbook);
    further_needs(&mistakes, table, &mut runbook.steps);
    check_ids(&mistakes, &runbook.steps);
    references::check(&mistakes, table, &mut runbook);
    head(&mistakes, file, &mut runbook);
    if mistakes.is_empty() { Ok(runbook) } else { Err(mistakes.into_sorted()) }
}

fn empty(name: &str, source: &SourceText) -> Runbook {
    Runbook {
        name: name.to_owned(),
        source: source.clone(),
        title: String::new(),
        doc: String::new(),
        databases: BTreeMap::new(),
        connections: BTreeMap::new(),
        params: BTreeMap::new(),
        values: BTreeMap::new(),
        results: BTreeMap::new(),
        next: None,
        requires: Vec::new(),
        steps: Vec::new(),
    }
}

/// What stands at the top of the file, and whether everything below it is of the kind it should be.
fn head<'a>(mistakes: &'a Mistakes, file: Spanned<DeTable<'a>>, runbook: &mut Runbook) {
    let without = |steps: &Spanned<DeValue<'_>>| steps.get_ref().as_array().is_some_and(|s| s.is_empty());
    if file.get_ref().get("step").is_none_or(without) {
        mistakes.add(0..0, "a runbook without steps", Some("write at least one [[step]]".into()));
    }
    let mut top = TableReader::top(mistakes, file);
    if let Some(format) = top.required::<i64>("format")
        && *format.get_ref() != FORMAT
    {
        let help = format!("this adbctl reads format {FORMAT}");
        mistakes.add(format.span(), format!("format {} is not known", format.get_ref()), Some(help));
    }
    runbook.title = top.required::<String>("title").map(Spanned::into_inner).unwrap_or_default();
    runbook.doc = top.optional::<String>("doc").map(Spanned::into_inner).unwrap_or_default();
    runbook.next = top.optional::<String>("next").map(Spanned::into_inner);
    if let Some(include) = top.optional::<Vec<String>>("include") {
        let span = include.span();
        let known: Vec<&str> = fragments().into_iter().map(|(name, _)| name).collect();
        for name in include.into_inner() {
            if !known.contains(&name.as_str()) {
                let help = suggestion(&name, known.iter().copied());
                mistakes.add(span.clone(), format!("no fragment is called {name:?}"), help);
            }
        }
    }
    drop(top.table("needs"));
    drop(top.table("database"));
    drop(top.table("connection"));
    drop(top.table("param"));
    drop(top.table("value"));
    drop(top.table("result"));
    drop(top.tables("require"));
    drop(top.tables("step"));
    drop(top.tables("check"));
    top.finish();
}

fn named<T: DeserializeOwned>(mistakes: &Mistakes, table: &DeTable<'_>, key: &str) -> BTreeMap<String, T> {
    let mut found = BTreeMap::new();
    let Some(DeValue::Table(inner)) = table.get(key).map(Spanned::get_ref) else { return found };
    for (name, value) in inner {
        if let Some(typed) = typed(mistakes, value.clone()) {
            found.insert(name.get_ref().to_string(), typed);
        }
    }
    found
}

/// Adds what the file says under `[needs]` to the steps that its fragments bring.
fn further_needs(mistakes: &Mistakes, table: &DeTable<'_>, steps: &mut [Step]) {
    for (name, further) in named::<Vec<String>>(mistakes, table, "needs") {
        let Some(step) = steps.iter_mut().find(|step| step.id.as_str() == name) else {
            let help = suggestion(&name, steps.iter().map(|step| step.id.as_str()));
            mistakes.add(key_span(table, "needs", &name), format!("no step is called {name:?}"), help);
            continue;
        };
        step.file.needs.extend(further);
    }
}

fn key_span(table: &DeTable<'_>, key: &str, name: &str) -> Range<usize> {
    let Some(DeValue::Table(inner)) = table.get(key).map(Spanned::get_ref) else { return 0..0 };
    inner.iter().find(|(k, _)| k.get_ref() == name).map_or(0..0, |(k, _)| k.span())
}

fn typed<T: DeserializeOwned>(mistakes: &Mistakes, value: Spanned<DeValue<'_>>) -> Option<T> {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(typed) => Some(typed),
        Err(error) => {
            mistakes.add(error.span().unwrap_or(span), error.message(), near_miss(error.message()));
            None
        }
    }
}

/// Serde lists what it would have taken in back quotes; the nearest of those is the suggestion.
fn near_miss(message: &str) -> Option<String> {
    let rest =
        message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (word, rest) = rest.split_once('`')?;
    let near = nearest(word, rest.split('`').skip(1).step_by(2))?;
    Some(format!("did you mean {near:?}?"))
}

fn check_params(mistakes: &Mistakes, table: &DeTable<'_>, params: &BTreeMap<String, ParamFile>) {
    for (name, param) in params {
        let span = key_span(table, "param", name);
        let wrong = |message: String, help: Option<&str>| {
            mistakes.add(span.clone(), message, help.map(str::to_owned));
        };
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            wrong(format!("`{name}` is no parameter name"), Some("use lower-case letters, digits and _"));
        }
        if (param.kind == ParamKind::Choice) == param.choices.is_empty() {
            wrong(
                format!("parameter `{name}`: `choices` belongs to type \"choice\", and is needed there"),
                None,
            );
        }
        if param.kind != ParamKind::Object && !param.members.is_empty() {
            wrong(format!("parameter `{name}`: `members` belongs to type \"object\""), None);
        }
        if let Some(default) = &param.default
            && !default.as_str().is_some_and(|text| text.contains("{{"))
            && let Err(message) = super::compile::fits(param, default)
        {
            wrong(format!("the default of parameter `{name}` {message}"), None);
        }
    }
}

fn steps(mistakes: &Mistakes, table: &DeTable<'_>, runbook: &mut Runbook) {
    for item in array(table, "step") {
        let (step, checks) = take_checks(item);
        let span = step.span();
        let Some(file) = typed::<StepFile>(mistakes, step) else {
            for check in checks {
                typed::<CheckFile>(mistakes, check);
            }
            continue;
        };
        let Some(id) = step_id(mistakes, &span, &file.id) else { continue };
        check_times(mistakes, &span, file.timeout.as_deref());
        runbook.steps.push(Step { id: id.clone(), span, file, check: None, needs: Vec::new() });
        for (n, check) in checks.into_iter().enumerate() {
            let span = check.span();
            if let Some(file) = typed::<CheckFile>(mistakes, check) {
                push_check(mistakes, runbook, id.check(n + 1), span, file, Some(&id));
            }
        }
    }
    for item in array(table, "check") {
        let span = item.span();
        let Some(file) = typed::<CheckFile>(mistakes, item.clone()) else { continue };
        let Some(id) = &file.id else {
            mistakes.add(span, "a check of the checklist needs an `id`", None);
            continue;
        };
        if let Some(id) = step_id(mistakes, &span, id) {
            push_check(mistakes, runbook, id, span, file, None);
        }
    }
}

fn push_check(
    mistakes: &Mistakes,
    runbook: &mut Runbook,
    id: StepId,
    span: Range<usize>,
    file: CheckFile,
    of: Option<&StepId>,
) {
    check_times(mistakes, &span, file.timeout.as_deref());
    let step = StepFile {
        id: id.to_string(),
        title: file.title,
        doc: None,
        needs: of.map(ToString::to_string).into_iter().collect(),
        when: file.when,
        for_each: file.for_each,
        timeout: file.timeout.or_else(|| Some("5m".into())),
        retries: None,
        always: false,
        puts_back: Vec::new(),
        last: false,
        run: file.run,
        check: Vec::new(),
    };
    runbook.steps.push(Step {
        id,
        span,
        file: step,
        check: Some(CheckRule {
            found: file.found,
            expect: file.expect,
            otherwise: file.otherwise,
            on_request: file.on_request,
        }),
        needs: Vec::new(),
    });
}

fn array<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> &'t [Spanned<DeValue<'a>>] {
    match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::Array(items)) => items,
        _ => &[],
    }
}

/// A step without its checks, and the checks: tables of their own, which report their own mistakes.
fn take_checks<'a>(item: &Spanned<DeValue<'a>>) -> (Spanned<DeValue<'a>>, Vec<Spanned<DeValue<'a>>>) {
    let mut step = item.clone();
    let mut checks = Vec::new();
    if let DeValue::Table(table) = step.get_mut()
        && let Some(found) = table.remove("check")
    {
        match found.into_inner() {
            DeValue::Array(items) => {
                checks = items.into_iter().collect::<DeArray<'a>>().into_iter().collect();
            }
            _ => checks.push(item.clone()),
        }
    }
    (step, checks)
}

fn step_id(mistakes: &Mistakes, span: &Range<usize>, text: &str) -> Option<StepId> {
    match text.parse::<StepId>() {
        Ok(id) if !text.contains('.') => Some(id),
        _ => {
            mistakes.add(
                span.clone(),
                format!("{text:?} is no id for a step"),
                Some("use lower-case letters, digits and _, a letter first".into()),
            );
            None
        }
    }
}

fn check_times(mistakes: &Mistakes, span: &Range<usize>, timeout: Option<&str>) {
    if let Some(Err(message)) = timeout.map(parse_duration) {
        mistakes.add(span.clone(), message, None);
    }
}

fn check_ids(mistakes: &Mistakes, steps: &[Step]) {
    let mut firsts: BTreeMap<&StepId, usize> = BTreeMap::new();
    for step in steps {
        if let Some(first) = firsts.get(&step.id) {
            let (line, _) = mistakes.source().position(*first);
            mistakes.add(
                step.span.clone(),
                format!("there is a step {} already, in line {line}", step.id),
                None,
            );
        } else {
            firsts.insert(&step.id, step.span.start);
        }
    }
}

impl Runbook {
    /// The step with this id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|s| &s.id == id)
    }

    /// Whether the runbook writes to this part.
    pub fn writes_to(&self, part: &str) -> bool {
        self.databases.get(part).is_some_and(|d| d.access == Access::Write)
    }
}
