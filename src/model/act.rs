//! Acts: everything a step can do to the world, as data.
//!
//! An action states its acts before anything runs. The plan shows them, a sealed plan hashes them, the guard tests
//! read them, and running the step can only perform them: what was not planned cannot be sent. Values that are not
//! known yet stand in an act as late values (see [`super::late`]).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::ActKey;
use super::late;

/// The code with which our blocks say that they changed nothing, because something that they have to come after is still at
/// work: an earlier block of the run whose answer was lost, or a job. They are sent again until it has ended.
pub const TOO_EARLY: &str = "ORA-20905";

/// One thing a step may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Its name within the step.
    pub key: ActKey,
    /// What it does, for people: `create the clone`.
    pub title: String,
    /// Whether it changes anything.
    pub effect: Effect,
    /// How often it is performed.
    pub times: Times,
    /// What may be done when it is not known whether it happened.
    pub repeat: Repeat,
    /// The call itself.
    pub call: Call,
}

/// Whether an act changes the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It looks.
    Read,
    /// It changes something.
    Write,
    /// It takes something away that cannot be had back.
    Destroy,
}

/// How often an act is performed in one run of its step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Times {
    /// Exactly once.
    Once,
    /// Once or not at all, under a condition that is only known later.
    Maybe {
        /// The condition, for people.
        when: String,
    },
    /// Again and again until a condition holds.
    Until {
        /// The condition, for people.
        condition: String,
    },
    /// Once for each item of a list that is only known later.
    Each {
        /// What the items are, for people.
        of: String,
    },
}

/// What may be done when an act was begun and its end is not known: after a crash, a time-out, a lost connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Doing it twice is the same as doing it once.
    Safe,
    /// The far side knows the retry token and answers a repeat with the first result.
    WithToken,
    /// The action has to find out, by its `probe`.
    Probe,
}

/// A call, by the plane it goes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// A request to the cloud.
    Rest(RestCall),
    /// A statement for a database.
    Sql(Box<SqlCall>),
    /// Work on this machine: files, the terminal.
    Local(LocalCall),
}

/// The services of the cloud that adbctl talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// The database service.
    Database,
    /// Work requests of the database service, on a host of their own.
    WorkRequests,
    /// Networks, on the same host as work requests.
    Network,
    /// Object Storage.
    ObjectStorage,
    /// Vault: secrets' values.
    Secrets,
    /// Vault: secrets' names and life.
    Vaults,
    /// Database Tools: connections.
    DatabaseTools,
    /// Database Tools: SQL over a connection, on the same host.
    DatabaseToolsRuntime,
    /// The authentication service.
    Auth,
    /// A page or API that a database itself serves; the first path segment is its whole URL.
    Direct,
}

impl Service {
    /// The path under which the service's calls stand, with a leading and without a trailing slash.
    pub fn base_path(self) -> &'static str {
        match self {
            Self::Database | Self::WorkRequests | Self::Network => "/20160918",
            Self::ObjectStorage | Self::Direct => "",
            Self::Secrets => "/20190301",
            Self::Vaults => "/20180608",
            Self::DatabaseTools => "/20201005",
            Self::DatabaseToolsRuntime => "/20230222",
            Self::Auth => "/v1",
        }
    }

    /// The service's name in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Database => "database service",
            Self::WorkRequests => "work request service",
            Self::Network => "network service",
            Self::ObjectStorage => "object storage",
            Self::Secrets => "secret service",
            Self::Vaults => "vault service",
            Self::DatabaseTools | Self::DatabaseToolsRuntime => "Database Tools service",
            Self::Auth => "authentication service",
            Self::Direct => "web address",
        }
    }
}

/// The methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Reads headers only.
    Head,
    /// Makes, or starts an action.
    Post,
    /// Changes or stores.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request to the cloud. Path segments, query, headers and body can hold late values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestCall {
    /// Which service.
    pub service: Service,
    /// The method.
    pub method: Method,
    /// The path behind the service's base, segment by segment, not yet percent-encoded: a `/` inside a segment
    /// belongs to the segment.
    pub path: Vec<Value>,
    /// Query parameters in order; a null value is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, Value)>,
    /// Headers of this call's own, such as `if-match`; a null value is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Value)>,
    /// The body.
    #[serde(default)]
    pub body: Body,
    /// The answer is bytes, not JSON.
    #[serde(default)]
    pub binary: bool,
    /// The answer or the address is a secret: never logged, never journalled.
    #[serde(default)]
    pub sensitive: bool,
    /// It starts or stops a source, and the configuration consents to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consented: bool,
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// None (for POST and PUT an empty one, which is signed as such).
    #[default]
    Empty,
    /// A JSON document.
    Json(Value),
    /// Bytes that the action supplies when it performs the act.
    Bytes {
        /// Their media type.
        content_type: String,
    },
}

