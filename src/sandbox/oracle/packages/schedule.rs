//! The scheduler's clockwork: when a job runs next, and running it as its owner.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::text;
use crate::sandbox::oracle::bind::syntax_error;
use crate::sandbox::oracle::catalogue::{Authority, Kind};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::{Dialect, parse_block};
use crate::sandbox::oracle::plsql::compile_block;
use crate::sandbox::oracle::run::Machine;
use crate::sandbox::oracle::session::Effect;
use crate::sandbox::oracle::values::calendar::{DAY_MICROS, MICROS, add_months, fields_of, weekday};
use crate::sandbox::oracle::values::{Number, Value};

#[derive(Debug, Default)]
struct Calendar {
    unit: i64,
    months: i64,
    interval: i64,
    by_month: Vec<i64>,
    by_month_day: Vec<i64>,
    by_day: Vec<i64>,
    by_hour: Vec<i64>,
    by_minute: Vec<i64>,
    by_second: Vec<i64>,
}

fn read(interval: &str) -> Outcome<Calendar> {
    let mut calendar = Calendar { interval: 1, ..Calendar::default() };
    let wrong = || OracleError::new(27465, &[interval, "REPEAT_INTERVAL"]);
    let mut frequency = false;
    for clause in interval.to_uppercase().split(';').map(str::trim).filter(|clause| !clause.is_empty()) {
        let Some((name, value)) = clause.split_once('=') else {
            return Err(OracleError::unsupported("schedule a job by a PL/SQL expression"));
        };
        let list = || {
            value
                .split(',')
                .map(|part| part.trim().parse::<i64>())
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| wrong())
        };
        match name.trim() {
            "FREQ" => {
                frequency = true;
                match value.trim() {
                    "YEARLY" => calendar.months = 12,
                    "MONTHLY" => calendar.months = 1,
                    "WEEKLY" => calendar.unit = 7 * DAY_MICROS,
                    "DAILY" => calendar.unit = DAY_MICROS,
                    "HOURLY" => calendar.unit = 3600 * MICROS,
                    "MINUTELY" => calendar.unit = 60 * MICROS,
                    "SECONDLY" => calendar.unit = MICROS,
                    _ => return Err(wrong()),
                }
            }
            "INTERVAL" => {
                calendar.interval =
                    value.trim().parse().ok().filter(|n| (1..=99).contains(n)).ok_or_else(wrong)?;
            }
            "BYMONTH" => calendar.by_month = list()?,
            "BYMONTHDAY" => calendar.by_month_day = list()?,
            "BYHOUR" => calendar.by_hour = list()?,
            "BYMINUTE" => calendar.by_minute = list()?,
            "BYSECOND" => calendar.by_second = list()?,
            "BYDAY" => {
                for day in value.split(',') {
                    let at = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
                        .iter()
                        .position(|name| *name == day.trim());
                    calendar.by_day.push(at.and_then(|at| i64::try_from(at).ok()).ok_or_else(wrong)?);
                }
            }
            _ => return Err(OracleError::unsupported(format!("schedule by {name}"))),
        }
    }
    if frequency { Ok(calendar) } else { Err(wrong()) }
}

impl Calendar {
    fn allows(&self, micros: i64) -> bool {
        let at = fields_of(micros);
        let fits = |list: &[i64], value: i64| list.is_empty() || list.contains(&value);
        fits(&self.by_month, at.month)
            && fits(&self.by_month_day, at.day)
            && fits(&self.by_day, weekday(micros.div_euclid(DAY_MICROS)))
            && fits(&self.by_hour, at.second_of_day / 3600)
            && fits(&self.by_minute, at.second_of_day / 60 % 60)
            && fits(&self.by_second, at.second_of_day % 60)
    }

