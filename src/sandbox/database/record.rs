//! What is kept of a database.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sandbox::oracle::ApexVersion;
use crate::sandbox::wallet::WalletKeys;

/// Where a database is in its life. The service knows more names; these are the ones the sandbox reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum State {
    Provisioning,
    Available,
    Updating,
    ScaleInProgress,
    Starting,
    Stopping,
    Stopped,
    Restarting,
    Terminating,
    Terminated,
    BackupInProgress,
    RestoreInProgress,
}

impl State {
    /// The state as the service writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Available => "AVAILABLE",
            Self::Updating => "UPDATING",
            Self::ScaleInProgress => "SCALE_IN_PROGRESS",
            Self::Starting => "STARTING",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
            Self::Restarting => "RESTARTING",
            Self::Terminating => "TERMINATING",
            Self::Terminated => "TERMINATED",
            Self::BackupInProgress => "BACKUP_IN_PROGRESS",
            Self::RestoreInProgress => "RESTORE_IN_PROGRESS",
        }
    }

    /// Whether sessions can be opened. Changes of settings do not close a database.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Available | Self::Updating | Self::ScaleInProgress | Self::BackupInProgress)
    }
}

/// What happens to a database when its present work is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) until: Timestamp,
    pub(crate) then: State,
    pub(crate) work_request: String,
    /// Fields that take their new values at the end.
    pub(crate) changes: Map<String, Value>,
    /// The work fails at its end, with this code and sentence.
    pub(crate) failure: Option<(String, String)>,
}

/// One password ADMIN had, for the rules on reuse.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AdminPassword {
    pub(crate) at: Timestamp,
    pub(crate) sha256: String,
}

/// A database as the control plane keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Database {
    pub(crate) id: String,
    /// The prefix of its services and addresses; a new database has a new one.
    pub(crate) unique: String,
    /// The fields that a client sets and reads back, by their names in the API.
    pub(crate) fields: Map<String, Value>,
    /// The release of APEX in it.
    #[serde(default)]
    pub(crate) apex: ApexVersion,
    pub(crate) state: State,
    pub(crate) details: Option<String>,
    /// Counts the changes; the etag is made of it.
    pub(crate) version: u64,
    pub(crate) created: Timestamp,
    pub(crate) pending: Option<Pending>,
    /// Newest last.
    pub(crate) passwords: Vec<AdminPassword>,
    /// The newest password itself. A sandbox shows it in `sandbox.json`; nothing else has it.
    pub(crate) admin_password: Option<String>,
    /// The database may not have been told of the newest password yet.
    #[serde(default)]
    pub(crate) password_untold: bool,
    pub(crate) wallet: WalletKeys,
    /// The loopback port of its TLS endpoint, 0 until it has one.
    pub(crate) tls_port: u16,
    /// The loopback port of TLS without a client's certificate, 0 until it has one.
    #[serde(default)]
    pub(crate) one_way_port: u16,
    pub(crate) last_refresh: Option<Timestamp>,
    /// When a terminated database leaves the list.
    pub(crate) forget_at: Option<Timestamp>,
}

impl Database {
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn name(&self) -> &str {
        self.text("dbName").unwrap_or_default()
    }

    pub(crate) fn compartment(&self) -> &str {
        self.text("compartmentId").unwrap_or_default()
    }

    pub(crate) fn etag(&self) -> String {
        format!("{}-{}", self.unique, self.version)
    }

    pub(crate) fn exists(&self) -> bool {
        self.state != State::Terminated
    }

    pub(crate) fn is_private(&self) -> bool {
        self.text("subnetId").is_some_and(|subnet| !subnet.is_empty())
    }

    /// The value a field will have when the present work is over, for the rules on names and addresses.
    pub(crate) fn future_text(&self, field: &str) -> Option<&str> {
        self.pending
            .as_ref()
            .and_then(|pending| pending.changes.get(field))
            .and_then(Value::as_str)
            .or_else(|| self.text(field))
    }
}
