//! OCI Database Tools: one signed request a statement, run by the service over a connection that holds user and password.
//! The engine behind it is the one of REST-Enabled SQL; its answers differ in their names.

mod later;

use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::ords::{ANSWER_GRACE, Answer, PAGE, member, read_items, sent_binds};
use super::{Connector, Credentials, Session, SessionOptions};
use crate::db::error::DbError;
use crate::model::act::{Connection, Reply, Returns, SqlCall};
use crate::model::{Category, NoSecrets, clock};
use crate::oci::{CallContext, Oci, OciError, Sending, database_tools};

/// How a connection's OCID begins.
const KIND: &str = "ocid1.databasetoolsconnection.";

/// The driver.
#[derive(Debug)]
pub struct DatabaseTools {
    cloud: Option<Oci>,
}

impl DatabaseTools {
    /// The driver over the client of the cloud; without one no session can be opened.
    pub fn new(cloud: Option<Oci>) -> Self {
        Self { cloud }
    }
}

impl Connector for DatabaseTools {
    fn needs_password(&self) -> bool {
        false
    }

    fn open<'a>(
        &'a self,
        connection: &'a Connection,
        _credentials: Credentials,
        options: &'a SessionOptions,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, DbError>> {
        Box::pin(async move {
            let id = address(connection)?;
            let oci = self.cloud.clone().ok_or_else(|| {
                DbError::invalid(format!(
                    "{} is reached through Database Tools, and no client of the cloud is at hand",
                    connection.database
                ))
            })?;
            let what = format!("{} through Database Tools", connection.database);
            let session: Box<dyn Session> =
                Box::new(ToolsSession { oci, id, what, options: options.clone() });
            Ok(session)
        })
    }
}

/// The OCID of the Database Tools connection.
fn address(connection: &Connection) -> Result<String, DbError> {
    let text = connection.address.as_str().unwrap_or_default().trim();
    if text.to_ascii_lowercase().starts_with(KIND) {
        return Ok(text.to_owned());
    }
    let why = if text.is_empty() { "names none".to_owned() } else { format!("has {text:?} in its place") };
    Err(DbError::invalid(format!(
        "the driver dbtools wants the OCID of a Database Tools connection, and the connection to {} {why}",
        connection.database
    ))
    .advise(format!(
        "it begins with {KIND} and stands in the console under Developer Services, Database Tools"
    )))
}

struct ToolsSession {
    oci: Oci,
    id: String,
    what: String,
    options: SessionOptions,
}

impl Session for ToolsSession {
    fn keeps_state(&self) -> bool {
        false
    }

    fn execute<'a>(
        &'a mut self,
        call: &'a SqlCall,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, DbError>> {
        Box::pin(self.all_pages(call, cancel))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

impl ToolsSession {
    async fn all_pages(&self, call: &SqlCall, cancel: &CancellationToken) -> Result<Reply, DbError> {
        let binds: Vec<Value> = sent_binds(&call.binds)?.iter().map(own_bind).collect();
        if let Some(results) = call.results() {
            return self.later(results, call, &binds, cancel).await;
        }
        let mut whole: Option<Answer> = None;
        loop {
            let offset = whole.as_ref().map_or(0, |answer| answer.rows.len());
            let reply = self.send(input(call, &binds, offset), call, cancel).await?;
            let page = self.read(call, &reply.value)?;
            let more = page.more && !page.rows.is_empty();
            match &mut whole {
                None => whole = Some(page),
                Some(answer) => answer.rows.extend(page.rows),
            }
            if !more {
                let value = whole.unwrap_or_default().into_value();
                return Ok(Reply { value, ..reply });
            }
        }
    }

    async fn send(&self, input: Value, call: &SqlCall, cancel: &CancellationToken) -> Result<Reply, DbError> {
        let limit = Duration::from_secs(call.limit_seconds.max(1));
        let context = CallContext { read_limit: Some(limit + ANSWER_GRACE), ..self.context(cancel) };
        let request = database_tools::execute(json!(self.id), input);
        let begun = clock::instant();
        let sent = self.oci.send(&request, &context, &NoSecrets).await;
        sent.map_err(|error| self.not_done(&error, begun.elapsed() >= limit, call.limit_seconds))
    }

    /// On whose behalf requests are sent.
    fn context(&self, cancel: &CancellationToken) -> CallContext {
        CallContext {
            run: self.options.run.clone(),
            step: self.options.step.clone(),
            cancel: cancel.clone(),
            ..CallContext::default()
        }
    }

    fn read(&self, call: &SqlCall, answer: &Value) -> Result<Answer, DbError> {
        let items = member(answer, "items").and_then(Value::as_array).ok_or_else(|| {
            DbError::new(Category::Unknown, format!("the answer of {} has no items", self.what))
                .advise("the statement may have been executed: look before repeating it")
        })?;
        let items: Vec<Value> = items.iter().map(usual_item).collect();
        read_items(&self.what, call, &items)
    }

