//! `adbctl sql`, from the words to the exit code.

use std::io::ErrorKind;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::super::execute::{read_line, show_view, stop_asked};
use super::super::exit::{Exit, Failure};
use super::super::locate::{check_direction, locate, production};
use super::super::probe::connection;
use super::super::surroundings::Surroundings;
use super::failure::{Told, far_side, is_lost};
use super::rows::Shown;
use super::sending::{Desk, Sending, Way};
use super::show::{Display, Outcome};
use super::text::{given, named, read};
use super::value::{self, Target};
use crate::cli::{DriverName, OutputForm, RowForm, SqlArgs};
use crate::db::driver::long::LongFailure;
use crate::db::{DbError, Drivers, Session, SessionOptions, reveal};
use crate::model::act::{Bind, BindKind, Direction, Reply, Returns, SqlCall};
use crate::model::plan_view::{DatabaseView, PlanView, StepView};
use crate::model::{Ocid, RunId, SecretSource, StepId, clock, late};
use crate::settings::{DatabaseSettings, Driver, Role};
use crate::sql::{DONE_BIND, Did, Guard, Piece, PieceKind, Reach, Script, done_by};

/// How many statements a question lists.
const MOST_SHOWN: usize = 20;
/// How many rows of a query a table shows unless told otherwise.
const ROWS_OF_A_TABLE: usize = 1000;
/// The codes of a query that may be fine by itself, and not inside another: two columns of one name, a name that is too
/// long, a LONG.
pub(super) const NOT_INSIDE: [&str; 4] = ["ORA-00918", "ORA-00972", "ORA-00997", "ORA-00998"];

/// `adbctl sql DB`.
pub(in super::super) async fn sql(args: SqlArgs, around: Surroundings) -> Result<Exit, Failure> {
    let name = args.database.as_str();
    let settings = chosen(around.settings.database(name)?, args.driver);
    let script = read(&args)?;
    let given = given(&args, &script)?;
    let target = args.value_to.clone().map(|path| Target { path, replace: args.force });
    if let Some(target) = &target {
        target.check(&script)?;
    }
    let first_write = script.pieces.iter().position(|piece| piece.reach() == Reach::Writes);
    if let (Some(n), Role::Production) = (first_write, settings.role.value) {
        return Err(refused(name, &named(&script, n + 1, None)));
    }
    let (oci, secrets) = around.cloud().await?;
    let located = locate(&oci, &around.settings, name).await?;
    let mut denied = Vec::new();
    if first_write.is_some() {
        denied = production(&oci, &around.settings).await?;
        check_direction(None, &located, &around.settings, &denied)?;
    }
    let mut connection = connection(&located.facts(&settings));
    if connection.driver == Driver::Dbtools.word() && connection.address.is_null() {
        connection.address = super::tools::connection_to(&oci, name, &located.record).await?;
    }
    let run = RunId::new(clock::now());
    let step: StepId = "sql".parse().expect("a word");
    let denied: Vec<Ocid> = denied.iter().filter_map(|ocid| ocid.parse().ok()).collect();
    let guard = Guard::new(connection.ocid.clone(), denied, run.clone(), step.clone());
    let form = args.format.unwrap_or(match around.global.output {
        OutputForm::Text => RowForm::Table,
        OutputForm::Json => RowForm::Json,
    });
    let rows = match args.rows {
        // Another row is asked for, so a query that gives more than one is noticed.
        _ if target.is_some() => Some(1),
        Some(0) => None,
        Some(rows) => Some(rows),
        None => (form == RowForm::Table).then_some(ROWS_OF_A_TABLE),
    };
    let desk = Desk {
        script: &script,
        connection: &connection,
        guard: &guard,
        given: &given,
        rows,
        limit_seconds: args.limit_seconds,
    };
    let (sendings, warnings) = desk.sendings()?;
    for warning in &warnings {
        around.out.warning(warning);
    }
    if let Some(dry) = around.global.dry_run {
        let database = DatabaseView {
            part: "target".to_owned(),
            name: name.to_owned(),
            ocid: located.ocid().to_owned(),
            production: settings.role.value == Role::Production,
        };
        show_view(&shown(&script, &sendings, database, run, step), dry, None, &around.out)?;
        return Ok(Exit::Done);
    }
    confirm(name, &script, &around).await?;
    let options = SessionOptions { run: Some(run), step: Some(step), held: false };
    let cancel = CancellationToken::new();
    let drivers = Drivers::new(oci.http().clone(), Some(oci.clone()));
    let opened = drivers.open(&connection, secrets.as_ref(), &options).await;
    let mut session = opened.map_err(|error| Failure { exit: far_side(&error), ..error.into() })?;
    if let (Some(target), [sending]) = (&target, sendings.as_slice()) {
        let work = value::write(target, sending, &script, &mut *session, secrets.as_ref(), &around, &cancel);
        let ended = until_stopped(work, &cancel).await;
        session.close().await;
        return ended;
    }
    let display =
        Display { out: &around.out, form, script: &script, begun: false, cut: false, unended: false };
    let mut counter = Counter {
        session,
        secrets: secrets.as_ref(),
        cancel: cancel.clone(),
        script: &script,
        display,
        rows,
        counts_failures: args.go_on,
        tally: Tally::default(),
    };
    let ended = until_stopped(counter.serve(&sendings), &cancel).await;
    counter.display.close();
    counter.session.close().await;
    ended
}

