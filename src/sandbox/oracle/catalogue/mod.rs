//! The dictionary.
//!
//! *Owns*: what objects, users and privileges exist, the fixed tables under the dictionary views.
//! *Never*: parses or runs anything.
//! *Start reading at*: `model.rs`, then `directory.rs`.
//! *To add one*: a fixed table is a row of `fixed::TABLES`; a view over it is a statement in `seed/`.

mod directory;
pub(crate) mod fixed;
mod fixed_rows;
mod model;
mod privileges;

pub(crate) use directory::Catalogue;
pub(crate) use model::{
    Body, Column, Constraint, ConstraintKind, IdentityColumn, Kind, Object, ObjectGrant, SequenceDefinition,
    SourceError, StoredType, SystemGrant, TableDefinition, TriggerDefinition, User,
};
pub(crate) use privileges::Authority;
