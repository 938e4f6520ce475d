//! What can be wrong with SQL text.

use thiserror::Error;

use crate::model::Diagnostic;

/// Why a template or a script cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SqlError {
    /// A template or a script holds mistakes; all that were found.
    #[error("{} mistake{} in SQL text: {}", .0.len(), if .0.len() == 1 { "" } else { "s" },
            .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes(Vec<Diagnostic>),
    /// No template has this name.
    #[error("there is no SQL template called {name:?}; {advice}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Near names.
        advice: String,
    },
    /// A value cannot be given to this parameter.
    #[error("template {template}, parameter {parameter}: {message}")]
    Argument {
        /// The template.
        template: String,
        /// The parameter.
        parameter: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// A block that writes was asked for without knowing which database it is for.
    #[error("template {0} writes, and a write needs the guard: give the planned database")]
    Unguarded(String),
    /// The text cannot be put together; a fault of the template.
    #[error("template {template}: {message}")]
    Render {
        /// The template.
        template: String,
        /// What went wrong.
        message: String,
    },
}