/// The work to its end, which comes soon after somebody asks for it.
async fn until_stopped(
    work: impl Future<Output = Result<Exit, Failure>>,
    cancel: &CancellationToken,
) -> Result<Exit, Failure> {
    tokio::pin!(work);
    tokio::select! {
        ended = &mut work => ended,
        () = stop_asked() => {
            cancel.cancel();
            work.await
        }
    }
}

/// A call with its secrets and values filled in.
pub(super) async fn ready(call: &SqlCall, secrets: &dyn SecretSource) -> Result<SqlCall, DbError> {
    let mut ready = reveal(call, secrets).await?;
    for bind in &mut ready.binds {
        bind.value = late::unprotect(std::mem::take(&mut bind.value));
    }
    Ok(ready)
}

/// The settings with the driver that was asked for.
fn chosen(settings: &DatabaseSettings, driver: Option<DriverName>) -> DatabaseSettings {
    let mut settings = settings.clone();
    if let Some(driver) = driver {
        let driver = match driver {
            DriverName::Ords => Driver::Ords,
            DriverName::Thin => Driver::Thin,
            DriverName::Thick => Driver::Thick,
            DriverName::Dbtools => Driver::Dbtools,
        };
        let connect = &mut settings.connect;
        if connect.driver.value != driver {
            // A configured address is one for the configured driver.
            connect.address = None;
            connect.driver.value = driver;
        }
    }
    settings
}

fn refused(name: &str, statement: &str) -> Failure {
    Failure::refused(format!("{name} is a production database, and {statement} may change something there"))
        .help("only plain queries are sent to one, and no option changes this; nothing was sent")
}

/// What would be sent, as a plan with one step.
fn shown(
    script: &Script,
    sendings: &[Sending],
    database: DatabaseView,
    run: RunId,
    step: StepId,
) -> PlanView {
    let acts = sendings.iter().map(|sending| sending.act(script)).collect();
    PlanView {
        title: format!("SQL on {}", database.name),
        runbook: "sql".to_owned(),
        run,
        parameters: Map::new(),
        databases: vec![database],
        steps: vec![StepView {
            id: step,
            title: "Send these statements, in this order".to_owned(),
            kind: "sql".to_owned(),
            when: None,
            skip: None,
            needs: Vec::new(),
            always: false,
            last: false,
            manual: None,
            acts,
        }],
        checks: Vec::new(),
    }
}

