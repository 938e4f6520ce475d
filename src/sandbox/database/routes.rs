//! The calls of the Database service.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::record::Database;
use super::{actions, backups, create, update, view};
use crate::sandbox::http::{Answer, Call, Refusal, paged};
use crate::sandbox::world::World;

/// Answers a call under `/20160918`, given the segments behind that.
pub(crate) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", ["autonomousDatabases"]) => list(world, call),
        ("POST", ["autonomousDatabases"]) => create::create(world, call, now),
        ("GET", ["autonomousDatabases", id]) => {
            let database = world.tables.databases.get(id).ok_or_else(Refusal::not_found)?;
            Ok(Answer::json(200, &view::view(world, database)).header("etag", database.etag()))
        }
        ("PUT", ["autonomousDatabases", id]) => update::update(world, call, id, now),
        ("DELETE", ["autonomousDatabases", id]) => actions::delete(world, call, id, now),
        ("GET", ["autonomousDatabases", id, kind @ ("clones" | "refreshableClones")]) => {
            clones(world, call, id, kind)
        }
        ("PUT", ["autonomousDatabases", id, "wallet"]) => actions::rotate_wallet(world, call, id, now),
        ("GET", ["autonomousDatabases", id, "wallet"]) => {
            let database = world.tables.databases.get(id).ok_or_else(Refusal::not_found)?;
            let rotated = crate::sandbox::pace::text(database.wallet.made);
            Ok(Answer::json(200, &json!({"lifecycleState": "ACTIVE", "timeRotated": rotated})))
        }
        ("POST", ["autonomousDatabases", id, "actions", action]) => match *action {
            "start" => actions::start(world, call, id, now),
            "stop" => actions::stop(world, call, id, now),
            "restart" => actions::restart(world, call, id, now),
            "refresh" => actions::refresh(world, call, id, now),
            "restore" => actions::restore(world, call, id, now),
            "changeCompartment" => actions::change_compartment(world, call, id, now),
            "generateWallet" => actions::generate_wallet(world, call, id),
            _ => Err(no_such_call()),
        },
        (_, ["autonomousDatabaseBackups", rest @ ..]) => backups::route(world, call, rest, now),
        ("GET", ["autonomousDbVersions"]) => versions(world, call),
        _ => Err(no_such_call()),
    }
}

fn no_such_call() -> Refusal {
    Refusal::new(404, "NotFound", "the sandbox has no such call in the database service")
}

fn flag(call: &Call, name: &str) -> Result<Option<bool>, Refusal> {
    match call.query(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Refusal::invalid(format!("{name} has to be true or false"))),
    }
}

const LIST_QUERY: [&str; 17] = [
    "compartmentId",
    "limit",
    "page",
    "displayName",
    "lifecycleState",
    "lifecycleStateNotEqualTo",
    "dbWorkload",
    "dbVersion",
    "isFreeTier",
    "isRefreshableClone",
    "isDataGuardEnabled",
    "isResourcePoolLeader",
    "resourcePoolLeaderId",
    "autonomousContainerDatabaseId",
    "infrastructureType",
    "sortBy",
    "sortOrder",
];

fn list(world: &World, call: &Call) -> Result<Answer, Refusal> {
    if let Some((name, _)) = call.query.iter().find(|(name, _)| !LIST_QUERY.contains(&name.as_str())) {
        return Err(Refusal::invalid(format!("{name} is not a parameter of this list")));
    }
    let compartment = call.required_query("compartmentId")?;
    if !world.knows_compartment(compartment) {
        return Err(Refusal::not_found());
    }
    let (free, refreshable) = (flag(call, "isFreeTier")?, flag(call, "isRefreshableClone")?);
    let (guard, leader) = (flag(call, "isDataGuardEnabled")?, flag(call, "isResourcePoolLeader")?);
    let is = |database: &Database, name: &str| {
        call.query(name).is_none_or(|wanted| database.text(name) == Some(wanted))
    };
    let mut rows: Vec<&Database> = world
        .tables
        .databases
        .values()
        .filter(|database| database.compartment() == compartment)
        .filter(|database| {
            call.query("displayName").is_none_or(|name| {
                database.text("displayName").is_some_and(|own| own.eq_ignore_ascii_case(name))
            })
        })
        .filter(|database| call.query("lifecycleState").is_none_or(|state| database.state.word() == state))
        .filter(|database| {
            call.query("lifecycleStateNotEqualTo").is_none_or(|state| database.state.word() != state)
        })
        .filter(|_| call.query("infrastructureType").is_none_or(|kind| kind == "CLOUD"))
        .filter(|database| {
            ["dbWorkload", "dbVersion", "resourcePoolLeaderId", "autonomousContainerDatabaseId"]
                .iter()
                .all(|name| is(database, name))
        })
        .filter(|database| free.is_none_or(|wanted| database.flag("isFreeTier") == wanted))
        .filter(|database| refreshable.is_none_or(|wanted| database.flag("isRefreshableClone") == wanted))
        .filter(|database| guard.is_none_or(|wanted| database.flag("isDataGuardEnabled") == wanted))
        .filter(|database| {
            leader.is_none_or(|wanted| database.fields.contains_key("resourcePoolSummary") == wanted)
        })
        .collect();
    match call.query("sortBy") {
        None | Some("TIMECREATED") => rows.sort_by_key(|database| (database.created, database.id.clone())),
        Some("DISPLAYNAME") => {
            rows.sort_by_key(|database| database.text("displayName").unwrap_or_default().to_owned());
        }
        Some(_) => return Err(Refusal::invalid("sortBy has to be TIMECREATED or DISPLAYNAME")),
    }
    match (call.query("sortOrder"), call.query("sortBy")) {
        (Some("DESC"), _) | (None, None | Some("TIMECREATED")) => rows.reverse(),
        (None | Some("ASC"), _) => {}
        (Some(_), _) => return Err(Refusal::invalid("sortOrder has to be ASC or DESC")),
    }
    paged(call, rows.iter().map(|database| view::view(world, database)).collect())
}

fn clones(world: &World, call: &Call, id: &str, kind: &str) -> Result<Answer, Refusal> {
    world.tables.databases.get(id).ok_or_else(Refusal::not_found)?;
    let refreshable_only =
        kind == "refreshableClones" || call.query("cloneType") == Some("REFRESHABLE_CLONE");
    if kind == "clones" {
        call.required_query("compartmentId")?;
    }
    let items: Vec<Value> = world
        .tables
        .databases
        .values()
        .filter(|database| database.text("sourceId") == Some(id))
        .filter(|database| !refreshable_only || database.flag("isRefreshableClone"))
        .map(|database| view::view(world, database))
        .collect();
    if kind == "refreshableClones" {
        Ok(Answer::json(200, &json!({"items": items})))
    } else {
        paged(call, items)
    }
}

fn versions(world: &World, call: &Call) -> Result<Answer, Refusal> {
    if !world.knows_compartment(call.required_query("compartmentId")?) {
        return Err(Refusal::not_found());
    }
    let mut items = Vec::new();
    for version in ["19c", "26ai"] {
        for workload in ["OLTP", "DW", "AJD", "APEX"] {
            if call.query("dbWorkload").is_none_or(|wanted| wanted == workload) {
                items.push(json!({
                    "version": version, "dbWorkload": workload, "isDedicated": false, "details": null,
                    "isFreeTierEnabled": true, "isPaidEnabled": true, "isDevTierEnabled": true,
                    "isDefaultForFree": version == "19c", "isDefaultForPaid": version == "19c",
                }));
            }
        }
    }
    paged(call, items)
}
