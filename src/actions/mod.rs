//! What steps can do.
//!
//! *Owns*: one file an action: its arguments as they stand in TOML, the acts it may perform, how it runs, how it finds
//! out after a crash; and the performer, which carries acts to the cloud, the databases and the disk.
//!
//! *Never*: sends anything that is not one of its stated acts; prints; reads the configuration.
//!
//! *Start reading at*: [`domain`], the contract, then [`update_database`], a small action with everything in it.
//!
//! *To add one*: `src/actions/<name>.rs`, and its three lines here: the module, the variant, the arm of
//! [`AnyAction::domain`]. The compiler names the last two.

pub mod await_database;
pub mod backup_database;
pub mod capture;
pub mod check_addresses;
pub mod check_passwords;
pub mod clone_database;
pub mod create_database;
pub mod data_pump;
pub mod demand;
pub mod describe_database;
pub mod describe_subnet;
pub mod domain;
pub mod generate_secret;
pub mod keep_texts;
pub mod manual;
pub mod object;
mod perform;
pub mod power_database;
pub mod prove_guard;
pub mod recall;
pub mod run_script;
pub mod set_admin_password;
pub mod sql;
pub mod tag_database;
pub mod terminate_database;
pub mod tools_connection;
pub mod update_database;
pub mod visit;
pub mod wallet;

pub use domain::{Binding, Domain, Facts, NamedConnection};
pub use perform::{SecretMaker, Services, ServicesPerformer};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::{Action, Registry};
use crate::model::ActionError;

/// An action with its arguments, tagged by its kind: `run.clone-database = { … }`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnyAction {
    /// Waits until a new database is available.
    AwaitDatabase(await_database::AwaitDatabase),
    /// Makes a long-term backup, which outlives its database.
    BackupDatabase(backup_database::BackupDatabase),
    /// Looks whether private addresses and host labels are free.
    CheckAddresses(Box<check_addresses::CheckAddresses>),
    /// Looks whether passwords keep the rules, before anything is done with them.
    CheckPasswords(check_passwords::CheckPasswords),
    /// Clones a database under a new name and waits until it is available.
    CloneDatabase(Box<clone_database::CloneDatabase>),
    /// Tells what of one topic differs between two captures.
    CompareCaptures(capture::CompareCaptures),
    /// Has an empty database made, and does not wait for it.
    CreateDatabase(Box<create_database::CreateDatabase>),
    /// Makes a Database Tools connection to a database, like one that is there.
    CreateDatabaseToolsConnection(Box<tools_connection::CreateDatabaseToolsConnection>),
    /// Runs a Data Pump job and follows it to its true end.
    DataPump(Box<data_pump::DataPump>),
    /// Takes a Database Tools connection away.
    DeleteDatabaseToolsConnection(tools_connection::DeleteDatabaseToolsConnection),
    /// Fails unless something holds that other steps have found out.
    Demand(demand::Demand),
    /// Reads whether a bucket keeps former versions, its lifecycle rules, and where it is copied to.
    DescribeBucket(object::DescribeBucket),
    /// Reads everything the service says of a database.
    DescribeDatabase(describe_database::DescribeDatabase),
    /// Reads which network a subnet belongs to, if the service shows it.
    DescribeSubnet(describe_subnet::DescribeSubnet),
    /// Downloads a database's wallet, checks it, unpacks it, and proves it by TLS handshakes.
    FetchWallet(Box<wallet::FetchWallet>),
    /// Finds the pieces of a dump and makes sure that they can be read.
    DumpSet(Box<object::DumpSet>),
    /// Makes up a password and puts it into the secret sink.
    GenerateSecret(generate_secret::GenerateSecret),
    /// Reads an unpacked wallet and proves it by TLS handshakes.
    InspectWallet(wallet::InspectWallet),
    /// Reads a small object of Object Storage whole.
    GetObject(object::GetObject),
    /// Keeps texts that a database gives, in files on this machine.
    KeepTexts(Box<keep_texts::KeepTexts>),
    /// Lists the objects of a bucket.
    ListObjects(object::ListObjects),
    /// A task for a person.
    Manual(manual::Manual),
    /// Runs a PL/SQL block or a statement behind the identity guard.
    Plsql(sql::Plsql),
    /// Makes a bucket for dumps, with versions kept and rules that clean up.
    PrepareBucket(Box<object::PrepareBucket>),
    /// Starts or stops a database, if it is not so already.
    PowerDatabase(power_database::PowerDatabase),
    /// Shows that the identity guard lets work for its own database through and refuses other work.
    ProveGuard(prove_guard::ProveGuard),
    /// Stores a small object in Object Storage whole.
    PutObject(object::PutObject),
    /// Runs a query and gives its rows.
    Query(sql::Query),
    /// Reads a capture and gives its topics.
    ReadCapture(Box<capture::ReadCapture>),
    /// Looks at nothing: for checks that compare what steps have found out.
    Recall(recall::Recall),
    /// Has the service copy a bucket's objects to another region.
    ReplicateBucket(object::ReplicateBucket),
    /// Runs an operator's SQL*Plus-style script.
    RunScript(run_script::RunScript),
    /// Gives ADMIN a password, through the service.
    SetAdminPassword(set_admin_password::SetAdminPassword),
    /// Sets or removes freeform tags and leaves the others.
    TagDatabase(tag_database::TagDatabase),
    /// Takes a database away for good.
    TerminateDatabase(terminate_database::TerminateDatabase),
    /// Changes one group of a database's settings.
    UpdateDatabase(update_database::UpdateDatabase),
    /// Leads a Database Tools connection to another database.
    UpdateDatabaseToolsConnection(Box<tools_connection::UpdateDatabaseToolsConnection>),
    /// Looks whether a page that a database serves answers.
    Visit(visit::Visit),
    /// Waits until a new database answers SQL.
    WaitForSql(sql::WaitForSql),
    /// Makes a capture of what queries listed.
    WriteCapture(Box<capture::WriteCapture>),
}