/// Asks before anything is changed. Without a terminal a missing `--yes` is a refusal.
async fn confirm(name: &str, script: &Script, around: &Surroundings) -> Result<(), Failure> {
    let pieces = script.pieces.iter().enumerate();
    let mut writes: Vec<String> = pieces
        .filter(|(_, piece)| piece.reach() == Reach::Writes)
        .map(|(n, piece)| {
            let line = piece.text.lines().next().unwrap_or_default().trim();
            format!("  {}: {}", named(script, n + 1, None), line.chars().take(100).collect::<String>())
        })
        .collect();
    if writes.is_empty() || around.global.yes {
        return Ok(());
    }
    if !around.out.screen().can_ask {
        return Err(Failure::refused(format!(
            "nobody is there to confirm changes in {name}; nothing was sent"
        ))
        .help("read what would be sent with --dry-run, then run again with --yes"));
    }
    let more = writes.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        writes.truncate(MOST_SHOWN);
        writes.push(format!("  and {more} more; --dry-run shows all"));
    }
    around.out.talk(&format!("In {name} something may be changed by\n{}", writes.join("\n")));
    around.out.question("Send it? Type yes to go on: ");
    if read_line().await.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    Err(Failure::refused("declined; nothing was sent"))
}

/// What became of the statements so far.
#[derive(Debug, Default)]
struct Tally {
    /// Statements whose changes stay, whatever follows.
    stays: Vec<usize>,
    /// The failures that the command goes on after and that count.
    failed: usize,
}

struct Counter<'a> {
    session: Box<dyn Session>,
    secrets: &'a dyn SecretSource,
    cancel: CancellationToken,
    script: &'a Script,
    display: Display<'a>,
    rows: Option<usize>,
    /// Statements that fail count, though the command goes on: --continue, and not the script, says so.
    counts_failures: bool,
    tally: Tally,
}

