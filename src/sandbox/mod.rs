//! The pretend cloud: a region with databases on this machine, for rehearsals and tests.
//!
//! *Owns*: the HTTP surfaces of the services that adbctl talks to, the state behind them, the clock that moves it,
//! faults on request, and the audit log.
//!
//! *Never*: imports anything of ours but `model`, least of all the client of the same services: a wrong field name
//! must not be able to hide on both sides.
//!
//! *Start reading at*: [`start`] (how it comes up), then `dispatch` (the way of a request), then `database`.
//!
//! *To add one*: a call is a function in its service's folder and a row in that folder's `routes`; a fault is a variant
//! of [`faults::Action`]; a table is a row in `world`.

pub mod audit;
pub mod engine;
pub mod faults;
pub mod http;
pub mod oracle;
pub mod ords;
pub mod sql;
pub mod start;

mod auth_tokens;
mod database;
mod database_tools;
mod dispatch;
mod facts;
mod identity;
mod network;
mod outbound;
mod pace;
mod principal;
mod sample;
mod sqlnet;
mod storage;
mod store;
mod tls;
mod vault;
mod wallet;
mod work_requests;
mod world;

#[cfg(test)]
mod tests;

pub use audit::{Audit, SqlLine};
pub use engine::{CloneKind, Engine, EngineError, Identity, Sample};
pub use http::{Answer, Call, Refusal};
pub use oracle::ApexVersion;
pub use ords::{
    ApexPage, ApexRequest, NoSql, OrdsRequest, OrdsSurface, ScriptAsk, ScriptRefusal, ScriptRequest,
};
pub use sql::{SqlEngine, SqlSurface};
#[cfg(fuzzing)]
pub use sqlnet::feed as feed_listener;
pub use start::{Options, RunningSandbox, Sandbox, StartError};
