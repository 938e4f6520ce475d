//! The log of a job, and the scheduler's jobs as objects of a schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collect::{Act, Entry};
use super::dump::{pack_value, unpack_value};
use super::files;
use super::job::Job;
use crate::sandbox::oracle::catalogue::TableDefinition;
use crate::sandbox::oracle::error::Outcome;
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::values::Value;
use crate::sandbox::oracle::values::calendar::{DAY_MICROS, DAYS, MONTHS, fields_of, weekday};

fn short(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters.take(2)).collect()
}

/// A moment as logs write it: `Sat Nov 21 08:18:46 2026`.
pub(super) fn moment(micros: i64) -> String {
    let fields = fields_of(micros);
    let day = usize::try_from(weekday(micros.div_euclid(DAY_MICROS))).unwrap_or(0);
    let month = usize::try_from(fields.month - 1).unwrap_or(0);
    let second = fields.second_of_day;
    format!(
        "{} {} {} {:02}:{:02}:{:02} {}",
        short(DAYS[day]),
        short(MONTHS[month]),
        fields.day,
        second / 3600,
        second / 60 % 60,
        second % 60,
        fields.year
    )
}

/// The beginning of a line with LOGTIME.
pub(super) fn stamp(micros: i64) -> String {
    let fields = fields_of(micros);
    let month = usize::try_from(fields.month - 1).unwrap_or(0);
    let second = fields.second_of_day;
    format!(
        "{:02}-{}-{:02} {:02}:{:02}:{:02}.{:03}: ",
        fields.day,
        short(MONTHS[month]).to_uppercase(),
        fields.year % 100,
        second / 3600,
        second / 60 % 60,
        second % 60,
        fields.micros / 1000
    )
}

/// Writes the whole log.
pub(super) fn flush(worker: &mut Machine, job: &Job) -> Outcome<()> {
    let Some(file) = job.log_file() else { return Ok(()) };
    let stamped = matches!(job.text("LOGTIME"), Some("LOGFILE" | "ALL"));
    let mut text = String::new();
    for line in &job.lines {
        if stamped {
            text.push_str(&stamp(line.at));
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    let directory = file.place.clone().unwrap_or_else(|| "DATA_PUMP_DIR".to_owned());
    files::as_owner(worker, &job.owner, |machine| files::write_text(machine, &directory, &file.name, &text))
}

/// Writes the whole log of a running job; one that cannot be written does not stop it.
pub(super) fn keep(worker: &mut Machine, job: &Job) {
    if let Err(error) = flush(worker, job) {
        tracing::warn!(%error, job = job.quoted(), "the log of a job cannot be written");
    }
}

/// Bytes as logs write them.
pub(super) fn size(bytes: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "four digits are shown")]
    let kilobytes = bytes as f64 / 1024.0;
    let (figure, unit) = if kilobytes >= 1000.0 { (kilobytes / 1024.0, "MB") } else { (kilobytes, "KB") };
    let places = if figure >= 100.0 {
        1
    } else if figure >= 10.0 {
        2
    } else {
        3
    };
    format!("{figure:.places$} {unit}")
}

fn scheduler_table(machine: &Machine) -> Option<Arc<TableDefinition>> {
    machine.catalogue.sys_table("SCHEDULER$_JOB")
}

/// The scheduler jobs of some schemas, as entries.
pub(super) fn scheduler_jobs(
    machine: &mut Machine,
    schemas: &BTreeSet<String>,
    entries: &mut Vec<Entry>,
) -> Outcome<()> {
    let Some(table) = scheduler_table(machine) else { return Ok(()) };
    let (Some(owner_at), Some(name_at)) = (table.column("OWNER"), table.column("JOB_NAME")) else {
        return Ok(());
    };
    for (_, row) in machine.store.scan(&table, &[], None)? {
        let (Some(owner), Some(name)) = (row[owner_at].as_str(), row[name_at].as_str()) else { continue };
        if !schemas.contains(owner) {
            continue;
        }
        let cells =
            table.columns.iter().zip(&row).map(|(column, value)| (column.name.clone(), pack_value(value)));
        entries.push(Entry {
            path: "POST_SCHEMA/PROCOBJ".to_owned(),
            schema: owner.to_owned(),
            name: name.to_owned(),
            base: None,
            act: Act::Job(cells.collect()),
            place: 0,
        });
    }
    Ok(())
}

/// Makes a scheduler job; false when there is one of that name.
pub(super) fn make_scheduler_job(
    worker: &mut Machine,
    owner: &str,
    cells: &[(String, serde_json::Value)],
) -> Outcome<bool> {
    let Some(table) = scheduler_table(worker) else { return Ok(false) };
    let mut row = Vec::new();
    for column in &table.columns {
        let cell = cells.iter().find(|(name, _)| *name == column.name).map(|(_, cell)| cell);
        row.push(match column.name.as_str() {
            "OWNER" | "JOB_CREATOR" => Value::text(owner),
            "RUN_COUNT" | "FAILURE_COUNT" => Value::integer(0),
            "LAST_START_DATE" => Value::Null,
            _ => cell.map_or(Value::Null, |cell| unpack_value(cell, &column.of.to_type())),
        });
    }
    worker.store.begin()?;
    let made = worker.store.insert(&table, None, &row)?.is_some();
    worker.commit()?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_look_like_a_log() {
        // 2026-11-21 10:20:30 UTC is a Saturday.
        assert_eq!(moment(1_795_256_430_000_000), "Sat Nov 21 10:20:30 2026");
        assert_eq!(stamp(1_795_256_430_123_000), "21-NOV-26 10:20:30.123: ");
        assert_eq!(size(17_213), "16.81 KB");
        assert_eq!(size(5_000_000), "4.768 MB");
        assert_eq!(size(0), "0.000 KB");
    }
}
