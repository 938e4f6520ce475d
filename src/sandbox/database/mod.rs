//! The Database service: databases, their clones, backups and wallets.
//!
//! *Owns*: what stands under `/20160918/autonomousDatabases`, `…Backups` and `…DbVersions`, and how a database moves
//! from state to state.
//!
//! *Never*: reads SQL; that is the engine's.
//!
//! *Start reading at*: `record` (what is kept), then `routes`.
//!
//! *To add one*: a call is one function and one row in `routes`; a field of a body is one row in `fields`.

mod actions;
mod backups;
mod create;
mod fields;
mod names;
mod network;
mod password;
mod record;
mod routes;
mod settle;
mod update;
mod view;

pub(crate) use backups::Backup;
pub(crate) use record::{AdminPassword, Database, State};
pub(crate) use routes::route;
pub(crate) use settle::settle;
pub(crate) use view::{descriptor, identity, ords_url, path_name, service_names, services};
