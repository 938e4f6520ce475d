//! `report.json`: the record itself.

use crate::report::RunRecord;

pub(super) fn render(record: &RunRecord) -> String {
    let text =
        serde_json::to_string_pretty(record).expect("a record is made of texts, numbers and JSON values");
    format!("{text}\n")
}
