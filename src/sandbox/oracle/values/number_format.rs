//! Number formats: `TO_CHAR(number, format)` and `TO_NUMBER(text, format)`.

use super::number::Number;
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};

#[derive(Debug, Default)]
struct Model {
    /// The characters of the whole part: `9`, `0`, `,`.
    whole: Vec<char>,
    /// The characters of the fraction: `9`, `0`.
    fraction: Vec<char>,
    point: bool,
    compact: bool,
    dollar: bool,
    leading_sign: bool,
    trailing_sign: bool,
    minus_after: bool,
    angle: bool,
    local: bool,
    hex: usize,
    hex_zero: bool,
}

fn read_model(format: &str) -> Outcome<Model> {
    let mut model = Model::default();
    let upper = format.to_ascii_uppercase();
    let mut rest = upper.as_str();
    if let Some(tail) = rest.strip_prefix("FM") {
        model.compact = true;
        rest = tail;
    }
    let mut seen_digit = false;
    while let Some(symbol) = rest.chars().next() {
        let mut step = symbol.len_utf8();
        match symbol {
            '9' | '0' => {
                seen_digit = true;
                if model.point { model.fraction.push(symbol) } else { model.whole.push(symbol) }
            }
            ',' | 'G' if !model.point && seen_digit => model.whole.push(','),
            '.' | 'D' if !model.point => model.point = true,
            '$' => model.dollar = true,
            'L' => model.local = true,
            'S' if !seen_digit && !model.point => model.leading_sign = true,
            'S' => model.trailing_sign = true,
            'M' if rest.starts_with("MI") => {
                model.minus_after = true;
                step = 2;
            }
            'P' if rest.starts_with("PR") => {
                model.angle = true;
                step = 2;
            }
            'X' => model.hex += 1,
            'E' | 'V' | 'T' | 'R' | 'B' | 'C' | 'U' => {
                return Err(OracleError::unsupported(format!("use the number format {format}")));
            }
            _ => return fail(1481, &[]),
        }
        rest = &rest[step..];
    }
    if model.hex > 0 {
        model.hex_zero = !model.whole.is_empty();
        model.hex += model.whole.len();
    }
    Ok(model)
}

/// Formats a number; too many digits give a row of hash signs.
pub(crate) fn format(number: Number, format: &str) -> Outcome<String> {
    if ["TM", "TM9"].contains(&format.to_ascii_uppercase().as_str()) {
        return Ok(number.to_string());
    }
    let model = read_model(format)?;
    if model.hex > 0 {
        return hexadecimal(number, &model, format);
    }
    let scale = u32::try_from(model.fraction.len()).unwrap_or(0);
    let digits = number.digits_with_scale(scale);
    let negative = number.is_negative() && digits.bytes().any(|digit| digit != b'0');
    let split = digits.len().saturating_sub(model.fraction.len());
    let padded = format!("{:0>width$}", digits, width = model.fraction.len());
    let whole_digits = if split == 0 { "" } else { &digits[..split] };
    let whole_digits = whole_digits.trim_start_matches('0');
    let fraction_digits = &padded[padded.len() - model.fraction.len()..];
    let room = model.whole.iter().filter(|c| **c != ',').count();
    let width = model.whole.len()
        + model.fraction.len()
        + usize::from(model.point)
        + usize::from(model.dollar)
        + if model.angle { 2 } else { 1 };
    if whole_digits.len() > room {
        return Ok("#".repeat(width));
    }
    let first_zero = model.whole.iter().position(|c| *c == '0').unwrap_or(model.whole.len());
    let mut whole = String::new();
    let mut left: Vec<char> = format!("{whole_digits:>room$}").chars().collect();
    let mut started = false;
    for (position, symbol) in model.whole.iter().enumerate() {
        if *symbol == ',' {
            if started {
                whole.push(',');
            }
            continue;
        }
        let digit = left.remove(0);
        if digit != ' ' {
            started = true;
            whole.push(digit);
        } else if position >= first_zero {
            started = true;
            whole.push('0');
        }
    }
    if whole.is_empty() && number.is_zero() && !model.whole.is_empty() && !model.point {
        whole.push('0');
    }
    let mut body = whole;
    if model.point {
        body.push('.');
        let kept = if model.compact {
            let required = model.fraction.iter().rposition(|c| *c == '0').map_or(0, |at| at + 1);
            let significant = fraction_digits.trim_end_matches('0').len();
            &fraction_digits[..significant.max(required)]
        } else {
            fraction_digits
        };
        body.push_str(kept);
        if number.is_zero() && body.starts_with('.') && kept.is_empty() {
            body.insert(0, '0');
        }
    }
    if model.dollar || model.local {
        body.insert(0, '$');
    }
    let signed = if model.angle {
        if negative {
            format!("<{body}>")
        } else if model.compact {
            body
        } else {
            format!(" {body} ")
        }
    } else if model.minus_after {
        format!(
            "{body}{}",
            if negative {
                "-"
            } else if model.compact {
                ""
            } else {
                " "
            }
        )
    } else if model.trailing_sign {
        format!("{body}{}", if negative { '-' } else { '+' })
    } else if model.leading_sign {
        format!("{}{body}", if negative { '-' } else { '+' })
    } else if negative {
        format!("-{body}")
    } else if model.compact {
        body
    } else {
        format!(" {body}")
    };
    Ok(if model.compact { signed } else { format!("{signed:>width$}") })
}

