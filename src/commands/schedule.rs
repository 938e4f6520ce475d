//! `adbctl schedule`: exports that come by themselves, and whether they succeed.

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::prepare::load_runbook;
use super::probe::Probe;
use super::procedures;
use super::surroundings::Surroundings;
use crate::cli::{OutputForm, ScheduleArgs};
use crate::model::names::folded;

/// `adbctl schedule DB`: does what is wished, else shows the schedule with its last exports.
pub(super) async fn schedule(args: ScheduleArgs, around: Surroundings) -> Result<Exit, Failure> {
    if let Some(wish) = args.wish() {
        return procedures::schedule(wish, args, around).await;
    }
    let job = folded(&name(&args, &around)?);
    let settings = around.settings.database(&args.database)?;
    let (oci, secrets) = around.cloud().await?;
    let located = locate(&oci, &around.settings, &args.database).await?;
    let facts = located.facts(settings);
    let probe = Probe::of(&oci, secrets.as_ref(), &facts);
    let state = probe.rows_for("schedule/state", "job_name", &job).await?;
    let runs = probe.rows_for("schedule/runs", "job_name", &job).await?;
    let failed =
        runs.as_array().is_some_and(|runs| runs.first().is_some_and(|run| run["status"] != "SUCCEEDED"));
    if around.global.output == OutputForm::Json {
        let found = json!({ "database": args.database, "job": state[0], "exports": runs });
        around.out.result(&serde_json::to_string_pretty(&found)?)?;
    } else {
        around.out.result(&described(&args.database, &state[0], &runs).join("\n"))?;
    }
    // A pipeline asks whether the newest export is good.
    Ok(if failed { Exit::CheckFailed } else { Exit::Done })
}

/// The scheduler job's name as the runbook takes it: from --set, the configuration, or the parameter's own default.
fn name(args: &ScheduleArgs, around: &Surroundings) -> Result<String, Failure> {
    if let Some(of) = args.options.set.iter().rev().find(|of| of.key == "name") {
        return Ok(of.value.clone());
    }
    let configured = around.settings.runbooks.get("schedule").and_then(|table| table.get("name"));
    if let Some(name) = configured.and_then(|value| value.value.as_str()) {
        return Ok(name.to_owned());
    }
    let runbook = load_runbook("schedule")?;
    let default = runbook.params.get("name").and_then(|p| p.default.as_ref()).and_then(Value::as_str);
    default
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(Exit::Bug, "the runbook schedule has no name for its job"))
}

fn described(database: &str, job: &Value, runs: &Value) -> Vec<String> {
    if !job.is_object() {
        return vec![format!(
            "{database}: no exports are scheduled; `adbctl schedule {database} --every 6h` makes them"
        )];
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = vec![
        format!("{database}: {}", text(&job["job_name"])),
        format!(
            "  {}  {}",
            text(&job["repeat_interval"]),
            if job["enabled"] == "TRUE" { "enabled" } else { "paused" }
        ),
    ];
    if !job["next_run_date"].is_null() {
        lines.push(format!("  next: {}", text(&job["next_run_date"])));
    }
    let runs = runs.as_array().map_or(&[][..], Vec::as_slice);
    if runs.is_empty() {
        lines.push("  no export yet".to_owned());
    }
    for run in runs {
        let mut line = format!("  {}  {}", text(&run["log_date"]), text(&run["status"]).to_lowercase());
        let said = run["additional_info"].as_str().and_then(|said| said.lines().next());
        if let Some(said) = said.filter(|_| run["status"] != "SUCCEEDED") {
            line.push_str(&format!("  {said}"));
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_as_lines() {
        fn check(job: &Value, runs: &Value, wanted: &[&str]) {
            assert_eq!(described("prod", job, runs), wanted);
        }
        check(
            &Value::Null,
            &json!([]),
            &["prod: no exports are scheduled; `adbctl schedule prod --every 6h` makes them"],
        );
        check(
            &json!({ "job_name": "J", "enabled": "TRUE", "repeat_interval": "FREQ=HOURLY;INTERVAL=6", "next_run_date": "n" }),
            &json!([
                { "log_date": "b", "status": "FAILED", "additional_info": "ORA-20951: adbctl: x\nORA-06512" },
                { "log_date": "a", "status": "SUCCEEDED", "additional_info": null },
            ]),
            &[
                "prod: J",
                "  FREQ=HOURLY;INTERVAL=6  enabled",
                "  next: n",
                "  b  failed  ORA-20951: adbctl: x",
                "  a  succeeded",
            ],
        );
    }
}
