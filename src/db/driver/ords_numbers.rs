//! Numbers of an answer, digit by digit: a NUMBER has up to 38 digits, and readers of JSON round them.

use std::borrow::Cow;

/// Shorter numbers are never rounded.
const SAFE_DIGITS: usize = 15;

/// The JSON text with quotation marks around the numbers that would lose digits.
pub(super) fn exactly(json: &[u8]) -> Cow<'_, [u8]> {
    let mut changed: Vec<u8> = Vec::new();
    let (mut at, mut copied, mut inside) = (0, 0, false);
    while at < json.len() {
        match json[at] {
            b'\\' if inside => at += 1,
            b'"' => inside = !inside,
            b'-' | b'0'..=b'9' if !inside => {
                let length = json[at..].iter().take_while(|b| is_part(**b)).count();
                let number = &json[at..at + length];
                if length > SAFE_DIGITS && std::str::from_utf8(number).is_ok_and(is_rounded) {
                    changed.extend_from_slice(&json[copied..at]);
                    changed.push(b'"');
                    changed.extend_from_slice(number);
                    changed.push(b'"');
                    copied = at + length;
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    changed.extend_from_slice(&json[copied..]);
    Cow::Owned(changed)
}

fn is_part(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// Whether a reader of JSON gives another number than this one.
pub(super) fn is_rounded(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return false;
    }
    match (number.parse::<f64>(), parts(number)) {
        (Ok(near), Some(wanted)) => parts(&near.to_string()) != Some(wanted),
        _ => true,
    }
}

/// The digits of a number without zeros at either end, and where its point stands.
fn parts(number: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let mantissa = mantissa.trim_start_matches(['-', '+']);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    let exponent: i64 = exponent.parse().ok()?;
    let point = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + exponent;
    let digits = digits.trim_matches('0');
    Some((digits.to_owned(), if digits.is_empty() { 0 } else { point }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_be_rounded_become_texts() {
        fn check(json: &str, wanted: &str) {
            let found = exactly(json.as_bytes());
            assert_eq!(std::str::from_utf8(&found).unwrap(), wanted, "{json}");
        }
        for same in [
            r#"{"a":1,"b":-1.5,"c":[18446744073709551615,0.1,1e10,"12345678901234567890123"]}"#,
            r#"{"a":"\"12345678901234567890123","b":100000000000000000000000}"#,
            r#"{"a":3.141592653589793}"#,
            "",
            "-",
        ] {
            check(same, same);
        }
        check(
            r"[12345678901234567890123,0.33333333333333333333,-1.00000000000000000001,7]",
            r#"["12345678901234567890123","0.33333333333333333333","-1.00000000000000000001",7]"#,
        );
        check(r#"{"n":1.2345678901234567891E+37}"#, r#"{"n":"1.2345678901234567891E+37"}"#);
    }
}
