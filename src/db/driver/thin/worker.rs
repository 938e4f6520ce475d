//! The thread of a session: the only place where the driver is called.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, TryRecvError};
use std::time::Duration;

use oracledb::{Config, Connection, Cursor, DB_TYPE_CLOB, DB_TYPE_VARCHAR, Lob, Row};
use serde_json::{Map, Value};
use tokio::sync::{mpsc as channel, oneshot};

use super::block::{ROWS, Ready};
use super::failure::Trouble;
use super::fetch::{self, Portion};
use super::pieces::{self, Given, Piece};
use super::values;
use crate::db::driver::long::LongValue;
use crate::db::driver::sqlnet::answer::{Answer, ENABLE_OUTPUT, TAKE_OUTPUT, lines};
use crate::db::driver::sqlnet::number;
use crate::db::driver::sqlnet::text::{Kind, locks};
use crate::model::act::{Bind, BindKind, Direction};
use crate::model::clock;

/// How long the thread stays awake for the next statement: a script or a loop has it ready at once.
const AWAKE: Duration = Duration::from_micros(100);
/// Rows fetched at once.
const PORTION: u32 = 1000;

/// What a session is opened with.
pub(super) struct Opening {
    /// The driver's own part.
    pub(super) config: Config,
    /// The run, shown as the session's client identifier.
    pub(super) run: Option<String>,
    /// The step, shown as its action.
    pub(super) step: Option<String>,
}

/// One statement for the thread, and where its answer goes.
pub(super) enum Job {
    /// With its binds as the call names them.
    Statement { ready: Ready, binds: Vec<Bind>, answer: oneshot::Sender<Result<Value, Trouble>> },
    /// A query whose rows go in portions before the answer comes.
    Rows { ready: Ready, portions: channel::Sender<Portion>, answer: oneshot::Sender<Result<(), Trouble>> },
    /// A query of one value, which goes in pieces of at most so many units before the answer comes.
    Value {
        ready: Ready,
        size: usize,
        pieces: channel::Sender<Piece>,
        answer: oneshot::Sender<Result<LongValue, Trouble>>,
    },
}

/// The session's side of the thread. The thread logs off and ends when it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
    ended: oneshot::Receiver<()>,
}

type Opened = oneshot::Receiver<Result<(), oracledb::Error>>;

impl Worker {
    /// Starts a thread that logs on.
    ///
    /// # Errors
    /// The system has no thread.
    pub(super) fn start(opening: Opening) -> std::io::Result<(Self, Opened)> {
        let (jobs, inbox) = mpsc::channel();
        let (tell_opened, opened) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        std::thread::Builder::new().name("thin".to_owned()).spawn(move || {
            work(opening, tell_opened, &inbox);
            // Nobody waits for it where the session was dropped.
            tell_ended.send(()).ok();
        })?;
        Ok((Self { jobs, ended }, opened))
    }

    /// Gives the thread a statement; false if it has ended.
    pub(super) fn give(&self, job: Job) -> bool {
        self.jobs.send(job).is_ok()
    }

    /// Waits until the thread has logged off.
    pub(super) async fn end(self) {
        drop(self.jobs);
        self.ended.await.ok();
    }
}

fn work(opening: Opening, opened: oneshot::Sender<Result<(), oracledb::Error>>, inbox: &mpsc::Receiver<Job>) {
    let connection = match oracledb::connect(opening.config) {
        Ok(connection) => connection,
        Err(error) => {
            opened.send(Err(error)).ok();
            return;
        }
    };
    // These travel with the first statement.
    let named = connection
        .set_module("adbctl")
        .and_then(|()| connection.set_action(opening.step.as_deref().unwrap_or_default()))
        .and_then(|()| match &opening.run {
            Some(run) => connection.set_client_identifier(run),
            None => Ok(()),
        });
    if opened.send(named).is_err() {
        return;
    }
    let mut desk = Desk { connection, prints: false };
    while let Some(job) = next(inbox) {
        // A session that was dropped in the middle of a call has no use for its answer.
        let heard = match job {
            Job::Statement { ready, binds, answer } => answer.send(desk.execute(&ready, &binds)).is_ok(),
            Job::Rows { ready, portions, answer } => {
                // Who wants no more of them has dropped the other end.
                let outcome = desk.rows(&ready, |portion| match portions.blocking_send(portion) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                });
                // The end of the portions is how the session knows that the answer is there.
                let told = answer.send(outcome).is_ok();
                drop(portions);
                told
            }
            Job::Value { ready, size, pieces, answer } => {
                let outcome = pieces::read(&desk.connection, &ready, &mut Given { to: &pieces, size });
                // The end of the pieces is how the session knows that the answer is there.
                let told = answer.send(outcome).is_ok();
                drop(pieces);
                told
            }
        };
        if !heard {
            return;
        }
    }
}

