//! The lock on a target that holds across machines: an object in Object Storage with an end that is put off for as long
//! as its holder lives.
//!
//! *Owns*: what a lease says, when it has lapsed, taking it, renewing it in the background, losing it, giving it back.
//!
//! *Never*: prints, stops a run (it says that the lease is lost, and why), believes a machine's clock about another
//! machine's lease, removes an object that it has not read.
//!
//! *Start reading at*: [`record::Seen::standing`] for who may take what, then [`hold::take`].
//!
//! *To add one*: another place for leases is an implementation of [`shelf::Shelf`]; the tests beside it show what it has
//! to promise.

pub mod hold;
pub mod record;
pub mod shelf;

pub use hold::{Hold, Lost, NotTaken, Returned, Taken, take};
pub use record::{Holder, Lease, Seen, Standing};
pub use shelf::{Bucket, Shelf};
