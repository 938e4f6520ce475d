//! NUMBER: a decimal of up to 38 significant digits.

use std::cmp::Ordering;
use std::fmt;

/// The most significant digits kept.
const MAX_DIGITS: u32 = 38;
/// The largest decimal exponent of the first digit that a NUMBER holds.
const MAX_MAGNITUDE: i32 = 126;
/// The smallest one; below it a value is zero.
const MIN_MAGNITUDE: i32 = -130;

/// A decimal number, `mantissa * 10^exponent`, always without trailing zeros in the mantissa.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Number {
    mantissa: i128,
    exponent: i32,
}

fn power_of_ten(exponent: u32) -> u128 {
    10_u128.pow(exponent)
}

fn digits_of(value: u128) -> u32 {
    if value == 0 { 1 } else { value.ilog10() + 1 }
}

fn widen(value: u128) -> i128 {
    i128::try_from(value).expect("at most 38 digits fit in 127 bits")
}

fn delta(from: i32, to: i32) -> u32 {
    from.abs_diff(to)
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, exponent: 0 };
    /// One.
    pub const ONE: Self = Self { mantissa: 1, exponent: 0 };

    /// Builds the value `sign * magnitude * 10^exponent`, rounded half up to 38 digits; none on overflow.
    fn build(negative: bool, mut magnitude: u128, mut exponent: i32) -> Option<Self> {
        let digits = digits_of(magnitude);
        if digits > MAX_DIGITS {
            let cut = digits - MAX_DIGITS;
            let divisor = power_of_ten(cut);
            let rest = magnitude % divisor;
            magnitude /= divisor;
            if rest >= divisor / 2 {
                magnitude += 1;
            }
            exponent += i32::try_from(cut).ok()?;
        }
        if magnitude == 0 {
            return Some(Self::ZERO);
        }
        while magnitude.is_multiple_of(100_000_000) {
            magnitude /= 100_000_000;
            exponent += 8;
        }
        while magnitude.is_multiple_of(10) {
            magnitude /= 10;
            exponent += 1;
        }
        let top = exponent + i32::try_from(digits_of(magnitude)).ok()? - 1;
        if top >= MAX_MAGNITUDE {
            return None;
        }
        if top < MIN_MAGNITUDE {
            return Some(Self::ZERO);
        }
        let mantissa = widen(magnitude);
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, exponent })
    }

    /// The value as an `i64` when it is a whole number that fits.
    pub fn to_i64(self) -> Option<i64> {
        if self.exponent < 0 {
            return None;
        }
        let scale = u32::try_from(self.exponent).ok()?;
        if scale > 20 {
            return None;
        }
        let factor = i128::try_from(power_of_ten(scale)).ok()?;
        i64::try_from(self.mantissa.checked_mul(factor)?).ok()
    }

    /// The value rounded to a whole number, when that fits an `i64`.
    pub fn round_to_i64(self) -> Option<i64> {
        self.round(0).to_i64()
    }

    /// The nearest binary fraction; used for display of durations and for nothing exact.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// True for zero.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// True when there are no digits after the decimal point.
    pub fn is_integer(self) -> bool {
        self.exponent >= 0
    }

    /// The absolute value.
    #[must_use]
    pub fn abs(self) -> Self {
        Self { mantissa: self.mantissa.abs(), exponent: self.exponent }
    }

    /// Reads a number as Oracle's default conversion does: optional sign, digits, point, exponent; blanks around.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (body, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let mut magnitude: u128 = 0;
        let mut scale = exponent;
        let (mut seen_digit, mut seen_point, mut dropped) = (false, false, false);
        for byte in body.bytes() {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    if digits_of(magnitude) >= MAX_DIGITS {
                        if !dropped && byte >= b'5' {
                            magnitude += 1;
                        }
                        dropped = true;
                        if !seen_point {
                            scale += 1;
                        }
                        continue;
                    }
                    magnitude = magnitude * 10 + u128::from(byte - b'0');
                    if seen_point {
                        scale -= 1;
                    }
                }
                b'.' if !seen_point => seen_point = true,
                _ => return None,
            }
        }
        if !seen_digit {
            return None;
        }
        Self::build(negative, magnitude, scale)
    }

    /// Sum; none on overflow.
    pub fn add(self, other: Self) -> Option<Self> {
        if self.mantissa == 0 {
            return Some(other);
        }
        if other.mantissa == 0 {
            return Some(self);
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let shift = delta(high.exponent, low.exponent);
        let room = MAX_DIGITS - digits_of(high.mantissa.unsigned_abs());
        if shift <= room {
            let aligned = high.mantissa * widen(power_of_ten(shift));
            let sum = aligned + low.mantissa;
            return Self::build(sum < 0, sum.unsigned_abs(), low.exponent);
        }
        // The smaller operand loses the digits that do not fit in 38.
        let aligned = high.mantissa * widen(power_of_ten(room));
        let cut = shift - room;
        let small = if cut >= MAX_DIGITS {
            0
        } else {
            let divisor = widen(power_of_ten(cut));
            let half = divisor / 2;
            (low.mantissa + if low.mantissa < 0 { -half } else { half }) / divisor
        };
        let sum = aligned + small;
        Self::build(sum < 0, sum.unsigned_abs(), high.exponent - i32::try_from(room).ok()?)
    }

    /// Difference; none on overflow.
    pub fn subtract(self, other: Self) -> Option<Self> {
        self.add(other.negate())
    }

    /// The value with the other sign.
    #[must_use]
    pub fn negate(self) -> Self {
        Self { mantissa: -self.mantissa, exponent: self.exponent }
    }

    /// Product; none on overflow.
    pub fn multiply(self, other: Self) -> Option<Self> {
        let negative = (self.mantissa < 0) != (other.mantissa < 0);
        let (left, right) = (self.mantissa.unsigned_abs(), other.mantissa.unsigned_abs());
        let exponent = self.exponent + other.exponent;
        if let Some(product) = left.checked_mul(right) {
            return Self::build(negative, product, exponent);
        }
        let (magnitude, dropped) = wide_product(left, right);
        Self::build(negative, magnitude, exponent + i32::try_from(dropped).ok()?)
    }

    /// Quotient to 38 digits; none on overflow. The divisor must not be zero.
    pub fn divide(self, other: Self) -> Option<Self> {
        if self.mantissa == 0 {
            return Some(Self::ZERO);
        }
        let negative = (self.mantissa < 0) != (other.mantissa < 0);
        let divisor = other.mantissa.unsigned_abs();
        let mut quotient = self.mantissa.unsigned_abs() / divisor;
        let mut rest = self.mantissa.unsigned_abs() % divisor;
        let mut exponent = self.exponent - other.exponent;
        while rest != 0 && (quotient == 0 || digits_of(quotient) < MAX_DIGITS) {
            let (digit, remainder) = tenfold(rest, divisor);
            quotient = quotient * 10 + digit;
            rest = remainder;
            exponent -= 1;
        }
        if rest != 0 && rest >= divisor - rest {
            quotient += 1;
        }
        Self::build(negative, quotient, exponent)
    }

    /// Remainder with the dividend's sign, `MOD`; the dividend itself for a zero divisor.
    pub fn modulo(self, other: Self) -> Option<Self> {
        if other.mantissa == 0 {
            return Some(self);
        }
        let quotient = self.divide(other)?.truncate(0);
        self.subtract(quotient.multiply(other)?)
    }

    /// Rounds half away from zero to `places` digits after the point (negative: before it).
    #[must_use]
    pub fn round(self, places: i32) -> Self {
        self.cut(places, true)
    }

    /// Cuts to `places` digits after the point.
    #[must_use]
    pub fn truncate(self, places: i32) -> Self {
        self.cut(places, false)
    }

    fn cut(self, places: i32, round: bool) -> Self {
        if self.exponent >= -places {
            return self;
        }
        let drop = delta(self.exponent, -places);
        if drop > MAX_DIGITS {
            return Self::ZERO;
        }
        let divisor = power_of_ten(drop);
        let magnitude = self.mantissa.unsigned_abs();
        let mut kept = magnitude / divisor;
        if round && magnitude % divisor >= divisor / 2 {
            kept += 1;
        }
        Self::build(self.mantissa < 0, kept, -places).unwrap_or(self)
    }

    /// The largest whole number not above.
    #[must_use]
    pub fn floor(self) -> Self {
        let cut = self.truncate(0);
        if self.is_negative() && cut != self { cut.subtract(Self::ONE).unwrap_or(cut) } else { cut }
    }

    /// The smallest whole number not below.
    #[must_use]
    pub fn ceil(self) -> Self {
        self.negate().floor().negate()
    }

    /// A whole power; none on overflow.
    pub fn power(self, exponent: i64) -> Option<Self> {
        let mut result = Self::ONE;
        let mut base = self;
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(base)?;
            }
            left >>= 1;
            if left > 0 {
                base = base.multiply(base)?;
            }
        }
        if exponent < 0 {
            if result.is_zero() {
                return None;
            }
            Self::ONE.divide(result)
        } else {
            Some(result)
        }
    }

    /// The square root by Newton's steps; none below zero.
    pub fn square_root(self) -> Option<Self> {
        if self.is_negative() {
            return None;
        }
        if self.is_zero() {
            return Some(self);
        }
        let half = Self::parse("0.5")?;
        let mut guess = Self::parse(&format!("{:e}", self.to_f64().sqrt()))?;
        for _ in 0..8 {
            let next = guess.add(self.divide(guess)?)?.multiply(half)?;
            if next == guess {
                break;
            }
            guess = next;
        }
        // A whole root comes out exact although the last digit of the iteration may waver.
        let whole = guess.round(0);
        Some(if whole.multiply(whole) == Some(self) { whole } else { guess })
    }

    /// Digits before the decimal point (at least zero) and after it.
    pub fn shape(self) -> (u32, u32) {
        let digits = i32::try_from(digits_of(self.mantissa.unsigned_abs())).unwrap_or(i32::MAX);
        let before = if self.mantissa == 0 { 0 } else { (digits + self.exponent).max(0) };
        let after = (-self.exponent).max(0);
        (before.unsigned_abs(), after.unsigned_abs())
    }

    /// The digits with the point moved away: magnitude and the count of decimals.
    pub(super) fn digits_with_scale(self, scale: u32) -> String {
        let rounded = self.round(i32::try_from(scale).unwrap_or(0)).abs();
        let shift = rounded.exponent + i32::try_from(scale).unwrap_or(0);
        let mut text = rounded.mantissa.to_string();
        for _ in 0..shift.max(0) {
            text.push('0');
        }
        text
    }
}