    /// What a request that came to no result means for the statement.
    fn not_done(&self, error: &OciError, late: bool, limit_seconds: u64) -> DbError {
        let what = &self.what;
        let mut failure = match (error.sending, error.status) {
            (Sending::Lost, _) if error.category == Category::Cancelled => {
                DbError::new(Category::Cancelled, format!("the statement on {what} was broken off on request"))
                    .advise("it may go on in the database: look before repeating it")
            }
            (Sending::Lost, _) if late => DbError::new(
                Category::TimedOut,
                format!("the statement on {what} took longer than its {limit_seconds} s"),
            )
            .advise("it may go on in the database: look before repeating it; long work belongs into a job that is polled"),
            (Sending::Lost, _) => DbError::new(Category::Transient, format!("the answer of {what} was lost"))
                .advise("the statement may have been executed: look before repeating it"),
            (_, Some(status)) => self.refused(error, status),
            _ => DbError::new(error.category, error.message.clone()),
        };
        if failure.advice.is_none() {
            failure.advice.clone_from(&error.advice);
        }
        // The service refuses before it runs anything; what went wrong behind it is not known.
        failure.not_sent = matches!(error.sending, Sending::Local | Sending::NotSent)
            || error.status.is_some_and(|status| (400..500).contains(&status) && status != 408);
        failure.status = error.status;
        if error.sending == Sending::Lost {
            failure.causes.push(error.message.clone());
        }
        failure.causes.extend(error.causes.iter().cloned());
        failure.causes.extend(error.request_id.iter().map(|id| format!("opc-request-id {id}")));
        failure
    }

    fn refused(&self, error: &OciError, status: u16) -> DbError {
        if let Some((_, text)) = error.message.split_once(": ORA-") {
            return DbError::reported(
                &format!("the logon to {}", self.what),
                &format!("ORA-{text}"),
                None,
                None,
                "",
            )
            .because(format!("the service logs on as the connection {} says", self.id));
        }
        let code = error.code.as_deref().unwrap_or_default();
        // Waiting mends neither a connection nor a secret that is not there.
        let category = if error.category == Category::NotFound { Category::Denied } else { error.category };
        let failure = DbError::new(category, error.message.clone());
        match (status, code) {
            (_, "RelatedResourceNotAuthorizedOrNotFound") => failure.advise(
                "the Vault secret with the user's password, or another resource of the connection, is gone or may not be \
                 read: with the runtime identity AUTHENTICATED_PRINCIPAL the caller needs `read secret-bundles`",
            ),
            (404, _) => failure.advise(
                "no Database Tools connection has this OCID, it was deleted, or the caller may not use it: check the OCID, \
                 the region, and the policy `use database-tools-connections`",
            ),
            (413, _) => failure.advise(
                "the statement with its binds is larger than the service takes: send less in one call, or use another driver",
            ),
            (502..=504, _) => failure.advise(
                "the service did not wait for the answer, or does not reach the database: the statement may still be at work. \
                 Long statements are not waited for where the connect table has `results`, a bucket; large results are for \
                 another driver",
            ),
            _ => failure,
        }
    }
}

/// The statement as the service wants it, from a row on.
fn input(call: &SqlCall, binds: &[Value], offset: usize) -> Value {
    let mut input = Map::new();
    input.insert("type".into(), json!("STANDARD"));
    input.insert("statementText".into(), json!(call.text));
    if call.returns == Returns::Rows {
        input.insert("offset".into(), json!(offset));
        input.insert("limit".into(), json!(PAGE));
    }
    if !binds.is_empty() {
        input.insert("binds".into(), json!(binds));
    }
    // The text is known here.
    input.insert("responseFormat".into(), json!({ "statementText": false }));
    Value::Object(input)
}

/// A bind of REST-Enabled SQL in the words of this service.
fn own_bind(bind: &Value) -> Value {
    let mode = bind["mode"].as_str().unwrap_or("in").to_ascii_uppercase();
    let mut own = json!({ "name": bind["name"], "dataType": bind["data_type"], "mode": mode });
    if let Some(value) = bind.get("value") {
        own["values"] = json!([value]);
    }
    own
}

/// An item of this service in the words of REST-Enabled SQL.
fn usual_item(item: &Value) -> Value {
    let mut usual = item.clone();
    if let Some(error) = member(item, "error") {
        let text = |name: &str| member(error, name).and_then(Value::as_str).unwrap_or_default().trim();
        let (message, details) = (text("errorMessage"), text("errorDetails"));
        // Either may be the whole stack.
        let whole =
            if details.contains(message) { details.to_owned() } else { format!("{message}\n{details}") };
        usual["errorDetails"] =
            json!(if whole.is_empty() { "the service names no reason" } else { whole.as_str() });
        for name in ["errorCode", "errorLine", "errorColumn"] {
            usual[name] = member(error, name).cloned().unwrap_or(Value::Null);
        }
    }
    if let Some(responses) = member(item, "responses") {
        usual["response"] = responses.clone();
    }
    if let Some(results) = member(item, "results").and_then(Value::as_array) {
        usual["result"] = json!(results.iter().filter_map(Value::as_u64).sum::<u64>());
    }
    let columns = member(item, "resultSet").and_then(|set| member(set, "metadata")).and_then(Value::as_array);
    if let Some(columns) = columns {
        let columns = columns.iter().map(|column| {
            json!({
                "columnName": member(column, "databaseColumnName"),
                "jsonColumnName": member(column, "uniqueColumnName"),
                "columnTypeName": member(column, "columnTypeName"),
            })
        });
        usual["resultSet"]["metadata"] = columns.collect();
    }
    if let Some(binds) = member(item, "binds").and_then(Value::as_array) {
        usual["binds"] = binds.iter().map(usual_bind).collect();
    }
    usual
}

fn usual_bind(bind: &Value) -> Value {
    let first = |name: &str| member(bind, name).and_then(|list| list.get(0)).cloned();
    let mut usual = json!({ "name": member(bind, "name") });
    // A bind that came out as null has a result all the same; what was sent does not stand in for it.
    if let Some(results) = member(bind, "results") {
        usual["result"] = results.get(0).cloned().unwrap_or(Value::Null);
    } else {
        usual["value"] = first("values").unwrap_or(Value::Null);
    }
    usual
}

#[cfg(test)]
mod tests;
