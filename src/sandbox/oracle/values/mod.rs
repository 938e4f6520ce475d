//! Values, types and Oracle's formats.
//!
//! *Owns*: what a value is, its order, its text, decimal arithmetic, the calendar.
//! *Never*: reads tables, sessions or the clock.
//! *Start reading at*: `value.rs`.
//! *To add one*: a variant in `Type` and `Value`, its row in `convert.rs`, its storage form in `storage/encoding.rs`.

pub(crate) mod calendar;
pub(crate) mod convert;
pub(crate) mod date_format;
pub(crate) mod number;
pub(crate) mod number_format;
pub(crate) mod types;
pub(crate) mod value;

pub use number::Number;
pub use types::{CollectionKind, CollectionType, RecordType, Type};
pub use value::{Collection, Key, Value};
