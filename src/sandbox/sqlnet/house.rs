//! What the listener asks of the sandbox around it.

use std::fmt::Debug;
use std::sync::Arc;

use crate::sandbox::engine::Identity;
use crate::sandbox::faults::Action;
use crate::sandbox::sql::{Backend, Watch};

/// Errors of the listener.
pub(super) const UNKNOWN_SERVICE: u32 = 12514;
pub(super) const UNKNOWN_SID: u32 = 12505;
pub(super) const REFUSED: u32 = 12506;

/// A database that takes connections.
pub(crate) struct Open {
    pub(crate) database: Identity,
    /// Nothing may be changed in it.
    pub(crate) read_only: bool,
    pub(crate) backend: Arc<dyn Backend>,
    /// Is told of each statement.
    pub(crate) watch: Watch,
}

/// The sandbox, as the listener sees it.
pub(crate) trait House: Debug + Send + Sync {
    /// The database with a service, or the listener's error.
    fn find(&self, service: &str) -> Result<Open, u32>;

    /// Whether a database still takes calls of the sessions that it has.
    fn is_open(&self, ocid: &str) -> bool;

    /// What goes wrong with a connection (`CONNECT`) or a call (`CALL`), because somebody asked for it.
    fn faults(&self, method: &str, path: &str) -> Vec<Action>;
}
