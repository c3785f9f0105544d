//! What can go wrong, in Go's words: users of charts read, and search for, exactly these texts.

use crate::function::FunctionError;

/// A template text that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Go's whole message: `template: name:line: …`.
    #[error("{message}")]
    Syntax {
        /// The message.
        message: String,
    },
}

impl ParseError {
    pub(crate) fn new(message: String) -> Self {
        Self::Syntax { message }
    }
}

/// A bound of [`crate::Limits`] that an execution ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// More evaluations than allowed.
    #[error("more than {0} steps")]
    Steps(u64),
    /// More bytes of text than allowed, in the output and in the results of functions together.
    #[error("more than {0} bytes of text")]
    Bytes(u64),
    /// Evaluations nested deeper than allowed.
    #[error("nested deeper than {0} levels")]
    Depth(usize),
}

/// An execution that failed. Output written before stays written.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// There is no template of that name.
    #[error("template: no template {} associated with template {}", quoted(template), quoted(set))]
    NoTemplate {
        /// The name asked for.
        template: String,
        /// The name of the set.
        set: String,
    },
    /// A node failed.
    #[error("{message}")]
    Failed {
        /// Go's whole message: `template: name:line:column: executing "name" at <node>: …`.
        message: String,
        /// The error of the function, when one failed; its text is the end of `message`.
        function: Option<Box<FunctionError>>,
        /// The bound, when the execution ran into one.
        limit: Option<Limit>,
    },
}

impl ExecuteError {
    /// The bound that the execution ran into, if that is why it failed.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::NoTemplate { .. } => None,
            Self::Failed { limit, .. } => *limit,
        }
    }

    /// The error of the function that failed. Its text is part of this error's text, as in Go.
    pub fn function_error(&self) -> Option<&FunctionError> {
        match self {
            Self::NoTemplate { .. } => None,
            Self::Failed { function, .. } => function.as_deref(),
        }
    }
}

fn quoted(text: &str) -> String {
    crate::text::quote::quoted(text.as_bytes())
}