fn hexadecimal(number: Number, model: &Model, format: &str) -> Outcome<String> {
    let Some(value) = number.round_to_i64().filter(|value| *value >= 0) else {
        return Ok("#".repeat(model.hex + 1));
    };
    let lower = format.contains('x');
    let mut text = if lower { format!("{value:x}") } else { format!("{value:X}") };
    if text.len() > model.hex {
        return Ok("#".repeat(model.hex + 1));
    }
    if model.hex_zero {
        text = format!("{text:0>width$}", width = model.hex);
    }
    Ok(if model.compact { text } else { format!("{text:>width$}", width = model.hex + 1) })
}

/// Reads a number by a format.
pub(crate) fn parse(text: &str, format: &str) -> Outcome<Number> {
    let model = read_model(format)?;
    let trimmed = text.trim();
    if model.hex > 0 {
        return u64::from_str_radix(trimmed, 16)
            .ok()
            .and_then(|value| Number::parse(&value.to_string()))
            .ok_or_else(|| OracleError::new(1722, &[]));
    }
    let mut plain = String::new();
    let mut negative = false;
    for symbol in trimmed.chars() {
        match symbol {
            '$' if model.dollar || model.local => {}
            ',' if model.whole.contains(&',') => {}
            '-' => negative = true,
            '+' if model.leading_sign || model.trailing_sign => {}
            '<' | '>' if model.angle => negative = true,
            other => plain.push(other),
        }
    }
    let number = Number::parse(&plain).ok_or_else(|| OracleError::new(1722, &[]))?;
    let (before, after) = number.shape();
    let room = model.whole.iter().filter(|c| **c != ',').count();
    if before as usize > room || after as usize > model.fraction.len() {
        return fail(1722, &[]);
    }
    Ok(if negative { number.negate() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let check = |number: &str, pattern: &str, want: &str| {
            assert_eq!(format(Number::parse(number).unwrap(), pattern).unwrap(), want, "{number} {pattern}");
        };
        check("1234.5", "9,999.99", " 1,234.50");
        check("-1234.5", "9,999.99", "-1,234.50");
        check("0.5", "0.99", " 0.50");
        check("0.5", "9.99", "  .50");
        check("12345", "999", "####");
        check("7", "000", " 007");
        check("7", "FM000", "007");
        check("1234.5", "FM9,990.00", "1,234.50");
        check("1234.5", "FM999999.99", "1234.5");
        check("0", "9", " 0");
        check("0", "FM990", "0");
        check("255", "FMXX", "FF");
        check("-5", "99MI", " 5-");
        check("-5", "S99", " -5");
        check("1234", "$9,999", " $1,234");
    }

    #[test]
    fn texts() {
        assert_eq!(parse("1,234.50", "9,999.99").unwrap().to_string(), "1234.5");
        assert_eq!(parse("ff", "XX").unwrap().to_string(), "255");
        assert!(parse("12345", "999").is_err());
    }
}
