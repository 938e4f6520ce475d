//! Running a plan: confirm, lock, record, run, report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::store::RunFolder;
use super::surroundings::Surroundings;
use super::view::view;
use super::{lease, lock, preflight, store};
use crate::actions::{Actions, SecretMaker, Services, ServicesPerformer};
use crate::cli::{DryRunForm, OutputForm, ReportFormat, ReportRequest};
use crate::db::Drivers;
use crate::engine::{Ask, Engine, Options, Pace, Performer, Plan, PlannedDatabase};
use crate::journal::{FileJournal, Journal, RunState, replay};
use crate::model::act::SecretRules;
use crate::model::plan_view::PlanView;
use crate::model::{ActionError, Redactor, SecretRef, SecretSource, Settled, StepId, StepStatus};
use crate::oci::{CallContext, Oci};
use crate::report::{
    Hub, JsonLines, Out, PlainLines, Progress, RunHead, RunRecord, SharedRecord, checklist, format_named,
    plan_json, plan_sql, plan_text, undone,
};
use crate::secret::generate;
use crate::secret::sink::{SecretSink, VaultSink};
use crate::settings;

/// What running a plan needs beside the plan.
pub(super) struct Ways {
    pub(super) oci: Oci,
    pub(super) secrets: Arc<dyn SecretSource>,
    /// What a person says of acts whose end is not known.
    pub(super) settled: BTreeMap<StepId, Settled>,
    /// Only what runs after a failure is run.
    pub(super) gives_up: bool,
}

impl Ways {
    /// The ways that the settings give.
    pub(super) fn of((oci, secrets): (Oci, Arc<dyn SecretSource>)) -> Self {
        Self { oci, secrets, settled: BTreeMap::new(), gives_up: false }
    }
}

/// Shows what would be sent.
pub(super) fn show_plan(
    plan: &Plan,
    form: DryRunForm,
    out_dir: Option<&Utf8Path>,
    out: &Out,
) -> Result<(), Failure> {
    show_view(&view(plan), form, out_dir, out)
}

/// Shows what would be sent, of a plan or of what is like one.
pub(super) fn show_view(
    view: &PlanView,
    form: DryRunForm,
    out_dir: Option<&Utf8Path>,
    out: &Out,
) -> Result<(), Failure> {
    match form {
        DryRunForm::Text => {
            let text = plan_text(view, out.screen().out);
            write_or_print(out_dir, "plan.txt", &text, out)
        }
        DryRunForm::Json => write_or_print(out_dir, "plan.json", &plan_json(view), out),
        DryRunForm::Sql => {
            for script in plan_sql(view) {
                match out_dir {
                    Some(_) => write_or_print(out_dir, &script.file, &script.text, out)?,
                    None => out.result(&script.text)?,
                }
            }
            Ok(())
        }
    }
}

fn write_or_print(dir: Option<&Utf8Path>, name: &str, text: &str, out: &Out) -> Result<(), Failure> {
    let Some(dir) = dir else { return Ok(out.result(text)?) };
    fs_err::create_dir_all(dir)?;
    let path = dir.join(name);
    store::write_private(&path, Redactor::global().scrub(text).as_bytes())?;
    out.talk(&format!("wrote {path}"));
    Ok(())
}

/// Tells of earlier runs that did not end, shows the plan and asks. Without a terminal a missing `--yes` is a refusal.
pub(super) async fn confirm(plan: &Plan, around: &Surroundings) -> Result<(), Failure> {
    for warning in preflight::unended(&around.state_dir()?, plan, &around.repeat)? {
        around.out.warning(&warning);
    }
    if around.global.yes {
        return Ok(());
    }
    if !around.out.screen().can_ask {
        return Err(Failure::refused("nobody is there to confirm the plan")
            .help("read it with --dry-run, then run again with --yes"));
    }
    let screen = around.out.screen();
    around.out.talk(&plan_text(&view(plan), screen.err));
    around.out.question("Run this plan? Type yes to go on: ");
    if read_line().await.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    Err(Failure::refused("declined; nothing was done"))
}

pub(super) async fn read_line() -> Option<String> {
    tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok().filter(|n| *n > 0).map(|_| line)
    })
    .await
    .ok()
    .flatten()
}