/// The product of two 38-digit magnitudes cut (with rounding) to 38 digits, and how many digits were cut.
fn wide_product(left: u128, right: u128) -> (u128, u32) {
    let mask = u128::from(u64::MAX);
    let (l1, l0) = (left >> 64, left & mask);
    let (r1, r0) = (right >> 64, right & mask);
    let mut limbs = [0_u128; 4];
    for (position, product) in [(0, l0 * r0), (1, l0 * r1), (1, l1 * r0), (2, l1 * r1)] {
        let mut carry = product;
        let mut at = position;
        while carry != 0 {
            let sum = limbs[at] + (carry & mask);
            limbs[at] = sum & mask;
            carry = (carry >> 64) + (sum >> 64);
            at += 1;
        }
    }
    let mut cut = 0;
    let mut last = 0;
    loop {
        let low = limbs[0] | (limbs[1] << 64);
        if limbs[2] == 0 && limbs[3] == 0 && digits_of(low) <= MAX_DIGITS {
            return (if last >= 5 { low + 1 } else { low }, cut);
        }
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let current = (rest << 64) | *limb;
            *limb = current / 10;
            rest = current % 10;
        }
        last = rest;
        cut += 1;
    }
}

/// Divides ten times `rest` by `divisor` without overflow, for `rest < divisor < 2^127`.
fn tenfold(rest: u128, divisor: u128) -> (u128, u128) {
    let step = |value: u128| if value >= divisor { (1, value - divisor) } else { (0, value) };
    let (a, twice) = step(rest * 2);
    let (b, fourfold) = step(twice * 2);
    let (c, fivefold) = step(fourfold + rest);
    let (d, ten) = step(fivefold * 2);
    (2 * (2 * a + b + c) + d, ten)
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::build(value < 0, u128::from(value.unsigned_abs()), 0).expect("19 digits fit")
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::build(false, value as u128, 0).expect("20 digits fit")
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.exponent == other.exponent {
            return self.mantissa.cmp(&other.mantissa);
        }
        let signs = self.mantissa.signum().cmp(&other.mantissa.signum());
        if signs != Ordering::Equal || self.mantissa == 0 {
            return signs;
        }
        let top = |n: &Self| i64::from(n.exponent) + i64::from(digits_of(n.mantissa.unsigned_abs()));
        let by_size = top(self).cmp(&top(other)).then_with(|| {
            let pad = |n: &Self| {
                let size = n.mantissa.unsigned_abs();
                size * power_of_ten(MAX_DIGITS - digits_of(size))
            };
            pad(self).cmp(&pad(other))
        });
        if self.mantissa < 0 { by_size.reverse() } else { by_size }
    }
}

