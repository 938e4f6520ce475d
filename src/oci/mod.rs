//! The cloud: signed requests, and what their answers mean.
//!
//! *Owns*: credentials and signing, endpoints by region, the one HTTP client of the process, retries and paging, one file
//! of calls and typed answers a service, moving objects of any size.
//!
//! *Never*: decides what to call (the acts say it), keeps a secret longer than one request needs it, follows a redirect,
//! sends a call in which a late value is still open.
//!
//! *Start reading at*: [`client::Oci::send`], then [`request`] and [`signing`].
//!
//! *To add one*: a call is one function in the service's file that builds a [`crate::model::RestCall`], with a row in
//! that file's table of tests, and one route in the sandbox.

mod auth;
pub mod client;
pub mod config_file;
pub mod database;
pub mod database_tools;
pub mod diagnose;
pub mod error;
mod http;
pub mod key;
pub mod network;
pub mod object_storage;
mod open;
pub mod options;
pub(crate) mod payload;
mod principal;
pub mod profile;
pub mod region;
pub mod request;
pub mod retry;
pub mod secrets;
pub mod signing;
pub mod transfer;
pub mod vaults;
pub mod work_requests;

pub use client::{CallContext, Oci};
pub use diagnose::{Credentials, Reach};
pub use error::{Fault, OciError, Sending};
pub use open::Opened;
pub use options::{AuthKind, Network, OciOptions};
pub use payload::{FilePart, Meter, Payload};
pub use retry::RetryPolicy;