impl RestCall {
    /// A call without query, headers and body.
    pub fn new(service: Service, method: Method, path: Vec<Value>) -> Self {
        Self {
            service,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            binary: false,
            sensitive: false,
            consented: false,
        }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// With one more query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The path as a person reads it, late values in braces.
    pub fn shown_path(&self) -> String {
        let mut shown = self.service.base_path().to_owned();
        for segment in &self.path {
            if !shown.is_empty() || self.service != Service::Direct {
                shown.push('/');
            }
            match late::show(segment) {
                Value::String(text) => shown.push_str(&text),
                other => shown.push_str(&other.to_string()),
            }
        }
        shown
    }
}

/// A statement for a database: one block or one query, with its guard inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SqlCall {
    /// Where it runs and as whom.
    pub connection: Connection,
    /// The whole text as it is sent. Late values and secrets are never part of it, they are binds.
    pub text: String,
    /// Whether rows come back.
    pub returns: Returns,
    /// The binds, in order of first use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// How long the statement may take, in seconds.
    pub limit_seconds: u64,
    /// It is one of the few writes that a source allows, and the configuration consents to it.
    #[serde(default)]
    pub consented: bool,
}

/// What a statement gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Returns {
    /// Rows.
    Rows,
    /// Out binds, a count of rows, or nothing.
    Nothing,
}

/// Where a statement runs: everything a driver needs to open a session, late values and secret references included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The database as people call it: `target`, `prod`.
    pub database: String,
    /// Its OCID.
    pub ocid: Value,
    /// `ords`, `thin`, `thick` or `dbtools`.
    pub driver: String,
    /// The driver's address: for `ords` the URL that ends in `/ords/`; for `thin` and `thick` a connect descriptor,
    /// `host:port/service` or an alias of the wallet; for `dbtools` the OCID of a Database Tools connection.
    pub address: Value,
    /// The database user.
    pub user: Value,
    /// The password, always a secret reference or a late value that gives one.
    pub password: Value,
    /// The wallet for mutual TLS: null for none, [`DOWNLOADED`] for the one that the service hands out, kept in memory, or
    /// `{"path", "password"}` for a directory or a zip, with a secret reference or null.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub wallet: Value,
    /// For `dbtools`, where the results of long statements go, which are then not waited for on the line: `{"bucket",
    /// "namespace", "after_seconds"}`, the namespace null for the tenancy's own. Null waits for every answer.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub results: Value,
}

impl SqlCall {
    /// The bucket that its result goes through, `{"bucket", "namespace"}`, where its answer is not waited for on the line.
    pub fn results(&self) -> Option<&Value> {
        let results = &self.connection.results;
        let after = results.get("after_seconds")?.as_u64().unwrap_or_default();
        (self.limit_seconds > after).then_some(results)
    }
}

/// The word for a wallet that a driver has from the service.
pub const DOWNLOADED: &str = "download";

/// A bind of a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bind {
    /// Its name without the colon.
    pub name: String,
    /// Its type in the database.
    pub kind: BindKind,
    /// Which way the value goes.
    pub direction: Direction,
    /// The value sent; null for out binds.
    #[serde(default)]
    pub value: Value,
}

/// The types a bind can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindKind {
    /// VARCHAR2, at most 32,767 bytes.
    Varchar2,
    /// NUMBER.
    Number,
    /// CLOB, of any length.
    Clob,
}

/// Which way a bind's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To the database.
    In,
    /// From the database.
    Out,
    /// Both ways.
    InOut,
}

/// Work on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalCall {
    /// Makes up a secret and puts it into the configured sink.
    MakeSecret {
        /// The name under which the sink keeps it.
        name: Value,
        /// The rules it must satisfy.
        rules: SecretRules,
    },
    /// Work with files, which the action does itself.
    Files {
        /// What is done.
        work: String,
        /// The paths it touches.
        paths: Vec<Value>,
    },
    /// Looks whether passwords keep the rules for database users.
    CheckPasswords {
        /// The users with their passwords, always secret references.
        users: Vec<(String, Value)>,
    },
    /// Uses an unpacked wallet's own key for a TLS handshake with every address it names.
    ProveWallet {
        /// Where the wallet is.
        directory: Value,
        /// Its password, always a secret reference or a late value that gives one.
        password: Value,
        /// Addresses to connect to instead of hosts, by host.
        connect_to: Value,
    },
}

