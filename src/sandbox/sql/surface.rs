//! Answers `POST …/ords/{alias}/_/sql`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::backend::{Backend, Logon, LogonError, Seen, Watch};
use super::bind;
use super::pages;
use super::request::{self, Ask};
use super::run::{self, Kill, Terms};
use crate::model::Secret;
use crate::sandbox::audit::{Audit, SqlLine};
use crate::sandbox::http::{Answer, Call, Refusal};
use crate::sandbox::ords::{
    ApexPage, ApexRequest, OrdsRequest, OrdsSurface, ScriptAsk, ScriptRefusal, ScriptRequest,
};

/// How many rows an answer holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Where the request does not say.
    pub usual: usize,
    /// At most.
    pub largest: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { usual: 10_000, largest: 10_000 }
    }
}

/// REST-Enabled SQL on the databases of a [`Backend`].
#[derive(Debug)]
pub struct SqlSurface {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Arc<dyn Backend>,
    limits: Limits,
    /// One a database, held by whoever may write.
    writers: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl SqlSurface {
    /// A surface with the usual limits.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self::with_limits(backend, Limits::default())
    }

    /// A surface with limits of its own.
    pub fn with_limits(backend: Arc<dyn Backend>, limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { backend, limits, writers: Mutex::new(HashMap::new()) }) }
    }
}

impl OrdsSurface for SqlSurface {
    fn answer(&self, request: OrdsRequest) -> BoxFuture<'_, Answer> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            // Statements block; the other connections must go on meanwhile.
            let work = tokio::task::spawn_blocking(move || inner.answer(request));
            work.await.unwrap_or_else(|error| defect(&error))
        })
    }

    fn script(&self, request: ScriptRequest) -> BoxFuture<'_, Result<Vec<Value>, ScriptRefusal>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || inner.script(request));
            work.await
                .unwrap_or_else(|error| Err(ScriptRefusal::Lost(format!("a defect of the sandbox: {error}"))))
        })
    }

    fn apex(&self, request: ApexRequest) -> BoxFuture<'_, Answer> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || inner.apex(&request));
            work.await.unwrap_or_else(|error| defect(&error))
        })
    }
}

fn defect(error: &tokio::task::JoinError) -> Answer {
    Refusal::new(500, "InternalServerError", format!("a defect of the sandbox: {error}")).answer()
}

impl Inner {
    fn answer(&self, request: OrdsRequest) -> Answer {
        self.carry_out(request).unwrap_or_else(|refusal| {
            let answer = refusal.answer();
            if refusal.status == 401 {
                answer.header("www-authenticate", "Basic realm=\"ORDS\"")
            } else {
                answer
            }
        })
    }

    fn apex(&self, request: &ApexRequest) -> Answer {
        let ApexRequest { database, page } = request;
        let found = match page {
            ApexPage::Application { prefix, name, page, .. } => {
                self.backend.application(&database.ocid, prefix.as_deref(), name, page.as_deref())
            }
            _ => Ok(None),
        };
        match found {
            Ok(application) => pages::answer(&database.ords_url, page, application.as_ref()),
            Err(error) => Refusal::new(503, "ServiceUnavailable", error.to_string()).answer(),
        }
    }

    fn carry_out(&self, request: OrdsRequest) -> Result<Answer, Refusal> {
        let OrdsRequest { call, database, alias, step, audit, faults, read_only } = request;
        let broken =
            |error: &dyn std::fmt::Display| Refusal::new(503, "ServiceUnavailable", error.to_string());
        let owner = self.backend.user_of_alias(&database.ocid, &alias).map_err(|error| broken(&error))?;
        let owner = owner.ok_or_else(|| {
            Refusal::new(404, "NotFound", format!("no schema is REST-enabled under the alias {alias:?}"))
        })?;
        let (user, password) = credentials(&call).ok_or_else(|| denied("no user and password were sent"))?;
        if name_of(&user) != owner {
            return Err(denied("the user is not the one whose schema has this alias"));
        }
        let (kill, faults) = kill_of(faults);
        let logon = Logon {
            database: database.clone(),
            user,
            password,
            read_only,
            watch: watch(audit, database.ocid.clone(), step),
            faults,
        };
        let mut session = self.backend.logon(logon).map_err(|error| match error {
            LogonError::Refused(error) => denied(error.text),
            LogonError::Lost(error) => broken(&error),
        })?;
        let ask = request::read(&call)?;
        let Limits { usual, largest } = self.limits;
        let terms = Terms { limit: usual, largest_limit: largest, user: owner, kill };
        let writer = self.writer(&database.ocid, &ask);
        let _turn = writer.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        let items = run::run(session.as_mut(), &ask, terms);
        Ok(Answer::json(200, &json!({ "env": { "defaultTimeZone": "GMT" }, "items": items })))
    }

