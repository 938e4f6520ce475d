//! The control plane: connections, work requests, private endpoints.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields;
use super::record::{Life, Pending, ToolsConnection};
use crate::sandbox::http::{Answer, Call, Refusal, check_if_match, page};
use crate::sandbox::pace::Work;
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

/// Answers a list as this service does: an object with `items`.
fn listed(call: &Call, items: Vec<Value>) -> Result<Answer, Refusal> {
    let (items, next) = page(call, items)?;
    let answer = Answer::json(200, &json!({ "items": items }));
    Ok(match next {
        Some(token) => answer.header("opc-next-page", token),
        None => answer,
    })
}

/// The calls under `/20201005`.
pub(crate) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", ["databaseToolsConnections"]) => list(world, call),
        ("POST", ["databaseToolsConnections"]) => create(world, call, now),
        ("GET", ["databaseToolsConnections", id]) => {
            let row = find(world, id)?;
            Ok(Answer::json(200, &row.view(&world.base_url)).header("etag", row.etag()))
        }
        ("PUT", ["databaseToolsConnections", id]) => update(world, call, id, now),
        ("DELETE", ["databaseToolsConnections", id]) => delete(world, call, id, now),
        ("GET", ["databaseToolsPrivateEndpoints"]) => {
            let compartment = known_compartment(world, call)?;
            let all: Vec<String> =
                world.tenancy.subnets.iter().map(|subnet| endpoint_id(&subnet.id)).collect();
            let found = all.iter().filter_map(|id| private_endpoint(world, id));
            listed(call, found.filter(|view| view["compartmentId"] == *compartment).collect())
        }
        ("GET", ["databaseToolsPrivateEndpoints", id]) => {
            let view = private_endpoint(world, id).ok_or_else(Refusal::not_found)?;
            Ok(Answer::json(200, &view).header("etag", "1"))
        }
        (_, ["workRequests", rest @ ..]) => route_runtime(world, call, rest, now),
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such call in the Database Tools service")),
    }
}

/// The work requests, which both versions of the service show.
pub(crate) fn route_runtime(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if let ("DELETE", [id]) = (call.method.as_str(), rest) {
        work_requests::cancel_statement(world, id)?;
        return Ok(Answer::empty(202));
    }
    if call.method != axum::http::Method::GET {
        return Err(Refusal::new(405, "MethodNotAllowed", "work requests are only read here"));
    }
    if rest.is_empty() {
        let compartment = known_compartment(world, call)?;
        let rows = work_requests::of_tools(world, compartment, call.query("resourceIdentifier"), now);
        return listed(call, rows);
    }
    let [id, further @ ..] = rest else { return Err(Refusal::not_found()) };
    let (view, errors) = work_requests::tools_view(world, id, now).ok_or_else(Refusal::not_found)?;
    match further {
        [] => {
            let open = view["timeFinished"].is_null();
            let answer = Answer::json(200, &view);
            Ok(if open { answer.header("retry-after", "1") } else { answer })
        }
        ["errors"] => listed(call, errors),
        ["logs"] => listed(call, Vec::new()),
        _ => Err(Refusal::not_found()),
    }
}

fn known_compartment<'a>(world: &World, call: &'a Call) -> Result<&'a str, Refusal> {
    let compartment = call.required_query("compartmentId")?;
    if world.knows_compartment(compartment) { Ok(compartment) } else { Err(Refusal::not_found()) }
}

/// The connection of an OCID; one that was deleted can still be looked at for a time.
fn find<'a>(world: &'a World, id: &str) -> Result<&'a ToolsConnection, Refusal> {
    world.tables.tools_connections.get(id).ok_or_else(Refusal::not_found)
}

/// The private endpoint in a subnet: the sandbox has one for each.
fn endpoint_id(subnet: &str) -> String {
    subnet.replacen(".subnet.", ".databasetoolsprivateendpoint.", 1)
}

/// What is known of a private endpoint; nothing where there is none.
pub(super) fn private_endpoint(world: &World, id: &str) -> Option<Value> {
    let subnet = world.tenancy.subnets.iter().find(|subnet| endpoint_id(&subnet.id) == id)?;
    Some(json!({
        "id": id,
        "displayName": format!("endpoint in {}.0", subnet.prefix),
        "compartmentId": subnet.compartment,
        "subnetId": subnet.id,
        "lifecycleState": "ACTIVE",
        "timeCreated": "2026-01-12T08:00:00.000Z",
        "freeformTags": {},
        "definedTags": {},
    }))
}

