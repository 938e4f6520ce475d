//! From a runbook and its parameters to a plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::file::{ParamFile, ParamKind, Part};
use super::load::{Runbook, Step};
use super::references::STORAGE_FACTS;
use crate::actions::{AnyAction, Binding, Facts, NamedConnection};
use crate::engine::plan::FORMAT;
use crate::engine::{CheckRule, Plan, PlannedStep, order};
use crate::model::act::{Connection, DOWNLOADED};
use crate::model::clock::parse_duration;
use crate::model::diagnostic::suggestion;
use crate::model::{ActionError, Effect, Expression, Late, SecretRef, StepId, late};

/// Which steps of the runbook are wanted.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Nothing before this step.
    pub from: Option<StepId>,
    /// Nothing after this step.
    pub until: Option<StepId>,
    /// Not these.
    pub skip: Vec<StepId>,
}

/// Why a runbook and its parameters make no plan.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct CompileError {
    /// What is wrong, and where.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl CompileError {
    fn new(message: impl Into<String>, help: Option<String>) -> Self {
        Self { message: message.into(), help }
    }

    fn of(step: &StepId, error: &ActionError) -> Self {
        Self::new(format!("step {step}: {}", error.message), error.advice.clone())
    }
}

/// Makes the plan.
///
/// # Errors
/// Everything that is wrong with the parameters, else everything that is wrong with the steps.
pub fn compile(
    runbook: &Runbook,
    facts: &Facts,
    selection: &Selection,
    runbook_sha256: &str,
) -> Result<Plan, Vec<CompileError>> {
    let mut scope = facts.seen.clone();
    let run = json!({ "id": facts.run, "suffix": facts.run.suffix(), "folder": facts.folder,
                      "stamp": facts.run.stamp() });
    scope.insert("run".into(), run);
    scope.insert("storage".into(), storage(facts));
    let params = parameters(runbook, facts, &scope)?;
    scope.insert("params".into(), Value::Object(params.clone()));
    let mut scope = Value::Object(scope);
    values(runbook, &mut scope)?;
    let unmet = demands(runbook, &scope);
    if !unmet.is_empty() {
        return Err(unmet);
    }
    let mut errors = Vec::new();
    let deselected = deselect(runbook, selection).unwrap_or_else(|error| {
        errors.push(error);
        BTreeSet::new()
    });
    let connections = connections(runbook, facts, &scope).map_err(|error| vec![error])?;
    let world = World { facts, connections: &connections, scope: &scope };
    let mut planned = Vec::new();
    let mut expanded: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
    for step in &runbook.steps {
        match plan_step(step, &world, deselected.contains(&step.id)) {
            Ok(steps) => {
                expanded.insert(step.id.clone(), steps.iter().map(|s| s.id.clone()).collect());
                planned.extend(steps);
            }
            Err(found) => errors.extend(found),
        }
    }
    for step in &mut planned {
        for ids in [&mut step.needs, &mut step.puts_back] {
            *ids = ids.iter().flat_map(|id| stands_for(id, &expanded, runbook)).collect();
        }
    }
    errors.extend(lost_references(&planned, &deselected));
    if !errors.is_empty() {
        return Err(errors);
    }
    let sorted = sort(planned).map_err(|error| vec![error])?;
    let results = results(runbook, &scope)?;
    Ok(Plan {
        format: FORMAT,
        adbctl: env!("CARGO_PKG_VERSION").to_owned(),
        run: facts.run.clone(),
        runbook: runbook.name.clone(),
        title: runbook.title.clone(),
        runbook_sha256: runbook_sha256.to_owned(),
        settings_sha256: facts.settings_sha256.clone(),
        parameters: params,
        databases: facts.databases.clone(),
        production: facts.production.clone(),
        results,
        next: runbook.next.as_ref().map(|next| title(next, &scope)),
        scope,
        steps: sorted,
    })
}

