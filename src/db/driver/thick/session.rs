//! A session as the rest of the program sees it: statements with a limit, which can be broken off.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use oracle::Connection;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::binds;
use super::failure::Fault;
use super::files::Files;
use super::worker::{Job, Worker};
use crate::db::driver::Session;
use crate::db::driver::sqlnet::ending::{self, BROKEN_OFF, Enough};
use crate::db::error::DbError;
use crate::model::act::{Reply, SqlCall};

/// How long the server may take to break a statement off; then its answer is not waited for any more.
const BREAK_GRACE: Duration = Duration::from_secs(5);
/// How long a logoff may take.
const LOGOFF_GRACE: Duration = Duration::from_secs(2);

/// A session over Oracle's library.
pub(super) struct ThickSession {
    what: String,
    worker: Worker,
    connection: Arc<Connection>,
    /// The wallet's files, which go with the session.
    files: Files,
    /// Why there is no session any more.
    over: Option<String>,
}

impl ThickSession {
    /// A session that is logged on.
    pub(super) fn new(what: String, worker: Worker, connection: Arc<Connection>, files: Files) -> Self {
        Self { what, worker, connection, files, over: None }
    }

    async fn run(&mut self, call: &SqlCall, cancel: &CancellationToken) -> Result<Reply, DbError> {
        if let Some(why) = &self.over {
            return Err(ending::gone(&self.what, why));
        }
        let ready = binds::ready(call)?;
        if cancel.is_cancelled() {
            return Err(Enough::Cancelled.broken_off(&self.what, true));
        }
        let before = ready.before;
        let seconds = call.limit_seconds.max(1);
        let limit = Duration::from_secs(seconds);
        let (tell, mut answer) = oneshot::channel();
        if !self.worker.give(Job { ready, binds: call.binds.clone(), limit, answer: tell }) {
            self.over = Some("its thread ended".to_owned());
            return Err(ending::lost(&self.what));
        }
        let enough = tokio::select! {
            answered = &mut answer => return self.settle(answered.ok(), call, before),
            () = cancel.cancelled() => Enough::Cancelled,
            () = tokio::time::sleep(limit) => Enough::Late(seconds),
        };
        self.interrupt();
        let Ok(answered) = tokio::time::timeout(BREAK_GRACE, &mut answer).await else {
            // The thread stays with the call until the library gives up; nobody waits for it.
            self.over = Some("a statement could not be broken off".to_owned());
            return Err(enough
                .broken_off(&self.what, false)
                .because(format!("the server did not break it off within {} s", BREAK_GRACE.as_secs())));
        };
        self.settle_broken(enough, answered.ok(), call, before)
    }

    /// Asks the library to break off. It may have to wait for the network, so that it has a thread of its own.
    fn interrupt(&self) {
        let connection = Arc::clone(&self.connection);
        let asked = std::thread::Builder::new().name("thick break".to_owned()).spawn(move || {
            if let Err(error) = connection.break_execution() {
                tracing::debug!(%error, "the statement was not broken off");
            }
        });
        if let Err(error) = asked {
            tracing::debug!(%error, "there is no thread to break the statement off");
        }
    }

    /// The answer of a statement that came in time.
    fn settle(
        &mut self,
        answered: Option<Result<Value, Fault>>,
        call: &SqlCall,
        before: usize,
    ) -> Result<Reply, DbError> {
        match answered {
            Some(Ok(value)) => Ok(Reply { value, ..Reply::default() }),
            Some(Err(fault)) => {
                let mut error = fault.of_statement(&self.what, &call.text, before);
                if fault.ends_session(&error) {
                    self.over = Some(error.to_string());
                    error.not_sent = false;
                }
                Err(error)
            }
            None => {
                self.over = Some("the driver broke".to_owned());
                Err(ending::lost(&self.what).because("the driver broke while it executed the statement"))
            }
        }
    }

    /// The answer of a statement that was to be broken off. If it is any other than that, the request to break off may
    /// still be on its way, and would hit the next statement: there must be none.
    fn settle_broken(
        &mut self,
        enough: Enough,
        answered: Option<Result<Value, Fault>>,
        call: &SqlCall,
        before: usize,
    ) -> Result<Reply, DbError> {
        let outcome = self.settle(answered, call, before);
        if outcome.as_ref().is_err_and(|error| error.codes.iter().any(|code| code == BROKEN_OFF)) {
            return Err(enough.broken_off(&self.what, false));
        }
        self.over
            .get_or_insert_with(|| "a statement was broken off while its answer was on the way".to_owned());
        match outcome {
            // It came to its end after all, and is committed.
            Ok(reply) => Ok(reply),
            Err(error) if error.codes.is_empty() => Err(enough.broken_off(&self.what, false).because(error)),
            Err(error) => Err(error),
        }
    }
}

impl Session for ThickSession {
    fn keeps_state(&self) -> bool {
        true
    }

    fn execute<'a>(
        &'a mut self,
        call: &'a SqlCall,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, DbError>> {
        Box::pin(self.run(call, cancel))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let Self { worker, files, .. } = *self;
            tokio::time::timeout(LOGOFF_GRACE, worker.end()).await.ok();
            drop(files);
        })
    }
}
