//! The procedures on dumps: shorthands that turn words of the command line into parameters of their runbooks.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};

use super::exit::{Exit, Failure};
use super::locate::locate;
use super::refresh::run;
use super::surroundings::Surroundings;
use crate::cli::{
    Assignment, CaptureArgs, Compression, DrillArgs, ExistingTables, ExportArgs, ImportArgs, InstallOptions,
    MaskOptions, Masking, NameList, Orphans, ReaderOptions, RefreshDataArgs, ReplayArgs, RestoreArgs,
    Retention, RunArgs, RunOptions, ScheduleArgs, SetupArgs, SnapshotArgs,
};
use crate::model::clock::parse_duration;
use crate::model::names::folded;

/// Parameters in the making.
pub(super) struct Parameters(RunOptions);

impl Parameters {
    pub(super) fn text(&mut self, key: &str, value: Option<impl Into<String>>) -> &mut Self {
        if let Some(value) = value {
            self.0.set.push(Assignment { key: key.to_owned(), value: value.into() });
        }
        self
    }

    pub(super) fn json(&mut self, key: &str, value: &Value) -> &mut Self {
        self.text(key, Some(value.to_string()))
    }

    pub(super) fn list(&mut self, key: &str, names: Option<&NameList>) -> &mut Self {
        if let Some(NameList(names)) = names {
            self.json(key, &json!(names));
        }
        self
    }

    pub(super) fn flag(&mut self, key: &str, set: bool) -> &mut Self {
        if set { self.json(key, &json!(true)) } else { self }
    }

    pub(super) fn number(&mut self, key: &str, value: Option<u32>) -> &mut Self {
        match value {
            Some(value) => self.json(key, &json!(value)),
            None => self,
        }
    }

    /// How values are masked.
    pub(super) fn masks(&mut self, given: &MaskOptions) -> &mut Self {
        let masks = given.masks.iter().map(|of| (of.key.clone(), json!(of.value))).collect();
        self.object("masks", masks).text("masking", given.masking.map(Masking::word))
    }

    /// As what applications are installed.
    pub(super) fn install(&mut self, given: &InstallOptions) -> &mut Self {
        self.text("id", given.id.clone())
            .text("alias", given.alias.clone())
            .flag("overwrite", given.overwrite)
    }

    pub(super) fn object(&mut self, key: &str, members: Map<String, Value>) -> &mut Self {
        if members.is_empty() { self } else { self.json(key, &Value::Object(members)) }
    }
}

/// The runbook on one database, with the parameters that `fill` adds before those of `--set`.
pub(super) fn on_one(
    runbook: &str,
    database: String,
    options: RunOptions,
    fill: impl FnOnce(&mut Parameters),
) -> RunArgs {
    let typed = options.set.clone();
    let mut parameters = Parameters(RunOptions { set: Vec::new(), ..options });
    fill(&mut parameters);
    // What --set says comes last, and so has the last word.
    parameters.0.set.extend(typed);
    RunArgs { runbook: runbook.to_owned(), source: Some(database), target: None, options: parameters.0 }
}

/// `adbctl export DB`.
pub(super) async fn export(args: ExportArgs, around: Surroundings) -> Result<Exit, Failure> {
    let version = args.reader.version(&around).await?;
    let mode = if args.full {
        "full"
    } else if args.schema.is_some() {
        "schema"
    } else {
        "table"
    };
    let rows = args.rows.iter().map(|of| (of.key.clone(), json!(of.value))).collect();
    let mut sample = Map::new();
    for Assignment { key, value } in &args.sample {
        let percent: f64 = value.parse().ok().filter(|p| *p > 0.0 && *p <= 100.0).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("--sample {key}={value}: {value} is no percentage"))
                .help("write a number above 0 and up to 100, such as --sample SALES.ORDERS=10")
        })?;
        sample.insert(key.clone(), json!(percent));
    }
    let args = on_one("export", args.database, args.options, |parameters| {
        parameters
            .text("mode", Some(mode))
            .list("schemas", args.schema.as_ref())
            .list("tables", args.table.as_ref())
            .list("only_tables", args.only_table.as_ref())
            .list("exclude_tables", args.exclude_table.as_ref())
            .object("where", rows)
            .object("sample", sample)
            .masks(&args.masks)
            .text("retention", args.retention.map(Retention::word))
            .text("label", args.label)
            .text("version", version)
            .flag("encrypt", args.reader.encrypt)
            .text("compression", args.compression.map(Compression::word))
            .number("parallel", args.parallel);
    });
    run(args, around).await
}