impl Counter<'_> {
    async fn serve(&mut self, sendings: &[Sending]) -> Result<Exit, Failure> {
        for sending in sendings {
            if let [number] = sending.numbers.as_slice() {
                self.display.prompts(*number)?;
            }
            let sent = match (&sending.way, sending.numbers.as_slice()) {
                (Way::Rows { bare }, [number]) => self.query(*number, &sending.call, bare.as_ref()).await,
                _ => self.execute(&sending.call).await.map(Some).map_err(LongFailure::from),
            };
            match sent {
                Ok(Some(reply)) => self.take(sending, &reply)?,
                Ok(None) => {}
                // It has seen what it wanted of these rows, and the statements behind them are to be executed all the same.
                Err(LongFailure::Taker(error)) if error.kind() == ErrorKind::BrokenPipe => {}
                Err(LongFailure::Taker(error)) => {
                    return Err(Failure::new(
                        Exit::Failed,
                        format!("standard output cannot be written: {error}"),
                    )
                    .help("what stands there is not all that the query gives; make room, and run it again"));
                }
                Err(LongFailure::Database(error)) => {
                    let mut told = Told::of(error, sending, self.script);
                    self.look_into(&mut told, sending).await;
                    if is_lost(&told.error) || !self.goes_on(told.number) {
                        return self.stop(&told, sending);
                    }
                    self.display.failed(&told, false)?;
                    self.tally.failed += 1;
                }
            }
        }
        Ok(match (self.tally.failed, self.counts_failures) {
            (0, _) | (_, false) => Exit::Done,
            _ if self.tally.stays.is_empty() => Exit::Failed,
            _ => Exit::FailedWithLeftovers,
        })
    }

    /// Shows the rows of a query as they come; there is nothing else to show then.
    async fn query(
        &mut self,
        number: usize,
        call: &SqlCall,
        bare: Option<&String>,
    ) -> Result<Option<Reply>, LongFailure> {
        let ready = ready(call, self.secrets).await?;
        let mut shown = Shown::new(&mut self.display, number, self.rows);
        let mut printed = self.session.rows(&ready, &mut shown, &self.cancel).await;
        if let (Err(LongFailure::Database(error)), Some(text)) = (&printed, bare)
            && error.codes.iter().any(|code| NOT_INSIDE.contains(&code.as_str()))
        {
            let ready = SqlCall { text: text.clone(), ..ready };
            printed = self.session.rows(&ready, &mut shown, &self.cancel).await;
        }
        shown.end(&printed?).map_err(LongFailure::Taker)?;
        Ok(None)
    }

    async fn execute(&mut self, call: &SqlCall) -> Result<Reply, DbError> {
        let ready = ready(call, self.secrets).await?;
        self.session.execute(&ready, &self.cancel).await
    }

    fn goes_on(&self, number: usize) -> bool {
        self.script.pieces.get(number - 1).is_some_and(|piece| piece.goes_on)
    }

    /// Shows what the statements of a request did, and keeps count of what stays.
    fn take(&mut self, sending: &Sending, reply: &Reply) -> Result<(), Failure> {
        let value = &reply.value;
        let did = done_by(value["binds"][DONE_BIND].as_str().unwrap_or_default());
        let Some(last) = sending.numbers.last() else { return Ok(()) };
        for number in &sending.numbers {
            let piece = &self.script.pieces[number - 1];
            if piece.kind == PieceKind::Query && sending.writes() {
                continue;
            }
            let mut outcome = Outcome::default();
            if number == last {
                outcome.output = lines(&value["output"]);
                outcome.binds = value["binds"].as_object().cloned().unwrap_or_default();
                outcome.binds.retain(|name, _| name != DONE_BIND);
            }
            let of_this = did.iter().find(|(of, _)| of == number).map(|(_, did)| did);
            if let Some(Did::Failed(text)) = of_this {
                self.display.lines_of(&outcome)?;
                self.display.failed(&Told::reported(*number, text, None, self.script), false)?;
                self.tally.failed += 1;
                continue;
            }
            if let Some(Did::Rows(rows)) = of_this {
                outcome.affected = Some(*rows);
            }
            self.display.outcome(*number, &outcome)?;
            self.count(*number, sending);
        }
        Ok(())
    }

    fn count(&mut self, number: usize, sending: &Sending) {
        if sending.writes() && self.script.pieces[number - 1].reach() == Reach::Writes {
            self.tally.stays.push(number);
        }
    }

    /// Ends the command at a statement, and says what stays of the others.
    fn stop(&mut self, told: &Told, sending: &Sending) -> Result<Exit, Failure> {
        let made = told.error.codes.iter().any(|code| code == COMPILES_WRONG);
        if !self.tally.stays.is_empty() {
            self.display.out.talk(&format!("what {} changed stays", list(&self.tally.stays)));
        }
        self.display.failed(told, true)?;
        Err(told.failure(sending, made || !self.tally.stays.is_empty()))
    }

    /// What the compiler says of a definition that does not compile.
    async fn look_into(&mut self, told: &mut Told, sending: &Sending) {
        if !told.error.codes.iter().any(|code| code == COMPILES_WRONG) {
            return;
        }
        let Some((owner, name)) = self.script.pieces.get(told.number - 1).and_then(Piece::defined) else {
            return;
        };
        let bind = |bind: &str, value: Value| Bind {
            name: bind.to_owned(),
            kind: BindKind::Varchar2,
            direction: Direction::In,
            value,
        };
        let call = SqlCall {
            text: "select line, position, text from all_errors where name = :name and owner = \
                   nvl(:owner, sys_context('USERENV', 'CURRENT_SCHEMA')) order by type, sequence"
                .to_owned(),
            binds: vec![
                bind("name", Value::from(name)),
                bind("owner", owner.map_or(Value::Null, Value::from)),
            ],
            returns: Returns::Rows,
            ..sending.call.clone()
        };
        let Ok(reply) = self.execute(&call).await else { return };
        let errors = reply.value["rows"].as_array().into_iter().flatten();
        let errors = errors.map(|row| {
            format!(
                "line {}, column {}: {}",
                row["line"],
                row["position"],
                row["text"].as_str().unwrap_or_default().trim_end()
            )
        });
        told.error.causes = errors.take(20).collect();
        told.error.advice = Some("it is made, and cannot run; correct the text and make it again".to_owned());
    }
}

/// Success with errors of compilation, as the database calls it.
const COMPILES_WRONG: &str = "ORA-24344";

fn lines(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}

/// `statement 2`, `statements 1, 2 and 4`.
fn list(numbers: &[usize]) -> String {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => format!("statement {one}"),
        many if many.len() > 6 => format!("{} statements", many.len()),
        [all @ .., last] => format!("statements {} and {last}", all.join(", ")),
    }
}
