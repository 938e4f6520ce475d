//! The outermost tests: the real binary against the sandbox, and the house rules.

mod cloud_client;
mod doctor;
mod driver_contract;
mod equality;
mod refresh;
mod resume;
mod support;
mod templates;
mod tidy;
