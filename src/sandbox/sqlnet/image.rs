//! The images of values: how the database writes numbers, moments and the rest into bytes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Most digits to the base of 100 that a number has.
const MOST_PAIRS: usize = 20;
/// Added to what may be negative in intervals.
const MIDDLE: i64 = 0x8000_0000;
const MICROS: i64 = 1_000_000;

/// A decimal text as the image of a NUMBER; nothing where it is no number.
pub(super) fn number(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (body, exponent) = match text.split_once(['e', 'E']) {
        Some((body, exponent)) => (body, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut digits = Vec::new();
    for letter in whole.chars().chain(fraction.chars()) {
        digits.push(u8::try_from(letter.to_digit(10)?).ok()?);
    }
    let mut power = exponent - i32::try_from(fraction.len()).ok()?;
    // A digit to the base of 100 begins at an even power of ten.
    if power.rem_euclid(2) == 1 {
        digits.push(0);
        power -= 1;
    }
    if digits.len() % 2 == 1 {
        digits.insert(0, 0);
    }
    let mut pairs: Vec<u8> = digits.chunks(2).map(|pair| pair[0] * 10 + pair[1]).collect();
    let mut power = power / 2;
    while pairs.last() == Some(&0) {
        pairs.pop();
        power += 1;
    }
    let leading = pairs.iter().take_while(|pair| **pair == 0).count();
    pairs.drain(..leading);
    if pairs.is_empty() {
        return Some(vec![0x80]);
    }
    pairs.truncate(MOST_PAIRS);
    let top = power + i32::try_from(pairs.len()).ok()? - 1;
    let first = if negative { 62 - top } else { 193 + top };
    let mut image = vec![u8::try_from(first).ok()?];
    image.extend(pairs.iter().map(|pair| if negative { 101 - pair } else { pair + 1 }));
    if negative && pairs.len() < MOST_PAIRS {
        image.push(102);
    }
    Some(image)
}

/// The image of a NUMBER as decimal text.
pub(super) fn number_text(image: &[u8]) -> Option<String> {
    let (first, rest) = image.split_first()?;
    if *first == 0x80 && rest.is_empty() {
        return Some("0".to_owned());
    }
    let negative = first & 0x80 == 0;
    let rest = if negative { rest.strip_suffix(&[102]).unwrap_or(rest) } else { rest };
    if rest.is_empty() || rest.len() > MOST_PAIRS {
        return None;
    }
    let top = if negative { 62 - i32::from(*first) } else { i32::from(*first) - 193 };
    let mut text = if negative { "-".to_owned() } else { String::new() };
    for byte in rest {
        let pair = if negative { 101_u8.checked_sub(*byte)? } else { byte.checked_sub(1)? };
        if pair > 99 {
            return None;
        }
        text.push(char::from(b'0' + pair / 10));
        text.push(char::from(b'0' + pair % 10));
    }
    let power = (top - i32::try_from(rest.len()).ok()? + 1) * 2;
    if power != 0 {
        text.push_str(&format!("E{power}"));
    }
    Some(text)
}

fn civil(micros: i64) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(Timestamp::from_microsecond(micros).ok()?))
}

fn date_bytes(at: DateTime) -> Option<Vec<u8>> {
    let part = |value: i16| u8::try_from(value).ok();
    Some(vec![
        part(at.year() / 100 + 100)?,
        part(at.year() % 100 + 100)?,
        part(at.month().into())?,
        part(at.day().into())?,
        part(i16::from(at.hour()) + 1)?,
        part(i16::from(at.minute()) + 1)?,
        part(i16::from(at.second()) + 1)?,
    ])
}

/// Seconds since 1970 as a DATE.
pub(super) fn date(seconds: i64) -> Option<Vec<u8>> {
    date_bytes(civil(seconds.checked_mul(MICROS)?)?)
}

/// Microseconds since 1970 as a TIMESTAMP.
pub(super) fn timestamp(micros: i64) -> Option<Vec<u8>> {
    let mut image = date_bytes(civil(micros)?)?;
    let nanos = u32::try_from(micros.rem_euclid(MICROS) * 1000).ok()?;
    image.extend_from_slice(&nanos.to_be_bytes());
    Some(image)
}

/// Microseconds since 1970 UTC and the minutes a zone is ahead, as a TIMESTAMP WITH TIME ZONE.
pub(super) fn zoned(micros: i64, offset: i32) -> Option<Vec<u8>> {
    let mut image = timestamp(micros)?;
    image.push(u8::try_from(offset / 60 + 20).ok()?);
    image.push(u8::try_from(offset % 60 + 60).ok()?);
    Some(image)
}

/// A moment of seven, eleven or thirteen bytes: microseconds since 1970 as they stand (in UTC, where there is a zone), and
/// the minutes of the zone.
pub(super) fn moment(image: &[u8]) -> Option<(i64, i32)> {
    if !matches!(image.len(), 7 | 11 | 13) {
        return None;
    }
    let year = (i16::from(image[0]) - 100) * 100 + i16::from(image[1]) - 100;
    let small = |at: usize, less: u8| i8::try_from(image[at].checked_sub(less)?).ok();
    let at = DateTime::new(year, small(2, 0)?, small(3, 0)?, small(4, 1)?, small(5, 1)?, small(6, 1)?, 0);
    let seconds = at.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    let nanos = image.get(7..11).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let offset = image.get(11..13).map_or(0, |b| (i32::from(b[0]) - 20) * 60 + i32::from(b[1]) - 60);
    if nanos >= 1_000_000_000 || offset.abs() > 16 * 60 {
        return None;
    }
    Some((seconds.checked_mul(MICROS)?.checked_add(i64::from(nanos / 1000))?, offset))
}

