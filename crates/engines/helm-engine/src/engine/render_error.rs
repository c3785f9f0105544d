//! Why a rendering failed, in Helm's words and layout.

use go_template::{ExecuteError, Limit, ParseError};

/// A chart whose templates cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A text that is not well formed.
    #[error("{message}")]
    Parse {
        /// The file.
        path: String,
        /// Helm's whole message: `parse error at (PATH:LINE): …`.
        message: String,
    },
    /// A template that failed.
    #[error("{message}")]
    Execute {
        /// The file, not always the one in which the failure is.
        path: String,
        /// Helm's whole message, of several lines where templates include each other.
        message: String,
        /// The bound, when the execution ran into one.
        limit: Option<Limit>,
    },
}

impl RenderError {
    pub(crate) fn parse(path: &str, error: &ParseError) -> Self {
        Self::Parse { path: path.to_owned(), message: parse_message(path, &error.to_string()) }
    }

    pub(crate) fn execute(path: &str, error: &ExecuteError) -> Self {
        Self::Execute { path: path.to_owned(), message: execute_message(path, error), limit: error.limit() }
    }
}

/// Only the place and the last part of Go's message are kept.
fn parse_message(path: &str, error: &str) -> String {
    let Some((_, rest)) = error.split_once(": ") else { return format!("parse error in ({path}): {error}") };
    let location = rest.split(": ").next().unwrap_or_default();
    let problem = rest.rsplit(": ").next().unwrap_or_default();
    format!("parse error at ({location}): {problem}")
}

/// What `fail` and `required` put around their text, so that it alone is shown.
const MARKS: (&str, &str) = ("HELM_ERR_START", "HELM_ERR_END");

/// A message of `fail` or `required` as it travels through the templates.
pub(crate) fn marked(message: &str) -> String {
    format!("{}{message}{}", MARKS.0, MARKS.1)
}

/// From the first mark to the last.
fn between_marks(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(MARKS.0)?;
    after.rsplit_once(MARKS.1).map(|(message, _)| message)
}

fn execute_message(path: &str, error: &ExecuteError) -> String {
    let message = error.to_string();
    if matches!(error, ExecuteError::NoTemplate { .. }) {
        return message;
    }
    let mut parts = message.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return format!("execution error in ({path}): {message}");
    };
    if let Some(wanted) = between_marks(rest) {
        return format!("execution error at ({location}): {wanted}");
    }
    laid_out(&message, error).unwrap_or(message)
}

/// One block for each template on the way to the failure; `None` when some cause has no place to name.
fn laid_out(message: &str, error: &ExecuteError) -> Option<String> {
    let mut blocks = vec![block(message)?];
    let mut next = error.function_error();
    while let Some(function) = next {
        let block = block(&function.to_string())?;
        if blocks.last() != Some(&block) {
            blocks.push(block);
        }
        next = function.cause().and_then(ExecuteError::function_error);
    }
    Some(blocks.concat().trim().to_owned())
}

/// `PATH:LINE:COLUMN`, `executing "NAME" at <NODE>:` and the message of one of Go's errors, each on a line.
fn block(error: &str) -> Option<String> {
    let rest = error.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(format!("{error}\n"));
    }
    executing_block(rest).or_else(|| {
        let (location, message) = rest.rsplit_once(": ")?;
        Some(format!("{}{}", indented(location, 2), line(uncut(message))))
    })
}

fn executing_block(rest: &str) -> Option<String> {
    let (location, after) = rest.split_once(": executing ")?;
    let (name, after) = after.strip_prefix('"')?.split_once('"')?;
    let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
    let place = indented(location, 2);
    Some(format!("{place}executing \"{name}\" at <{node}>:\n    {}", line(uncut(message))))
}

/// The message up to the next error in it.
fn uncut(message: &str) -> &str {
    message.split(" template:").next().unwrap_or(message)
}

fn indented(location: &str, next: usize) -> String {
    if location.is_empty() { String::new() } else { format!("{location}\n{}", " ".repeat(next)) }
}

fn line(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!("{message}\n") }
}
