//! Names of database objects as people type them, and as the database keeps them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// One name as the database keeps it: in double quotes as it stands, else in upper case.
pub fn folded(name: &str) -> String {
    let name = name.trim();
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.to_owned(),
        None => name.to_uppercase(),
    }
}

/// The parts of a dotted name, each with whether it stood in double quotes.
fn dotted(name: &str) -> Vec<(String, bool)> {
    let mut found = vec![(String::new(), false)];
    let mut inside = false;
    for letter in name.trim().chars() {
        match (letter, found.last_mut()) {
            ('"', Some(last)) => {
                inside = !inside;
                last.1 = true;
            }
            ('.', _) if !inside => found.push((String::new(), false)),
            (letter, Some(last)) => last.0.push(letter),
            (_, None) => {}
        }
    }
    found
}

/// A dotted name such as `SCHEMA.TABLE` in the form that keeps its meaning: parts that are no plain upper-case names
/// stand in double quotes, all others do not.
pub fn qualified(name: &str) -> String {
    let parts = dotted(name).into_iter().map(|(part, quoted)| {
        let part = if quoted { part } else { part.to_uppercase() };
        let plain = part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '$' | '#'));
        if plain { part } else { format!("\"{part}\"") }
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The parts of a name that [`qualified`] gave, if there are as many as wanted and none is empty.
pub fn parts<const N: usize>(name: &str) -> Option<[String; N]> {
    let parts: Vec<String> = dotted(name).into_iter().map(|(part, _)| part).collect();
    parts.try_into().ok().filter(|parts: &[String; N]| parts.iter().all(|part| !part.is_empty()))
}

/// The schemas of names of the form `SCHEMA.TABLE`, each once, in order.
pub fn owners(names: &Value) -> Result<Value, String> {
    let mut found: Vec<Value> = Vec::new();
    for [schema, _] in tables(names)? {
        let schema = Value::String(schema);
        if !found.contains(&schema) {
            found.push(schema);
        }
    }
    Ok(Value::Array(found))
}

/// Names of the form `SCHEMA.TABLE` as objects with `schema` and `table`.
pub fn as_tables(names: &Value) -> Result<Value, String> {
    let objects =
        tables(names)?.into_iter().map(|[schema, table]| json!({ "schema": schema, "table": table }));
    Ok(objects.collect())
}

fn tables(names: &Value) -> Result<Vec<[String; 2]>, String> {
    let names = names.as_array().ok_or("a list of names is wanted")?;
    let of = |name: &Value| {
        name.as_str().and_then(parts).ok_or_else(|| format!("{name} is not of the form SCHEMA.TABLE"))
    };
    names.iter().map(of).collect()
}

/// What an address does not take as it is: everything but letters, digits and the four marks that never need encoding.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A segment of a path as it stands in an address. A `/` is part of the segment; a segment of dots only has its dots
/// encoded.
pub fn encoded_segment(text: &str) -> String {
    if text == "." || text == ".." {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, ENCODED).to_string()
}

/// An object's name as it stands in an address: its slashes part it.
pub fn encoded(name: &str) -> String {
    name.split('/').map(encoded_segment).collect::<Vec<_>>().join("/")
}

/// A piece of an object's name that needs no encoding in an address: lower-case letters, digits and `_`, everything else
/// a hyphen.
pub fn segment(text: &str) -> String {
    let mut made = String::new();
    for letter in text.trim().to_lowercase().chars() {
        let fine = letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if fine {
            made.push(letter);
        } else if !made.ends_with('-') {
            made.push('-');
        }
    }
    made.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_database_keeps_them() {
        fn check(typed: &str, kept: &str) {
            assert_eq!(folded(typed), kept);
        }
        check("hr", "HR");
        check(" Hr ", "HR");
        check("\"Hr\"", "Hr");
        check("\"a.b\"", "a.b");
        check("\"", "\"");
        check("ü", "Ü");
    }

    #[test]
    fn dotted_names() {
        fn check(typed: &str, kept: &str, wanted: Option<[&str; 2]>) {
            let name = qualified(typed);
            assert_eq!(name, kept);
            assert_eq!(qualified(&name), name, "twice is once");
            let wanted = wanted.map(|parts| parts.map(str::to_owned));
            assert_eq!(parts::<2>(&name), wanted, "{typed}");
        }
        check("hr.jobs", "HR.JOBS", Some(["HR", "JOBS"]));
        check("hr.\"Odd name\"", "HR.\"Odd name\"", Some(["HR", "Odd name"]));
        check("\"a.b\".c", "\"a.b\".C", Some(["a.b", "C"]));
        check("jobs", "JOBS", None);
        check("a.b.c", "A.B.C", None);
        check("hr.", "HR.\"\"", None);
    }

    #[test]
    fn segments() {
        fn check(text: &str, wanted: &str) {
            assert_eq!(segment(text), wanted);
        }
        check("UR-Prod", "ur-prod");
        check("EKSP_PROD", "eksp_prod");
        check("Prod (new) & co", "prod-new-co");
        check("naïve", "na-ve");
        check("$$", "");
    }
}
