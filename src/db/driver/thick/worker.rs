//! The thread of a session, where Oracle's library is called; only breaking off is asked for from outside.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use oracle::sql_type::ToSql;
use oracle::{Connection, Connector, ResultSet, Row, Statement};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::binds::Ready;
use super::failure::Fault;
use super::values;
use crate::db::driver::sqlnet::answer::{Answer, ENABLE_OUTPUT, TAKE_OUTPUT, lines};
use crate::db::driver::sqlnet::forms::text;
use crate::db::driver::sqlnet::number;
use crate::db::driver::sqlnet::text::{Kind, locks};
use crate::model::Secret;
use crate::model::act::{Bind, BindKind, Direction};

/// Rows fetched at once.
const PORTION: u32 = 1000;
/// So much longer than its limit a call may take until the library itself gives up: by then it was asked to break off.
const BEYOND: Duration = Duration::from_secs(15);

/// What a session is opened with.
pub(super) struct Opening {
    /// The user.
    pub(super) user: String,
    /// Their password.
    pub(super) password: Secret,
    /// A descriptor, or an alias of the library's own `tnsnames.ora`.
    pub(super) address: String,
    /// The run, shown as the session's client identifier.
    pub(super) run: Option<String>,
    /// The step, shown as its action.
    pub(super) step: Option<String>,
}

/// One statement for the thread.
pub(super) struct Job {
    /// The statement.
    pub(super) ready: Ready,
    /// Its binds as the call names them.
    pub(super) binds: Vec<Bind>,
    /// How long it may take.
    pub(super) limit: Duration,
    /// Where the answer goes.
    pub(super) answer: oneshot::Sender<Result<Value, Fault>>,
}

/// The session's side of the thread. The thread logs off and ends when it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
    ended: oneshot::Receiver<()>,
}

type Opened = Result<Arc<Connection>, Fault>;

impl Worker {
    /// Starts a thread that logs on.
    ///
    /// # Errors
    /// The system has no thread.
    pub(super) fn start(opening: Opening) -> std::io::Result<(Self, oneshot::Receiver<Opened>)> {
        let (jobs, inbox) = mpsc::channel();
        let (tell_opened, opened) = oneshot::channel();
        let (tell_ended, ended) = oneshot::channel();
        std::thread::Builder::new().name("thick".to_owned()).spawn(move || {
            work(&opening, tell_opened, &inbox);
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

fn log_on(opening: &Opening) -> Result<Arc<Connection>, Fault> {
    let mut connector = Connector::new(&*opening.user, opening.password.reveal(), &*opening.address);
    let connection = connector.driver_name("adbctl : thick").connect()?;
    // These travel with the first statement.
    connection.set_module("adbctl")?;
    connection.set_action(opening.step.as_deref().unwrap_or_default())?;
    if let Some(run) = &opening.run {
        connection.set_client_identifier(run)?;
    }
    Ok(Arc::new(connection))
}

fn work(opening: &Opening, opened: oneshot::Sender<Opened>, inbox: &mpsc::Receiver<Job>) {
    let outcome = log_on(opening);
    let connection = outcome.as_ref().ok().map(Arc::clone);
    if let (Ok(()), Some(connection)) = (opened.send(outcome).map_err(drop), connection) {
        let mut desk = Desk { connection, prints: false };
        while let Ok(job) = inbox.recv() {
            let outcome = desk.execute(&job);
            // A session that was dropped in the middle of a call has no use for its answer.
            if job.answer.send(outcome).is_err() {
                break;
            }
        }
        if let Err(error) = desk.connection.close() {
            tracing::debug!(%error, "the logoff failed");
        }
    }
}

struct Desk {
    connection: Arc<Connection>,
    /// Whether the session keeps what is printed.
    prints: bool,
}

impl Desk {
    fn execute(&mut self, job: &Job) -> Result<Value, Fault> {
        let ready = &job.ready;
        // Libraries before 18c have no such limit, and are broken off all the same.
        if let Err(error) = self.connection.set_call_timeout(Some(job.limit + BEYOND)) {
            tracing::debug!(%error, "calls have no limit of the library's own");
        }
        let typed: Vec<_> =
            ready.binds.iter().map(|sent| (sent.name.as_str(), (&sent.value, &sent.of))).collect();
        let named: Vec<(&str, &dyn ToSql)> =
            typed.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect();
        if ready.kind == Kind::Query {
            let mut builder = self.connection.statement(&ready.text);
            let mut statement = builder.prefetch_rows(PORTION).fetch_array_size(PORTION).build()?;
            let answer = rows(statement.query_named(&named)?)?;
            if locks(&ready.text) {
                self.connection.commit()?;
            }
            return Ok(answer.into_value(Map::new(), &[], 0));
        }
        let speaks = matches!(ready.kind, Kind::Block | Kind::Change);
        if speaks && !self.prints {
            self.connection.execute(ENABLE_OUTPUT, &[])?;
            self.prints = true;
        }
        let mut statement = self.connection.statement(&ready.text).build()?;
        statement.execute_named(&named)?;
        let affected = if ready.kind == Kind::Change { statement.row_count()? } else { 0 };
        let mut found = Map::new();
        for bind in job.binds.iter().filter(|bind| bind.direction != Direction::In) {
            found.insert(bind.name.clone(), value_of(&statement, bind)?);
        }
        if !speaks {
            return Ok(Answer::default().into_value(found, &[], affected));
        }
        self.connection.commit()?;
        let output = self.output()?;
        Ok(Answer::default().into_value(found, &output, affected))
    }

    /// What was printed, line by line. Little of it comes as a text, much as a CLOB.
    fn output(&self) -> Result<Vec<String>, Fault> {
        use oracle::sql_type::OracleType::{CLOB, Varchar2};
        let statement =
            self.connection.execute_named(TAKE_OUTPUT, &[("few", &Varchar2(4000)), ("many", &CLOB)])?;
        let text = match statement.bind_value::<_, Option<String>>("many")? {
            Some(many) => many,
            None => statement.bind_value::<_, Option<String>>("few")?.unwrap_or_default(),
        };
        lines(&text).ok_or_else(|| Fault::unread("what the statement printed cannot be read".to_owned()))
    }
}

/// What came out of a bind. Of a statement that returns from several rows, it is the first.
fn value_of(statement: &Statement, bind: &Bind) -> Result<Value, Fault> {
    let name = bind.name.as_str();
    let found = if statement.is_returning() {
        statement.returned_values::<_, Option<String>>(name)?.into_iter().next().flatten()
    } else {
        statement.bind_value::<_, Option<String>>(name)?
    };
    Ok(match bind.kind {
        BindKind::Number => found.map_or(Value::Null, number::to_json),
        BindKind::Varchar2 | BindKind::Clob => text(found),
    })
}

fn rows(result: ResultSet<'_, Row>) -> Result<Answer, Fault> {
    let read = result.column_info().iter().map(values::column).collect::<Result<Vec<_>, Fault>>()?;
    let (columns, forms): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut found = Vec::new();
    for row in result {
        let row = row?;
        let one = forms.iter().enumerate().map(|(at, form)| values::value(&row, at, *form));
        found.push(one.collect::<Result<_, Fault>>()?);
    }
    Ok(Answer { rows: found, columns })
}
