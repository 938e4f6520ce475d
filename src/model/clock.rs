//! The one door to time.

use jiff::Timestamp;
use tokio::time::Instant;

/// The present moment in UTC.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A point on the steady clock, for measuring how long something took. It is the runtime's clock, so that tests can
/// hold it.
pub fn instant() -> Instant {
    Instant::now()
}

/// A length of time as a person says it: `4 s`, `3 min 20 s`, `1 h 5 min`.
pub fn spoken(length: std::time::Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Reads a length of time such as `90s`, `20m`, `3h`, `1d` or `1h30m`.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong =
        || format!("{text:?} is not a length of time; write it like \"90s\", \"20m\", \"3h\" or \"1h30m\"");
    let mut seconds: u64 = 0;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let count: u64 = digits.parse().map_err(|_| wrong())?;
        seconds = count.checked_mul(unit).and_then(|s| seconds.checked_add(s)).ok_or_else(wrong)?;
        digits.clear();
    }
    if digits.is_empty() && !text.is_empty() {
        Ok(std::time::Duration::from_secs(seconds))
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        fn check(text: &str, wanted: Option<u64>) {
            assert_eq!(parse_duration(text).ok().map(|d| d.as_secs()), wanted, "{text}");
        }
        check("90s", Some(90));
        check("1h30m", Some(5400));
        check("", None);
        check("5", None);
        check("m", None);
        check("99999999999999999999h", None);
        check("3 h", None);
    }
}
