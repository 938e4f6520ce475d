//! A database's wallet: downloaded, checked, unpacked, and proved.
//!
//! *Owns*: the actions `fetch-wallet` and `inspect-wallet`.
//!
//! *Never*: knows what a wallet holds, which is that of the databases' room.
//!
//! *Start reading at*: [`fetch`].
//!
//! *To add one*: a file here with the step, and its three lines in `actions/mod.rs`.

pub mod fetch;
mod folder;
pub mod inspect;

pub use fetch::FetchWallet;
pub use inspect::InspectWallet;
