//! A session as the rest of the program sees it: statements with a limit, which can be broken off.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::block::{self, Ready};
use super::bridge::Bridge;
use super::failure::{self, Trouble};
use super::fetch::Portion;
use super::pieces::Piece;
use super::worker::{Job, Worker};
use crate::db::driver::Session;
use crate::db::driver::long::{LongFailure, LongValue, Pieces};
use crate::db::driver::rows::{self, Rows};
use crate::db::driver::sqlnet::ending::{self, BROKEN_OFF, Enough};
use crate::db::driver::sqlnet::text::Kind;
use crate::db::error::DbError;
use crate::model::act::{Reply, SqlCall};
use crate::model::clock;

/// How long the server may take to break a statement off; then the connection is cut.
const BREAK_GRACE: Duration = Duration::from_secs(5);
/// How long an answer is looked out for before the thread goes to sleep: a near server answers sooner than it is woken.
const AWAKE: Duration = Duration::from_micros(200);
/// So many pieces of a value, or portions of rows, wait for their taker.
const AHEAD: usize = 2;
/// How long a logoff may take.
const LOGOFF_GRACE: Duration = Duration::from_secs(2);

/// A session over the thin driver.
#[derive(Debug)]
pub(super) struct ThinSession {
    what: String,
    worker: Worker,
    bridge: Bridge,
    /// Why there is no session any more.
    over: Option<String>,
}

impl ThinSession {
    /// A session that is logged on.
    pub(super) fn new(what: String, worker: Worker, bridge: Bridge) -> Self {
        Self { what, worker, bridge, over: None }
    }

    async fn run(&mut self, call: &SqlCall, cancel: &CancellationToken) -> Result<Reply, DbError> {
        let ready = self.ready(call, cancel)?;
        let before = ready.before;
        let (tell, mut answer) = oneshot::channel();
        self.give(Job::Statement { ready, binds: call.binds.clone(), answer: tell })?;
        awake_until(|| !answer.is_empty());
        let enough = tokio::select! {
            answered = &mut answer => {
                return self.settle(answered.ok(), call, before).map(|value| Reply { value, ..Reply::default() });
            }
            () = cancel.cancelled() => Enough::Cancelled,
            () = tokio::time::sleep(limit(call)) => Enough::Late(limit(call).as_secs()),
        };
        let value = self.break_off(enough, answer, call, before).await?;
        Ok(Reply { value, ..Reply::default() })
    }

    async fn value(
        &mut self,
        call: &SqlCall,
        pieces: &mut dyn Pieces,
        cancel: &CancellationToken,
    ) -> Result<LongValue, LongFailure> {
        let ready = self.ready(call, cancel)?;
        let before = ready.before;
        let (tell, answer) = oneshot::channel();
        let (give, given) = mpsc::channel(AHEAD);
        self.give(Job::Value { ready, size: pieces.size(), pieces: give, answer: tell })?;
        let take = |piece| {
            match piece {
                Piece::Bytes(bytes) => pieces.take(&bytes)?,
                Piece::Again => pieces.again()?,
            }
            Ok(ControlFlow::Continue(()))
        };
        self.take(call, before, given, answer, take, cancel).await
    }

