//! REST-Enabled SQL: one HTTPS request a statement, errors inside a 200, nothing kept between two requests.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Connector, Credentials, Session, SessionOptions};
use crate::db::error::DbError;
use crate::model::Category;
use crate::model::act::{Bind, BindKind, Connection, Direction, Reply, Returns, SqlCall};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Rows asked for at once. A further page executes the query again, so pages are large.
pub(super) const PAGE: usize = 10_000;
/// A VARCHAR2 bind holds no more bytes than this.
const LONGEST_VARCHAR2: usize = 32_767;
/// The answer may take this much longer than the statement.
pub(super) const ANSWER_GRACE: Duration = Duration::from_secs(15);

/// The driver.
#[derive(Debug)]
pub struct Ords {
    http: reqwest::Client,
}

impl Ords {
    /// The driver over the process's HTTP client.
    pub fn new(http: reqwest::Client) -> Self {
        Self { http }
    }
}

impl Connector for Ords {
    fn open<'a>(
        &'a self,
        connection: &'a Connection,
        credentials: Credentials,
        options: &'a SessionOptions,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, DbError>> {
        Box::pin(async move {
            let (url, user) = address(connection)?;
            let credentials = STANDARD.encode(format!("{user}:{}", credentials.password.reveal()));
            let mut authorization = HeaderValue::try_from(format!("Basic {credentials}"))
                .map_err(|_| DbError::invalid(format!("the user name {user:?} cannot be sent")))?;
            authorization.set_sensitive(true);
            let session = OrdsSession {
                http: self.http.clone(),
                what: format!("{} as {user}", connection.database),
                url,
                user,
                authorization,
                agent: agent(options),
            };
            let session: Box<dyn Session> = Box::new(session);
            Ok(session)
        })
    }
}

/// The URL of REST-Enabled SQL and the user's name.
fn address(connection: &Connection) -> Result<(Url, String), DbError> {
    let text = |value: &Value, what: &str| {
        value.as_str().filter(|text| !text.trim().is_empty()).map(|text| text.trim().to_owned()).ok_or_else(
            || {
                DbError::invalid(format!("the connection to {} has no {what}", connection.database))
                    .advise("set it under [database.NAME.connect], or let the service tell it")
            },
        )
    };
    let base = text(&connection.address, "ORDS address")?;
    let user = text(&connection.user, "user")?;
    // A quoted name is taken as it stands; any other is the same in every case.
    let user = user.strip_prefix('"').and_then(|u| u.strip_suffix('"')).map(str::to_owned).unwrap_or(user);
    if user.contains(':') {
        return Err(DbError::invalid(format!(
            "the user name {user:?} holds a colon, which basic authentication cannot carry"
        )));
    }
    let alias = utf8_percent_encode(&user.to_lowercase(), ENCODED).to_string();
    let wrong = |why: &str| {
        DbError::invalid(format!("the ORDS address {base:?} of {} {why}", connection.database))
            .advise("it looks like https://host/ords/ and stands in the database's connection URLs")
    };
    let url = Url::parse(&format!("{}/{alias}/_/sql", base.trim_end_matches('/')))
        .map_err(|e| wrong(&format!("is no address: {e}")))?;
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok((url, user)),
        "http" if local => Ok((url, user)),
        "http" => Err(wrong("would carry the password unencrypted")),
        _ => Err(wrong("is no https address")),
    }
}

fn agent(options: &SessionOptions) -> String {
    let name = concat!("adbctl/", env!("CARGO_PKG_VERSION"));
    match (&options.run, &options.step) {
        (Some(run), Some(step)) => format!("{name} (run {run}; step {step})"),
        (Some(run), None) => format!("{name} (run {run})"),
        (None, Some(step)) => format!("{name} (step {step})"),
        (None, None) => name.to_owned(),
    }
}

struct OrdsSession {
    http: reqwest::Client,
    what: String,
    url: Url,
    user: String,
    authorization: HeaderValue,
    agent: String,
}

impl Session for OrdsSession {
    fn keeps_state(&self) -> bool {
        false
    }