/// The bucket for dumps as expressions see it: every fact is there, null where it is not known.
fn storage(facts: &Facts) -> Value {
    STORAGE_FACTS
        .iter()
        .map(|name| ((*name).to_owned(), facts.storage.get(*name).cloned().unwrap_or_default()))
        .collect()
}

/// Works the runbook's values out, in the order of the alphabet, and adds them to what expressions can see.
fn values(runbook: &Runbook, scope: &mut Value) -> Result<(), Vec<CompileError>> {
    scope["values"] = json!({});
    for (name, value) in &runbook.values {
        let found = Expression::parse(&value.is)
            .and_then(|e| e.evaluate(scope))
            .map_err(|e| vec![CompileError::new(e.reason().to_owned(), Some(value.doc.clone()))])?;
        scope["values"][name] = found;
    }
    Ok(())
}

/// What a run is to be known by when it came to its end.
fn results(runbook: &Runbook, scope: &Value) -> Result<Map<String, Value>, Vec<CompileError>> {
    let found = runbook.results.iter().map(|(name, result)| {
        let value = Expression::parse(&result.is).and_then(|e| e.evaluate(scope));
        let value = value.map_err(|e| CompileError::new(e.reason().to_owned(), Some(result.doc.clone())));
        Ok((name.clone(), value?))
    });
    found.collect::<Result<_, CompileError>>().map_err(|error| vec![error])
}

/// The demands of the runbook that do not hold.
fn demands(runbook: &Runbook, scope: &Value) -> Vec<CompileError> {
    let mut errors = Vec::new();
    for demand in &runbook.requires {
        let holds = |text: &str| Expression::parse(text).and_then(|e| e.evaluate(scope));
        let asked = match demand.when.as_deref().map_or(Ok(Value::Bool(true)), holds) {
            Ok(asked) => asked == Value::Bool(true),
            Err(error) => {
                errors.push(CompileError::new(error.to_string(), None));
                continue;
            }
        };
        if !asked {
            continue;
        }
        match holds(&demand.expr) {
            Ok(Value::Bool(true)) => {}
            Ok(_) => {
                let help = demand.help.as_ref().map(|help| title(help, scope));
                errors.push(CompileError::new(title(&demand.message, scope), help));
            }
            Err(error) => errors.push(CompileError::new(error.to_string(), None)),
        }
    }
    errors
}

fn parameters(
    runbook: &Runbook,
    facts: &Facts,
    scope: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<CompileError>> {
    let mut errors = Vec::new();
    let mut params = Map::new();
    for name in facts.given.keys().filter(|name| !runbook.params.contains_key(*name)) {
        let help = suggestion(name, runbook.params.keys().map(String::as_str));
        errors.push(CompileError::new(format!("runbook {} has no parameter {name:?}", runbook.name), help));
    }
    // A default that is worked out can refer to every parameter that is given or has a plain default.
    let plain = |default: &&Value| !default.as_str().is_some_and(|text| text.contains("{{"));
    for (name, param) in &runbook.params {
        if let Some(value) = facts.given.get(name).or_else(|| param.default.as_ref().filter(plain)) {
            params.insert(name.clone(), value.clone());
        }
    }
    for (name, param) in &runbook.params {
        let value = match facts.given.get(name) {
            Some(given) => Some(given.clone()),
            None => match default(param, scope, &params) {
                Ok(value) => value,
                Err(error) => {
                    errors.push(CompileError::new(format!("the default of parameter {name}: {error}"), None));
                    continue;
                }
            },
        };
        match value {
            None => errors.push(CompileError::new(
                format!("parameter {name} is missing: {}", param.doc),
                Some(format!(
                    "give it with --set {name}=…, or under [runbook.{}] in the configuration",
                    runbook.name
                )),
            )),
            Some(value) => match fits(param, &value) {
                Ok(()) => {
                    params.insert(name.clone(), value);
                }
                Err(why) => {
                    errors
                        .push(CompileError::new(format!("parameter {name} {why}"), Some(param.doc.clone())));
                }
            },
        }
    }
    if errors.is_empty() { Ok(params) } else { Err(errors) }
}

fn default(
    param: &ParamFile,
    scope: &Map<String, Value>,
    params: &Map<String, Value>,
) -> Result<Option<Value>, String> {
    match &param.default {
        Some(Value::String(text)) if text.contains("{{") => {
            let mut scope = scope.clone();
            scope.insert("params".into(), Value::Object(params.clone()));
            let expression = Expression::of_template(text).map_err(|e| e.to_string())?;
            expression.evaluate(&Value::Object(scope)).map(Some).map_err(|e| e.to_string())
        }
        other => Ok(other.clone()),
    }
}

/// Whether a table has only members that the parameter can have.
fn fits_members(param: &ParamFile, value: &Value) -> Result<(), String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        let Some(kind) = param.members.get(name) else {
            let help = suggestion(name, param.members.keys().map(String::as_str)).unwrap_or_default();
            return Err(format!("has no member {name:?}; {help}"));
        };
        let of_kind = ParamFile { kind: *kind, members: BTreeMap::new(), ..param.clone() };
        fits(&of_kind, member).map_err(|why| format!("has a member {name} that {why}"))?;
    }
    Ok(())
}

