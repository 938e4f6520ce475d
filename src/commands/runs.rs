//! `adbctl runs`: what was run, and how it stands.

use std::io::Write as _;

use super::execute::{record_of, write_reports};
use super::exit::{Exit, Failure};
use super::store::RunFolder;
use super::surroundings::Surroundings;
use crate::cli::{OutputForm, RunsCommand};
use crate::model::clock;
use crate::report::checklist;

/// `adbctl runs …`.
pub(super) fn runs(command: RunsCommand, around: &Surroundings) -> Result<Exit, Failure> {
    let state = around.state_dir()?;
    match command {
        RunsCommand::List => list(around),
        RunsCommand::Show { run } => {
            let folder = RunFolder::find(&state, run.as_deref(), |_, _| true)?;
            let (plan, _) = folder.plan()?;
            let record = record_of(&plan, &folder.state()?, &around.repeat);
            write_reports(&around.global.report, &record, &around.out)?;
            let text = match around.global.output {
                OutputForm::Text => checklist(&record, around.out.screen().out),
                OutputForm::Json => {
                    crate::report::format_named("json").map(|f| f.render(&record)).unwrap_or_default()
                }
            };
            around.out.result(text.trim_end())?;
            Ok(Exit::Done)
        }
        RunsCommand::Events { run } => {
            let folder = RunFolder::find(&state, run.as_deref(), |_, _| true)?;
            let text = fs_err::read_to_string(folder.events())?;
            around.out.result(text.trim_end())?;
            Ok(Exit::Done)
        }
        RunsCommand::Export { run, file } => {
            export(&RunFolder::find(&state, Some(&run), |_, _| true)?, &file, around)
        }
        RunsCommand::Prune { older_than } => prune(&older_than, around),
    }
}

fn list(around: &Surroundings) -> Result<Exit, Failure> {
    let folders = RunFolder::all(&around.state_dir()?)?;
    let mut rows = Vec::new();
    for folder in &folders {
        match folder.row() {
            Ok(row) => rows.push(row),
            Err(error) => around.out.warning(&format!("{}: {}", folder.path, error.message)),
        }
    }
    if around.global.output == OutputForm::Json {
        around.out.result(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        around.out.talk("no run yet");
    }
    for row in rows {
        let verdict = row.verdict.map_or("stopped or running", crate::model::Verdict::word);
        let names: Vec<String> = [row.source, row.target].into_iter().flatten().collect();
        around.out.result(&format!(
            "{}  {:<12}  {:<20}  {verdict}",
            row.run,
            row.runbook,
            names.join(" -> ")
        ))?;
    }
    Ok(Exit::Done)
}

/// Packs the folder. Every file in it was scrubbed when it was written; secrets live elsewhere.
fn export(folder: &RunFolder, file: &camino::Utf8Path, around: &Surroundings) -> Result<Exit, Failure> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let broken = |e: zip::result::ZipError| Failure::new(Exit::Failed, format!("{file}: {e}"));
    let mut names = ["plan.json", "journal.jsonl", "events.jsonl"].map(str::to_owned).to_vec();
    let kept = folder.path.join("kept");
    if kept.is_dir() {
        for entry in fs_err::read_dir(kept)? {
            names.push(format!("kept/{}", entry?.file_name().to_string_lossy()));
        }
    }
    for name in names {
        let path = folder.path.join(&name);
        if path.is_file() {
            zip.start_file(name, options).map_err(broken)?;
            zip.write_all(&fs_err::read(&path)?)?;
        }
    }
    let bytes = zip.finish().map_err(broken)?.into_inner();
    super::store::write_private(file, &bytes)?;
    around.out.talk(&format!("wrote {file}"));
    Ok(Exit::Done)
}

fn prune(older_than: &str, around: &Surroundings) -> Result<Exit, Failure> {
    let age = clock::parse_duration(older_than).map_err(|e| Failure::new(Exit::Usage, e))?;
    let mut removed = 0;
    for folder in RunFolder::all(&around.state_dir()?)? {
        let Ok(state) = folder.state() else { continue };
        let ended = state
            .closed
            .is_some_and(|v| matches!(v, crate::model::Verdict::Done | crate::model::Verdict::CheckFailed));
        let old = state.last.is_some_and(|last| clock::now().duration_since(last).unsigned_abs() > age);
        if ended && old {
            fs_err::remove_dir_all(&folder.path)?;
            removed += 1;
        }
    }
    around.out.talk(&format!("removed {removed} run{}", if removed == 1 { "" } else { "s" }));
    Ok(Exit::Done)
}
