//! Graphs, journals and time.
//!
//! *Owns*: the contract of an action, the plan, the order of steps, waiting, retries, recovery after a crash, stopping
//! on request.
//!
//! *Never*: knows a cloud, a database, a terminal or the format of a report. It meets actions through the traits in
//! [`action`] and is tested with toy ones.
//!
//! *Start reading at*: [`action`] (what a step can ask for), [`plan`] (what a run is), [`run`] (the one loop where
//! everything meets).
//!
//! *To add one*: nothing is added here for a new action; a new kind of waiting belongs in [`context`].
//!
//! Flow of a step: the loop starts a task with a [`StepCx`]; the task performs acts through it; each changing act is
//! journalled before it is sent and after it is answered, by way of the loop, so that records have one order. On
//! `resume` the same code runs again: acts that are recorded as done answer from the journal, acts whose end is not
//! known are settled by their [`crate::model::Repeat`], and only then something new is sent.

pub mod action;
pub mod context;
mod graph;
pub mod plan;
mod ready;
pub mod run;
#[cfg(test)]
mod tests;

pub use action::{
    ActContext, Action, Ask, Finish, OutputDecl, OutputKind, Performer, Probe, Registry, UndoPolicy,
};
pub use context::{Here, Look, Pace, StepCx};
pub use graph::{Cycle, order};
pub use plan::{CheckRule, Otherwise, Plan, PlannedDatabase, PlannedStep};
pub use run::{Engine, EngineError, Options, Outcome};
