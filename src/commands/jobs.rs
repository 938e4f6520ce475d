//! `adbctl jobs`: the Data Pump jobs of databases, and what they left.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::probe::Probe;
use super::procedures;
use super::surroundings::Surroundings;
use crate::cli::{JobsArgs, OutputForm};
use crate::model::names::folded;
use crate::report::counted;

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
            // One database that cannot be asked hides nothing of the others.
            let seen = look(name, &around).await.unwrap_or_else(|failure| refused(name, &failure));
            found.push(seen);
        }
        show(&found, args.watch, &around)?;
        let at_work = |state: &Value| {
            matches!(
                state.as_str(),
                Some("EXECUTING" | "COMPLETING" | "DEFINING" | "STOP PENDING" | "STOPPING")
            )
        };
        let busy = found
            .iter()
            .any(|one| one["jobs"].as_array().into_iter().flatten().any(|job| at_work(&job["state"])));
        if !args.watch || !busy {
            let unasked = found.iter().any(|one| one.get("error").is_some());
            return Ok(if unasked { Exit::FarSide } else { Exit::Done });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A database that could not be asked.
fn refused(name: &str, failure: &Failure) -> Value {
    let causes = failure.causes.iter().map(String::as_str);
    let why: Vec<&str> = std::iter::once(failure.message.as_str()).chain(causes).collect();
    json!({ "database": name, "error": why.join(": "), "help": failure.help })
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
        let own = job["owner"] == user.as_str();
        job["own"] = json!(own);
        // Only the owner can attach, and only a job that works may be attached to.
        if !own || job["state"] != "EXECUTING" {
            continue;
        }
        let arguments =
            Map::from_iter([("job_name".to_owned(), job["job"].clone()), ("patience".to_owned(), json!(0))]);
        let now = probe.binds("datapump/look", arguments).await?;
        job["errors"] = now["error_count"].clone();
        if !now["percent_done"].is_null() {
            job["percent"] = now["percent_done"].clone();
        }
    }
    let files = probe.rows("datapump/files", Map::new()).await?;
    Ok(json!({ "database": name, "jobs": jobs, "files": files }))
}

fn show(found: &[Value], again: bool, around: &Surroundings) -> Result<(), Failure> {
    if around.global.output == OutputForm::Json {
        // Looks that follow each other are one line each, so that a reader knows where one ends.
        let text = if again { serde_json::to_string(found)? } else { serde_json::to_string_pretty(found)? };
        around.out.result(&text)?;
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
    if let Some(why) = one.get("error") {
        let mut lines = vec![format!("{name}: cannot be asked: {}", text(why))];
        lines.extend(one["help"].as_str().map(|help| format!("  {help}")));
        return lines;
    }
    let jobs = one["jobs"].as_array().map_or(&[][..], Vec::as_slice);
    let files = one["files"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = vec![match jobs.len() {
        0 => format!("{name}: no Data Pump jobs"),
        many => format!("{name}: {}", counted(many, "Data Pump job")),
    }];
    for job in jobs {
        lines.extend(described_job(&name, job));
    }
    if !files.is_empty() {
        let bytes: f64 = files.iter().filter_map(|file| number(&file["bytes"])).sum();
        lines.push(format!("  {} in DATA_PUMP_DIR, {bytes:.0} bytes", counted(files.len(), "file")));
        lines.extend(files.iter().map(|file| {
            format!("    {}  {} bytes", text(&file["name"]), number(&file["bytes"]).unwrap_or_default())
        }));
    }
    lines
}

fn described_job(database: &str, job: &Value) -> Vec<String> {
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
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let errors = errors as usize;
        line.push_str(&format!("  {}", counted(errors, "error")));
    }
    let mut lines = vec![line];
    if state == "NOT RUNNING" {
        let job_name = typed(&text(&job["job"]));
        lines.push(if job["own"] == true {
            format!(
                "    stopped or aborted: `adbctl jobs {database} --restart {job_name}` lets it go on, --clean {job_name} takes it away"
            )
        } else {
            format!("    stopped or aborted: only {} can let it go on or take it away", text(&job["owner"]))
        });
    }
    lines
}

/// A name as it is typed at a shell so that it means this one.
fn typed(name: &str) -> String {
    if folded(name) == name { name.to_owned() } else { format!("'\"{name}\"'") }
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
            &json!({ "database": "dev", "error": "it is STOPPED", "help": "start it" }),
            &["dev: cannot be asked: it is STOPPED", "  start it"],
        );
        check(
            &json!({ "database": "dev", "files": [{ "name": "x.log", "bytes": 12 }], "jobs": [
                { "owner": "ADMIN", "job": "J", "operation": "EXPORT", "job_mode": "FULL", "state": "EXECUTING",
                  "percent": 40, "errors": 2, "own": true },
                { "owner": "ADMIN", "job": "K", "operation": "IMPORT", "job_mode": "SCHEMA", "state": "NOT RUNNING",
                  "errors": 1, "own": true },
                { "owner": "HR", "job": "k", "operation": "IMPORT", "job_mode": "SCHEMA", "state": "NOT RUNNING",
                  "own": false },
                { "owner": "ADMIN", "job": "k", "operation": "IMPORT", "job_mode": "TABLE", "state": "NOT RUNNING",
                  "own": true },
            ] }),
            &[
                "dev: 4 Data Pump jobs",
                "  ADMIN.J  export full  EXECUTING  40 %  2 errors",
                "  ADMIN.K  import schema  NOT RUNNING  1 error",
                "    stopped or aborted: `adbctl jobs dev --restart K` lets it go on, --clean K takes it away",
                "  HR.k  import schema  NOT RUNNING",
                "    stopped or aborted: only HR can let it go on or take it away",
                "  ADMIN.k  import table  NOT RUNNING",
                "    stopped or aborted: `adbctl jobs dev --restart '\"k\"'` lets it go on, --clean '\"k\"' takes it away",
                "  1 file in DATA_PUMP_DIR, 12 bytes",
                "    x.log  12 bytes",
            ],
        );
    }
}
