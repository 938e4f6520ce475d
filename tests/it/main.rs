//! The outermost tests: the real binary against the sandbox.

mod cloud_client;
mod driver_contract;
mod equality;
mod refresh;
mod resume;
mod support;
//! The one integration binary: what can be seen from outside the library.

mod tidy;
