//! The outermost tests: the real binary against the sandbox, and the house rules.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking"
)]

mod cloud_client;
mod driver_contract;
mod equality;
mod refresh;
mod resume;
mod support;
mod templates;
mod tidy;
mod transcripts;
mod wallet;
