//! The calls of Object Storage.

use jiff::Timestamp;

use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::world::World;

/// Answers a call under `/n`, given the segments behind that.
pub(crate) fn route(
    world: &mut World,
    call: &Call,
    rest: &[&str],
    _now: Timestamp,
) -> Result<Answer, Refusal> {
    match (call.method.as_str(), rest) {
        ("GET", [] | [""]) => Ok(Answer::json(200, &world.tenancy.namespace.clone().into())),
        _ => Err(Refusal::new(404, "NotFound", "the sandbox has no such call in object storage")),
    }
}

/// Answers a call under `/p`, a pre-authenticated request.
pub(crate) fn route_preauthenticated(
    _world: &mut World,
    _call: &Call,
    _rest: &[&str],
    _now: Timestamp,
) -> Result<Answer, Refusal> {
    Err(Refusal::new(404, "NotFound", "there is no such pre-authenticated request"))
}

/// Brings buckets to where they are at this moment.
pub(crate) fn settle(_world: &mut World, _now: Timestamp) {}
