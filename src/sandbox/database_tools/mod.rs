//! Database Tools: connections to databases, and SQL run over them with the caller's own identity.
//!
//! *Owns*: what stands under `/20201005` (connections, their work requests, the private endpoints of the sample networks)
//! and `/20230222` (`executeSql` and its work requests).
//!
//! *Never*: runs a statement itself; that is what serves REST-Enabled SQL too.
//!
//! *Start reading at*: `record` (what is kept), `routes` (the control plane), then `execute`.
//!
//! *To add one*: a call is an arm in `routes`; a field of a connection is a row in `fields`.

mod execute;
mod fields;
mod record;
mod routes;
mod script;

pub(crate) use execute::{execute, is_execute};
pub(crate) use record::{ToolsConnection, settle};
pub(crate) use routes::{route, route_runtime};
