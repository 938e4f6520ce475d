//! `adbctl wallet`: fetching a database's wallet, looking at one, and packing one anew.
//!
//! *Owns*: where a wallet and its password are kept, what is said of one, and whether it is the database's present one.
//!
//! *Never*: unpacks a wallet unasked, writes over anything unasked, or shows a password.
//!
//! *Start reading at*: [`wallet`], then `look.rs`.
//!
//! *To add one*: a subcommand is a file here, an arm in [`wallet`] and a variant in `cli`.

mod get;
mod inspect;
mod look;
mod place;
mod repack;

pub(super) use place::wallet;
