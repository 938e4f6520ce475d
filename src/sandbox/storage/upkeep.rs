//! Carries lifecycle policies out, for people who cannot wait for days.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::record::StoredObject;
use super::{multipart, versions};
use crate::sandbox::world::World;

const DAY: i64 = 24 * 3600;

/// A rule, read.
struct Rule {
    target: String,
    action: String,
    days: i64,
    prefixes: Vec<String>,
    inclusions: Vec<String>,
    exclusions: Vec<String>,
}

impl Rule {
    fn read(rule: &Value) -> Self {
        let words = |name: &str| {
            let list = rule["objectNameFilter"][name].as_array();
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let amount = rule["timeAmount"].as_i64().unwrap_or(i64::MAX / DAY);
        Self {
            target: rule["target"].as_str().unwrap_or("objects").to_owned(),
            action: rule["action"].as_str().unwrap_or_default().to_owned(),
            days: if rule["timeUnit"] == "YEARS" { amount.saturating_mul(365) } else { amount },
            prefixes: words("inclusionPrefixes"),
            inclusions: words("inclusionPatterns"),
            exclusions: words("exclusionPatterns"),
        }
    }

    fn names(&self, name: &str) -> bool {
        let included = (self.prefixes.is_empty() && self.inclusions.is_empty())
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self.inclusions.iter().any(|pattern| matches(pattern, name));
        included && !self.exclusions.iter().any(|pattern| matches(pattern, name))
    }

    /// Whether something of that moment is old enough: days are whole ones, and end at midnight UTC.
    fn is_due(&self, since: Timestamp, now: Timestamp) -> bool {
        let due = since.as_second().saturating_add(self.days.saturating_mul(DAY));
        let into = due.rem_euclid(DAY);
        let midnight = if into == 0 { due } else { due.saturating_add(DAY - into) };
        midnight <= now.as_second()
    }
}

/// Whether a name fits a pattern: `*` for any characters, `?` for one, `[ab]` or `[!ab]` for one of a set, `\` before
/// a sign that means itself.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern = signs(&pattern.chars().collect::<Vec<char>>());
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Only the last star has to take more: what stood before it fits already.
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match pattern.get(at) {
            Some(Sign::Any) => {
                star = Some((at + 1, place));
                at += 1;
            }
            Some(sign) if sign.is(name[place]) => (at, place) = (at + 1, place + 1),
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    (at, place) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| matches!(sign, Sign::Any))
}

/// A sign of a pattern.
enum Sign {
    /// Any characters.
    Any,
    /// One of any kind.
    One,
    /// One that is in the set, or is not.
    Set(bool, Vec<char>),
    Itself(char),
}

impl Sign {
    fn is(&self, character: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Set(wanted, set) => in_set(set, character) == *wanted,
            Self::Itself(sign) => *sign == character,
        }
    }
}

fn signs(mut pattern: &[char]) -> Vec<Sign> {
    let mut found = Vec::new();
    while let Some((first, mut rest)) = pattern.split_first() {
        found.push(match first {
            '*' => Sign::Any,
            '?' => Sign::One,
            '[' if rest.contains(&']') => {
                let end = rest.iter().position(|sign| *sign == ']').unwrap_or(0);
                let set = &rest[..end];
                rest = &rest[end + 1..];
                match set.split_first() {
                    Some(('!', set)) => Sign::Set(false, set.to_vec()),
                    _ => Sign::Set(true, set.to_vec()),
                }
            }
            '\\' if !rest.is_empty() => {
                let sign = rest[0];
                rest = &rest[1..];
                Sign::Itself(sign)
            }
            other => Sign::Itself(*other),
        });
        pattern = rest;
    }
    found
}

fn in_set(set: &[char], sign: char) -> bool {
    match set {
        [low, '-', high, rest @ ..] => (*low..=*high).contains(&sign) || in_set(rest, sign),
        [one, rest @ ..] => *one == sign || in_set(rest, sign),
        [] => false,
    }
}

