//! Objects of any size, to and from files and streams, fast and never whole in memory.
//!
//! An upload goes in parts side by side, each with its CRC-32C, or its MD5 where the service does not know the other; one
//! that was broken off goes on where the service says it stands. A download asks for ranges side by side, all of one
//! entity tag, into `FILE.part`; beside it `FILE.part.ranges` says which are there, so that it too can go on. What a
//! transfer has to tell goes to a [`Watch`].
//!
//! Start reading at [`ObjectStore::put_file`] and [`ObjectStore::get_file`].

mod adopt;
mod check;
mod error;
mod fetch;
mod partial;
mod pieces;
mod put;
mod reader;
mod sizes;
mod store;
mod sums;

pub use error::{Failed, Left, TransferError};
pub use fetch::{Fetched, GetAsk};
pub use put::{PutAsk, Stored};
pub use sizes::{LEAST_PART, check_name, part_count, part_size};
pub use store::{Entry, Head, ObjectStore, Watch};
pub use sums::{Verified, base64_md5};

#[cfg(test)]
mod tests;
