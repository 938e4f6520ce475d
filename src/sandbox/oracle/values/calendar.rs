//! The calendar: days, fields of a moment, month arithmetic. Proleptic Gregorian throughout.

/// Seconds of a day.
pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Microseconds of a second.
pub(crate) const MICROS: i64 = 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = DAY_SECONDS * MICROS;

/// A moment taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Year, -4712 to 9999.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
    /// Second of the day.
    pub second_of_day: i64,
    /// Microsecond of the second.
    pub micros: i64,
}

/// The number of days from 1970-01-01 to a civil date.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The civil date of a day number.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_part = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_part + 2) / 5 + 1;
    let month = if month_part < 10 { month_part + 3 } else { month_part - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The length of a month in days.
pub(crate) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Takes a moment in microseconds since 1970 apart.
pub(crate) fn fields_of(micros: i64) -> Fields {
    let days = micros.div_euclid(DAY_MICROS);
    let rest = micros.rem_euclid(DAY_MICROS);
    let (year, month, day) = civil_from_days(days);
    Fields { year, month, day, second_of_day: rest / MICROS, micros: rest % MICROS }
}

/// Puts a moment together; microseconds since 1970.
pub(crate) fn micros_of(fields: &Fields) -> i64 {
    (days_from_civil(fields.year, fields.month, fields.day) * DAY_SECONDS + fields.second_of_day) * MICROS
        + fields.micros
}

/// Adds months as `ADD_MONTHS` does: the last day of a month stays the last day.
pub(crate) fn add_months(micros: i64, months: i64) -> i64 {
    let fields = fields_of(micros);
    let index = fields.year * 12 + fields.month - 1 + months;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    let was_last = fields.day == month_length(fields.year, fields.month);
    let length = month_length(year, month);
    let day = if was_last || fields.day > length { length } else { fields.day };
    micros_of(&Fields { year, month, day, ..fields })
}

/// The day of the week of a day number, 0 for Sunday.
pub(crate) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// The ISO year and week of a day number.
pub(crate) fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let (year, _, _) = civil_from_days(thursday);
    (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
}

/// The names of the months, as `NLS_DATE_LANGUAGE` AMERICAN has them.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days, Sunday first.
pub(crate) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip() {
        for days in (-800_000..2_900_000).step_by(977) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(weekday(days_from_civil(2026, 11, 21)), 6);
        assert_eq!(iso_week(days_from_civil(2027, 1, 1)), (2026, 53));
    }

    #[test]
    fn months_keep_the_last_day() {
        let day = |y, m, d| days_from_civil(y, m, d) * DAY_MICROS;
        assert_eq!(add_months(day(2026, 1, 31), 1), day(2026, 2, 28));
        assert_eq!(add_months(day(2026, 2, 28), 1), day(2026, 3, 31));
        assert_eq!(add_months(day(2026, 3, 15), -14), day(2025, 1, 15));
    }
}
