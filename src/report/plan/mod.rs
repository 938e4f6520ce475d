//! The three forms of a plan: text for reading, JSON for programs, SQL scripts for a database administrator.

mod sql;
mod text;

pub use sql::{SqlScript, plan_sql};
pub use text::plan_text;

use crate::model::Redactor;
use crate::model::plan_view::PlanView;

/// The plan as one JSON document. Late values are objects with the key `$late`, secrets with the key `$secret`.
pub fn plan_json(view: &PlanView) -> String {
    let text = serde_json::to_string_pretty(view).expect("a plan is made of texts, numbers and JSON values");
    format!("{}\n", Redactor::global().scrub(&text))
}

#[cfg(test)]
mod tests;