    fn after(&self, start: i64, now: i64) -> i64 {
        // The finest unit that a BY clause asks for is what is stepped by.
        let selective = !(self.by_hour.is_empty()
            && self.by_minute.is_empty()
            && self.by_second.is_empty()
            && self.by_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_month.is_empty());
        if !selective {
            if self.months > 0 {
                let mut count = 1;
                while add_months(start, count * self.months * self.interval) <= now {
                    count += 1;
                }
                return add_months(start, count * self.months * self.interval);
            }
            let step = self.unit * self.interval;
            return if start > now { start } else { start + ((now - start) / step + 1) * step };
        }
        let second = fields_of(start).second_of_day % 60;
        let minute = fields_of(start).second_of_day / 60 % 60;
        let hour = fields_of(start).second_of_day / 3600;
        let coarse = self.months > 0 || self.unit >= DAY_MICROS;
        let fixed = Self {
            by_second: if self.by_second.is_empty() {
                vec![if coarse || !self.by_minute.is_empty() {
                    0.max(if self.by_minute.is_empty() { second } else { 0 })
                } else {
                    second
                }]
            } else {
                self.by_second.clone()
            },
            by_minute: if self.by_minute.is_empty() && (coarse || self.unit == 3600 * MICROS) {
                vec![if self.by_hour.is_empty() { minute } else { 0 }]
            } else {
                self.by_minute.clone()
            },
            by_hour: if self.by_hour.is_empty() && coarse { vec![hour] } else { self.by_hour.clone() },
            by_month: self.by_month.clone(),
            by_month_day: self.by_month_day.clone(),
            by_day: self.by_day.clone(),
            ..Self::default()
        };
        let step = if fixed.by_second.iter().all(|s| *s == 0) { 60 * MICROS } else { MICROS };
        let mut at = (now.div_euclid(step) + 1) * step;
        let end = now + 400 * DAY_MICROS;
        while at < end {
            if fixed.allows(at) {
                return at;
            }
            let fields = fields_of(at);
            let hour_fits =
                fixed.by_hour.is_empty() || fixed.by_hour.contains(&(fields.second_of_day / 3600));
            at = if hour_fits { at + step } else { (at.div_euclid(3600 * MICROS) + 1) * 3600 * MICROS };
        }
        end
    }
}

/// The next moment of a repeat interval after another; parameters: interval, start, after.
pub(super) fn next_run(_: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let Some(interval) = text(values, 0) else { return Ok(Value::Null) };
    let calendar = read(&interval)?;
    let moment = |value: &Value| {
        if let Value::TimestampTz(micros, _) = value { *micros } else { value.as_moment().unwrap_or(0) }
    };
    Ok(Value::TimestampTz(calendar.after(moment(&values[1]), moment(&values[2])), 0))
}

/// Runs a block as a user, as the scheduler does, and commits; answers NULL or the error's stack.
pub(super) fn run_as(machine: &mut Machine, values: &mut [Value]) -> Outcome<Value> {
    let (user, block) = (text(values, 0).unwrap_or_default(), text(values, 1).unwrap_or_default());
    let saved = (machine.facts.clone(), machine.authority.clone(), std::mem::take(&mut machine.frames));
    machine.facts.session_user.clone_from(&user);
    machine.facts.current_user.clone_from(&user);
    machine.facts.current_schema.clone_from(&user);
    machine.facts.module = Some("DBMS_SCHEDULER".into());
    machine.facts.action = text(values, 2);
    machine.authority = Authority { user, roles: true };
    let result = run_block_text(machine, &block);
    let ended = match &result {
        Ok(()) => machine.commit(),
        Err(_) => machine.rollback(),
    };
    (machine.facts, machine.authority, machine.frames) = saved;
    ended?;
    Ok(match result {
        Ok(()) => Value::Null,
        Err(error) => Value::text(error.text.split('\u{1}').next().unwrap_or_default()),
    })
}

fn run_block_text(machine: &mut Machine, text: &str) -> Outcome<()> {
    let block = parse_block(text, Dialect::default()).map_err(|error| syntax_error(&error))?;
    let unit = {
        let mut binder = machine.binder(text);
        compile_block(&mut binder, &block)?
    };
    machine.observe(text, Effect::Write);
    machine.run_unit(unit)
}

impl Machine {
    /// Runs the jobs that are due.
    pub(crate) fn run_due_jobs(&mut self, now: i64) -> Outcome<i64> {
        self.refresh_catalogue()?;
        let Some(package) = self.catalogue.find_exactly("SYS", Kind::Package, "DBMS_ISCHED").cloned() else {
            return Ok(0);
        };
        let unit = self.unit(package.id)?;
        let Some(at) = unit.routines.iter().position(|routine| routine.name == "RUN_DUE") else {
            return fail(6508, &["SYS.DBMS_ISCHED"]);
        };
        let routine = unit.routines[at].clone();
        let mut values = vec![Value::TimestampTz(now, 0)];
        values.resize(routine.slots.max(1), Value::Null);
        self.facts.nls.now = now;
        let (count, _) = self.invoke(&unit, at, &routine, values, 0, &[])?;
        self.commit()?;
        Ok(count.as_number().and_then(Number::to_i64).unwrap_or(0))
    }
}
