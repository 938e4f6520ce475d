//! Questions to one database.

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use crate::db::{DbError, Drivers, SessionOptions, ready};
use crate::model::act::{Connection, Returns, SqlCall};
use crate::model::{SecretSource, late};
use crate::oci::Oci;
use crate::sql::Library;

/// The way to ask one database.
pub(super) struct Probe<'a> {
    secrets: &'a dyn SecretSource,
    drivers: Drivers,
    to: Connection,
}

/// How the database of these facts is reached.
pub(super) fn connection(facts: &Value) -> Connection {
    Connection {
        database: facts["name"].as_str().unwrap_or_default().to_owned(),
        ocid: facts["ocid"].clone(),
        driver: facts["driver"].as_str().unwrap_or_default().to_owned(),
        address: facts["address"].clone(),
        user: facts["user"].clone(),
        password: late::secret_of(&facts["password"]),
        wallet: facts["wallet"].clone(),
        results: facts["results"].clone(),
    }
}

impl<'a> Probe<'a> {
    /// The way to the database of these facts.
    pub(super) fn of(oci: &Oci, secrets: &'a dyn SecretSource, facts: &Value) -> Self {
        let to = connection(facts);
        Self { secrets, drivers: Drivers::new(oci.http().clone(), Some(oci.clone())), to }
    }

    /// The user who asks.
    pub(super) fn user(&self) -> &str {
        self.to.user.as_str().unwrap_or_default()
    }

    async fn rows_of(&self, call: &SqlCall) -> Result<Value, DbError> {
        self.send(call).await.map(|answer| answer["rows"].clone())
    }

    async fn send(&self, call: &SqlCall) -> Result<Value, DbError> {
        let options = SessionOptions::default();
        let reply = self.drivers.run(call, self.secrets, &options, &CancellationToken::new()).await?;
        Ok(reply.value)
    }

    /// Whether the user is let in.
    pub(super) async fn log_on(&self) -> Result<(), DbError> {
        self.send(&ready::question(self.to.clone())).await.map(drop)
    }

    /// How many rows a view has that the database may not have, or not show. The text after `from` is the program's own.
    pub(super) async fn count(&self, from: &str) -> Result<u64, DbError> {
        let call = SqlCall {
            text: format!("select count(*) as found from {from}"),
            returns: Returns::Rows,
            ..ready::question(self.to.clone())
        };
        let rows = self.rows_of(&call).await?;
        let found = &rows[0]["found"];
        Ok(found.as_u64().or_else(|| found.as_str()?.parse().ok()).unwrap_or_default())
    }

    /// The rows of a template.
    pub(super) async fn rows(&self, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        self.reply(name, arguments).await.map(|answer| answer["rows"].clone())
    }

    async fn reply(&self, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        let template = Library::shipped().get(name).map_err(|e| Failure::new(Exit::Bug, e.to_string()))?;
        let rendered =
            template.render(&arguments, None).map_err(|e| Failure::new(Exit::Bug, e.to_string()))?;
        let call = SqlCall {
            connection: self.to.clone(),
            text: rendered.text,
            returns: rendered.returns,
            binds: rendered.binds,
            limit_seconds: rendered.limit_seconds,
            consented: false,
        };
        Ok(self.send(&call).await?)
    }

    /// The out binds of a template that reads and gives no rows.
    pub(super) async fn binds(&self, name: &str, arguments: Map<String, Value>) -> Result<Value, Failure> {
        let reply = self.reply(name, arguments).await?;
        Ok(reply["binds"].clone())
    }

    /// The rows of a template with one bind.
    pub(super) async fn rows_for(&self, name: &str, bind: &str, value: &str) -> Result<Value, Failure> {
        self.rows(name, Map::from_iter([(bind.to_owned(), Value::from(value))])).await
    }
}
