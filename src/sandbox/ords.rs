//! The web side of a database: its ORDS, APEX and Database Actions addresses.

use std::fmt::Debug;

use futures::future::BoxFuture;
use serde_json::Value;

use super::audit::Audit;
use super::database::{Database, State};
use super::engine::Identity;
use super::http::{Answer, Call, Refusal};
use crate::model::Secret;

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

/// A script and its binds, as another service than REST-Enabled SQL asks for it.
#[derive(Clone, Debug, Default)]
pub struct ScriptAsk {
    /// The script.
    pub text: String,
    /// Rows of a query to leave out.
    pub offset: usize,
    /// Rows of a query to give; the usual number when left out.
    pub limit: Option<usize>,
    /// A query gives all its rows at once.
    pub all_rows: bool,
    /// The binds in the form of REST-Enabled SQL; null for none.
    pub binds: Value,
}

/// A script to run in an open database in a session of its own, as a user whose password is known.
#[derive(Debug)]
pub struct ScriptRequest {
    /// The database.
    pub database: Identity,
    /// The user as the connection has it.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// What to run.
    pub ask: ScriptAsk,
    /// The step that the sender named, if any.
    pub step: Option<String>,
    /// The log in which every executed statement is noted.
    pub audit: Audit,
    /// Faults asked for this request, by name and detail.
    pub faults: Vec<(String, Value)>,
    /// The database takes no changes.
    pub read_only: bool,
}

/// Why a script was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptRefusal {
    /// The request is wrong.
    Asked(String),
    /// The database refuses the user.
    Refused(String),
    /// The database is not there.
    Lost(String),
}

/// A visit to one of APEX's pages in an open database.
#[derive(Debug)]
pub struct ApexRequest {
    /// The database.
    pub database: Identity,
    /// Which page.
    pub page: ApexPage,
}

/// What an address of APEX names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApexPage {
    /// Where people sign in to the builder.
    Builder,
    /// Where they sign in to the administration of the instance.
    Administration,
    /// The form in which they do.
    SignIn,
    /// An application.
    Application {
        /// The workspace's path prefix, where the address has one.
        prefix: Option<String>,
        /// The application's number or alias.
        name: String,
        /// The page's number or alias.
        page: Option<String>,
        /// The address names a session.
        in_session: bool,
    },
}

/// What answers REST-Enabled SQL and APEX's pages.
pub trait OrdsSurface: Debug + Send + Sync {
    /// Answers one request.
    fn answer(&self, request: OrdsRequest) -> BoxFuture<'_, Answer>;

    /// Runs a script for another service; the items of the answer are those of REST-Enabled SQL.
    fn script(&self, _request: ScriptRequest) -> BoxFuture<'_, Result<Vec<Value>, ScriptRefusal>> {
        let why = "the sandbox cannot run SQL with this engine".to_owned();
        Box::pin(std::future::ready(Err(ScriptRefusal::Lost(why))))
    }

    /// Answers a visit to APEX.
    fn apex(&self, request: ApexRequest) -> BoxFuture<'_, Answer>;
}

/// The surface of a sandbox whose engine has no SQL.
#[derive(Debug)]
pub struct NoSql;

impl NoSql {
    fn refuse() -> BoxFuture<'static, Answer> {
        let refusal = Refusal::new(501, "NotImplemented", "the sandbox cannot run SQL with this engine");
        Box::pin(std::future::ready(refusal.answer()))
    }
}

impl OrdsSurface for NoSql {
    fn answer(&self, _request: OrdsRequest) -> BoxFuture<'_, Answer> {
        Self::refuse()
    }

    fn apex(&self, _request: ApexRequest) -> BoxFuture<'_, Answer> {
        Self::refuse()
    }
}

/// What a database's web server does with a path, decided while the world is at hand.
pub(crate) enum Visit {
    Here(Answer),
    Sql { alias: String },
    Apex(ApexPage),
}

/// A page with a title and a text; the text may be markup.
pub(crate) fn page_with(status: u16, title: &str, text: &str) -> Answer {
    Answer::bytes(
        status,
        "text/html",
        format!("<html><head><title>{title}</title></head><body>{text}</body></html>"),
    )
}

fn page(status: u16, title: &str) -> Answer {
    page_with(status, title, title)
}

/// APEX's own applications: the builder, its parts, and signing in.
const OWN_APPLICATIONS: std::ops::RangeInclusive<u32> = 3000..=8999;