/// Whether a value is of the parameter's type.
pub(super) fn fits(param: &ParamFile, value: &Value) -> Result<(), String> {
    let good = match param.kind {
        ParamKind::Text => value.is_string(),
        ParamKind::Number => value.is_number(),
        ParamKind::Flag => value.is_boolean(),
        ParamKind::Choice => value.as_str().is_some_and(|v| param.choices.iter().any(|c| c == v)),
        ParamKind::List => value.is_array(),
        ParamKind::Object => value.is_object(),
        ParamKind::Secret => serde_json::from_value::<SecretRef>(value.clone()).is_ok() || value.is_null(),
    };
    if good && !asks_for_nothing(value) {
        return if param.members.is_empty() { Ok(()) } else { fits_members(param, value) };
    }
    if good {
        return Err("asks for a secret without saying which: write { prompt = \"password of ANN\" }, so that two of them are two".into());
    }
    Err(match param.kind {
        ParamKind::Text => "must be a text".into(),
        ParamKind::Number => "must be a number".into(),
        ParamKind::Flag => "must be true or false".into(),
        ParamKind::Choice => format!("must be one of {}", param.choices.join(", ")),
        ParamKind::List => "must be a list".into(),
        ParamKind::Object => "must be a table".into(),
        ParamKind::Secret => "must be a reference to a secret, such as { env = \"NAME\" }".into(),
    })
}

/// Whether a reference to a secret inside would ask at the terminal without words.
fn asks_for_nothing(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            (map.len() == 1 && map.get("prompt").is_some_and(Value::is_boolean))
                || map.values().any(asks_for_nothing)
        }
        Value::Array(items) => items.iter().any(asks_for_nothing),
        _ => false,
    }
}

fn deselect(runbook: &Runbook, selection: &Selection) -> Result<BTreeSet<StepId>, CompileError> {
    let steps: Vec<&StepId> = runbook.steps.iter().filter(|s| s.check.is_none()).map(|s| &s.id).collect();
    let at = |id: &StepId| {
        steps.iter().position(|s| *s == id).ok_or_else(|| {
            let help = suggestion(id.as_str(), steps.iter().map(|s| s.as_str()));
            CompileError::new(format!("runbook {} has no step {id}", runbook.name), help)
        })
    };
    let from = selection.from.as_ref().map_or(Ok(0), &at)?;
    let until = selection.until.as_ref().map_or(Ok(steps.len()), |id| at(id).map(|n| n + 1))?;
    let mut out: BTreeSet<StepId> = steps
        .iter()
        .enumerate()
        .filter(|(n, _)| *n < from || *n >= until)
        .map(|(_, id)| (*id).clone())
        .collect();
    for id in &selection.skip {
        at(id)?;
        out.insert(id.clone());
    }
    Ok(out)
}

