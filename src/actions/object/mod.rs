//! Small objects of Object Storage: stored whole, read whole, listed.
//!
//! *Owns*: `put-object`, `get-object`, `list-objects`; `dump-set`, which holds a dump's pieces against its manifest; `prepare-bucket`,
//! `describe-bucket` and `replicate-bucket`.
//!
//! *Never*: moves large files, which go in parts and by the database itself; decides on names.
//!
//! *Start reading at*: [`PutObject`].
//!
//! *To add one*: a file here, its re-export, and the three lines of `actions/mod.rs`.

mod describe_bucket;
mod document;
mod dump_set;
mod get;
mod list;
mod pages;
mod prepare_bucket;
mod put;
mod replicate_bucket;

pub use describe_bucket::DescribeBucket;
pub(super) use document::bytes_of;
pub use dump_set::DumpSet;
pub use get::GetObject;
pub use list::ListObjects;
pub use prepare_bucket::{LifecycleRule, PrepareBucket};
pub use put::PutObject;
pub use replicate_bucket::ReplicateBucket;
