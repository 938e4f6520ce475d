//! Operators' scripts, written for SQL*Plus: read, taken apart, and grouped into units that can travel.

mod classify;
mod commands;
mod files;
mod guarded;
mod reader;
mod units;

pub use classify::PieceKind;
pub use files::directory_loader;
pub use guarded::{AT_STATEMENT, DONE_BIND, Did, Group, Guarded, Reach, done_by};
pub use reader::{Piece, Script, ScriptOptions};
pub use units::{Unit, UnitKind};

#[cfg(test)]
mod tests;