impl fmt::Display for Number {
    /// As `TO_CHAR` without a format: no zero before the point, an exponent when 40 places do not do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mantissa == 0 {
            return f.write_str("0");
        }
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        let digits = self.mantissa.unsigned_abs().to_string();
        let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let point = count + self.exponent;
        if point > 40 || (point <= 0 && count - point > 40 && point < -1) {
            let (first, rest) = digits.split_at(1);
            let sign = if point > 0 { '+' } else { '-' };
            let power = (point - 1).unsigned_abs();
            return if rest.is_empty() {
                write!(f, "{first}E{sign}{power:02}")
            } else {
                write!(f, "{first}.{rest}E{sign}{power:02}")
            };
        }
        if point <= 0 {
            write!(f, ".{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)))
        } else if point >= count {
            write!(f, "{digits}{}", "0".repeat(usize::try_from(point - count).unwrap_or(0)))
        } else {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            write!(f, "{whole}.{fraction}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn arithmetic_is_decimal() {
        let check = |got: Option<Number>, want: &str| assert_eq!(got.unwrap().to_string(), want);
        check(n("0.1").add(n("0.2")), ".3");
        check(n("1").divide(n("2")), ".5");
        check(n("1").divide(n("3")), ".33333333333333333333333333333333333333");
        check(n("2").divide(n("3")), ".66666666666666666666666666666666666667");
        check(
            n("12345678901234567890").multiply(n("98765432109876543210")),
            "1219326311370217952237463801111263526900",
        );
        check(n("1e20").add(n("1e-10")), "100000000000000000000.0000000001");
        check(n("1e38").add(n("1")), "100000000000000000000000000000000000000");
        check(n("-7").modulo(n("3")), "-1");
        check(n("2").power(10), "1024");
        check(n("2").power(-2), ".25");
        check(n("144").square_root(), "12");
        check(n("1e125").multiply(n("1")), "1.0E+125".replace(".0", "").as_str());
        assert_eq!(n("1e100").multiply(n("1e100")), None);
    }

    #[test]
    fn order_and_rounding() {
        assert!(n("10") > n("9.99999"));
        assert!(n("-10") < n("-9.5"));
        assert!(n("0") > n("-0.0001"));
        assert_eq!(n("2.5").round(0), n("3"));
        assert_eq!(n("-2.5").round(0), n("-3"));
        assert_eq!(n("1250").round(-2), n("1300"));
        assert_eq!(n("2.987").truncate(2), n("2.98"));
        assert_eq!(n("-2.1").floor(), n("-3"));
        assert_eq!(n("2.1").ceil(), n("3"));
        assert_eq!(n("5").round(-1), n("10"));
    }

    #[test]
    fn text_that_is_no_number_is_none() {
        for text in ["", " ", "1,5", "1.2.3", "abc", "1e", "--1", "0x10"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(n(" 007.50 ").to_string(), "7.5");
        assert_eq!(n("-.5").to_string(), "-.5");
        assert_eq!(n("1e3").to_i64(), Some(1000));
    }
}
