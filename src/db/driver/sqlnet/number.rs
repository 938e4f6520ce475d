//! Numbers between JSON and the database, digit by digit.

use serde_json::{Number, Value};

use crate::db::error::DbError;

/// As many digits as every number of the database can have.
const MOST_DIGITS: usize = 38;

/// A decimal text, perhaps with an exponent, as one without: what the drivers read as a number.
///
/// # Errors
/// The database has no such number.
pub(in crate::db::driver) fn to_driver(bind: &str, text: &str) -> Result<String, DbError> {
    let wrong = |why: &str| DbError::invalid(format!("the bind :{bind} is {text}, {why}"));
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().map_err(|_| wrong("which is no number"))?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let (whole, part) = mantissa
        .trim_start_matches(['-', '+'])
        .split_once('.')
        .unwrap_or((mantissa.trim_start_matches(['-', '+']), ""));
    let digits = format!("{whole}{part}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wrong("which is no number"));
    }
    // The decimal point stands before the digit of this number, counted in the digits without leading zeros.
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    let significant = digits.trim_matches('0');
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(zeros).unwrap_or(0)
        + i64::from(exponent);
    Ok(if significant.is_empty() {
        "0".to_owned()
    } else if significant.len() > MOST_DIGITS {
        return Err(wrong("which has more digits than a NUMBER"));
    } else if !(-129..=126).contains(&point) {
        return Err(wrong("which is out of the range of a NUMBER"));
    } else {
        plain(negative, significant, point)
    })
}

fn plain(negative: bool, digits: &str, point: i64) -> String {
    let sign = if negative { "-" } else { "" };
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else if point >= length {
        format!("{sign}{digits}{}", zeros(point - length))
    } else {
        let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{part}")
    }
}

/// A plain decimal text as JSON: a number where JSON's numbers hold it exactly, else the text.
pub(in crate::db::driver) fn to_json(text: String) -> Value {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    if let Ok(number) = whole {
        return Value::Number(number);
    }
    let near = text.parse::<f64>().ok().filter(|near| near.to_string() == text).and_then(Number::from_f64);
    near.map_or(Value::String(text), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn into_the_database() {
        fn check(text: &str, wanted: Result<&str, &str>) {
            match (to_driver("b", text), wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{text}"),
                (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{text}: {error}"),
                (found, wanted) => panic!("{text}: {found:?} instead of {wanted:?}"),
            }
        }
        check("0", Ok("0"));
        check("-0.0", Ok("0"));
        check("41.5", Ok("41.5"));
        check("-41.50", Ok("-41.5"));
        check("100", Ok("100"));
        check("1e2", Ok("100"));
        check("1.25E-7", Ok("0.000000125"));
        check("-1.5e20", Ok("-150000000000000000000"));
        check("+.5", Ok("0.5"));
        check("0.05", Ok("0.05"));
        check("10.01", Ok("10.01"));
        check("12345678901234567890123456789012345678", Ok("12345678901234567890123456789012345678"));
        check("123456789012345678901234567890123456789", Err("more digits"));
        check("1e126", Err("out of the range"));
        check("1e-131", Err("out of the range"));
        check("1e125", Ok(&format!("1{}", "0".repeat(125))));
        check("x", Err("no number"));
        check("1e", Err("no number"));
        check("", Err("no number"));
    }

    #[test]
    fn into_json() {
        fn check(text: &str, wanted: &Value) {
            assert_eq!(to_json(text.to_owned()), *wanted, "{text}");
        }
        check("12", &Value::from(12));
        check("-12", &Value::from(-12));
        check("18446744073709551615", &Value::from(u64::MAX));
        check("18446744073709551616", &Value::from("18446744073709551616"));
        check("1.5", &Value::from(1.5));
        check("0.1", &Value::from(0.1));
        check(
            "0.333333333333333333333333333333333333333",
            &Value::from("0.333333333333333333333333333333333333333"),
        );
    }
}
