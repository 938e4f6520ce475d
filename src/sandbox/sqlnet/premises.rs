//! The sandbox as the listener sees it: its databases by their services, and the faults asked for.

use std::sync::Arc;

use super::house::{House, Open, REFUSED, UNKNOWN_SERVICE};
use crate::model::clock;
use crate::sandbox::database::{self, State};
use crate::sandbox::dispatch::Shared;
use crate::sandbox::faults::{self, Action};
use crate::sandbox::sql::watch;

/// The databases behind one port: all of them, or one.
#[derive(Debug)]
pub(crate) struct Premises {
    shared: Arc<Shared>,
    only: Option<String>,
    /// Nobody is let in: the database demands what a client cannot show here.
    barred: bool,
}

impl Premises {
    /// All databases of the sandbox.
    pub(crate) fn all(shared: Arc<Shared>) -> Self {
        Self { shared, only: None, barred: false }
    }

    /// The database of one TLS endpoint; `barred` where its listener refuses everybody.
    pub(crate) fn of(shared: Arc<Shared>, ocid: String, barred: bool) -> Self {
        Self { shared, only: Some(ocid), barred }
    }
}

impl House for Premises {
    fn find(&self, service: &str) -> Result<Open, u32> {
        let Some(backend) = self.shared.backend.clone() else { return Err(UNKNOWN_SERVICE) };
        let mut world = self.shared.world();
        database::settle(&mut world, clock::now());
        let found = world.tables.databases.values().find(|row| {
            row.exists()
                && self.only.as_ref().is_none_or(|ocid| *ocid == row.id)
                && database::service_names(row).any(|name| name == service)
        });
        let row = found.ok_or(UNKNOWN_SERVICE)?;
        if self.barred {
            return Err(REFUSED);
        }
        if !row.state.is_open() {
            let stopped = matches!(row.state, State::Stopped | State::Stopping);
            return Err(if stopped { REFUSED } else { UNKNOWN_SERVICE });
        }
        Ok(Open {
            database: database::identity(&world, row),
            read_only: row.flag("isRefreshableClone") || row.text("openMode") == Some("READ_ONLY"),
            backend,
            watch: watch(self.shared.audit.clone(), row.id.clone(), None),
        })
    }

    fn is_open(&self, ocid: &str) -> bool {
        let mut world = self.shared.world();
        database::settle(&mut world, clock::now());
        world.tables.databases.get(ocid).is_some_and(|row| row.state.is_open())
    }

    fn faults(&self, method: &str, path: &str) -> Vec<Action> {
        faults::take_for_session(&mut self.shared.world(), method, path)
    }
}
