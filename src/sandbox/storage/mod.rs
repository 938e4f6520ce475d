//! Object Storage: buckets, objects, uploads in parts, lifecycle rules.
//!
//! *Owns*: what stands under `/n` and `/p`, its Swift form, and the objects' bytes.
//!
//! *Never*: decodes an object's name twice, or looks into its bytes.
//!
//! *Start reading at*: `record` (what is kept), then `routes`.
//!
//! *To add one*: a call is one function and one row in `routes`.

mod actions;
mod buckets;
mod checks;
mod lifecycle;
mod multipart;
mod objects;
mod preauthenticated;
mod record;
mod routes;
pub(crate) mod swift;

pub(crate) use buckets::{is_public, not_found as bucket_not_found};
pub(crate) use record::{Bucket, StoredObject, Upload};
pub(crate) use routes::{route, route_preauthenticated, settle};