/// Runs a new plan, or goes on with one whose folder exists.
pub(super) async fn execute(
    plan: &Plan,
    ways: Ways,
    around: &Surroundings,
    fail_on_manual: bool,
) -> Result<Exit, Failure> {
    let state_dir = around.state_dir()?;
    let begun = RunFolder::of(&state_dir, &plan.run).path.join("plan.json").is_file();
    if !begun {
        // Before the lock: a person may be asked.
        preflight::secrets(plan, ways.secrets.as_ref()).await?;
    }
    let target = plan.databases.get("target").or_else(|| plan.databases.get("source"));
    let _lock = target.map(|t| lock::take(&state_dir, &t.name, &plan.run)).transpose()?;
    let held = match target {
        Some(target) => lease::acquire(&ways.oci, around, plan, &target.name).await?,
        None => None,
    };
    let lost = held.as_ref().map(lease::Held::lost).unwrap_or_default();
    let owed = if begun { Ok(()) } else { preflight::nothing_owed(&state_dir, plan, &around.repeat) };
    let fresh = match owed {
        Ok(()) if !begun => unmoved(plan, &ways.oci, around).await,
        owed => owed,
    };
    let ending = match fresh {
        Ok(()) => locked(plan, ways, around, fail_on_manual, &state_dir, lost).await,
        Err(failure) => Err(failure),
    };
    if let Some(held) = held {
        held.give_back().await;
    }
    ending
}

/// Looks, once the target is locked, whether the plan's names still mean the databases it was made for: while a person
/// read it, another run may have put a new database in a name's place.
async fn unmoved(plan: &Plan, oci: &Oci, around: &Surroundings) -> Result<(), Failure> {
    for planned in plan.databases.values() {
        let found = locate(oci, &around.settings, &planned.name).await?;
        if let Some(failure) = moved(planned, found.ocid()) {
            return Err(failure);
        }
    }
    Ok(())
}

fn moved(planned: &PlannedDatabase, found: &str) -> Option<Failure> {
    (!planned.ocid.eq_ignore_ascii_case(found)).then(|| {
        let (name, ocid) = (&planned.name, &planned.ocid);
        Failure::refused(format!(
            "{name} is {found} by now, and the plan was made for {ocid}; nothing was done"
        ))
        .help("another run has been at work meanwhile; begin anew, and read the new plan")
    })
}

/// Runs a plan whose target is locked.
async fn locked(
    plan: &Plan,
    ways: Ways,
    around: &Surroundings,
    fail_on_manual: bool,
    state_dir: &Utf8Path,
    lost: CancellationToken,
) -> Result<Exit, Failure> {
    let folder = RunFolder::of(state_dir, &plan.run);
    let digest =
        if folder.path.join("plan.json").is_file() { folder.plan()?.1 } else { folder.create(plan)? };
    let (journal, records) = FileJournal::open(&folder.journal())?;
    let state = replay(records)?;
    if state.opened.is_some() && state.plan_sha256 != digest {
        return Err(Failure::new(
            Exit::Wrong,
            format!("the plan of run {} is not the one it began with", plan.run),
        )
        .help("somebody changed plan.json; put it back, or begin a new run"));
    }
    around.out.talk(&format!("run {}  (state in {})", plan.run, folder.path));
    let ending =
        run(plan, ways, around, fail_on_manual, Box::new(journal), state, Some(&folder), &digest, lost).await;
    if let Err(failure) = ending {
        let command = format!("adbctl{} resume {}", around.repeat, plan.run);
        return Err(Failure { help: Some(format!("go on with: {command}")), ..failure });
    }
    ending
}

