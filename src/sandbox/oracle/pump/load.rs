//! Rows out of tables and into them, through filters and functions.

use std::sync::Arc;

use super::control;
use super::dump::{TableRows, unpack_value};
use super::job::{DataRule, Job};
use crate::sandbox::oracle::bind::syntax_error;
use crate::sandbox::oracle::catalogue::{Authority, TableDefinition};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::{Dialect, parse_expression, parse_query};
use crate::sandbox::oracle::run::{Machine, keep_sample};
use crate::sandbox::oracle::values::{Type, Value};

/// Errors of a row that `SKIP_CONST_ERR` passes over.
const CONSTRAINT_ERRORS: [i32; 4] = [1, 1400, 2290, 2291];

/// A rule's tables: all, or those of its name and schema.
fn concerns(rule: &DataRule, schema: &str, table: &str) -> bool {
    rule.table.as_ref().is_none_or(|name| name == table)
        && rule.schema.as_ref().is_none_or(|name| name == schema)
}

/// The moment that `FLASHBACK_TIME` names.
///
/// # Errors
/// What the expression ends in; ORA-08186 for a moment to come. The sandbox keeps no rows of the past.
pub(super) fn moment_of(worker: &mut Machine, text: &str, now: i64) -> Outcome<i64> {
    let expr = worker.binder(text).stored_expression(text)?;
    let value = worker.as_statement(|machine| machine.eval(&expr))?;
    let value = match value {
        Value::Text(_) => worker.convert(&value, &Type::Timestamp(6))?,
        other => other,
    };
    let micros = match value {
        Value::TimestampTz(micros, _) => micros,
        other => other.as_moment().ok_or_else(|| OracleError::new(8186, &[]))?,
    };
    if micros > now + 1_000_000 {
        return Err(OracleError::new(8186, &[]));
    }
    if micros < now - 300_000_000 {
        return Err(OracleError::unsupported("export rows as they were more than five minutes ago"));
    }
    Ok(micros)
}

/// The rows of a table that the data filters leave.
pub(super) fn table_rows(
    worker: &mut Machine,
    job: &Job,
    table: &Arc<TableDefinition>,
    schema: &str,
) -> Outcome<Vec<Vec<Value>>> {
    let rules: Vec<DataRule> =
        job.data_filters.iter().filter(|rule| concerns(rule, schema, &table.name)).cloned().collect();
    let subquery = rules.iter().find(|rule| rule.name == "SUBQUERY").map(|rule| rule.value.text());
    let mut rows: Vec<Vec<Value>> = match subquery {
        None => worker.store.scan(table, &[], None)?.into_iter().map(|(_, row)| row).collect(),
        Some(subquery) => queried(worker, job, table, &subquery)?,
    };
    let sample = rules.iter().find(|rule| rule.name == "SAMPLE");
    if let Some(millionths) = sample.and_then(|rule| rule.value.millionths()) {
        keep_sample(&mut rows, millionths);
    }
    Ok(rows)
}

fn queried(
    worker: &mut Machine,
    job: &Job,
    table: &Arc<TableDefinition>,
    subquery: &str,
) -> Outcome<Vec<Vec<Value>>> {
    let columns: Vec<String> =
        table
            .columns
            .iter()
            .map(|column| {
                if column.computed.is_some() { "NULL".to_owned() } else { format!("KU$.\"{}\"", column.name) }
            })
            .collect();
    let text =
        format!("SELECT {} FROM \"{}\".\"{}\" KU$ {subquery}", columns.join(", "), table.owner, table.name);
    let parsed = parse_query(&text, Dialect::default()).map_err(|error| syntax_error(&error))?;
    let mut session = control::worker(&worker.shared, &job.owner)?;
    let machine = session.machine();
    let plan = machine.binder(&text).query(&parsed)?;
    machine.run_query(&plan)
}

/// Runs the functions of `DATA_REMAP` over the rows of a table.
pub(super) fn remap_rows(
    worker: &mut Machine,
    job: &Job,
    table: &Arc<TableDefinition>,
    source: (&str, &str),
    rows: &mut [Vec<Value>],
) -> Outcome<()> {
    let rules: Vec<DataRule> =
        job.data_remaps.iter().filter(|rule| concerns(rule, source.0, source.1)).cloned().collect();
    if rules.is_empty() {
        return Ok(());
    }
    let mut session = control::worker(&worker.shared, &job.owner)?;
    for rule in rules {
        let column = rule.column.clone().unwrap_or_default();
        let Some(at) = table.column(&column) else {
            return Err(OracleError::new(904, &[&format!("\"{column}\"")]));
        };
        let of = table.columns[at].of.to_type();
        let machine = session.machine();
        let text = format!("{}(:V)", rule.value.text());
        let parsed = parse_expression(&text, Dialect::default()).map_err(|error| syntax_error(&error))?;
        let expr = {
            let mut binder = machine.binder(&text);
            binder.binds.names = vec![("V".to_owned(), of)];
            binder.expression(&parsed)?
        };
        for row in rows.iter_mut() {
            machine.binds.push(vec![row[at].clone()]);
            let value = machine.as_statement(|machine| machine.eval(&expr));
            machine.binds.pop();
            row[at] = machine.fit(table, at, &value?)?;
        }
    }
    // What the functions changed, such as the numbers of a sequence.
    session.machine().commit()
}