/// The next statement; nothing at the session's end.
fn next(inbox: &mpsc::Receiver<Job>) -> Option<Job> {
    let begun = clock::instant();
    while begun.elapsed() < AWAKE {
        match inbox.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Empty) => std::thread::yield_now(),
            Err(TryRecvError::Disconnected) => return None,
        }
    }
    inbox.recv().ok()
}

struct Desk {
    connection: Connection,
    /// Whether the session keeps what is printed.
    prints: bool,
}

impl Desk {
    fn query(&self, ready: &Ready, named: &[(&str, &dyn oracledb::ToDbValue)]) -> Result<Cursor, Trouble> {
        let statement =
            self.connection.statement(&ready.text)?.prefetch_rows(PORTION).fetch_array_size(PORTION);
        Ok(statement.build()?.query_named(named)?)
    }

    fn end_query(&self, ready: &Ready) -> Result<(), Trouble> {
        if locks(&ready.text) {
            self.connection.commit()?;
        }
        Ok(())
    }

    /// A plain query, portion by portion.
    fn rows(&self, ready: &Ready, give: impl FnMut(Portion) -> ControlFlow<()>) -> Result<(), Trouble> {
        fetch::portions(self.query(ready, &ready.named())?, give)?;
        self.end_query(ready)
    }

    fn execute(&mut self, ready: &Ready, binds: &[Bind]) -> Result<Value, Trouble> {
        let named = ready.named();
        if ready.kind == Kind::Query {
            let answer = fetch::all(self.query(ready, &named)?)?;
            self.end_query(ready)?;
            return Ok(answer.into_value(Map::new(), &[], 0));
        }
        let speaks = matches!(ready.kind, Kind::Block | Kind::Change);
        if speaks && !self.prints {
            self.connection.execute(ENABLE_OUTPUT, &[])?;
            self.prints = true;
        }
        let statement = self.connection.statement(&ready.text)?;
        let statement = if ready.by_cursor { statement.fetch_lobs() } else { statement };
        let mut done = statement.build()?.execute_named(&named)?;
        let mut affected = if ready.kind == Kind::Change { done.rows_affected() } else { 0 };
        let mut out = done.out_bind_data();
        let mut found = Map::new();
        for bind in binds.iter().filter(|bind| bind.direction != Direction::In) {
            found.insert(bind.name.clone(), value_of(&mut out, bind)?);
        }
        if let Some(counted) = &ready.counted {
            affected = out.get::<Option<u64>>(counted.as_str())?.unwrap_or(0);
        }
        let answer = if ready.by_cursor { fetch::all(out.take::<Cursor>(ROWS)?)? } else { Answer::default() };
        if !speaks {
            return Ok(answer.into_value(found, &[], affected));
        }
        self.connection.commit()?;
        let output = self.output()?;
        Ok(answer.into_value(found, &output, affected))
    }

    /// What was printed, line by line. Little of it comes with the answer, much as a CLOB.
    fn output(&self) -> Result<Vec<String>, Trouble> {
        let mut done = self
            .connection
            .execute_named(TAKE_OUTPUT, &[("few", &DB_TYPE_VARCHAR), ("many", &DB_TYPE_CLOB)])?;
        let mut out = done.out_bind_data();
        let text = match out.take::<Option<Lob>>("MANY")? {
            Some(many) => values::long_text(many)?,
            None => out.take::<Option<String>>("FEW")?.unwrap_or_default(),
        };
        lines(&text).ok_or_else(|| Trouble::Unread("what the statement printed".to_owned()))
    }
}

fn value_of(out: &mut Row, bind: &Bind) -> Result<Value, Trouble> {
    let name = bind.name.as_str();
    let text = match bind.kind {
        BindKind::Number => {
            let found = out.get::<Option<oracledb::OracleNumber>>(name)?;
            return Ok(found.map_or(Value::Null, |number| number::to_json(number.to_string())));
        }
        BindKind::Varchar2 => out.take::<Option<String>>(name)?,
        BindKind::Clob => out.take::<Option<Lob>>(name)?.map(values::long_text).transpose()?,
    };
    Ok(text.filter(|text| !text.is_empty()).map_or(Value::Null, Value::String))
}
