//! A database's wallet: its zip, its `tnsnames.ora`, its key, and the handshake that proves it.
//!
//! *Owns*: what a wallet holds and how it is read, whether it lies unpacked on the disk or in memory.
//!
//! *Never*: unpacks a name that is no wallet's; puts a part of a key or a password into a message; takes a file's
//! existence for a proof.
//!
//! *Start reading at*: `archive`, then `identity` and `handshake`.
//!
//! *To add one*: what a wallet holds beside the known files begins in `archive`, with its name.

pub(crate) mod archive;
pub(crate) mod contents;
pub(crate) mod folder;
pub(crate) mod handshake;
pub(crate) mod identity;
pub(crate) mod room;
pub(crate) mod tnsnames;
