//! The calls of Object Storage.

use axum::http::Method;
use jiff::Timestamp;

use super::{actions, buckets, lifecycle, multipart, objects, preauthenticated, replication, versions};
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::pace::Work;
use crate::sandbox::work_requests;
use crate::sandbox::world::World;

fn no_such_call() -> Refusal {
    Refusal::new(404, "NotFound", "the sandbox has no such call in object storage")
}

/// Answers a call under `/n`, given the segments behind that.
pub(crate) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let method = call.method.as_str();
    let (namespace, rest) = match rest {
        [] | [""] if call.method == Method::GET => {
            return Ok(Answer::json(200, &world.tenancy.namespace.clone().into()));
        }
        [namespace, "b", rest @ ..] => (*namespace, rest),
        _ => return Err(no_such_call()),
    };
    if namespace != world.tenancy.namespace {
        return Err(Refusal::new(404, "NamespaceNotFound", "the namespace is not there or not yours to see"));
    }
    match (method, rest) {
        ("GET", [] | [""]) => buckets::list(world, call),
        ("POST", [] | [""]) => buckets::create(world, call, now),
        ("GET" | "HEAD", [bucket] | [bucket, ""]) => buckets::get(world, call, bucket),
        ("POST", [bucket] | [bucket, ""]) => buckets::update(world, call, bucket),
        ("DELETE", [bucket] | [bucket, ""]) => buckets::delete(world, call, bucket),
        (_, [bucket, ..]) if world.tables.buckets.get(bucket).is_none() => Err(buckets::not_found(bucket)),
        ("GET", [bucket, "o"] | [bucket, "o", ""]) => objects::list(world, call, bucket, now),
        (_, [bucket, "o", name @ ..]) => objects::route(world, call, bucket, &name.join("/"), now),
        ("POST", [bucket, "u"]) => multipart::create(world, call, bucket, now),
        ("GET", [bucket, "u"]) => multipart::list(world, call, bucket),
        (_, [bucket, "u", name @ ..]) => multipart::route(world, call, bucket, &name.join("/"), now),
        (_, [bucket, "l"]) => lifecycle::route(world, call, bucket, now),
        ("GET", [bucket, "objectversions"]) => versions::list(world, call, bucket, now),
        (_, [bucket, "replicationPolicies", rest @ ..]) => replication::route(world, call, bucket, rest, now),
        (_, [bucket, "p", rest @ ..]) => preauthenticated::route(world, call, bucket, rest, now),
        ("POST", [bucket, "actions", action]) => actions::route(world, call, bucket, action, now),
        _ => Err(no_such_call()),
    }
}

/// Answers a call under `/p`, a pre-authenticated request.
pub(crate) fn route_preauthenticated(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match rest {
        [key, "n", _, "b", bucket, "o", name @ ..] => {
            preauthenticated::visit(world, call, (key, bucket, &name.join("/")), now)
        }
        _ => Err(no_such_call()),
    }
}

/// Ends the copies that are over by now.
pub(crate) fn settle(world: &mut World, now: Timestamp) {
    let due: Vec<String> = world
        .tables
        .work_requests
        .values()
        .filter(|row| row.of_storage && row.finished.is_none() && row.until <= now)
        .map(|row| row.id.clone())
        .collect();
    for id in due {
        work_requests::finish(world, &id, now, None);
    }
    work_requests::forget_old(world, now);
}

/// The length of a copy, for its work request.
pub(super) fn copy_end(world: &World, now: Timestamp) -> Timestamp {
    world.pace.end(Work::Copy, now)
}
