//! Object Storage: buckets, objects, uploads in parts, versions, rules for the age of objects.
//!
//! *Owns*: what stands under `/n` and `/p`, its Swift form, and the objects' bytes.
//!
//! *Never*: decodes an object's name twice, or looks into its bytes.
//!
//! *Start reading at*: `record` (what is kept), then `routes`.
//!
//! *To add one*: a call is one function and one row in `routes`.

mod actions;
mod body;
mod buckets;
mod checks;
mod lifecycle;
mod md5_lanes;
mod multipart;
mod objects;
mod preauthenticated;
mod record;
mod replication;
mod routes;
pub(crate) mod swift;
mod upkeep;
mod versions;

pub(crate) use body::{Excerpt, Received, receive, receive_bytes, spoil, stores_bytes};
pub(crate) use buckets::{is_public, not_found as bucket_not_found};
pub(crate) use multipart::algorithm as algorithm_of_upload;
pub(crate) use record::{Bucket, OldVersion, Piece, StoredObject, Upload};
pub(crate) use routes::{route, route_preauthenticated, settle};
pub(crate) use upkeep::lifecycle as carry_out_lifecycle;
