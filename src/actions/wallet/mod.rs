//! A database's wallet: downloaded, checked, unpacked, and proved.
//!
//! *Owns*: the actions `fetch-wallet` and `inspect-wallet`; the wallet's zip, its `tnsnames.ora`, its key, and the
//! handshake that proves it.
//!
//! *Never*: unpacks a name that is no wallet's; puts a part of a key or a password into a message; takes a file's
//! existence for a proof.
//!
//! *Start reading at*: [`fetch`], then `handshake`.
//!
//! *To add one*: what a wallet holds beside the known files begins in `archive`, with its name.

mod archive;
pub mod fetch;
mod folder;
pub(super) mod handshake;
mod identity;
pub mod inspect;
mod tnsnames;

pub use fetch::FetchWallet;
pub use inspect::InspectWallet;
