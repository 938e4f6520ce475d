//! Functions on dates, timestamps and intervals.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every row of the table has the same signature, whether its code can fail or not"
)]

use super::{Facts, Returns, Row, text_of, whole};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::values::calendar::{
    self, DAY_MICROS, DAY_SECONDS, DAYS, MICROS, add_months, fields_of, month_length,
};
use crate::sandbox::oracle::values::{Number, Value, convert};

use Returns::Family;

pub(super) const ROWS: &[Row] = &[
    ("ADD_MONTHS", 2, 2, "DN", Family('D'), true, |_, v| {
        Ok(Value::Date(add_months(micros(v, 0), whole(v, 1).unwrap_or(0)).div_euclid(MICROS)))
    }),
    ("MONTHS_BETWEEN", 2, 2, "DD", Family('N'), true, months_between),
    ("LAST_DAY", 1, 1, "D", Family('D'), true, |_, v| {
        let at = fields_of(micros(v, 0));
        let ahead = month_length(at.year, at.month) - at.day;
        Ok(Value::Date(micros(v, 0).div_euclid(MICROS) + ahead * DAY_SECONDS))
    }),
    ("NEXT_DAY", 2, 2, "DT", Family('D'), true, next_day),
    ("NUMTODSINTERVAL", 2, 2, "NT", Family('I'), true, number_to_days),
    ("NUMTOYMINTERVAL", 2, 2, "NT", Family('Y'), true, number_to_months),
    ("TO_DSINTERVAL", 1, 1, "T", Family('I'), true, |_, v| {
        convert::parse_interval_day(text_of(v, 0))
            .map(Value::IntervalDay)
            .ok_or_else(|| OracleError::new(1867, &[]))
    }),
    ("TO_YMINTERVAL", 1, 1, "T", Family('Y'), true, |_, v| {
        convert::parse_interval_year(text_of(v, 0))
            .map(Value::IntervalYear)
            .ok_or_else(|| OracleError::new(1867, &[]))
    }),
    ("SYS_EXTRACT_UTC", 1, 1, "Z", Family('S'), true, |_, v| {
        Ok(if let Value::TimestampTz(micros, _) = v[0] { Value::Timestamp(micros) } else { Value::Null })
    }),
    ("FROM_TZ", 2, 2, "ST", Family('Z'), true, |_, v| {
        let offset = zone_offset(text_of(v, 1))?;
        Ok(Value::TimestampTz(micros(v, 0) - i64::from(offset) * 60 * MICROS, offset))
    }),
    ("$AT_ZONE", 2, 2, "ZT", Family('Z'), true, |_, v| {
        let offset = zone_offset(text_of(v, 1))?;
        Ok(if let Value::TimestampTz(micros, _) = v[0] {
            Value::TimestampTz(micros, offset)
        } else {
            Value::Null
        })
    }),
    ("TZ_OFFSET", 1, 1, "T", Family('T'), true, |_, v| {
        let offset = zone_offset(text_of(v, 0))?;
        let sign = if offset < 0 { '-' } else { '+' };
        Ok(Value::text(format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)))
    }),
    ("$EXTRACT", 2, 2, "TA", Family('N'), true, extract),
];

fn micros(values: &[Value], at: usize) -> i64 {
    values.get(at).and_then(Value::as_moment).unwrap_or_default()
}

/// The offset of a zone in minutes.
fn zone_offset(zone: &str) -> Outcome<i32> {
    let upper = zone.trim().to_ascii_uppercase();
    if ["UTC", "GMT", "Z", "ETC/UTC"].contains(&upper.as_str()) {
        return Ok(0);
    }
    let Some((hours, minutes)) = upper.split_once(':') else {
        return Err(OracleError::unsupported("use named time zones other than UTC"));
    };
    let (Ok(hour), Ok(minute)) = (hours.parse::<i32>(), minutes.parse::<i32>()) else {
        return Err(OracleError::unsupported("use named time zones other than UTC"));
    };
    Ok(hour * 60 + if hours.starts_with('-') { -minute } else { minute })
}

