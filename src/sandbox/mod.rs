//! The pretend cloud that rehearsals run against.
//!
//! *Owns*: everything behind the wire that is not the real service: the database engine and, beside it, the world.
//!
//! *Never*: imports `oci`, `db` or `engine`, or shares a wire type with them; a mistake must not hide on both sides.
//!
//! *Start reading at*: [`oracle`], the database engine.
//!
//! *To add one*: a new surface of the service is a module here, reached over loopback only.

pub mod oracle;
