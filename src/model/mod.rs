//! The words that several rooms share.
//!
//! *Owns*: identifiers, acts, late values, events, failures, secrets and the redaction of them, the clock and the
//! environment (the only doors to both).
//!
//! *Never*: talks to a network, a terminal or a file of the product's own; imports another room.
//!
//! *Start reading at*: [`act`], the promise of what a step may do, then [`late`].
//!
//! *To add one*: a word belongs here only when three rooms need it; one file a word.

pub mod act;
pub mod clock;
pub mod diagnostic;
pub mod environment;
pub mod event;
pub mod expression;
pub mod failure;
pub mod filters;
pub mod ids;
pub mod late;
pub mod masks;
pub mod names;
pub mod network;
pub mod plan_view;
pub mod redactor;
pub mod secret;
pub mod toml_table;
pub mod verdict;

pub use act::{Act, Call, Effect, LocalCall, Repeat, RestCall, Service, SqlCall, Times};
pub use diagnostic::{Diagnostic, SourceText};
pub use event::{Event, EventKind, Reporter};
pub use expression::Expression;
pub use failure::{ActionError, Category};
pub use ids::{ActKey, Ocid, RunId, StepId, Token};
pub use late::Late;
pub use redactor::Redactor;
pub use secret::{NoSecrets, Question, Secret, SecretRef, SecretSource, reveal_all};
pub use verdict::{CancelReason, CheckStatus, Settled, StepStatus, Verdict};
