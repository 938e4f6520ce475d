//! How large parts and ranges are, and what names objects may have.

use super::error::TransferError;

const MIB: u64 = 1024 * 1024;

/// The service takes no smaller part but the last.
pub const LEAST_PART: u64 = 10 * MIB;

/// The service takes no more parts.
const MOST_PARTS: u64 = 10_000;

/// The service takes no larger part.
const LARGEST_PART: u64 = 50 * 1024 * MIB;

/// What is moved by one request unless there is a reason for more: small enough that little is lost with a connection.
const USUAL_PART: u64 = 16 * MIB;

/// Larger objects get larger parts, so that there are no more than about this many.
const ENOUGH_PARTS: u64 = 2000;

fn rounded_up(bytes: u64) -> u64 {
    bytes.div_ceil(MIB) * MIB
}

/// The size of an upload's parts in bytes: what was asked for, else by the size of the whole. All that fits into one
/// part is stored whole.
///
/// # Errors
/// The size that was asked for is not one that the service takes.
pub fn part_size(size: u64, asked: Option<u64>) -> Result<u64, TransferError> {
    let Some(part) = asked else {
        return Ok(rounded_up(size.div_ceil(ENOUGH_PARTS)).max(USUAL_PART));
    };
    if !(LEAST_PART..=LARGEST_PART).contains(&part) {
        return Err(TransferError::Usage("a part has from 10 MiB to 50 GiB".to_owned()));
    }
    if size.div_ceil(part) > MOST_PARTS {
        return Err(TransferError::Usage(format!(
            "parts of {} MiB are too small: {} of them would be needed, and the service takes {MOST_PARTS}",
            part / MIB,
            size.div_ceil(part)
        )));
    }
    Ok(part)
}

/// How many parts an object has; an empty one counts as one.
pub fn part_count(size: u64, part: u64) -> u64 {
    size.div_ceil(part).max(1)
}

/// Whether an upload may have a part of this number.
pub(super) fn is_part_number(number: u64) -> bool {
    (1..=MOST_PARTS).contains(&number)
}

/// A stretch of an object: the number it has among its like from 0 on, its first byte, its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) index: u64,
    pub(super) first: u64,
    pub(super) length: u64,
}

/// The stretches of an object, none where it is empty.
pub(super) fn stretches(size: u64, each: u64) -> impl Iterator<Item = Stretch> {
    (0..size.div_ceil(each)).map(move |index| Stretch {
        index,
        first: index * each,
        length: each.min(size - index * each),
    })
}

/// The size of the ranges of a download: that of the parts where they are handy, so that sums need no second look at the
/// bytes.
pub(super) fn range_size(size: u64, part: Option<u64>) -> u64 {
    const HANDY: u64 = 64 * MIB;
    const ENOUGH_RANGES: u64 = 20_000;
    match part {
        Some(part) if (MIB..=HANDY).contains(&part) => part,
        _ => rounded_up(size.div_ceil(ENOUGH_RANGES)).max(USUAL_PART),
    }
}

/// The size of the parts that an object of this size was made of, where their number allows only one of the usual ones.
pub(super) fn guessed_part(size: u64, count: u64) -> Option<u64> {
    let usual = [128, 10, 16, 20, 25, 32, 50, 64, 100, 256, 512, 1024].map(|mebibytes| mebibytes * MIB);
    let own = rounded_up(size.div_ceil(ENOUGH_PARTS)).max(USUAL_PART);
    std::iter::once(own).chain(usual).find(|part| part_count(size, *part) == count)
}

/// Refuses a name that no object can have.
///
/// # Errors
/// It is empty, too long, has a line end, or cannot be addressed.
pub fn check_name(name: &str) -> Result<(), TransferError> {
    let wrong = if name.is_empty() {
        "an object's name is empty"
    } else if name.len() > 1024 {
        "an object's name has at most 1024 bytes"
    } else if name.contains(['\r', '\n', '\0']) {
        "an object's name has no line end and no null character"
    } else if name == "." || name == ".." {
        "an object named . or .. cannot be addressed over HTTP"
    } else {
        return Ok(());
    };
    Err(TransferError::Usage(wrong.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;

    #[test]
    fn parts_fit_the_service() {
        fn check(size: u64, asked: Option<u64>, wanted: Option<u64>) {
            let found = part_size(size, asked).ok();
            assert_eq!(found, wanted, "{size} {asked:?}");
            if let Some(part) = found {
                assert!(part_count(size, part) <= MOST_PARTS, "{size} {asked:?}");
            }
        }
        check(0, None, Some(16 * MIB));
        check(512 * MIB, None, Some(16 * MIB));
        check(100 * GIB, None, Some(52 * MIB));
        check(10 * 1024 * GIB, None, Some(5243 * MIB));
        check(512 * MIB, Some(10 * MIB), Some(10 * MIB));
        check(512 * MIB, Some(10 * MIB - 1), None);
        check(512 * MIB, Some(50 * GIB), Some(50 * GIB));
        check(512 * MIB, Some(50 * GIB + 1), None);
        check(100_000 * MIB, Some(10 * MIB), Some(10 * MIB));
        check(100_000 * MIB + 1, Some(10 * MIB), None);
    }

    #[test]
    fn stretches_cover_the_whole() {
        fn check(size: u64, each: u64, wanted: &[(u64, u64)]) {
            let found: Vec<_> = stretches(size, each).map(|s| (s.first, s.length)).collect();
            assert_eq!(found, wanted, "{size} {each}");
        }
        check(0, 10, &[]);
        check(1, 10, &[(0, 1)]);
        check(10, 10, &[(0, 10)]);
        check(11, 10, &[(0, 10), (10, 1)]);
        check(25, 10, &[(0, 10), (10, 10), (20, 5)]);
    }

    #[test]
    fn guesses_agree_with_the_number_of_parts() {
        fn check(size: u64, count: u64, wanted: Option<u64>) {
            assert_eq!(guessed_part(size, count), wanted, "{size} {count}");
        }
        check(512 * MIB, 32, Some(16 * MIB));
        check(512 * MIB, 4, Some(128 * MIB));
        check(512 * MIB, 52, Some(10 * MIB));
        check(512 * MIB, 5, None);
        check(5 * MIB, 1, Some(16 * MIB));
    }

    #[test]
    fn names() {
        for good in ["a", "/a", "a b", "ä", "a%2Fb", "...", "a/./b", &"x".repeat(1024)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a\nb", "a\0", &"x".repeat(1025)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
