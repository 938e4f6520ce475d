//! The web side of a database: its ORDS, APEX and Database Actions addresses.

use std::fmt::Debug;

use futures::future::BoxFuture;
use serde_json::Value;

use super::audit::Audit;
use super::database::{Database, State};
use super::engine::Identity;
use super::http::{Answer, Call, Refusal};

/// A request to an open database's REST-Enabled SQL: `POST …/ords/{alias}/_/sql`.
#[derive(Debug)]
pub struct OrdsRequest {
    /// The request as it came, its `Authorization` not looked at yet.
    pub call: Call,
    /// The database.
    pub database: Identity,
    /// The schema's alias in the path, as written.
    pub alias: String,
    /// The step that the sender named, if any.
    pub step: Option<String>,
    /// The log in which every executed statement is noted.
    pub audit: Audit,
    /// Faults asked for this request, by name and detail.
    pub faults: Vec<(String, Value)>,
    /// The database takes no changes (a refreshable clone, or opened `READ_ONLY`).
    pub read_only: bool,
}

/// What answers REST-Enabled SQL.
pub trait OrdsSurface: Debug + Send + Sync {
    /// Answers one request.
    fn answer(&self, request: OrdsRequest) -> BoxFuture<'_, Answer>;
}

/// The surface of a sandbox whose engine has no SQL.
#[derive(Debug)]
pub struct NoSql;

impl OrdsSurface for NoSql {
    fn answer(&self, _request: OrdsRequest) -> BoxFuture<'_, Answer> {
        let refusal = Refusal::new(501, "NotImplemented", "the sandbox cannot run SQL with this engine");
        Box::pin(std::future::ready(refusal.answer()))
    }
}

/// What a database's web server does with a path, decided while the world is at hand.
pub(crate) enum Visit {
    Here(Answer),
    Sql { alias: String },
}

fn page(status: u16, title: &str) -> Answer {
    Answer::bytes(
        status,
        "text/html",
        format!("<html><head><title>{title}</title></head><body>{title}</body></html>"),
    )
}

/// Where a request behind `/ords` goes.
pub(crate) fn visit(database: Option<&Database>, method: &str, rest: &[&str]) -> Visit {
    let Some(database) = database.filter(|database| database.exists()) else {
        return Visit::Here(page(404, "Not Found"));
    };
    if !database.state.is_open() {
        let answer = page(503, "Service Unavailable");
        // A database that is about to come up says when to ask again; a stopped one does not.
        let soon = matches!(database.state, State::Provisioning | State::Starting | State::Restarting);
        return Visit::Here(if soon { answer.header("retry-after", "1") } else { answer });
    }
    let has_apex = !database.flag("isRefreshableClone");
    match (method, rest) {
        ("POST", [alias, "_", "sql"]) if !alias.is_empty() => Visit::Sql { alias: (*alias).to_owned() },
        (_, [_, "_", "sql"]) => Visit::Here(page(405, "Method Not Allowed")),
        ("GET" | "HEAD", [] | ["" | "_landing"]) => Visit::Here(page(200, "Oracle REST Data Services")),
        ("GET" | "HEAD", ["apex", ..]) if has_apex => Visit::Here(page(200, "Oracle APEX")),
        ("GET" | "HEAD", ["f" | "r", ..]) if has_apex => Visit::Here(page(200, "Oracle APEX application")),
        ("GET" | "HEAD", ["sql-developer", ..]) => Visit::Here(page(200, "Database Actions")),
        _ => Visit::Here(page(404, "Not Found")),
    }
}
