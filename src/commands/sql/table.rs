//! Rows as a table of at most 80 columns, or one below the other where they do not fit beside each other.

use std::fmt::Write as _;

use serde_json::Value;

use crate::db::driver::rows::Row;

/// How wide a table may be.
const WIDTH: usize = 80;
/// Between two columns.
const GAP: usize = 2;
/// A text is not cut to less than this.
const LEAST: usize = 8;
/// What stands for the rest of a value that was cut.
const CUT: char = '…';

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The name in small letters.
    pub(super) name: String,
    /// It holds numbers.
    pub(super) number: bool,
}

/// A table, and whether values in it were cut.
pub(super) fn table(columns: &[Column], rows: &[Row]) -> (String, bool) {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|value| on_one_line(&text(value))).collect()).collect();
    let natural: Vec<usize> = (0..columns.len())
        .map(|n| {
            let widest = cells.iter().map(|row| width(&row[n])).max().unwrap_or(0);
            widest.max(width(&columns[n].name)).max(1)
        })
        .collect();
    match widths(columns, &natural) {
        Some(widths) => beside(columns, &cells, &widths, widths != natural),
        None => below(columns, &cells),
    }
}

/// The widths that fit: texts are cut evenly, numbers never. Nothing where even that does not fit.
fn widths(columns: &[Column], natural: &[usize]) -> Option<Vec<usize>> {
    let room = WIDTH.checked_sub(GAP * columns.len().saturating_sub(1))?;
    let capped = |cap: usize| -> Vec<usize> {
        natural
            .iter()
            .zip(columns)
            .map(|(wide, of)| if of.number { *wide } else { (*wide).min(cap) })
            .collect()
    };
    (LEAST..=WIDTH).rev().map(capped).find(|widths| widths.iter().sum::<usize>() <= room)
}

fn beside(columns: &[Column], cells: &[Vec<String>], widths: &[usize], cut: bool) -> (String, bool) {
    let mut out = String::new();
    let line = |texts: Vec<&str>| {
        let mut line = String::new();
        for ((value, wide), column) in texts.into_iter().zip(widths).zip(columns) {
            let value = shortened(value, *wide);
            let fill = " ".repeat(wide.saturating_sub(width(&value)));
            let (before, after) = if column.number { (fill.as_str(), "") } else { ("", fill.as_str()) };
            let _ = write!(line, "{before}{value}{after}{:GAP$}", "");
        }
        line.trim_end().to_owned()
    };
    let _ = writeln!(out, "{}", line(columns.iter().map(|column| column.name.as_str()).collect()));
    let rule: Vec<String> = widths.iter().map(|wide| "-".repeat(*wide)).collect();
    let _ = writeln!(out, "{}", rule.join(&" ".repeat(GAP)));
    for row in cells {
        let _ = writeln!(out, "{}", line(row.iter().map(String::as_str).collect()));
    }
    (out, cut)
}

/// One line a value, a blank line between rows.
fn below(columns: &[Column], cells: &[Vec<String>]) -> (String, bool) {
    let names = columns.iter().map(|column| width(&column.name)).max().unwrap_or(0).min(WIDTH / 2);
    let room = WIDTH - names - GAP;
    let (mut blocks, mut cut) = (Vec::new(), false);
    for row in cells {
        let mut block = String::new();
        for (column, value) in columns.iter().zip(row) {
            let name = shortened(&column.name, names);
            cut |= width(value) > room;
            let fill = " ".repeat(names.saturating_sub(width(&name)) + GAP);
            let _ = writeln!(block, "{}", format!("{name}{fill}{}", shortened(value, room)).trim_end());
        }
        blocks.push(block);
    }
    (blocks.join("\n"), cut)
}

/// A value as text: NULL is empty.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Line ends become visible, and nothing can move the cursor.
fn on_one_line(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' => '↵',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

fn shortened(text: &str, wide: usize) -> String {
    if width(text) <= wide {
        return text.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 0);
    for letter in text.chars() {
        let of_letter = width(letter.encode_utf8(&mut [0; 4]));
        if used + of_letter + 1 > wide {
            break;
        }
        used += of_letter;
        kept.push(letter);
    }
    kept.push(CUT);
    kept
}

/// A line as RFC 4180 has it.
pub(super) fn csv_line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    format!("{}\r\n", fields.join(","))
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) || field.trim() != field {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(names: &[(&str, bool)]) -> Vec<Column> {
        names.iter().map(|(name, number)| Column { name: (*name).to_owned(), number: *number }).collect()
    }

    #[test]
    fn tables_fit_the_page() {
        fn check(names: &[(&str, bool)], rows: &Value, wanted: &str, cut: bool) {
            let rows: Vec<Row> = serde_json::from_value(rows.clone()).unwrap();
            let (found, was_cut) = table(&columns(names), &rows);
            assert_eq!(found, wanted);
            assert_eq!(was_cut, cut, "{found}");
            assert!(found.lines().all(|line| width(line) <= WIDTH), "{found}");
        }
        check(
            &[("id", true), ("name", false)],
            &json!([[7, "a\nb"], [12345, null]]),
            "   id  name\n-----  ----\n    7  a↵b\n12345\n",
            false,
        );
        check(&[("n", true)], &json!([]), "n\n-\n", false);
        let long = "x".repeat(100);
        check(
            &[("id", true), ("note", false)],
            &json!([[7, long]]),
            &format!("id  note\n--  {}\n 7  {}…\n", "-".repeat(76), "x".repeat(75)),
            true,
        );
        // A number is never cut, and a name that is long is.
        let digits = "1".repeat(90);
        check(
            &[("a_rather_long_name", true), ("n", false)],
            &json!([[digits, "\u{1b}[2J"], [null, "y"]]),
            &format!(
                "a_rather_long_name  {}…\nn                   \u{fffd}[2J\n\na_rather_long_name\nn                   y\n",
                "1".repeat(59)
            ),
            true,
        );
    }

    #[test]
    fn values_survive_csv() {
        fn check(row: &[Value], wanted: &str) {
            assert_eq!(csv_line(row.iter().map(text)), wanted);
        }
        check(&[json!("it's, \"so\""), json!(1.5)], "\"it's, \"\"so\"\"\",1.5\r\n");
        check(&[json!(" x\n"), json!(null)], "\" x\n\",\r\n");
    }
}
