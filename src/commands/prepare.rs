//! From a runbook's name and the configuration to a plan.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::exit::{Exit, Failure};
use super::locate::{check_direction, locate, production};
use super::store::sha256;
use super::surroundings::Surroundings;
use crate::actions::Facts;
use crate::cli::Assignment;
use crate::engine::{Plan, PlannedDatabase};
use crate::model::{RunId, StepId};
use crate::oci::{Oci, object_storage};
use crate::runbook::file::ParamKind;
use crate::runbook::{Runbook, Selection, compile, find, load};
use crate::settings::{Role, Settings};

/// What a plan is to be made of.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// Name or path of the runbook.
    pub(super) runbook: String,
    /// The source's name in the configuration.
    pub(super) source: Option<String>,
    /// The target's.
    pub(super) target: Option<String>,
    /// Values for parameters, as typed.
    pub(super) set: Vec<Assignment>,
    /// Which steps.
    pub(super) selection: Selection,
    /// The run it is for.
    pub(super) run: RunId,
}

/// Loads a runbook.
pub(super) fn load_runbook(name: &str) -> Result<Runbook, Failure> {
    let (name, source) = find(name)?;
    Ok(load(&name, &source)?)
}

/// Makes the plan.
pub(super) async fn prepare(wish: &Wish, around: &Surroundings, oci: &Oci) -> Result<Plan, Failure> {
    let runbook = load_runbook(&wish.runbook)?;
    let given = given(&runbook, wish, around)?;
    let settings = &around.settings;
    let (source, target) = parts(&runbook, wish)?;
    let (mut databases, mut seen) = (BTreeMap::new(), Map::new());
    let mut located = BTreeMap::new();
    // What would be refused whatever the cloud says is refused before it is asked.
    if let (Some(source), Some(target)) = (source, target)
        && source == target
    {
        return Err(Failure::refused(format!("{source} cannot be refreshed from itself"))
            .help("source and target must be two databases"));
    }
    for part in ["source", "target"] {
        let name = if part == "source" { source } else { target };
        let Some(name) = name else { continue };
        let of_settings = settings.database(name)?;
        if runbook.writes_to(part) && of_settings.role.value == Role::Production {
            return Err(Failure::refused(format!("{name} is a production database, and is never a target"))
                .help(
                    "no option changes this; if the role in the configuration is wrong, correct it there",
                ));
        }
        let found = locate(oci, settings, name).await?;
        databases.insert(
            part.to_owned(),
            PlannedDatabase {
                name: name.clone(),
                ocid: found.ocid().to_owned(),
                production: of_settings.role.value == Role::Production,
            },
        );
        seen.insert(part.to_owned(), found.facts(of_settings));
        located.insert(part, found);
    }
    let production = production(oci, settings).await?;
    if let Some(target) = located.get("target")
        && runbook.writes_to("target")
    {
        check_direction(located.get("source"), target, settings, &production)?;
    }
    let consents = source
        .and_then(|name| settings.databases.get(name))
        .and_then(|d| d.consent.as_ref().map(|c| c.value.clone()))
        .unwrap_or_default();
    let facts = Facts {
        run: wish.run.clone(),
        folder: around.state_dir()?.join("runs").join(wish.run.as_str()).to_string(),
        databases,
        seen,
        storage: storage(&runbook, settings, oci).await?,
        production,
        consents,
        given,
        settings_sha256: sha256(settings.shown().as_bytes()),
    };
    Ok(compile(&runbook, &facts, &wish.selection, &sha256(runbook.source.text().as_bytes()))?)
}

/// What a runbook that speaks of the bucket for dumps can see of it.
async fn storage(runbook: &Runbook, settings: &Settings, oci: &Oci) -> Result<Map<String, Value>, Failure> {
    let of_settings = &settings.storage;
    let (Some(bucket), true) = (&of_settings.bucket, runbook.mentions("storage")) else {
        return Ok(Map::new());
    };
    let namespace = object_storage::namespace_or_own(oci, of_settings.namespace()).await?;
    let uri = format!("{}/n/{}/b/{}/o/", oci.storage_origin()?, namespace, bucket.value);
    let facts = json!({
        "bucket": bucket.value,
        "namespace": namespace,
        "compartment": of_settings.compartment.as_ref().map(|c| json!(c.value)),
        "credential": of_settings.credential.value,
        "user": of_settings.user.as_ref().map(|u| json!(u.value)),
        "token": of_settings.token.as_ref().map(|t| json!(t.value)),
        "uri": uri,
    });
    Ok(facts.as_object().cloned().unwrap_or_default())
}

/// The source and the target of the runbook. Where it has only one of them, the one name that was given is that.
fn parts<'a>(runbook: &Runbook, wish: &'a Wish) -> Result<(Option<&'a String>, Option<&'a String>), Failure> {
    let has = |part: &str| runbook.databases.contains_key(part);
    let (mut source, mut target) = (wish.source.as_ref(), wish.target.as_ref());
    if !has("source") && target.is_none() {
        (source, target) = (None, source);
    }
    let words: Vec<&str> = ["source", "target"].into_iter().filter(|part| has(part)).collect();
    for (part, name) in [("source", source), ("target", target)] {
        let wrong = match (name, has(part)) {
            (None, true) => format!("runbook {} needs a {part}", runbook.name),
            (Some(name), false) => format!("runbook {} has no {part}, and {name} was given", runbook.name),
            (None, false) | (Some(_), true) => continue,
        };
        let words = words.join(" ").to_uppercase();
        return Err(Failure::new(Exit::Usage, wrong).help(format!("adbctl run {} {words}", runbook.name)));
    }
    Ok((source, target))
}

/// The values of parameters: the configuration's, then those of the command line before them.
fn given(runbook: &Runbook, wish: &Wish, around: &Surroundings) -> Result<Map<String, Value>, Failure> {
    let mut given = Map::new();
    if let Some(table) = around.settings.runbooks.get(&runbook.name) {
        for (name, value) in table {
            given.insert(name.clone(), value.value.clone());
        }
    }
    for Assignment { key, value } in &wish.set {
        let typed = match runbook.params.get(key).map(|p| p.kind) {
            Some(ParamKind::Text | ParamKind::Choice) | None => Value::String(value.clone()),
            Some(kind) => serde_json::from_str(value).or_else(|_| toml_value(value)).map_err(|()| {
                let kind = format!("{kind:?}").to_lowercase();
                Failure::new(Exit::Usage, format!("--set {key}={value}: parameter {key} is of type {kind}"))
                    .help("write numbers, true, false, lists and tables as in TOML or JSON")
            })?,
        };
        given.insert(key.clone(), typed);
    }
    Ok(given)
}

fn toml_value(text: &str) -> Result<Value, ()> {
    let table: toml::Table = toml::from_str(&format!("value = {text}")).map_err(|_| ())?;
    serde_json::to_value(table.get("value")).map_err(|_| ())
}

/// A step named on the command line.
pub(super) fn step_named(text: &str) -> Result<StepId, Failure> {
    text.parse().map_err(|e| Failure::new(Exit::Usage, format!("{e}")))
}
