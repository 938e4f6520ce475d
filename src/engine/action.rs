//! The contract between the engine and the actions.

use std::fmt::Debug;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::context::StepCx;
use crate::model::act::Reply;
use crate::model::{Act, ActionError, RunId, StepId, Token};

/// A step's work, made from its arguments in the plan. It keeps no state: what it must remember is in the journal.
pub trait Action: Debug + Send + Sync {
    /// Does the work. It can only perform the acts that the plan holds for this step. After a crash it is called
    /// again from the start, so whatever it decides must follow from its arguments and from what acts answer.
    ///
    /// # Cancel safety
    /// Dropped only when the user insists; every act that was sent is in the journal by then.
    fn run<'a>(&'a self, cx: &'a StepCx) -> BoxFuture<'a, Result<Finish, ActionError>>;

    /// Finds out whether an act that was sent in an earlier life happened. Asked only for acts that say
    /// [`crate::model::Repeat::Probe`].
    fn probe<'a>(&'a self, cx: &'a StepCx, act: &'a Act) -> BoxFuture<'a, Result<Probe, ActionError>> {
        let _ = cx;
        let title = act.title.clone();
        Box::pin(async move { Ok(Probe::Unknown { advice: format!("look whether this happened: {title}") }) })
    }

    /// Whether it may wait for somebody at the terminal, who is given no limit of time.
    fn waits_for_a_person(&self) -> bool {
        false
    }

    /// Takes back what the step made.
    fn undo<'a>(&'a self, cx: &'a StepCx, made: &'a Value) -> BoxFuture<'a, Result<(), ActionError>> {
        let _ = (cx, made);
        Box::pin(async { Err(ActionError::bug("this action was asked to undo what it cannot")) })
    }
}

/// How the work ended well.
#[derive(Clone, Debug, PartialEq)]
pub enum Finish {
    /// Done, with these outputs.
    Done(Map<String, Value>),
    /// There was nothing to do.
    Skipped(String),
    /// A person has to do it; steps that need this one do not run until it is done.
    Manual {
        /// What to do, and what was seen of it.
        to_do: String,
        /// The outputs, for the report: nothing can refer to them yet.
        outputs: Map<String, Value>,
    },
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// It did not happen: it can be sent.
    NotDone,
    /// It happened, with this answer.
    Done(Reply),
    /// It cannot be told.
    Unknown {
        /// What a person should look at.
        advice: String,
    },
}

/// Whether a step can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UndoPolicy {
    /// `adbctl undo` does it.
    Automatic,
    /// A person can, like this.
    ByHand {
        /// How.
        hint: String,
    },
    /// There is nothing to take back, or no way to.
    Never {
        /// Why.
        why: String,
    },
}

/// An output that an action promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutputDecl {
    /// The name others refer to.
    pub name: &'static str,
    /// Its type.
    pub kind: OutputKind,
    /// What it is, for people.
    pub doc: &'static str,
}

/// The types of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list.
    List,
    /// An object, or nothing.
    Object,
    /// A reference to a secret, never the secret.
    Secret,
}

impl OutputKind {
    /// Whether a value is of this type; null is of every type, since a far side may have nothing to tell.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string() || value.is_null(),
            Self::Number => value.is_number() || value.is_null(),
            Self::Flag => value.is_boolean() || value.is_null(),
            Self::List => value.is_array() || value.is_null(),
            Self::Object | Self::Secret => value.is_object() || value.is_null(),
        }
    }
}

/// Who performs an act, and for whom.
#[derive(Clone, Debug)]
pub struct ActContext {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// The retry token of this act.
    pub token: Token,
    /// Bytes for a body that is not JSON.
    pub bytes: Option<bytes::Bytes>,
    /// Cancelled when the user insists on leaving.
    pub cancel: CancellationToken,
}

/// Performs acts: the one way to the outside.
pub trait Performer: Send + Sync {
    /// Performs a filled act: no late value is left in it, secrets are still references.
    fn perform<'a>(&'a self, act: &'a Act, context: ActContext) -> BoxFuture<'a, Result<Reply, ActionError>>;

    /// A step does nothing more: what was kept open for it may go.
    fn leave<'a>(&'a self, _step: &'a StepId) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Makes an action from its kind and arguments, for a plan that was made by another process.
pub trait Registry: Send + Sync {
    /// The action, or why there is none: a kind that nobody registered refuses the run before anything moves.
    ///
    /// # Errors
    /// Unknown kind, or arguments that do not fit it.
    fn bind(&self, kind: &str, args: &Value) -> Result<Box<dyn Action>, ActionError>;
}

/// Asks a person at the terminal.
pub trait Ask: Send + Sync {
    /// Shows the instructions and waits. True: done; false: leave it open.
    fn done<'a>(&'a self, instructions: &'a str) -> BoxFuture<'a, bool>;
}