impl LocalCall {
    /// What is done, for people.
    pub fn work(&self) -> String {
        match self {
            Self::MakeSecret { name, .. } => match late::show(name) {
                Value::String(name) => format!("make up the secret {name} and keep it in the secret sink"),
                other => format!("make up the secret {other} and keep it in the secret sink"),
            },
            Self::CheckPasswords { users } => {
                let names: Vec<&str> = users.iter().map(|(name, _)| name.as_str()).collect();
                format!(
                    "look whether the passwords for {} keep the rules; they are sent nowhere",
                    names.join(", ")
                )
            }
            Self::Files { work, .. } => work.clone(),
            Self::ProveWallet { password, .. } => {
                let shown = late::show(password);
                let shown = shown.as_str().unwrap_or_default();
                format!("TLS handshakes with the wallet's key, opened with {shown}")
            }
        }
    }

    /// The paths it touches, late values possible.
    pub fn paths(&self) -> &[Value] {
        match self {
            Self::MakeSecret { .. } | Self::CheckPasswords { .. } => &[],
            Self::Files { paths, .. } => paths,
            Self::ProveWallet { directory, .. } => std::slice::from_ref(directory),
        }
    }
}

/// The rules a made-up secret must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRules {
    /// The password of a database user: 12 to 30 characters with upper and lower case and a digit.
    Database,
    /// The password of a wallet: at least 8 characters with a letter and a digit.
    Wallet,
}

/// What came back from an act.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The JSON answer; for SQL an object with `rows`, `binds`, `output` and `affected`.
    #[serde(default)]
    pub value: Value,
    /// The binary answer. Never journalled.
    #[serde(skip)]
    pub bytes: Option<bytes::Bytes>,
    /// The entity tag, for `if-match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The cloud's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The work request that follows the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_request: Option<String>,
    /// How long the far side asks to wait before the next question, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The HTTP status, 0 where there is none.
    #[serde(default)]
    pub status: u16,
}

impl Act {
    /// Whether it is one of the few writes that a source allows, which its configuration consents to.
    pub fn on_consent(&self) -> bool {
        match &self.call {
            Call::Rest(rest) => rest.consented,
            Call::Sql(sql) => sql.consented,
            Call::Local(_) => false,
        }
    }

    /// Every JSON value of the act that can hold late values or secrets.
    pub fn values(&self) -> Vec<&Value> {
        match &self.call {
            Call::Rest(rest) => {
                let mut found: Vec<&Value> = rest.path.iter().collect();
                found.extend(rest.query.iter().map(|(_, v)| v));
                found.extend(rest.headers.iter().map(|(_, v)| v));
                if let Body::Json(body) = &rest.body {
                    found.push(body);
                }
                found
            }
            Call::Sql(sql) => {
                let c = &sql.connection;
                let mut found = vec![&c.ocid, &c.address, &c.user, &c.password];
                found.extend(sql.binds.iter().map(|b| &b.value));
                found
            }
            Call::Local(LocalCall::MakeSecret { name, .. }) => vec![name],
            Call::Local(LocalCall::CheckPasswords { users }) => users.iter().map(|(_, p)| p).collect(),
            Call::Local(LocalCall::Files { paths, .. }) => paths.iter().collect(),
            Call::Local(LocalCall::ProveWallet { directory, password, connect_to }) => {
                vec![directory, password, connect_to]
            }
        }
    }

    /// The same act with every value replaced by what `change` makes of it.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn map<E>(&self, change: &mut dyn FnMut(&Value) -> Result<Value, E>) -> Result<Self, E> {
        let mut act = self.clone();
        match &mut act.call {
            Call::Rest(rest) => {
                for value in &mut rest.path {
                    *value = change(value)?;
                }
                for (_, value) in rest.query.iter_mut().chain(rest.headers.iter_mut()) {
                    *value = change(value)?;
                }
                if let Body::Json(body) = &mut rest.body {
                    *body = change(body)?;
                }
            }
            Call::Sql(sql) => {
                let c = &mut sql.connection;
                for value in [&mut c.ocid, &mut c.address, &mut c.user, &mut c.password] {
                    *value = change(value)?;
                }
                for bind in &mut sql.binds {
                    bind.value = change(&bind.value)?;
                }
            }
            Call::Local(LocalCall::MakeSecret { name, .. }) => *name = change(name)?,
            Call::Local(LocalCall::CheckPasswords { users }) => {
                for (_, password) in users {
                    *password = change(password)?;
                }
            }
            Call::Local(LocalCall::Files { paths, .. }) => {
                for value in paths {
                    *value = change(value)?;
                }
            }
            Call::Local(LocalCall::ProveWallet { directory, password, connect_to }) => {
                for value in [directory, password, connect_to] {
                    *value = change(value)?;
                }
            }
        }
        Ok(act)
    }

    /// The database the act runs on, for the rule of one writing step a database.
    pub fn database(&self) -> Option<&str> {
        match &self.call {
            Call::Sql(sql) => Some(&sql.connection.database),
            Call::Rest(_) | Call::Local(_) => None,
        }
    }
}
