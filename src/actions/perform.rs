//! Carries acts to the cloud, the databases and the disk. It is the last gate: a write to a database that the plan
//! calls production is refused here, whatever asked for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

use super::check_passwords;
use crate::db::wallet::handshake;
use crate::db::{Drivers, SessionOptions};
use crate::engine::{ActContext, Performer};
use crate::model::act::{Body, LocalCall, Reply, SecretRules, Times};
use crate::model::{
    Act, ActionError, Call, Category, Effect, RestCall, SecretRef, SecretSource, Service, SqlCall, StepId,
    late,
};
use crate::oci::{CallContext, Oci};

/// Makes secrets up and keeps them.
pub trait SecretMaker: Send + Sync {
    /// Makes a secret by these rules, keeps it under this name, and says where it is to be found.
    fn make<'a>(&'a self, name: &'a str, rules: SecretRules)
    -> BoxFuture<'a, Result<SecretRef, ActionError>>;
}

/// What acts need from outside.
#[derive(Clone)]
pub struct Services {
    /// The cloud.
    pub oci: Oci,
    /// The drivers.
    pub drivers: Arc<Drivers>,
    /// Values of secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// Where made-up secrets go.
    pub maker: Arc<dyn SecretMaker>,
    /// OCIDs of the databases that are never written to.
    pub production: BTreeSet<String>,
}

/// Performs acts with real services.
pub struct ServicesPerformer {
    services: Services,
}

impl ServicesPerformer {
    /// With these services.
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    /// Refuses a change of a production database, by what the filled call really names.
    fn guard(&self, act: &Act, rest: &RestCall) -> Result<(), ActionError> {
        if act.effect != Effect::Read && rest.service == Service::DatabaseTools {
            return self.guard_tools(act, rest);
        }
        if act.effect == Effect::Read || rest.service != Service::Database {
            return Ok(());
        }
        let switches = matches!(rest.path.last().and_then(Value::as_str), Some("start" | "stop"));
        if rest.consented && switches {
            return Ok(());
        }
        let named = rest.path.iter().filter_map(Value::as_str).find(|segment| self.is_production(segment));
        match named {
            Some(ocid) => Err(ActionError::new(
                Category::Denied,
                format!(
                    "refused: {} would change {ocid}, which the configuration calls production",
                    act.title
                ),
            )
            .advise("a production database is never a target; look at the roles in the configuration")),
            None => Ok(()),
        }
    }

    /// Refuses to lead a connection of Database Tools to a production database: what runs over it would write there.
    fn guard_tools(&self, act: &Act, rest: &RestCall) -> Result<(), ActionError> {
        let Body::Json(body) = &rest.body else { return Ok(()) };
        let related = body["relatedResource"]["identifier"].as_str().unwrap_or_default();
        if !self.is_production(related) {
            return Ok(());
        }
        Err(ActionError::new(
            Category::Denied,
            format!(
                "refused: {} would lead to {related}, which the configuration calls production",
                act.title
            ),
        )
        .advise("a production database is never a target; look at the roles in the configuration"))
    }

    /// Refuses a statement that writes to a production database, unless the act says that it is one of the few that a
    /// source allows. The block's own guard asks the database once more.
    fn guard_sql(&self, act: &Act, sql: &SqlCall) -> Result<(), ActionError> {
        let ocid = sql.connection.ocid.as_str().unwrap_or_default();
        if act.effect == Effect::Read || sql.consented || !self.is_production(ocid) {
            return Ok(());
        }
        Err(ActionError::new(
            Category::Denied,
            format!("refused: {} would write to {ocid}, which the configuration calls production", act.title),
        )
        .advise("a production database is never a target; look at the roles in the configuration"))
    }

    fn is_production(&self, ocid: &str) -> bool {
        self.services.production.iter().any(|known| known.eq_ignore_ascii_case(ocid))
    }

    async fn rest(&self, act: &Act, rest: &RestCall, context: ActContext) -> Result<Reply, ActionError> {
        self.guard(act, rest)?;
        let call = CallContext {
            run: Some(context.run),
            step: Some(context.step),
            token: Some(context.token),
            body: context.bytes.map(Into::into),
            cancel: context.cancel,
            read_limit: None,
        };
        Ok(self.services.oci.send(rest, &call, self.services.secrets.as_ref()).await?)
    }

    async fn local(&self, local: &LocalCall) -> Result<Reply, ActionError> {
        match local {
            LocalCall::MakeSecret { name, rules } => {
                let name = name
                    .as_str()
                    .ok_or_else(|| ActionError::invalid("the name of a secret must be a text"))?;
                let reference = self.services.maker.make(name, *rules).await?;
                let value = serde_json::to_value(reference).map_err(|e| ActionError::bug(e.to_string()))?;
                Ok(Reply { value, ..Reply::default() })
            }
            LocalCall::CheckPasswords { users } => {
                let value = check_passwords::look(users, self.services.secrets.as_ref()).await?;
                Ok(Reply { value, ..Reply::default() })
            }
            LocalCall::ProveWallet { directory, password, connect_to } => {
                let unfit = |e: serde_json::Error| ActionError::bug(format!("a wallet's proof: {e}"));
                let directory: camino::Utf8PathBuf =
                    serde_json::from_value(directory.clone()).map_err(unfit)?;
                let reference = late::as_secret(password)
                    .ok_or_else(|| ActionError::bug("a wallet's password is no reference to a secret"))?;
                let reference: SecretRef = serde_json::from_value(reference.clone()).map_err(unfit)?;
                let connect_to = serde_json::from_value(connect_to.clone()).map_err(unfit)?;
                let password = self.services.secrets.resolve(&reference).await?;
                let value = handshake::prove(&directory, &password, &connect_to).await?;
                Ok(Reply { value, ..Reply::default() })
            }
            LocalCall::Files { .. } => {
                Err(ActionError::bug("an action left its own work with files to the performer"))
            }
        }
    }
}

impl Performer for ServicesPerformer {
    fn perform<'a>(&'a self, act: &'a Act, context: ActContext) -> BoxFuture<'a, Result<Reply, ActionError>> {
        Box::pin(async move {
            tracing::info!("{}: {}", context.step, act.title);
            match &act.call {
                Call::Rest(rest) => self.rest(act, rest, context).await,
                Call::Local(local) => self.local(local).await,
                Call::Sql(sql) => {
                    self.guard_sql(act, sql)?;
                    let held = matches!(act.times, Times::Until { .. });
                    let options = SessionOptions { run: Some(context.run), step: Some(context.step), held };
                    let services = &self.services;
                    let reply = services
                        .drivers
                        .run(sql, services.secrets.as_ref(), &options, &context.cancel)
                        .await?;
                    Ok(reply)
                }
            }
        })
    }

    fn leave<'a>(&'a self, step: &'a StepId) -> BoxFuture<'a, ()> {
        Box::pin(self.services.drivers.release(step))
    }
}
