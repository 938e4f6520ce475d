//! Secrets: getting the value behind a reference, making new ones up, and putting those where they belong.
//!
//! *Owns*: resolving [`crate::model::SecretRef`], the generators of passwords, the sink for generated secrets.
//!
//! *Never*: prints a secret, takes one from an argument or a configuration file, writes one to a file that others can
//! read, runs a shell.
//!
//! *Start reading at*: [`resolver::Resolver`].
//!
//! *To add one*: a new kind of reference is a variant of [`crate::model::SecretRef`] and an arm in
//! [`resolver::Resolver`]; the compiler names the arm.

pub mod error;
pub mod generate;
pub mod resolver;
pub mod sink;

pub use error::SecretError;
pub use resolver::Resolver;
pub use sink::SecretSink;