/// Runs the engine and reports. Without a folder it only looks: at what was left to a person, and at the checklist.
#[expect(clippy::too_many_arguments, reason = "the two callers differ in each of these")]
pub(super) async fn run(
    plan: &Plan,
    ways: Ways,
    around: &Surroundings,
    fail_on_manual: bool,
    journal: Box<dyn Journal>,
    state: RunState,
    folder: Option<&RunFolder>,
    digest: &str,
    lost: CancellationToken,
) -> Result<Exit, Failure> {
    let out = &around.out;
    let record = SharedRecord::new(record_of(plan, &state, &around.repeat));
    let mut hub = Hub::new(out.clone()).with("the record", Box::new(record.clone()));
    if let Some(folder) = folder {
        let file = store::append_private(&folder.events())?;
        hub.add("the event file", Box::new(JsonLines::to_stream(Box::new(file))));
    }
    let slow = around.settings.run.slow_after.value;
    match around.global.output {
        OutputForm::Json => hub.add("the event stream", Box::new(JsonLines::to_stdout(out.clone()))),
        OutputForm::Text if out.screen().bars => {
            hub.add("the progress", Box::new(Progress::new(out.clone(), slow)));
        }
        OutputForm::Text => hub.add("the progress", Box::new(PlainLines::new(out.clone(), slow))),
    }
    let gives_up = ways.gives_up;
    let mut options =
        Options { settled: ways.settled.clone(), gives_up, ..options(around, fail_on_manual, lost) };
    if folder.is_none() {
        (options.only_looks, options.ask) = (true, None);
    }
    let signals = tokio::task::spawn(listen(options.cancel.clone(), options.leave.clone()));
    let services = Services {
        oci: ways.oci.clone(),
        drivers: Arc::new(Drivers::new(ways.oci.http().clone(), Some(ways.oci.clone()))),
        secrets: Arc::clone(&ways.secrets),
        maker: Arc::new(Keeper(sink(around, ways.oci)?)),
        production: plan.production.iter().cloned().collect(),
    };
    let performer: Arc<dyn Performer> = Arc::new(ServicesPerformer::new(services));
    let engine = Engine::new(plan, &Actions, performer, journal, Box::new(hub), options, state)?;
    let outcome = engine.run(digest).await;
    signals.abort();
    let record = record.now();
    write_reports(&around.global.report, &record, out)?;
    let outcome = outcome?;
    if around.global.output == OutputForm::Text {
        if folder.is_none() {
            left_to_people(plan, &record, out)?;
        }
        let text = if gives_up {
            undone(&record, &put_back_by(plan), out.screen().out)
        } else {
            checklist(&record, out.screen().out)
        };
        out.result(text.trim_end())?;
    }
    Ok(outcome.verdict.into())
}

/// The steps that put something back after a failure.
pub(super) fn put_back_by(plan: &Plan) -> Vec<StepId> {
    let steps = plan.steps.iter().filter(|step| step.always && step.check.is_none());
    steps.map(|step| step.id.clone()).collect()
}

/// How every step stands that a person had to do.
fn left_to_people(plan: &Plan, record: &RunRecord, out: &Out) -> Result<(), Failure> {
    for step in plan.steps.iter().filter(|step| step.kind == "manual" && step.check.is_none()) {
        let status = record.steps.iter().find(|known| known.id == step.id).map(|known| known.status);
        let word = match status {
            Some(StepStatus::Done) => "done",
            Some(StepStatus::Manual) => "still open",
            _ => continue,
        };
        out.result(&format!("manual step {}: {word}", step.id))?;
    }
    Ok(())
}

/// Where made-up secrets go.
pub(super) fn sink(around: &Surroundings, cloud: Oci) -> Result<SecretSink, Failure> {
    Ok(match around.settings.secret_sink()? {
        settings::SecretSink::Directory(folder) => SecretSink::Folder(folder),
        settings::SecretSink::Vault { vault, key, compartment } => {
            SecretSink::Vault(Box::new(VaultSink { cloud, compartment, vault, key }))
        }
    })
}

struct Keeper(SecretSink);

impl SecretMaker for Keeper {
    fn make<'a>(
        &'a self,
        name: &'a str,
        rules: SecretRules,
    ) -> BoxFuture<'a, Result<SecretRef, ActionError>> {
        Box::pin(async move {
            let secret = match rules {
                SecretRules::Database => generate::admin_password(),
                SecretRules::Wallet => generate::wallet_password(),
            };
            Ok(self.0.store(name, &secret, &CallContext::default()).await?)
        })
    }
}

fn options(around: &Surroundings, fail_on_manual: bool, lost: CancellationToken) -> Options {
    let settings = &around.settings.run;
    let ask: Option<Arc<dyn Ask>> = (around.out.screen().can_ask && !around.global.yes)
        .then(|| Arc::new(Terminal { out: around.out.clone(), one_at_a_time: Mutex::new(()) }) as _);
    Options {
        parallel: settings.parallel.value,
        pace: Pace { least: settings.poll_shortest.value, most: settings.poll_longest.value },
        fail_on_manual,
        ask,
        only_looks: false,
        gives_up: false,
        settled: BTreeMap::new(),
        cancel: CancellationToken::new(),
        leave: CancellationToken::new(),
        lost,
    }
}