fn list(world: &World, call: &Call) -> Result<Answer, Refusal> {
    let compartment = known_compartment(world, call)?;
    let is = |name: &str, found: Option<&str>| call.query(name).is_none_or(|wanted| found == Some(wanted));
    let mut rows: Vec<&ToolsConnection> = world
        .tables
        .tools_connections
        .values()
        .filter(|row| row.text("compartmentId") == Some(compartment))
        .filter(|row| is("displayName", row.text("displayName")))
        .filter(|row| is("lifecycleState", Some(row.state.word())))
        .filter(|row| is("type", row.text("type")))
        .filter(|row| is("runtimeSupport", row.text("runtimeSupport")))
        .filter(|row| {
            let related =
                row.fields.get("relatedResource").and_then(|related| related["identifier"].as_str());
            is("relatedResourceIdentifier", related)
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.created, row.id.clone())));
    listed(call, rows.iter().map(|row| row.summary(&world.base_url)).collect())
}

fn create(world: &mut World, call: &Call, now: Timestamp) -> Result<Answer, Refusal> {
    let mut fields = call.object()?;
    fields::check(world, &mut fields, true)?;
    let compartment = fields["compartmentId"].as_str().unwrap_or_default().to_owned();
    if !world.knows_compartment(&compartment) {
        return Err(Refusal::not_found());
    }
    let id = world.new_ocid("databasetoolsconnection");
    let mut row = ToolsConnection {
        id: id.clone(),
        fields,
        state: Life::Creating,
        details: None,
        version: 1,
        created: now,
        updated: now,
        pending: None,
        forget_at: None,
    };
    let work_request = begin(world, &mut row, "CREATE_DATABASE_TOOLS_CONNECTION", "CREATED", Map::new(), now);
    let answer = Answer::json(201, &row.view(&world.base_url))
        .header("etag", row.etag())
        .header("opc-work-request-id", work_request);
    world.tables.tools_connections.insert(&id, row);
    Ok(answer)
}

fn begin(
    world: &mut World,
    row: &mut ToolsConnection,
    operation: &str,
    becomes: &str,
    changes: Map<String, Value>,
    now: Timestamp,
) -> String {
    let until = world.pace.end(Work::Update, now);
    let compartment = row.text("compartmentId").unwrap_or_default().to_owned();
    let resource = ("databaseToolsConnection", row.id.as_str(), becomes);
    let work_request = work_requests::begin(world, operation, &compartment, resource, now, until);
    let failure = world.twist.fail_work.clone();
    row.pending = Some(Pending { until, work_request: work_request.clone(), changes, failure });
    work_request
}

/// The connection, if its state allows a change and the caller means this version of it.
fn changeable(world: &World, call: &Call, id: &str) -> Result<ToolsConnection, Refusal> {
    let row = find(world, id)?;
    if row.state == Life::Deleted {
        return Err(Refusal::not_found());
    }
    check_if_match(call, &row.etag())?;
    if !matches!(row.state, Life::Active | Life::Failed) {
        let message =
            format!("the connection is {} and takes no change until that is over", row.state.word());
        return Err(Refusal::new(409, "IncorrectState", message));
    }
    Ok(row.clone())
}

fn update(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let mut row = changeable(world, call, id)?;
    let mut changes = call.object()?;
    fields::check(world, &mut changes, false)?;
    if row.state == Life::Failed {
        return Err(Refusal::new(409, "IncorrectState", "a connection that FAILED can only be deleted"));
    }
    row.state = Life::Updating;
    let work_request = begin(world, &mut row, "UPDATE_DATABASE_TOOLS_CONNECTION", "UPDATED", changes, now);
    world.tables.tools_connections.insert(id, row);
    Ok(Answer::empty(202).header("opc-work-request-id", work_request))
}

fn delete(world: &mut World, call: &Call, id: &str, now: Timestamp) -> Result<Answer, Refusal> {
    let mut row = changeable(world, call, id)?;
    row.state = Life::Deleting;
    let work_request = begin(world, &mut row, "DELETE_DATABASE_TOOLS_CONNECTION", "DELETED", Map::new(), now);
    world.tables.tools_connections.insert(id, row);
    Ok(Answer::empty(202).header("opc-work-request-id", work_request))
}