    fn script(&self, request: ScriptRequest) -> Result<Vec<Value>, ScriptRefusal> {
        let ScriptRequest { database, user, password, ask, step, audit, faults, read_only } = request;
        let ScriptAsk { text, offset, limit, all_rows, binds } = ask;
        let binds = bind::read(Some(&binds)).map_err(ScriptRefusal::Asked)?;
        let ask = Ask { text, offset, limit, binds };
        let (kill, faults) = kill_of(faults);
        let ocid = database.ocid.clone();
        let name = name_of(&user);
        let watch = watch(audit, ocid.clone(), step);
        let logon = Logon { database, user, password, read_only, watch, faults };
        let mut session = self.backend.logon(logon).map_err(|error| match error {
            LogonError::Refused(error) => ScriptRefusal::Refused(error.text),
            LogonError::Lost(error) => ScriptRefusal::Lost(error.to_string()),
        })?;
        let Limits { usual, largest } = self.limits;
        let (usual, largest) = if all_rows { (usize::MAX, usize::MAX) } else { (usual, largest) };
        let terms = Terms { limit: usual, largest_limit: largest, user: name, kill };
        let writer = self.writer(&ocid, &ask);
        let _turn = writer.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(run::run(session.as_mut(), &ask, terms))
    }

    /// The turn of those who may write to a database; a script of queries needs none.
    fn writer(&self, database: &str, ask: &Ask) -> Option<Arc<Mutex<()>>> {
        if run::only_reads(&ask.text) {
            return None;
        }
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(writers.entry(database.to_owned()).or_default()))
    }
}

fn denied(reason: impl Into<String>) -> Refusal {
    Refusal {
        reason: Some(reason.into()),
        ..Refusal::new(401, "Unauthorized", "user name or password refused")
    }
}

/// User and password of basic authentication.
fn credentials(call: &Call) -> Option<(String, Secret)> {
    let (scheme, encoded) = call.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), Secret::new(password.to_owned())))
}

/// A user's name as the dictionary has it.
fn name_of(user: &str) -> String {
    user.strip_prefix('"')
        .and_then(|user| user.strip_suffix('"'))
        .map_or_else(|| user.to_uppercase(), str::to_owned)
}

/// The kill among the faults, and the others.
fn kill_of(faults: Vec<(String, Value)>) -> (Option<Kill>, Vec<(String, Value)>) {
    let (kills, others): (Vec<_>, Vec<_>) = faults.into_iter().partition(|(name, _)| name == "kill-session");
    let kill = kills.first().map(|(_, detail)| Kill {
        after: detail["after"].as_u64().unwrap_or(0),
        late: detail["late"].as_bool().unwrap_or(false),
    });
    (kill, others)
}

/// Notes every statement in the audit log.
pub(crate) fn watch(audit: Audit, database: String, step: Option<String>) -> Watch {
    Arc::new(move |seen: &Seen<'_>| {
        let of_session =
            seen.action.filter(|_| seen.module.is_some_and(|module| module.starts_with("adbctl")));
        let line = SqlLine {
            step: step.as_deref().or(of_session),
            database: &database,
            user: seen.user,
            sql: seen.sql,
            writes: seen.writes,
            status: 200,
            inside: seen.inside,
        };
        if let Err(error) = audit.sql(&line) {
            tracing::warn!(%error, "the audit log cannot be written");
        }
    })
}