/// A wanted step cannot use what an unwanted one would have made.
fn lost_references(planned: &[PlannedStep], deselected: &BTreeSet<StepId>) -> Vec<CompileError> {
    let mut errors = Vec::new();
    if deselected.is_empty() {
        return errors;
    }
    for step in planned.iter().filter(|s| s.skip.is_none() && s.check.is_none()) {
        for expression in late::expressions(&step.args) {
            let Ok(parsed) = Expression::parse(&expression) else { continue };
            for reference in parsed.references() {
                let lost = reference.strip_prefix("steps.").and_then(|r| r.split('.').next());
                if let Some(id) = lost.filter(|id| deselected.iter().any(|d| d.as_str() == *id)) {
                    errors.push(CompileError::new(
                        format!("step {} uses {{{{ {reference} }}}}, but step {id} is left out", step.id),
                        Some("leave this step out too, or keep both".into()),
                    ));
                }
            }
        }
    }
    errors
}

/// The planned steps that a step of the runbook stands for. One that is repeated for no item stands for what it
/// needs itself, so that an order that goes through it holds.
fn stands_for(id: &StepId, expanded: &BTreeMap<StepId, Vec<StepId>>, runbook: &Runbook) -> BTreeSet<StepId> {
    match expanded.get(id) {
        Some(steps) if !steps.is_empty() => steps.iter().cloned().collect(),
        _ => {
            let needs = runbook.step(id).map(|s| s.needs.as_slice()).unwrap_or_default();
            needs.iter().flat_map(|need| stands_for(need, expanded, runbook)).collect()
        }
    }
}

/// What every step is planned with.
#[derive(Clone, Copy)]
struct World<'a> {
    facts: &'a Facts,
    connections: &'a BTreeMap<String, NamedConnection>,
    scope: &'a Value,
}

/// The connections of a runbook: to the databases of the configuration, and those it declares itself.
fn connections(
    runbook: &Runbook,
    facts: &Facts,
    scope: &Value,
) -> Result<BTreeMap<String, NamedConnection>, CompileError> {
    let mut all = BTreeMap::new();
    for (part, seen) in &facts.seen {
        let connection = Connection {
            database: seen["name"].as_str().unwrap_or(part).to_owned(),
            ocid: seen["ocid"].clone(),
            driver: seen["driver"].as_str().unwrap_or("ords").to_owned(),
            address: seen["address"].clone(),
            user: seen["user"].clone(),
            password: late::secret_of(&seen["password"].clone()),
            wallet: seen["wallet"].clone(),
            results: seen["results"].clone(),
        };
        all.insert(part.clone(), NamedConnection { part: part.clone(), connection });
    }
    for (name, file) in &runbook.connections {
        let settled = |value: Value| {
            settle(&value, scope)
                .map(late::unprotect)
                .map_err(|e| CompileError::new(format!("connection {name}: {}", e.message), e.advice))
        };
        let part = match file.part {
            Part::Source => "source",
            Part::Target => "target",
        };
        // A database that the run makes itself is like the one that it is made for.
        let like = facts.seen.get(part).or_else(|| facts.seen.values().next()).unwrap_or(&Value::Null);
        let ocid = settled(file.ocid.to_value())?;
        let connection = Connection {
            database: title(&file.title, scope),
            wallet: wallet_of(like, &ocid),
            ocid,
            driver: like["driver"].as_str().unwrap_or("ords").to_owned(),
            address: settled(file.address.to_value())?,
            user: settled(file.user.to_value())?,
            password: late::secret_of(&settled(file.password.to_value())?),
            results: like["results"].clone(),
        };
        all.insert(name.clone(), NamedConnection { part: part.to_owned(), connection });
    }
    Ok(all)
}

