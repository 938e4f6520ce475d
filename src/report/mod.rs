//! What people and programs are told: while a run goes on, at its end, and before it begins.
//!
//! *Owns*: the door to standard output and standard error, the hub that hands events to reporters, the terminal's
//! progress (of a run and of a transfer), event streams, the record of a run and the reports made from it, and the three forms of a plan.
//!
//! *Never*: decides what happens, reads the journal, or imports the engine.
//!
//! *Start reading at*: [`Hub`], then [`RunRecord`].
//!
//! *To add one*: a report format is a file under `format/` and a row in [`FORMATS`]; the walk test checks it.

mod checklist;
mod format;
mod hub;
mod json_lines;
mod lines;
mod out;
mod plan;
mod progress;
mod record;
mod style;
mod transfer;

pub use checklist::{checklist, undone};
pub use format::{FORMATS, Format, format_named};
pub use hub::{Hub, SharedRecord};
pub use json_lines::JsonLines;
pub use lines::PlainLines;
pub use out::{Out, Screen};
pub use plan::{SqlScript, plan_json, plan_sql, plan_text};
pub use progress::Progress;
pub use record::{CheckRecord, RunHead, RunRecord, StepRecord};
pub use style::{ColorMode, Style, plain, wrap};
pub use transfer::{TransferBar, bytes_text, counted};
