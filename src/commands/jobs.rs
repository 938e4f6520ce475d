//! `adbctl jobs`: the Data Pump jobs of databases, and what they left.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::probe::Probe;
use super::procedures;
use super::surroundings::Surroundings;
use crate::cli::{JobsArgs, OutputForm};

/// The pause between two looks of --watch.
const PAUSE: Duration = Duration::from_secs(2);

/// `adbctl jobs [DB]`.
pub(super) async fn jobs(args: JobsArgs, around: Surroundings) -> Result<Exit, Failure> {
    if let Some((action, job)) = args.wish() {
        let database = args.database.clone().ok_or_else(|| {
            Failure::new(Exit::Usage, format!("in which database is the job {job}?"))
                .help(format!("adbctl jobs DB --{action} {job}"))
        })?;
        return procedures::job(action, job, database, args.options, around).await;
    }
    let names: Vec<String> = match &args.database {
        Some(name) => vec![name.clone()],
        None => around.settings.databases.keys().cloned().collect(),
    };
    for name in &names {
        around.settings.database(name)?;
    }
    loop {
        let mut found = Vec::new();
        for name in &names {
            found.push(look(name, &around).await?);
        }
        show(&found, &around)?;
        let at_work = |state: &Value| matches!(state.as_str(), Some("EXECUTING" | "COMPLETING" | "DEFINING"));
        let busy = found
            .iter()
            .any(|one| one["jobs"].as_array().into_iter().flatten().any(|job| at_work(&job["state"])));
        if !args.watch || !busy {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The jobs and files of one database.
async fn look(name: &str, around: &Surroundings) -> Result<Value, Failure> {
    let (oci, secrets) = around.cloud().await?;
    let settings = around.settings.database(name)?;
    let located = locate(&oci, &around.settings, name).await?;
    let facts = located.facts(settings);
    let probe = Probe::of(&oci, secrets.as_ref(), &facts);
    let mut jobs = probe.rows("datapump/jobs", Map::new()).await?;
    let user = settings.connect.user.value.to_uppercase();
    for job in jobs.as_array_mut().into_iter().flatten() {
        // Only the owner can attach, and only a job that works may be attached to.
        if job["owner"] != user.as_str() || !matches!(job["state"].as_str(), Some("EXECUTING" | "COMPLETING"))
        {
            continue;
        }
        let arguments = Map::from_iter([("job_name".to_owned(), job["job"].clone())]);
        let now = probe.binds("datapump/look", arguments).await?;
        job["errors"] = now["error_count"].clone();
        if !now["percent_done"].is_null() {
            job["percent"] = now["percent_done"].clone();
        }
    }
    let files = probe.rows("datapump/files", Map::new()).await?;
    Ok(json!({ "database": name, "jobs": jobs, "files": files }))
}

fn show(found: &[Value], around: &Surroundings) -> Result<(), Failure> {
    if around.global.output == OutputForm::Json {
        around.out.result(&serde_json::to_string_pretty(found)?)?;
        return Ok(());
    }
    let mut lines = Vec::new();
    for one in found {
        lines.extend(described(one));
    }
    around.out.result(&lines.join("\n"))?;
    Ok(())
}

fn described(one: &Value) -> Vec<String> {
    let name = text(&one["database"]);
    let jobs = one["jobs"].as_array().map_or(&[][..], Vec::as_slice);
    let files = one["files"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = vec![match jobs.len() {
        0 => format!("{name}: no Data Pump jobs"),
        1 => format!("{name}: 1 Data Pump job"),
        many => format!("{name}: {many} Data Pump jobs"),
    }];
    for job in jobs {
        let state = text(&job["state"]);
        let mut line = format!(
            "  {}.{}  {} {}  {state}",
            text(&job["owner"]),
            text(&job["job"]),
            text(&job["operation"]).to_lowercase(),
            text(&job["job_mode"]).to_lowercase(),
        );
        if let Some(percent) = number(&job["percent"]) {
            line.push_str(&format!("  {percent:.0} %"));
        }
        if let Some(errors) = number(&job["errors"]).filter(|n| *n > 0.0) {
            line.push_str(&format!("  {errors:.0} errors"));
        }
        lines.push(line);
        if state == "NOT RUNNING" {
            let job = text(&job["job"]);
            lines.push(format!(
                "    stopped or aborted: `adbctl jobs {name} --restart {job}` lets it go on, --clean {job} takes it away"
            ));
        }
    }
    if !files.is_empty() {
        let bytes: f64 = files.iter().filter_map(|file| number(&file["bytes"])).sum();
        lines.push(format!("  {} files in DATA_PUMP_DIR, {bytes:.0} bytes", files.len()));
        lines.extend(files.iter().map(|file| {
            format!("    {}  {} bytes", text(&file["name"]), number(&file["bytes"]).unwrap_or_default())
        }));
    }
    lines
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_as_lines() {
        fn check(one: &Value, wanted: &[&str]) {
            assert_eq!(described(one), wanted);
        }
        check(&json!({ "database": "dev", "jobs": [], "files": [] }), &["dev: no Data Pump jobs"]);
        check(
            &json!({ "database": "dev", "files": [{ "name": "x.log", "bytes": 12 }], "jobs": [
                { "owner": "ADMIN", "job": "J", "operation": "EXPORT", "job_mode": "FULL", "state": "EXECUTING",
                  "percent": 40, "errors": 2 },
                { "owner": "ADMIN", "job": "K", "operation": "IMPORT", "job_mode": "SCHEMA", "state": "NOT RUNNING" },
            ] }),
            &[
                "dev: 2 Data Pump jobs",
                "  ADMIN.J  export full  EXECUTING  40 %  2 errors",
                "  ADMIN.K  import schema  NOT RUNNING",
                "    stopped or aborted: `adbctl jobs dev --restart K` lets it go on, --clean K takes it away",
                "  1 files in DATA_PUMP_DIR, 12 bytes",
                "    x.log  12 bytes",
            ],
        );
    }
}