/// The record of a run so far, for reports of a run that is taken up again.
pub(super) fn record_of(plan: &Plan, state: &RunState, repeat: &str) -> RunRecord {
    let name = |part: &str| plan.databases.get(part).map(|d| d.name.clone());
    let list = |checks: bool| {
        let steps = plan.steps.iter().filter(move |s| s.check.is_some() == checks);
        steps.map(|s| (s.id.clone(), s.title.clone())).collect()
    };
    let mut record = RunRecord::new(RunHead {
        run: plan.run.clone(),
        runbook: plan.runbook.clone(),
        source: name("source"),
        target: name("target"),
        steps: list(false),
        checks: list(true),
        next: plan.next.clone(),
        repeat: repeat.to_owned(),
    });
    record.started = state.opened;
    record.finished = state.last;
    record.verdict = state.closed;
    for step in &mut record.steps {
        if let Some(known) = state.steps.get(&step.id) {
            step.status = known.status;
            step.started = Some(known.started);
            step.finished = known.finished;
            step.attempts = known.attempts;
            step.outputs = known.outputs.clone();
            step.error.clone_from(&known.error);
            step.reason.clone_from(&known.reason);
        }
    }
    for check in &mut record.checks {
        if let Some((status, found, error)) = state.checks.get(&check.id) {
            check.status = *status;
            check.found = found.clone();
            check.error.clone_from(error);
            if let Some(rule) = plan.step(&check.id).and_then(|s| s.check.as_ref()) {
                check.expected = crate::model::late::show(&rule.expect);
            }
        }
    }
    record
}

pub(super) fn write_reports(
    requests: &[ReportRequest],
    record: &RunRecord,
    out: &Out,
) -> Result<(), Failure> {
    for request in requests {
        let name = match request.format {
            ReportFormat::Json => "json",
            ReportFormat::Junit => "junit",
            ReportFormat::Html => "html",
            ReportFormat::Markdown => "markdown",
        };
        let format = format_named(name)
            .ok_or_else(|| Failure::new(Exit::Bug, format!("the report format {name} is not registered")))?;
        store::write_private(&request.file, format.render(record).as_bytes()).map_err(|e| {
            Failure::new(
                Exit::Failed,
                format!("the report {} cannot be written: {}", request.file, e.message),
            )
        })?;
        out.talk(&format!("wrote {}", request.file));
    }
    Ok(())
}

/// Waits for the user's wish to stop.
pub(super) async fn stop_asked() {
    let token = CancellationToken::new();
    tokio::select! {
        () = listen(token.clone(), CancellationToken::new()) => {}
        () = token.cancelled() => {}
    }
}

/// First wish to stop: start nothing new. Second: leave now.
async fn listen(cancel: CancellationToken, leave: CancellationToken) {
    for token in [cancel, leave] {
        #[cfg(unix)]
        {
            let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
            let Ok(mut terminate) = terminate else { return };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        token.cancel();
    }
    // Whatever still holds the process after a moment is not worth waiting for.
    tokio::time::sleep(Duration::from_secs(2)).await;
}

struct Terminal {
    out: Out,
    /// Two steps may wait for the same person.
    one_at_a_time: Mutex<()>,
}

impl Ask for Terminal {
    fn done<'a>(&'a self, instructions: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let _turn = self.one_at_a_time.lock().await;
            // Lines of their own: the progress of other steps draws over a question that does not end its line.
            self.out.talk(&format!(
                "\nTo do by hand:\n{instructions}\n\nType done when it is done, or anything else to leave it open:"
            ));
            read_line().await.is_some_and(|answer| answer.trim().eq_ignore_ascii_case("done"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_means_another_database_by_now_is_refused() {
        let planned =
            PlannedDatabase { name: "dev".into(), ocid: "ocid1.old.example".into(), production: false };
        assert!(moved(&planned, "OCID1.old.example").is_none());
        let refused = moved(&planned, "ocid1.new.example").unwrap();
        assert_eq!(refused.exit, Exit::Refused);
        assert!(refused.message.contains("dev is ocid1.new.example by now"), "{}", refused.message);
    }
}