/// The wallet of a connection. A configured one is that of the configured database: another one needs its own.
fn wallet_of(like: &Value, ocid: &Value) -> Value {
    match &like["wallet"] {
        Value::Object(_) if like["ocid"] != *ocid => Value::from(DOWNLOADED),
        wallet => wallet.clone(),
    }
}

fn plan_step(
    step: &Step,
    world: &World<'_>,
    deselected: bool,
) -> Result<Vec<PlannedStep>, Vec<CompileError>> {
    let Some(list) = &step.file.for_each else {
        return plan_one(step, &step.id, world, deselected).map(Vec::from_iter).map_err(|e| vec![e]);
    };
    let wrong =
        |message: String| vec![CompileError::new(format!("step {}: for-each: {message}", step.id), None)];
    let items = match Expression::parse(list).and_then(|e| e.evaluate(world.scope)) {
        Ok(Value::Array(items)) => items,
        Ok(other) => return Err(wrong(format!("{list} is {other}, not a list"))),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let mut planned = Vec::new();
    let mut errors = Vec::new();
    for (n, item) in items.into_iter().enumerate() {
        let id: StepId = match format!("{}.{}", step.id, n + 1).parse() {
            Ok(id) => id,
            Err(error) => return Err(wrong(format!("{error}"))),
        };
        let mut inner = world.scope.clone();
        inner["item"] = item;
        match plan_one(step, &id, &World { scope: &inner, ..*world }, deselected) {
            Ok(one) => planned.extend(one),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(planned) } else { Err(errors) }
}

/// A step of the plan; none for a check whose condition is known not to hold.
fn plan_one(
    step: &Step,
    id: &StepId,
    world: &World<'_>,
    deselected: bool,
) -> Result<Option<PlannedStep>, CompileError> {
    let scope = world.scope;
    let fail = |error: ActionError| CompileError::of(id, &error);
    let (kind, args) = step.file.run.parts();
    let (mut when, mut skip) = (None, deselected.then(|| "left out on request".to_owned()));
    if let Some(text) = &step.file.when {
        match settle_expression(text, scope).map_err(fail)? {
            Late::Known(Value::Bool(true)) => {}
            Late::Known(Value::Bool(false) | Value::Null) => {
                skip = skip.or_else(|| Some(format!("not needed: {text} does not hold")));
            }
            Late::Known(other) => {
                return Err(CompileError::new(
                    format!("step {id}: when = {text:?} gives {other}, not true or false"),
                    None,
                ));
            }
            Late::Later(expression) => when = Some(expression.source().to_owned()),
        }
    }
    if step.check.is_some() && skip.is_some() {
        return Ok(None);
    }
    // What a step that does not run would have been given need not even be there.
    let settled = if skip.is_some() { args.clone() } else { settle(&args, scope).map_err(fail)? };
    let action = if settled == args {
        Cow::Borrowed(&step.file.run)
    } else {
        Cow::Owned(AnyAction::from_parts(&kind, &settled).map_err(fail)?)
    };
    let binding = Binding { step: id, facts: world.facts, connections: world.connections };
    let acts = if skip.is_some() { Vec::new() } else { action.domain().acts(&binding).map_err(fail)? };
    if step.check.is_some()
        && let Some(act) = acts.iter().find(|a| a.effect != Effect::Read)
    {
        let message = format!("check {id}: a check may only read, and this changes something: {}", act.title);
        return Err(CompileError::new(message, Some("make it a step, and check its outcome".into())));
    }
    let check = match &step.check {
        None => None,
        Some(rule) => Some(CheckRule {
            expect: settle_texts(&rule.expect, scope).map_err(fail)?,
            found: rule.found.clone(),
            otherwise: rule.otherwise,
            on_request: rule.on_request.clone(),
        }),
    };
    if let Some(flag) = check.as_ref().and_then(|rule| rule.on_request.as_ref())
        && !scope["params"][flag].is_boolean()
    {
        let help = Some("`on-request` names a parameter of the type flag".to_owned());
        return Err(CompileError::new(format!("check {id}: there is no flag {flag:?}"), help));
    }
    let timeout = step.file.timeout.as_deref().unwrap_or("15m");
    Ok(Some(PlannedStep {
        id: id.clone(),
        title: title(&step.file.title, scope),
        kind,
        args: settled,
        item: scope.get("item").cloned(),
        needs: step.needs.iter().cloned().collect(),
        when,
        skip,
        timeout_seconds: parse_duration(timeout).map_err(|e| CompileError::new(e, None))?.as_secs(),
        retries: step.file.retries.unwrap_or(1),
        always: step.file.always || step.file.last || !step.file.puts_back.is_empty(),
        last: step.file.last,
        puts_back: step.file.puts_back.iter().filter_map(|name| name.parse().ok()).collect(),
        outputs: action.domain().outputs().iter().map(|o| (o.name.to_owned(), o.kind)).collect(),
        acts,
        check,
    }))
}

/// A title can say which item it is about.
fn title(text: &str, scope: &Value) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    match Expression::of_template(text).and_then(|e| e.evaluate(scope)) {
        Ok(Value::String(title)) => title,
        _ => text.to_owned(),
    }
}

/// Evaluates what can be evaluated now; the rest stays late.
fn settle(value: &Value, scope: &Value) -> Result<Value, ActionError> {
    late::fill(value, &mut |source| match settle_expression(source, scope)? {
        Late::Known(known) => Ok(Some(late::protect(known))),
        Late::Later(_) => Ok(None),
    })
}

/// As [`settle`], for values in which expressions still stand as texts.
fn settle_texts(value: &Value, scope: &Value) -> Result<Value, ActionError> {
    match value {
        Value::String(text) if text.contains("{{") => {
            let expression =
                Expression::of_template(text).map_err(|e| ActionError::invalid(e.to_string()))?;
            settle(&late::late(&expression), scope)
        }
        Value::Array(items) => {
            Ok(Value::Array(items.iter().map(|v| settle_texts(v, scope)).collect::<Result<_, _>>()?))
        }
        Value::Object(map) => Ok(Value::Object(
            map.iter()
                .map(|(k, v)| Ok((k.clone(), settle_texts(v, scope)?)))
                .collect::<Result<_, ActionError>>()?,
        )),
        other => Ok(other.clone()),
    }
}

fn settle_expression(source: &str, scope: &Value) -> Result<Late<Value>, ActionError> {
    let expression = Expression::parse(source).map_err(|e| ActionError::invalid(e.to_string()))?;
    let waits = |name: &String| {
        ["steps", "here", "found", "so_far"]
            .iter()
            .any(|root| name == root || name.starts_with(&format!("{root}.")))
    };
    if expression.references().iter().any(waits) {
        return Ok(Late::Later(expression));
    }
    expression.evaluate(scope).map(Late::Known).map_err(|e| ActionError::invalid(e.to_string()))
}

/// Steps in an order that respects their needs, then the checks.
fn sort(planned: Vec<PlannedStep>) -> Result<Vec<PlannedStep>, CompileError> {
    let ids = order(planned.iter().map(|s| (&s.id, s.needs.iter().collect())))
        .map_err(|cycle| CompileError::new(cycle.to_string(), None))?;
    let place: BTreeMap<StepId, usize> = ids.into_iter().enumerate().map(|(n, id)| (id, n)).collect();
    let mut sorted = planned;
    // What comes last stands last, though little may hold it back.
    sorted.sort_by_key(|s| (s.check.is_some(), s.last, place.get(&s.id).copied().unwrap_or(usize::MAX)));
    Ok(sorted)
}