impl ReaderOptions {
    /// The version that a dump must be written for, where somebody is named who is to read it.
    async fn version(&self, around: &Surroundings) -> Result<Option<String>, Failure> {
        match &self.reader {
            Some(reader) => readable_by(reader, around).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The version that a dump must be written for so that this database can read it; empty where every database writes so.
pub(super) async fn readable_by(name: &str, around: &Surroundings) -> Result<String, Failure> {
    around.settings.database(name)?;
    let (oci, _) = around.cloud().await?;
    let found = locate(&oci, &around.settings, name).await?;
    let facts = found.facts(around.settings.database(name)?);
    let version: String =
        facts["version"].as_str().unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    // Only the oldest release that is offered needs to be written for; newer ones read what it writes.
    Ok(if version == "19" { version } else { String::new() })
}

/// `adbctl import DB`.
pub(super) async fn import(args: ImportArgs, around: Surroundings) -> Result<Exit, Failure> {
    let schemas = renamed(&args.schema)?;
    let tables = args.rename_table.as_ref().map(renamed).transpose()?.unwrap_or_default();
    let mut args = on_one("import", args.database, args.options, |parameters| {
        parameters
            .text("dump", Some(args.dump))
            .object("schemas", schemas)
            .object("rename_tables", tables)
            .text("existing", args.existing.map(ExistingTables::word))
            .text("workspace", args.workspace)
            .flag("strict", args.strict)
            .number("parallel", args.parallel);
    });
    std::mem::swap(&mut args.source, &mut args.target);
    run(args, around).await
}

/// `adbctl refresh-data SOURCE TARGET`.
pub(super) async fn refresh_data(args: RefreshDataArgs, around: Surroundings) -> Result<Exit, Failure> {
    let schemas = renamed(&args.schema)?;
    let mut run_args = on_one("refresh-data", args.source, args.options, |parameters| {
        parameters
            .object("schemas", schemas)
            .list("acknowledge_drift", args.acknowledge_drift.as_ref())
            .list("exclude_tables", args.exclude_table.as_ref())
            .flag("end_sessions", args.end_sessions)
            .text("orphans", args.orphans.map(Orphans::word))
            .number("sequence_margin", args.sequence_margin)
            .flag("live_counts", args.live_counts)
            .masks(&args.masks)
            .number("parallel", args.parallel);
    });
    run_args.target = Some(args.target);
    run(run_args, around).await
}

/// `adbctl restore DB`.
pub(super) async fn restore(args: RestoreArgs, around: Surroundings) -> Result<Exit, Failure> {
    let mut args = on_one("restore", args.database, args.options, |parameters| {
        parameters
            .text("dump", Some(args.dump))
            .text("existing", args.existing.map(ExistingTables::word))
            .flag("overwrite", args.overwrite)
            .flag("keep_passwords", args.keep_passwords)
            .flag("new_admin_password", args.new_admin_password)
            .flag("enable_jobs", args.enable_jobs)
            .number("parallel", args.parallel);
    });
    std::mem::swap(&mut args.source, &mut args.target);
    run(args, around).await
}

/// `adbctl snapshot DB`.
pub(super) async fn snapshot(args: SnapshotArgs, around: Surroundings) -> Result<Exit, Failure> {
    let version = args.reader.version(&around).await?;
    let args = on_one("snapshot", args.database, args.options, |parameters| {
        parameters
            .text("label", args.label)
            .text("retention", args.retention.map(Retention::word))
            .text("version", version)
            .flag("encrypt", args.reader.encrypt)
            .number("parallel", args.parallel);
    });
    run(args, around).await
}

/// `adbctl drill DB`.
pub(super) async fn drill(args: DrillArgs, around: Surroundings) -> Result<Exit, Failure> {
    let args = on_one("drill", args.database, args.options, |parameters| {
        parameters.text("dump", Some(args.dump)).number("ecpu", args.ecpu).number("parallel", args.parallel);
    });
    run(args, around).await
}

/// `OLD:NEW` by `OLD`; a name alone keeps itself. A colon inside double quotes is part of the name.
///
/// # Errors
/// One name has two new ones.
pub(super) fn renamed(list: &NameList) -> Result<Map<String, Value>, Failure> {
    let pair = |text: &str| {
        let mut inside = false;
        let at = text.char_indices().find(|(_, letter)| {
            inside ^= *letter == '"';
            *letter == ':' && !inside
        });
        let (old, new) = at.map_or((text, text), |(at, _)| (&text[..at], &text[at + 1..]));
        (old.to_owned(), new.to_owned())
    };
    let (mut made, mut known) = (Map::new(), BTreeMap::new());
    for (old, new) in list.0.iter().map(|text| pair(text)) {
        if let Some(other) = known.insert(folded(&old), new.clone()) {
            return Err(Failure::new(Exit::Usage, format!("{old} is to become both {other} and {new}"))
                .help("give each name once"));
        }
        made.insert(old, json!(new));
    }
    Ok(made)
}

/// A file as it is found again wherever a run is resumed.
fn absolute(file: &Utf8Path) -> Result<String, Failure> {
    Ok(camino::absolute_utf8(file).map(Utf8PathBuf::into_string)?)
}

/// `adbctl capture DB`.
pub(super) async fn capture(args: CaptureArgs, around: Surroundings) -> Result<Exit, Failure> {
    let file = args.file.as_deref().map(absolute).transpose()?;
    let compare = args.compare.as_deref().map(absolute).transpose()?;
    let args = on_one("capture", args.database, args.options, |parameters| {
        parameters
            .list("schemas", args.schema.as_ref())
            .text("file", file)
            .text("compare", compare)
            .text("retention", args.retention.map(Retention::word));
    });
    run(args, around).await
}

/// `adbctl replay DB`.
pub(super) async fn replay(args: ReplayArgs, around: Surroundings) -> Result<Exit, Failure> {
    let path = Utf8Path::new(&args.capture);
    let (key, from) = if path.is_file() || path.is_absolute() || args.capture.starts_with('.') {
        ("file", absolute(path)?)
    } else {
        ("object", args.capture.clone())
    };
    let rename = args.schema.as_ref().map(renamed).transpose()?.unwrap_or_default();
    let mut args = on_one("replay", args.database, args.options, |parameters| {
        parameters.text(key, Some(from)).object("rename", rename).flag("enable_jobs", args.enable_jobs);
    });
    std::mem::swap(&mut args.source, &mut args.target);
    run(args, around).await
}

/// `adbctl setup DB`.
pub(super) async fn setup(args: SetupArgs, around: Surroundings) -> Result<Exit, Failure> {
    let args = on_one("setup", args.database, args.options, |parameters| {
        parameters
            .flag("rotate_credential", args.rotate_credential)
            .flag("default_credential", args.default_credential)
            .text("replicate_to", args.replicate_to);
    });
    run(args, around).await
}

/// `adbctl jobs DB --stop JOB` and its kin.
pub(super) async fn job(
    action: &str,
    job: String,
    database: String,
    options: RunOptions,
    around: Surroundings,
) -> Result<Exit, Failure> {
    let args = on_one("jobs", database, options, |parameters| {
        parameters.text("action", Some(action)).text("job", Some(job));
    });
    run(args, around).await
}

/// `adbctl schedule DB` with something to do.
pub(super) async fn schedule(wish: &str, args: ScheduleArgs, around: Surroundings) -> Result<Exit, Failure> {
    let minutes = args.every.as_deref().map(minutes).transpose()?;
    let args = on_one("schedule", args.database, args.options, |parameters| {
        parameters
            .text("action", Some(wish))
            .number("every_minutes", minutes)
            .text("mode", args.schema.as_ref().map(|_| "schema"))
            .list("schemas", args.schema.as_ref())
            .text("retention", args.retention.map(Retention::word));
    });
    run(args, around).await
}

fn minutes(text: &str) -> Result<u32, Failure> {
    let wrong = |why: String| {
        Failure::new(Exit::Usage, format!("--every {text}: {why}")).help("write it as 30m, 6h or 1d")
    };
    let length = parse_duration(text).map_err(wrong)?;
    let seconds = length.as_secs();
    if seconds == 0 || seconds % 60 != 0 {
        return Err(wrong("it is not whole minutes".to_owned()));
    }
    u32::try_from(seconds / 60).map_err(|_| wrong("it is too long".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_new_names() {
        fn check(typed: &[&str], wanted: Result<&Value, &str>) {
            let list = NameList(typed.iter().map(|text| (*text).to_owned()).collect());
            let found = renamed(&list).map(Value::Object).map_err(|failure| failure.message);
            assert_eq!(found.as_ref().map_err(String::as_str), wanted, "{typed:?}");
        }
        check(&["a:b", "c"], Ok(&json!({ "a": "b", "c": "c" })));
        check(&["\"x:y\":z"], Ok(&json!({ "\"x:y\"": "z" })));
        check(&["sales:A", "SALES:B"], Err("SALES is to become both A and B"));
        check(&["sales", "\"sales\":B"], Ok(&json!({ "sales": "sales", "\"sales\"": "B" })));
    }
}