impl AnyAction {
    /// The action behind the tag.
    pub fn domain(&self) -> &dyn Domain {
        match self {
            Self::AwaitDatabase(action) => action,
            Self::BackupDatabase(action) => action,
            Self::CheckAddresses(action) => action.as_ref(),
            Self::CheckPasswords(action) => action,
            Self::CloneDatabase(action) => action.as_ref(),
            Self::CompareCaptures(action) => action,
            Self::CreateDatabase(action) => action.as_ref(),
            Self::CreateDatabaseToolsConnection(action) => action.as_ref(),
            Self::DataPump(action) => action.as_ref(),
            Self::DeleteDatabaseToolsConnection(action) => action,
            Self::Demand(action) => action,
            Self::DescribeBucket(action) => action,
            Self::DescribeDatabase(action) => action,
            Self::DescribeSubnet(action) => action,
            Self::FetchWallet(action) => action.as_ref(),
            Self::DumpSet(action) => action.as_ref(),
            Self::GenerateSecret(action) => action,
            Self::InspectWallet(action) => action,
            Self::GetObject(action) => action,
            Self::KeepTexts(action) => action.as_ref(),
            Self::ListObjects(action) => action,
            Self::Manual(action) => action,
            Self::Plsql(action) => action,
            Self::PrepareBucket(action) => action.as_ref(),
            Self::PowerDatabase(action) => action,
            Self::ProveGuard(action) => action,
            Self::PutObject(action) => action,
            Self::Query(action) => action,
            Self::ReadCapture(action) => action.as_ref(),
            Self::Recall(action) => action,
            Self::ReplicateBucket(action) => action,
            Self::RunScript(action) => action,
            Self::SetAdminPassword(action) => action,
            Self::TagDatabase(action) => action,
            Self::TerminateDatabase(action) => action,
            Self::UpdateDatabase(action) => action,
            Self::UpdateDatabaseToolsConnection(action) => action.as_ref(),
            Self::Visit(action) => action,
            Self::WaitForSql(action) => action,
            Self::WriteCapture(action) => action.as_ref(),
        }
    }

    /// What a check does for which no action is written: nothing.
    pub fn recall() -> Self {
        Self::Recall(recall::Recall {})
    }