fn months_between(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let (late, early) = (fields_of(micros(v, 0)), fields_of(micros(v, 1)));
    let months = (late.year - early.year) * 12 + late.month - early.month;
    let both_last =
        late.day == month_length(late.year, late.month) && early.day == month_length(early.year, early.month);
    if late.day == early.day || both_last {
        return Ok(Value::integer(months));
    }
    let seconds = (late.day - early.day) * DAY_SECONDS + late.second_of_day - early.second_of_day;
    let fraction = Number::from(seconds).divide(Number::from(31 * DAY_SECONDS)).unwrap_or(Number::ZERO);
    Ok(Value::Number(Number::from(months).add(fraction).unwrap_or(Number::ZERO)))
}

fn next_day(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let wanted = text_of(v, 1).trim().to_ascii_uppercase();
    let index = (0..7)
        .zip(DAYS)
        .find(|(_, day)| wanted.len() >= 3 && day.to_ascii_uppercase().starts_with(&wanted))
        .map(|(index, _)| index);
    let Some(index) = index else { return fail(1846, &[]) };
    let days = micros(v, 0).div_euclid(DAY_MICROS);
    let ahead = (index - calendar::weekday(days) + 6).rem_euclid(7) + 1;
    Ok(Value::Date(micros(v, 0).div_euclid(MICROS) + ahead * DAY_SECONDS))
}

fn number_to_days(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let unit = match text_of(v, 1).trim().to_ascii_uppercase().as_str() {
        "DAY" => DAY_MICROS,
        "HOUR" => 3600 * MICROS,
        "MINUTE" => 60 * MICROS,
        "SECOND" => MICROS,
        other => return fail(1760, &["illegal argument for function", other]),
    };
    v[0].as_number()
        .and_then(|n| n.multiply(Number::from(unit)))
        .and_then(Number::round_to_i64)
        .map(Value::IntervalDay)
        .ok_or_else(|| OracleError::new(1873, &[]))
}

fn number_to_months(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let unit = match text_of(v, 1).trim().to_ascii_uppercase().as_str() {
        "YEAR" => 12,
        "MONTH" => 1,
        other => return fail(1760, &["illegal argument for function", other]),
    };
    v[0].as_number()
        .and_then(|n| n.multiply(Number::from(unit)))
        .and_then(Number::round_to_i64)
        .map(Value::IntervalYear)
        .ok_or_else(|| OracleError::new(1873, &[]))
}

fn extract(_: &Facts, v: &[Value]) -> Outcome<Value> {
    let field = text_of(v, 0);
    let second = |second: i64, fraction: i64| {
        Number::from(second * MICROS + fraction)
            .divide(Number::from(MICROS))
            .map_or(Value::Null, Value::Number)
    };
    match &v[1] {
        Value::IntervalDay(micros) => Ok(match field {
            "DAY" => Value::integer(micros / DAY_MICROS),
            "HOUR" => Value::integer(micros % DAY_MICROS / (3600 * MICROS)),
            "MINUTE" => Value::integer(micros % (3600 * MICROS) / (60 * MICROS)),
            "SECOND" => second(micros % (60 * MICROS) / MICROS, micros % MICROS),
            _ => return fail(30076, &[]),
        }),
        Value::IntervalYear(months) => Ok(match field {
            "YEAR" => Value::integer(months / 12),
            "MONTH" => Value::integer(months % 12),
            _ => return fail(30076, &[]),
        }),
        moment => {
            let Some(micros) = moment.as_moment() else { return fail(30076, &[]) };
            let at = fields_of(micros);
            let is_date = matches!(moment, Value::Date(_));
            Ok(match field {
                "YEAR" => Value::integer(at.year),
                "MONTH" => Value::integer(at.month),
                "DAY" => Value::integer(at.day),
                "HOUR" if !is_date => Value::integer(at.second_of_day / 3600),
                "MINUTE" if !is_date => Value::integer(at.second_of_day / 60 % 60),
                "SECOND" if !is_date => second(at.second_of_day % 60, at.micros),
                "TIMEZONE_HOUR" | "TIMEZONE_MINUTE" => {
                    let Value::TimestampTz(_, offset) = moment else { return fail(30076, &[]) };
                    Value::integer(i64::from(if field == "TIMEZONE_HOUR" {
                        offset / 60
                    } else {
                        offset % 60
                    }))
                }
                _ => return fail(30076, &[]),
            })
        }
    }
}