    async fn rows_of(
        &mut self,
        call: &SqlCall,
        taker: &mut dyn Rows,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, LongFailure> {
        let ready = self.ready(call, cancel)?;
        if ready.kind != Kind::Query {
            let mut reply = self.run(call, cancel).await?;
            return rows::of_answer(&mut reply.value, taker);
        }
        let before = ready.before;
        let (tell, answer) = oneshot::channel();
        let (give, given) = mpsc::channel(AHEAD);
        self.give(Job::Rows { ready, portions: give, answer: tell })?;
        let take = |portion: Portion| {
            if let Some(columns) = portion.columns {
                taker.columns(columns)?;
            }
            if portion.rows.is_empty() { Ok(ControlFlow::Continue(())) } else { taker.take(portion.rows) }
        };
        self.take(call, before, given, answer, take, cancel).await?;
        Ok(Vec::new())
    }

    /// Takes what the thread gives before it answers, until that is enough. The limit counts for the first of it, and for
    /// each one after it.
    async fn take<P, T>(
        &mut self,
        call: &SqlCall,
        before: usize,
        mut given: mpsc::Receiver<P>,
        mut answer: oneshot::Receiver<Result<T, Trouble>>,
        mut take: impl FnMut(P) -> io::Result<ControlFlow<()>>,
        cancel: &CancellationToken,
    ) -> Result<T, LongFailure> {
        let enough = loop {
            awake_until(|| !given.is_empty() || given.is_closed());
            let one = tokio::select! {
                one = given.recv() => one,
                () = cancel.cancelled() => break Enough::Cancelled,
                () = tokio::time::sleep(limit(call)) => break Enough::Late(limit(call).as_secs()),
            };
            let Some(one) = one else {
                return Ok(self.settle(answer.await.ok(), call, before)?);
            };
            let taken = take(one);
            if matches!(taken, Ok(ControlFlow::Continue(()))) {
                continue;
            }
            // The thread ends with the next one that nobody takes.
            given.close();
            let ended = tokio::time::timeout(limit(call), &mut answer).await;
            match (taken, ended) {
                (Ok(_), Ok(answered)) => return Ok(self.settle(answered.ok(), call, before)?),
                (Err(error), Ok(_)) => return Err(LongFailure::Taker(error)),
                (Err(error), Err(_)) => {
                    self.over = Some("it was left in the middle of an answer".to_owned());
                    self.bridge.cut();
                    return Err(LongFailure::Taker(error));
                }
                (Ok(_), Err(_)) => break Enough::Late(limit(call).as_secs()),
            }
        };
        given.close();
        Ok(self.break_off(enough, answer, call, before).await?)
    }

    /// What is to be sent, if there is a session to send it.
    fn ready(&self, call: &SqlCall, cancel: &CancellationToken) -> Result<Ready, DbError> {
        if let Some(why) = &self.over {
            return Err(ending::gone(&self.what, why));
        }
        let ready = block::ready(call)?;
        if cancel.is_cancelled() {
            return Err(Enough::Cancelled.broken_off(&self.what, true));
        }
        Ok(ready)
    }

    fn give(&mut self, job: Job) -> Result<(), DbError> {
        if self.worker.give(job) {
            return Ok(());
        }
        self.over = Some("its thread ended".to_owned());
        Err(ending::lost(&self.what))
    }

    /// Asks the server to break off, and takes what it says to that.
    async fn break_off<T>(
        &mut self,
        enough: Enough,
        mut answer: oneshot::Receiver<Result<T, Trouble>>,
        call: &SqlCall,
        before: usize,
    ) -> Result<T, DbError> {
        self.bridge.interrupt();
        let in_time = tokio::time::timeout(BREAK_GRACE, &mut answer).await;
        let answered = if let Ok(answered) = in_time {
            answered.ok()
        } else {
            self.bridge.cut();
            // The thread is not blocked any more; its answer is the end of the connection.
            answer.await.ok()
        };
        self.settle_broken(enough, answered, call, before)
    }

    /// The answer of a statement that came in time.
    fn settle<T>(
        &mut self,
        answered: Option<Result<T, Trouble>>,
        call: &SqlCall,
        before: usize,
    ) -> Result<T, DbError> {
        match answered {
            Some(Ok(value)) => Ok(value),
            Some(Err(trouble)) => {
                let mut error = trouble.of_statement(&self.what, &call.text, before);
                if failure::ends_session(&error, &trouble) {
                    self.over = Some(error.to_string());
                    self.bridge.cut();
                    error.not_sent = false;
                }
                Err(error)
            }
            None => {
                self.over = Some("the driver broke".to_owned());
                self.bridge.cut();
                Err(ending::lost(&self.what).because("the driver broke while it executed the statement"))
            }
        }
    }

    /// The answer of a statement that was to be broken off. If it is any other than that, the request to break off may
    /// still be on its way, and would hit the next statement: there must be none.
    fn settle_broken<T>(
        &mut self,
        enough: Enough,
        answered: Option<Result<T, Trouble>>,
        call: &SqlCall,
        before: usize,
    ) -> Result<T, DbError> {
        let outcome = self.settle(answered, call, before);
        let clean =
            outcome.as_ref().is_err_and(|error: &DbError| error.codes.iter().any(|code| code == BROKEN_OFF));
        if clean {
            return Err(enough.broken_off(&self.what, false));
        }
        self.over
            .get_or_insert_with(|| "a statement was broken off while its answer was on the way".to_owned());
        self.bridge.cut();
        match outcome {
            // It came to its end after all, and is committed.
            Ok(value) => Ok(value),
            Err(error) if error.codes.is_empty() => Err(enough.broken_off(&self.what, false).because(error)),
            Err(error) => Err(error),
        }
    }
}

/// Does not go to sleep for a moment, unless what is waited for is there before.
fn awake_until(there: impl Fn() -> bool) {
    let begun = clock::instant();
    while !there() && begun.elapsed() < AWAKE {
        std::thread::yield_now();
    }
}

fn limit(call: &SqlCall) -> Duration {
    Duration::from_secs(call.limit_seconds.max(1))
}

impl Session for ThinSession {
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

    fn long_value<'a>(
        &'a mut self,
        call: &'a SqlCall,
        pieces: &'a mut dyn Pieces,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<LongValue, LongFailure>> {
        Box::pin(self.value(call, pieces, cancel))
    }

    fn rows<'a>(
        &'a mut self,
        call: &'a SqlCall,
        taker: &'a mut dyn Rows,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Vec<String>, LongFailure>> {
        Box::pin(self.rows_of(call, taker, cancel))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let Self { worker, bridge, .. } = *self;
            // A server that does not say goodbye loses the connection with the bridge.
            tokio::time::timeout(LOGOFF_GRACE, worker.end()).await.ok();
            drop(bridge);
        })
    }
}