    /// The name of the connection that its statements run on.
    pub fn on(&self) -> Option<&str> {
        match self {
            Self::DataPump(action) => Some(&action.on),
            Self::KeepTexts(action) => Some(&action.on),
            Self::Plsql(action) => Some(&action.on),
            Self::ProveGuard(action) => Some(&action.on),
            Self::Manual(action) => action.verify.as_ref().and_then(|verify| verify.run.on()),
            Self::Query(action) => Some(&action.on),
            Self::RunScript(action) => Some(&action.on),
            Self::Visit(action) => action.on.as_deref(),
            Self::WaitForSql(action) => Some(&action.on),
            _ => None,
        }
    }

    /// The kind and the arguments.
    pub fn parts(&self) -> (String, Value) {
        let tagged = serde_json::to_value(self).unwrap_or(Value::Null);
        let single = tagged.as_object().and_then(|map| map.iter().next());
        single.map_or_else(|| (String::new(), Value::Null), |(kind, args)| (kind.clone(), args.clone()))
    }

    /// The action of this kind with these arguments.
    ///
    /// # Errors
    /// A kind that is not known, or arguments that do not fit it.
    pub fn from_parts(kind: &str, args: &Value) -> Result<Self, ActionError> {
        let tagged = Value::Object(Map::from_iter([(kind.to_owned(), args.clone())]));
        serde_json::from_value(tagged).map_err(|e| ActionError::invalid(format!("{kind}: {e}")))
    }
}

/// Makes actions for the engine.
#[derive(Clone, Copy, Debug)]
pub struct Actions;

impl Registry for Actions {
    fn bind(&self, kind: &str, args: &Value) -> Result<Box<dyn Action>, ActionError> {
        Ok(match AnyAction::from_parts(kind, args)? {
            AnyAction::AwaitDatabase(action) => Box::new(action),
            AnyAction::BackupDatabase(action) => Box::new(action),
            AnyAction::CheckAddresses(action) => action,
            AnyAction::CheckPasswords(action) => Box::new(action),
            AnyAction::CloneDatabase(action) => action,
            AnyAction::CompareCaptures(action) => Box::new(action),
            AnyAction::CreateDatabase(action) => action,
            AnyAction::CreateDatabaseToolsConnection(action) => action,
            AnyAction::DataPump(action) => action,
            AnyAction::DeleteDatabaseToolsConnection(action) => Box::new(action),
            AnyAction::Demand(action) => Box::new(action),
            AnyAction::DescribeBucket(action) => Box::new(action),
            AnyAction::DescribeDatabase(action) => Box::new(action),
            AnyAction::DescribeSubnet(action) => Box::new(action),
            AnyAction::FetchWallet(action) => action,
            AnyAction::DumpSet(action) => action,
            AnyAction::GenerateSecret(action) => Box::new(action),
            AnyAction::InspectWallet(action) => Box::new(action),
            AnyAction::GetObject(action) => Box::new(action),
            AnyAction::KeepTexts(action) => action,
            AnyAction::ListObjects(action) => Box::new(action),
            AnyAction::Manual(action) => Box::new(action),
            AnyAction::Plsql(action) => Box::new(action),
            AnyAction::PrepareBucket(action) => action,
            AnyAction::PowerDatabase(action) => Box::new(action),
            AnyAction::ProveGuard(action) => Box::new(action),
            AnyAction::PutObject(action) => Box::new(action),
            AnyAction::Query(action) => Box::new(action),
            AnyAction::ReadCapture(action) => action,
            AnyAction::Recall(action) => Box::new(action),
            AnyAction::ReplicateBucket(action) => Box::new(action),
            AnyAction::RunScript(action) => Box::new(action),
            AnyAction::SetAdminPassword(action) => Box::new(action),
            AnyAction::TagDatabase(action) => Box::new(action),
            AnyAction::TerminateDatabase(action) => Box::new(action),
            AnyAction::UpdateDatabase(action) => Box::new(action),
            AnyAction::UpdateDatabaseToolsConnection(action) => action,
            AnyAction::Visit(action) => Box::new(action),
            AnyAction::WaitForSql(action) => Box::new(action),
            AnyAction::WriteCapture(action) => action,
        })
    }
}