/// Carries every enabled rule out as if `days` had passed; answers what was done.
pub(crate) fn lifecycle(world: &mut World, days: i64, now: Timestamp) -> Value {
    let pretended = now.saturating_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(now);
    let mut done = json!({"deleted": [], "archived": [], "infrequent": [], "versions": 0, "uploads": 0});
    let policies: Vec<(String, Vec<Rule>)> = world
        .tables
        .buckets
        .values()
        .filter_map(|bucket| {
            let (_, _, items) = bucket.lifecycle.as_ref()?;
            let rules = items.as_array().into_iter().flatten().filter(|rule| rule["isEnabled"] == true);
            Some((bucket.name.clone(), rules.map(Rule::read).collect()))
        })
        .collect();
    for (bucket, rules) in policies {
        objects(world, &bucket, &rules, (now, pretended), &mut done);
        for rule in rules.iter().filter(|rule| rule.target == "previous-object-versions") {
            let due = |row: &super::record::OldVersion| {
                rule.names(&row.object.name) && rule.is_due(row.since, pretended)
            };
            let count = match rule.action.as_str() {
                "DELETE" => versions::end_old(world, &bucket, due),
                "ARCHIVE" => versions::move_old(world, &bucket, "Archive", due),
                _ => versions::move_old(world, &bucket, "InfrequentAccess", due),
            };
            done["versions"] = (done["versions"].as_u64().unwrap_or(0) + count as u64).into();
        }
        for rule in rules.iter().filter(|rule| rule.action == "ABORT") {
            let ended = multipart::end_old(world, &bucket, |upload| {
                rule.names(&upload.name) && rule.is_due(upload.made, pretended)
            });
            done["uploads"] = (done["uploads"].as_u64().unwrap_or(0) + ended as u64).into();
        }
    }
    done
}

/// One object meets one action at most: to be deleted counts before to be archived, and that before the middle tier.
fn objects(
    world: &mut World,
    bucket: &str,
    rules: &[Rule],
    (now, pretended): (Timestamp, Timestamp),
    done: &mut Value,
) {
    let meets = |object: &StoredObject, action: &str| {
        rules.iter().any(|rule| {
            rule.target == "objects"
                && rule.action == action
                && rule.names(&object.name)
                && rule.is_due(object.modified, pretended)
        })
    };
    let list: Vec<StoredObject> =
        world.tables.objects.values().filter(|object| object.bucket == bucket).cloned().collect();
    for object in list {
        let place = super::record::key(bucket, &object.name);
        let (list, tier) = if meets(&object, "DELETE") {
            versions::remove(world, bucket, &object.name, now);
            ("deleted", None)
        } else if object.tier != "Archive" && meets(&object, "ARCHIVE") {
            ("archived", Some("Archive"))
        } else if object.tier == "Standard" && meets(&object, "INFREQUENT_ACCESS") {
            ("infrequent", Some("InfrequentAccess"))
        } else {
            continue;
        };
        if let Some(tier) = tier
            && let Some(row) = world.tables.objects.change(&place)
        {
            tier.clone_into(&mut row.tier);
            row.restored = None;
        }
        if let Some(list) = done[list].as_array_mut() {
            list.push(format!("{bucket}/{}", object.name).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, name: &str, good: bool) {
            assert_eq!(matches(pattern, name), good, "{pattern} {name}");
        }
        check("*.log", "a/b.log", true);
        check("*.log", "a.logs", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("\\*", "*", true);
        check("\\*", "x", false);
        check("", "", true);
        check("x", "", false);
        check("**", "", true);
        check("a*b*c", "a1b2bc3c", true);
        check("a*b*c", "a1b2c3", false);
        check("*[0-9]", "abc7", true);
        // Patterns of many stars end too.
        check(&format!("{}b", "*a".repeat(30)), &"a".repeat(1000), false);
    }

    #[test]
    fn days_end_at_midnight() {
        fn check(since: &str, days: i64, now: &str, good: bool) {
            let rule = Rule::read(&json!({"action": "DELETE", "timeAmount": days, "timeUnit": "DAYS"}));
            assert_eq!(
                rule.is_due(since.parse().unwrap(), now.parse().unwrap()),
                good,
                "{since} {days} {now}"
            );
        }
        check("2026-05-01T10:00:00Z", 7, "2026-05-08T10:00:00Z", false);
        check("2026-05-01T10:00:00Z", 7, "2026-05-09T00:00:00Z", true);
        check("2026-05-01T00:00:00Z", 7, "2026-05-08T00:00:00Z", true);
        check("2026-05-01T00:00:01Z", 1, "2026-05-02T23:59:59Z", false);
        check("2026-05-01T00:00:01Z", i64::MAX, "2026-05-02T23:59:59Z", false);
    }
}