    fn execute<'a>(
        &'a mut self,
        call: &'a SqlCall,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, DbError>> {
        Box::pin(async move {
            tokio::select! {
                () = cancel.cancelled() => Err(DbError::new(
                    Category::Cancelled,
                    format!("the statement on {} was broken off on request", self.what),
                )
                .advise("it may go on in the database: look before repeating it")),
                reply = self.all_pages(call) => reply,
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

impl OrdsSession {
    async fn all_pages(&self, call: &SqlCall) -> Result<Reply, DbError> {
        let binds = sent_binds(&call.binds)?;
        let mut whole: Option<Answer> = None;
        loop {
            let offset = whole.as_ref().map_or(0, |answer| answer.rows.len());
            let mut body = Map::new();
            body.insert("statementText".into(), json!(call.text));
            if call.returns == Returns::Rows {
                body.insert("offset".into(), json!(offset));
                body.insert("limit".into(), json!(PAGE));
            }
            if !binds.is_empty() {
                body.insert("binds".into(), json!(binds));
            }
            let (status, json) = self.post(&Value::Object(body), call.limit_seconds).await?;
            let page = self.read(call, &json)?;
            let progress = !page.rows.is_empty();
            let more = page.more && progress;
            match &mut whole {
                None => whole = Some(page),
                Some(answer) => answer.rows.extend(page.rows),
            }
            if !more {
                let answer = whole.unwrap_or_default();
                return Ok(Reply { value: answer.into_value(), status, ..Reply::default() });
            }
        }
    }

    async fn post(&self, body: &Value, limit_seconds: u64) -> Result<(u16, Value), DbError> {
        let limit = Duration::from_secs(limit_seconds.max(1)) + ANSWER_GRACE;
        let answer = self
            .http
            .post(self.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(USER_AGENT, &self.agent)
            .timeout(limit)
            .json(body)
            .send()
            .await
            .map_err(|e| self.not_answered(e, limit_seconds))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|e| self.not_answered(e, limit_seconds))?;
        if !(200..300).contains(&status) {
            return Err(self.refused(status, &bytes));
        }
        let json = serde_json::from_slice(&numbers::exactly(&bytes)).map_err(|e| {
            DbError::new(Category::Unknown, format!("the answer of {} is no JSON: {e}", self.what))
                .status(status)
                .advise("check that the address is that of ORDS; the statement may have been executed")
        })?;
        Ok((status, json))
    }

    fn not_answered(&self, error: reqwest::Error, limit_seconds: u64) -> DbError {
        let error = error.without_url();
        let mut failure = if error.is_connect() {
            let mut failure = DbError::new(
                Category::Transient,
                format!("{} cannot be reached at {}", self.what, self.url.host_str().unwrap_or_default()),
            )
            .advise("check name resolution, access list, network security groups and proxy, and that the database runs");
            failure.not_sent = true;
            failure
        } else if error.is_timeout() {
            DbError::new(
                Category::TimedOut,
                format!("the statement on {} took longer than its {limit_seconds} s", self.what),
            )
            .advise("it may go on in the database: look before repeating it; long work belongs into a job that is polled")
        } else {
            DbError::new(Category::Transient, format!("the answer of {} was lost", self.what))
                .advise("the statement may have been executed: look before repeating it")
        };
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(next) = cause {
            failure.causes.push(next.to_string());
            cause = next.source();
        }
        failure
    }

    /// What an HTTP status of ORDS means.
    fn refused(&self, status: u16, body: &[u8]) -> DbError {
        let user = &self.user;
        let (category, what, advice) = match status {
            401 => (
                Category::Denied,
                "user name or password refused".to_owned(),
                format!(
                    "check the password of {user} on this database (a clone has its own ADMIN password); it is not tried again, as \
                     that would lock the account"
                ),
            ),
            403 => (
                Category::Denied,
                format!("REST-Enabled SQL is not allowed for {user}"),
                format!("enable it: ORDS.ENABLE_SCHEMA for {user}, and restEnabledSql.active on an ORDS of your own"),
            ),
            404 => (
                Category::NotFound,
                format!("no schema answers at {}", self.url.path()),
                format!(
                    "the schema {user} is not REST-enabled (ORDS.ENABLE_SCHEMA), has another alias, or the database is not open yet"
                ),
            ),
            429 => (Category::Throttled, "too many requests".into(), "try again later".into()),
            300..=399 => (
                Category::Invalid,
                "redirects are not followed".into(),
                "use the address the service gives in its connection URLs".into(),
            ),
            555 => (
                Category::Invalid,
                "code of the database itself failed behind the web server".into(),
                "look at the database's own log".into(),
            ),
            571 | 574 => (
                Category::Denied,
                "the web server's own database account is locked, expired or not allowed to act for the schema".into(),
                "on Autonomous Database ask support; on an ORDS of your own repair its pool".into(),
            ),
            502..=504 | 572 | 573 => (
                Category::Transient,
                "the web server does not reach the database at the moment, or did not wait for its answer".into(),
                "the statement may still be at work, and the next one of the run waits for it; if it stays, check that the database runs".into(),
            ),
            500.. => (Category::Transient, "fault of the web server".into(), "if it stays, look at its log".into()),
            _ => (Category::Invalid, "the request was not accepted".into(), "please report this as a fault of adbctl".into()),
        };
        let mut error = DbError::new(category, format!("{} answered {status}: {what}", self.what))
            .status(status)
            .advise(advice);
        error.not_sent = matches!(status, 401 | 403 | 404 | 429);
        let said = words(body);
        if said.is_empty() { error } else { error.because(said) }
    }

    /// Reads an answer: every item is looked at, as errors stand inside a 200.
    fn read(&self, call: &SqlCall, json: &Value) -> Result<Answer, DbError> {
        let items = member(json, "items").and_then(Value::as_array).ok_or_else(|| {
            DbError::new(Category::Unknown, format!("the answer of {} has no items", self.what))
                .because(words(json.to_string().as_bytes()))
                .advise("check that the address is that of ORDS; the statement may have been executed")
        })?;
        read_items(&self.what, call, items)
    }
}

/// Reads the items of an answer: every one is looked at, as errors stand inside a 200. `what` is the database and user.
pub(super) fn read_items(what: &str, call: &SqlCall, items: &[Value]) -> Result<Answer, DbError> {
    let mut failures = items.iter().filter_map(|item| failure(what, call, item));
    if let Some(mut first) = failures.next() {
        first.causes.extend(failures.map(|further| format!("also: {further}")));
        return Err(first);
    }
    let mut answer = Answer::default();
    for item in items {
        answer.take(call, item);
    }
    Ok(answer)
}

fn failure(what: &str, call: &SqlCall, item: &Value) -> Option<DbError> {
    let code = member(item, "errorCode").and_then(whole_number).filter(|code| *code != 0);
    let details = member(item, "errorDetails").or_else(|| member(item, "errorMessage"));
    let details = details.and_then(Value::as_str).unwrap_or_default();
    // Some releases repeat in the feedback what the block itself printed: that is no failure.
    let printed = output_lines(item);
    let spoken: Vec<String> = response_lines(item)
        .into_iter()
        .filter(|line| is_failure_line(line) && !printed.iter().any(|own| own.trim() == line.trim()))
        .collect();
    if code.is_none() && details.is_empty() && spoken.is_empty() {
        return None;
    }
    let text = if details.is_empty() { spoken.join("\n") } else { details.to_owned() };
    let line = member(item, "errorLine").and_then(whole_number);
    Some(DbError::reported(&format!("the statement on {what}"), &text, code, line, &call.text))
}

/// A line of SQL*Plus-like feedback that means the statement failed.
fn is_failure_line(line: &str) -> bool {
    let text = line.trim_start();
    ["ORA-", "PLS-", "SP2-"].iter().any(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }) || text.starts_with("Error starting at line")
}

/// What the block printed.
fn output_lines(item: &Value) -> Vec<String> {
    match member(item, "dbmsOutput") {
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn response_lines(item: &Value) -> Vec<String> {
    match member(item, "response") {
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What the items of an answer hold together.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) rows: Vec<Value>,
    columns: Vec<Value>,
    binds: Map<String, Value>,
    output: Vec<String>,
    affected: u64,
    pub(super) more: bool,
}

impl Answer {
    fn take(&mut self, call: &SqlCall, item: &Value) {
        if let Some(set) = member(item, "resultSet") {
            self.take_rows(set);
        }
        for bind in member(item, "binds").and_then(Value::as_array).into_iter().flatten() {
            self.take_bind(call, bind);
        }
        self.output.extend(output_lines(item));
        self.affected += member(item, "result").and_then(whole_number).unwrap_or(0);
    }

    fn take_rows(&mut self, set: &Value) {
        self.columns = member(set, "metadata")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|column| {
                let name = member(column, "jsonColumnName").or_else(|| member(column, "columnName"));
                let name = name.and_then(Value::as_str).unwrap_or_default().to_lowercase();
                json!({ "name": name, "type": member(column, "columnTypeName") })
            })
            .collect();
        for row in member(set, "items").and_then(Value::as_array).into_iter().flatten() {
            let row = row.as_object().into_iter().flatten();
            self.rows
                .push(Value::Object(row.map(|(k, v)| (k.to_lowercase(), no_empty(v.clone()))).collect()));
        }
        self.more = member(set, "hasMore").and_then(Value::as_bool).unwrap_or(false);
    }

    fn take_bind(&mut self, call: &SqlCall, bind: &Value) {
        let name = member(bind, "name").and_then(Value::as_str).unwrap_or_default().trim_start_matches(':');
        let Some(asked) = call.binds.iter().find(|b| b.name.eq_ignore_ascii_case(name)) else { return };
        if asked.direction == Direction::In {
            return;
        }
        // An IN OUT bind comes back with what was sent beside what came out, also where that is null.
        let came_out =
            bind.as_object().is_some_and(|map| map.keys().any(|key| key.eq_ignore_ascii_case("result")));
        let value = if came_out { member(bind, "result") } else { member(bind, "value") };
        let value = value.cloned().unwrap_or(Value::Null);
        self.binds.insert(asked.name.clone(), of_kind(no_empty(value), asked.kind));
    }

    pub(super) fn into_value(self) -> Value {
        json!({
            "rows": self.rows,
            "columns": self.columns,
            "binds": self.binds,
            "output": self.output,
            "affected": self.affected,
        })
    }
}

/// An empty text is null in this database.
fn no_empty(value: Value) -> Value {
    if value.as_str() == Some("") { Value::Null } else { value }
}

fn of_kind(value: Value, kind: BindKind) -> Value {
    match (kind, value) {
        (BindKind::Number, Value::String(text)) if !numbers::is_rounded(text.trim()) => {
            serde_json::from_str::<serde_json::Number>(text.trim()).map_or(Value::String(text), Value::Number)
        }
        (BindKind::Varchar2 | BindKind::Clob, Value::Number(number)) => Value::String(number.to_string()),
        (BindKind::Varchar2 | BindKind::Clob, Value::Bool(truth)) => Value::String(truth.to_string()),
        (_, value) => value,
    }
}

/// A member by name whatever its case: releases differ in the spelling.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    let found =
        map.get(name).or_else(|| map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v));
    found.filter(|value| !value.is_null())
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

pub(super) fn sent_binds(binds: &[Bind]) -> Result<Vec<Value>, DbError> {
    binds.iter().map(sent_bind).collect()
}

fn sent_bind(bind: &Bind) -> Result<Value, DbError> {
    let kind = match bind.kind {
        BindKind::Varchar2 => "VARCHAR2",
        BindKind::Number => "NUMBER",
        BindKind::Clob => "CLOB",
    };
    let mode = match bind.direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::InOut => "inout",
    };
    let mut sent = json!({ "name": bind.name, "data_type": kind, "mode": mode });
    if bind.direction != Direction::Out {
        let wrong = |why: &str| DbError::invalid(format!("the bind :{} {why}", bind.name));
        sent["value"] = match (bind.kind, &bind.value) {
            (_, Value::Null) => Value::Null,
            (BindKind::Number, Value::Number(number)) => json!(number),
            (BindKind::Number, Value::Bool(truth)) => json!(u8::from(*truth)),
            (BindKind::Number, Value::String(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => json!(text.trim()),
                _ => return Err(wrong("is to be a number and is not")),
            },
            (BindKind::Varchar2 | BindKind::Clob, Value::String(text)) => json!(text),
            (BindKind::Varchar2 | BindKind::Clob, Value::Number(number)) => json!(number.to_string()),
            (BindKind::Varchar2 | BindKind::Clob, Value::Bool(truth)) => json!(truth.to_string()),
            (BindKind::Number, _) => return Err(wrong("is to be a number and is a list or object")),
            // Lists and objects travel as JSON text: blocks read them with JSON_TABLE.
            (BindKind::Varchar2 | BindKind::Clob, other) => json!(other.to_string()),
        };
        let length = sent["value"].as_str().map_or(0, str::len);
        if bind.kind == BindKind::Varchar2 && length > LONGEST_VARCHAR2 {
            return Err(wrong(&format!("has {length} bytes and a VARCHAR2 holds {LONGEST_VARCHAR2}"))
                .advise("bind it as a CLOB"));
        }
    }
    Ok(sent)
}

/// The words of an error page or JSON, shortened.
fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let found =
            ["message", "title", "cause", "code"].map(|name| member(&json, name).and_then(Value::as_str));
        let said: Vec<&str> = found.into_iter().flatten().collect();
        if !said.is_empty() {
            return said.join("; ");
        }
    }
    let mut plain = String::new();
    let mut inside_tag = false;
    for c in text.chars() {
        match c {
            '<' => inside_tag = true,
            '>' => {
                inside_tag = false;
                plain.push(' ');
            }
            _ if inside_tag => {}
            c => plain.push(c),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[path = "ords_numbers.rs"]
mod numbers;

#[cfg(test)]
#[path = "ords_tests.rs"]
mod tests;
