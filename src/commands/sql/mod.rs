//! `adbctl sql`: statements typed, piped or in a file, over the database's own driver.
//!
//! *Owns*: reading the text, values for its placeholders, what is sent for each statement, and how answers are shown.
//!
//! *Never*: sends a statement that is no plain read without the identity guard in front of it, or to a production
//! database.
//!
//! *Start reading at*: [`work`], then `sending.rs`.
//!
//! *To add one*: a form of rows is an arm in `rows.rs` and `show.rs` and a word in `cli::RowForm`.

mod failure;
mod rows;
mod sending;
mod show;
mod table;
mod text;
mod tools;
mod value;
mod work;

pub(super) use work::sql;
