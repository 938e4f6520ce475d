//! The outermost tests: the real binary against the sandbox, and the house rules.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the whole crate is tests: a failure to look is a failure, and nobody links to it"
)]

mod applications;
mod attacks;
mod authorization;
mod capture;
mod captured;
mod clone_app;
mod cloud_client;
mod contract;
mod database_tools;
mod doctor;
mod driver_contract;
mod dump_faults;
mod dumps;
mod equality;
mod hands;
mod held;
mod hostile;
mod jobs;
mod kill;
mod lease;
mod manual;
mod masking;
mod network;
mod objects;
mod orders;
mod power;
mod refresh;
mod refresh_data;
mod restores;
mod resume;
mod sql;
mod support;
mod templates;
mod templates_on_sandbox;
mod thin;
mod tidy;
mod transcripts;
mod transfer;
mod transports;
mod units;
mod validate;
mod verify;
mod wallet;
