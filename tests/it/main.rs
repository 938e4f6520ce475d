//! The outermost tests: the real binary against the sandbox.

mod contract;
mod equality;
mod refresh;
mod resume;
mod support;
mod templates;