/// What a table's rows take, by the sandbox's measure.
fn room(rows: i64, columns: usize) -> i64 {
    rows.saturating_mul(9 * i64::try_from(columns).unwrap_or(1))
}

fn unlimited(worker: &Machine, owner: &str) -> bool {
    let who = Authority { user: owner.to_owned(), roles: true };
    worker.catalogue.has_system(&who, "UNLIMITED TABLESPACE")
}

/// The error of rows whose owner may not have any.
pub(super) fn no_room(worker: &Machine, table: &TableDefinition, from: &TableRows) -> Option<OracleError> {
    let user = worker.catalogue.schema(&table.owner)?;
    let none = user.quotas.get(&user.tablespace).is_none_or(|quota| *quota == 0);
    (none && !from.rows.is_empty() && !unlimited(worker, &table.owner))
        .then(|| OracleError::new(1950, &[&user.tablespace]))
}

/// ORA-39171 while the owner's quota is too small for the rows.
pub(super) fn check_room(worker: &Machine, table: &TableDefinition, from: &TableRows) -> Outcome<()> {
    let Some(user) = worker.catalogue.schema(&table.owner).cloned() else { return Ok(()) };
    let quota = user.quotas.get(&user.tablespace).copied().unwrap_or(-1);
    if quota <= 0 || unlimited(worker, &table.owner) {
        return Ok(());
    }
    let mut taken = room(i64::try_from(from.rows.len()).unwrap_or(i64::MAX), from.columns.len());
    for other in worker.catalogue.tables() {
        if other.owner == table.owner && other.temporary.is_none() {
            taken = taken.saturating_add(room(worker.store.count(other)?, other.columns.len()));
        }
    }
    if taken <= quota {
        return Ok(());
    }
    Err(OracleError::new(39171, &[]).over(&OracleError::new(1536, &[&user.tablespace])))
}

/// What became of the rows of a table.
pub(super) struct Loaded {
    pub(super) rows: i64,
    /// Rows left out, and the first reason.
    pub(super) rejected: Option<(i64, OracleError)>,
}

/// Inserts the rows of a dump into a table, in the running transaction, all of them or none.
pub(super) fn load(
    worker: &mut Machine,
    job: &Job,
    table: &Arc<TableDefinition>,
    from: &TableRows,
) -> Outcome<Loaded> {
    let mut places = Vec::new();
    for (name, of) in &from.columns {
        let Some(at) = table.column(name) else {
            return Err(OracleError::new(904, &[&format!("\"{name}\"")]));
        };
        if table.columns[at].computed.is_none() {
            places.push((at, of.to_type()));
        }
    }
    let target = worker.binder("").target_plan(table)?;
    let mut blank = Vec::new();
    for at in 0..table.columns.len() {
        let given = places.iter().any(|(place, _)| *place == at);
        blank.push(match target.defaults.get(at).and_then(Option::as_ref) {
            Some(default) if !given => worker.as_statement(|machine| machine.eval(default))?,
            _ => Value::Null,
        });
    }
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(from.rows.len());
    for packed in &from.rows {
        let mut row = blank.clone();
        for ((at, of), cell) in places.iter().zip(packed) {
            row[*at] = unpack_value(cell, of);
        }
        rows.push(row);
    }
    remap_rows(worker, job, table, (&from.schema, &from.name), &mut rows)?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    worker.store.begin()?;
    if job.number("DATA_OPTIONS").unwrap_or(0) & 1 == 0 {
        worker
            .atomically(|machine| machine.as_statement(|machine| machine.insert_made(&target, rows, None)))?;
        return Ok(Loaded { rows: count, rejected: None });
    }
    let mut rejected: Option<(i64, OracleError)> = None;
    for row in rows {
        let done = worker.atomically(|machine| {
            machine.as_statement(|machine| machine.insert_made(&target, vec![row], None))
        });
        match done {
            Ok(_) => {}
            Err(error) if CONSTRAINT_ERRORS.contains(&error.code) => {
                rejected = match rejected {
                    Some((count, first)) => Some((count + 1, first)),
                    None => Some((1, error)),
                };
            }
            Err(error) => return Err(error),
        }
    }
    let lost = rejected.as_ref().map_or(0, |(count, _)| *count);
    Ok(Loaded { rows: count - lost, rejected })
}