/// What `f?p=APPLICATION:PAGE:SESSION…` names.
fn classic_page(p: &str) -> ApexPage {
    let mut parts = p.split(':').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
    let name = parts.next().flatten().unwrap_or_default();
    let page = parts.next().flatten();
    if name.parse().is_ok_and(|number: u32| OWN_APPLICATIONS.contains(&number)) {
        return match (name.as_str(), page.as_deref()) {
            ("4550", Some(_)) => ApexPage::SignIn,
            _ => ApexPage::Builder,
        };
    }
    ApexPage::Application { prefix: None, name, page, in_session: parts.next().flatten().is_some() }
}

/// What the path behind `/ords` and its query name of APEX, if anything.
fn apex_page(rest: &[&str], call: &Call) -> Option<ApexPage> {
    // A slash at the end changes nothing.
    let rest = rest.strip_suffix(&[""]).unwrap_or(rest);
    Some(match rest {
        ["apex_admin"] => ApexPage::Administration,
        ["f"] => classic_page(call.query("p")?),
        ["r", "apex", "workspace-sign-in", ..] => ApexPage::SignIn,
        ["apex"] | ["r", "apex", ..] => ApexPage::Builder,
        ["r", prefix, name] | ["r", prefix, name, _] => ApexPage::Application {
            prefix: Some((*prefix).to_owned()),
            name: (*name).to_owned(),
            page: rest.get(3).map(|page| (*page).to_owned()),
            in_session: call.query("session").is_some_and(|session| !session.is_empty()),
        },
        _ => return None,
    })
}

/// Where a request behind `/ords` goes.
pub(crate) fn visit(database: Option<&Database>, call: &Call, rest: &[&str]) -> Visit {
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
    let method = call.method.as_str();
    if has_apex
        && matches!(method, "GET" | "HEAD")
        && let Some(page) = apex_page(rest, call)
    {
        return Visit::Apex(page);
    }
    match (method, rest) {
        ("POST", [alias, "_", "sql"]) if !alias.is_empty() => Visit::Sql { alias: (*alias).to_owned() },
        (_, [_, "_", "sql"]) => Visit::Here(page(405, "Method Not Allowed")),
        ("GET" | "HEAD", [] | ["" | "_landing"]) => Visit::Here(page(200, "Oracle REST Data Services")),
        ("GET" | "HEAD", ["sql-developer", ..]) => Visit::Here(page(200, "Database Actions")),
        _ => Visit::Here(page(404, "Not Found")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};
    use bytes::Bytes;

    use super::*;

    #[test]
    fn addresses_of_apex() {
        #[expect(clippy::needless_pass_by_value, reason = "a row of the table makes it")]
        fn check(target: &str, wanted: Option<ApexPage>) {
            let call = Call::new(Method::GET, &format!("/db/ords/{target}"), HeaderMap::new(), Bytes::new());
            assert_eq!(apex_page(&call.parts()[2..], &call), wanted, "{target}");
        }
        let application = |prefix: Option<&str>, name: &str, page: Option<&str>, in_session| {
            Some(ApexPage::Application {
                prefix: prefix.map(str::to_owned),
                name: name.to_owned(),
                page: page.map(str::to_owned),
                in_session,
            })
        };
        check("apex", Some(ApexPage::Builder));
        check("apex/", Some(ApexPage::Builder));
        check("apex_admin", Some(ApexPage::Administration));
        check("r/apex/workspace-sign-in/oracle-apex-sign-in", Some(ApexPage::SignIn));
        check("r/apex/app-builder", Some(ApexPage::Builder));
        check("f?p=4550:10", Some(ApexPage::SignIn));
        check("f?p=4550", Some(ApexPage::Builder));
        check("f?p=100", application(None, "100", None, false));
        check("f?p=DESK:2:", application(None, "DESK", Some("2"), false));
        check("f?p=100::1234", application(None, "100", None, true));
        check("r/ws/desk", application(Some("ws"), "desk", None, false));
        check("r/ws/desk/", application(Some("ws"), "desk", None, false));
        check("r/ws/desk/orders?session=7", application(Some("ws"), "desk", Some("orders"), true));
        for nothing in ["f", "f?x=1", "r", "r/ws", "r/ws/desk/orders/more", "apex/more", "other"] {
            check(nothing, None);
        }
    }
}