/// A binary fraction of eight bytes.
pub(super) fn double(value: f64) -> Vec<u8> {
    let mut bytes = value.to_be_bytes();
    flip_out(&mut bytes);
    bytes.to_vec()
}

/// A binary fraction of four bytes.
pub(super) fn float(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.parse::<f32>().ok()?.to_be_bytes();
    flip_out(&mut bytes);
    Some(bytes.to_vec())
}

fn invert(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = !*byte;
    }
}

fn flip_out(bytes: &mut [u8]) {
    if bytes[0] & 0x80 == 0 {
        bytes[0] |= 0x80;
    } else {
        invert(bytes);
    }
}

/// A binary fraction of four or eight bytes as text.
pub(super) fn fraction_text(image: &[u8]) -> Option<String> {
    let mut bytes = image.to_vec();
    if bytes.first()? & 0x80 == 0 {
        invert(&mut bytes);
    } else {
        bytes[0] &= 0x7F;
    }
    let value = match <[u8; 8]>::try_from(bytes.as_slice()) {
        Ok(eight) => f64::from_be_bytes(eight).to_string(),
        Err(_) => f32::from_be_bytes(bytes.try_into().ok()?).to_string(),
    };
    value.parse::<f64>().ok()?.is_finite().then_some(value)
}

/// An INTERVAL DAY TO SECOND of microseconds.
pub(super) fn interval_day(micros: i64) -> Option<Vec<u8>> {
    let (seconds, rest) = (micros / MICROS, micros % MICROS);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let mut image = u32::try_from(days + MIDDLE).ok()?.to_be_bytes().to_vec();
    for part in [seconds / 3600, seconds / 60 % 60, seconds % 60] {
        image.push(u8::try_from(part + 60).ok()?);
    }
    image.extend_from_slice(&u32::try_from(rest * 1000 + MIDDLE).ok()?.to_be_bytes());
    Some(image)
}

/// An INTERVAL YEAR TO MONTH of months.
pub(super) fn interval_year(months: i64) -> Option<Vec<u8>> {
    let mut image = u32::try_from(months / 12 + MIDDLE).ok()?.to_be_bytes().to_vec();
    image.push(u8::try_from(months % 12 + 60).ok()?);
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::super::wire::{hexadecimal, unhexadecimal};
    use super::*;

    #[test]
    fn numbers() {
        fn check(text: &str, wanted: &str, back: &str) {
            let image = number(text).unwrap_or_default();
            assert_eq!(hexadecimal(&image), wanted, "{text}");
            assert_eq!(number_text(&image).as_deref(), Some(back), "{text}");
        }
        check("0", "80", "0");
        check("-0.00", "80", "0");
        check("1", "C102", "01");
        check("-1", "3E6466", "-01");
        check("10", "C10B", "10");
        check("100", "C202", "01E2");
        check("123.45", "C202182E", "012345E-2");
        check("-0.01", "3F6466", "-01E-2");
        check("-.5", "3F3366", "-50E-2");
        check("1.5E+3", "C210", "15E2");
        check("1000000", "C402", "01E6");
        check(
            "12345678901234567890123456789012345678",
            "D30D23394F5B0D23394F5B0D23394F5B0D23394F",
            "12345678901234567890123456789012345678",
        );
        for wrong in ["", "-", ".", "1,5", "abc", "1E", "1E999"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        for wrong in ["", "C1", "3E66", "C100", "C1FF"] {
            assert_eq!(number_text(&unhexadecimal(wrong.as_bytes()).unwrap()), None, "{wrong}");
        }
    }

    #[test]
    fn moments() {
        fn check(image: Option<Vec<u8>>, wanted: &str, back: (i64, i32)) {
            let image = image.unwrap_or_default();
            assert_eq!(hexadecimal(&image), wanted);
            assert_eq!(moment(&image), Some(back), "{wanted}");
        }
        let seconds = 1_709_211_906;
        let micros = seconds * MICROS + 123_456;
        check(date(seconds), "787C021D0E0607", (seconds * MICROS, 0));
        check(timestamp(micros), "787C021D0E0607075BCA00", (micros, 0));
        check(zoned(micros, 0), "787C021D0E0607075BCA00143C", (micros, 0));
        check(zoned(micros, -210), "787C021D0E0607075BCA00111E", (micros, -210));
        for wrong in ["", "787C021D0E06", "787C021E0E0607", "787C020D1D0607", "787C021D000607"] {
            assert_eq!(moment(&unhexadecimal(wrong.as_bytes()).unwrap()), None, "{wrong}");
        }
    }

    #[test]
    fn fractions_and_intervals() {
        fn check(value: f64, wanted: &str) {
            assert_eq!(hexadecimal(&double(value)), wanted, "{value}");
            assert_eq!(fraction_text(&double(value)), Some(value.to_string()));
        }
        check(1.5, "BFF8000000000000");
        check(-1.5, "4007FFFFFFFFFFFF");
        assert_eq!(fraction_text(&float("-0.25").unwrap()).as_deref(), Some("-0.25"));
        assert_eq!(fraction_text(&double(f64::NAN)), None);
        assert_eq!(
            interval_day(93_784_500_000).map(|b| hexadecimal(&b)).as_deref(),
            Some("800000013E3F409DCD6500")
        );
        assert_eq!(interval_year(-14).map(|b| hexadecimal(&b)).as_deref(), Some("7FFFFFFF3A"));
    }
}
