//! Databases: sending one statement and understanding what comes back.
//!
//! *Owns*: the contract of drivers and the drivers themselves, the catalogue of Oracle's error codes, waiting until a new
//! database answers, the suite that every driver has to pass, a database's wallet.
//!
//! *Never*: writes SQL of its own beyond the question whether somebody is there and what a driver needs for binds and printed
//! lines; repeats a statement; puts a value into the text of a statement; tries a refused password again; writes a wallet
//! that was downloaded for a connection to the disk, but for Oracle's own library and only for the time of a session.
//!
//! *Start reading at*: [`driver::Session`], then [`driver::ords`].
//!
//! *To add one*: a driver is one file in `driver/`, one arm in [`driver::Drivers::connector`], and a test that runs
//! [`contract::all`] against it; an error code is one row in [`codes`].

pub mod codes;
mod codes_table;
pub mod contract;
pub mod driver;
pub mod error;
pub mod ready;
pub(crate) mod wallet;

pub use driver::{Connector, Credentials, Drivers, Session, SessionOptions, reveal};
pub use error::DbError;
