//! Oracle's error codes as data: what each means here, why it comes up, what to do, and whether asking again can help.

use crate::model::Category;

/// One code of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Such as `ORA-00942`.
    pub code: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// Why it usually comes up.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Whether the same call can succeed later.
    pub again: Again,
    /// The kind of failure.
    pub category: Category,
    /// It only wraps the codes that follow.
    pub wrapper: bool,
}

/// Whether the same call can succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Yes, without changes.
    Yes,
    /// Yes, once a new attempt with a new session.
    Once,
    /// Yes, while the database is starting.
    WhileStarting,
    /// After something else was put right.
    AfterRepair,
    /// No.
    No,
    /// It is no failure.
    Informational,
}

impl Again {
    /// The answer in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes, without changes",
            Self::Once => "once, in a new session",
            Self::WhileStarting => "yes, while the database is starting",
            Self::AfterRepair => "after the repair",
            Self::No => "no",
            Self::Informational => "not needed: it is no failure",
        }
    }
}

/// The entry of a code. The prefix may be left out for ORA, leading zeros always.
pub fn lookup(code: &str) -> Option<&'static Known> {
    let wanted = normal(code)?;
    super::codes_table::KNOWN.iter().find(|known| known.code == wanted)
}

/// The whole catalogue, in the order of the codes' families.
pub fn all() -> &'static [Known] {
    super::codes_table::KNOWN
}

/// What is known of a code, for people, or a sentence that says where its number is listed.
pub fn explain(code: &str) -> Option<String> {
    let wanted = normal(code)?;
    if let Some(known) = lookup(&wanted) {
        return Some(format!(
            "{}: {}\nUsual cause: {}\nRemedy: {}\nAgain: {}\n",
            known.code,
            known.meaning,
            known.cause,
            known.remedy,
            known.again.words()
        ));
    }
    if is_raised(&wanted) {
        return Some(format!(
            "{wanted}: raised by application code (RAISE_APPLICATION_ERROR); its text says what is wrong\n"
        ));
    }
    None
}

/// The code in the catalogue's spelling: `ora-942`, `942` and `ORA-00942` are the same.
pub fn normal(code: &str) -> Option<String> {
    let upper = code.trim().to_ascii_uppercase();
    let (prefix, digits) = upper.split_once('-').unwrap_or(("ORA", upper.as_str()));
    let width = width(prefix)?;
    if digits.is_empty() || digits.len() > 5 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    Some(format!("{prefix}-{number:0width$}"))
}

fn width(prefix: &str) -> Option<usize> {
    match prefix {
        "ORA" | "PLS" | "TNS" | "KUP" => Some(5),
        "DPY" | "DPI" | "SP2" => Some(4),
        _ => None,
    }
}

/// All codes in a message, in order, each once.
pub fn find(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('-') {
        let Some(start) = at.checked_sub(3) else { continue };
        let Some(prefix) = text.get(start..at) else { continue };
        let inside_word = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
        if inside_word || width(prefix).is_none() {
            continue;
        }
        let digits: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        if digits.len() < 4 {
            continue;
        }
        if let Some(code) = normal(&format!("{prefix}-{digits}"))
            && !found.contains(&code)
        {
            found.push(code);
        }
    }
    found
}

/// The code that tells most: the first that does not merely wrap others.
pub fn telling(codes: &[String]) -> Option<&str> {
    let plain = |code: &&String| !lookup(code).is_some_and(|known| known.wrapper);
    codes.iter().find(plain).or_else(|| codes.first()).map(String::as_str)
}

/// The kind of failure that a stack of codes means.
pub fn category(codes: &[String]) -> Category {
    let Some(code) = telling(codes) else { return Category::Unknown };
    lookup(code).map_or(Category::Invalid, |known| known.category)
}

/// Whether application code raised it.
pub fn is_raised(code: &str) -> bool {
    code.strip_prefix("ORA-")
        .and_then(|n| n.parse::<u32>().ok())
        .is_some_and(|n| (20_000..=20_999).contains(&n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        fn check(code: &str, wanted: Option<&str>) {
            assert_eq!(normal(code).as_deref(), wanted, "{code}");
        }
        check("ORA-00942", Some("ORA-00942"));
        check("ora-942", Some("ORA-00942"));
        check(" 942 ", Some("ORA-00942"));
        check("PLS-201", Some("PLS-00201"));
        check("DPY-4011", Some("DPY-4011"));
        check("XYZ-1", None);
        check("ORA-", None);
        check("ORA-1234567", None);
        check("ORA-9z", None);
    }

    #[test]
    fn codes_in_texts() {
        fn check(text: &str, wanted: &[&str]) {
            assert_eq!(find(text), wanted, "{text}");
        }
        check("ORA-06550: line 1\nPLS-00201: x\nORA-06550: line 1", &["ORA-06550", "PLS-00201"]);
        check("ORA-1017 (DPY-4011)", &["ORA-01017", "DPY-4011"]);
        check("NLS-2000-x FLORA-12345 ORA-x é-1", &[]);
        check("", &[]);
    }

    #[test]
    fn categories() {
        fn check(codes: &[&str], wanted: Category) {
            let codes: Vec<String> = codes.iter().map(|c| (*c).to_owned()).collect();
            assert_eq!(category(&codes), wanted, "{codes:?}");
        }
        check(&["ORA-01017"], Category::Denied);
        check(&["ORA-00942"], Category::NotFound);
        check(&["ORA-00955"], Category::Conflict);
        check(&["ORA-00054"], Category::Transient);
        check(&["ORA-20429"], Category::Throttled);
        check(&["ORA-06550", "PLS-00201"], Category::Invalid);
        check(&["ORA-39001", "ORA-01031"], Category::Denied);
        check(&["ORA-06512"], Category::Invalid);
        check(&["ORA-99999"], Category::Invalid);
        check(&[], Category::Unknown);
    }

    #[test]
    fn the_table_is_sound() {
        for known in all() {
            assert_eq!(normal(known.code).as_deref(), Some(known.code));
            assert!(!known.meaning.is_empty() && !known.cause.is_empty() && !known.remedy.is_empty());
            assert_eq!(all().iter().filter(|k| k.code == known.code).count(), 1, "{}", known.code);
            if known.category.passes() {
                assert!(
                    matches!(known.again, Again::Yes | Again::Once | Again::WhileStarting),
                    "{} passes and is never asked again",
                    known.code
                );
            }
        }
        assert!(all().len() > 150, "{}", all().len());
    }

    #[test]
    fn explanations() {
        let text = explain("ora-2266").unwrap();
        assert!(text.contains("ORA-02266") && text.contains("foreign key"), "{text}");
        assert!(explain("ORA-20123").unwrap().contains("application code"));
        assert!(explain("ORA-99999").is_none());
    }
}
