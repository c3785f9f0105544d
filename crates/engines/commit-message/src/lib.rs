//! The message of a commit that writes new images: a Go template over what was changed, with sprig's functions.
//!
//! What this is not: a maker of commits, or of changes.

mod data;
mod structure;

use go_template::{ExecuteError, Limits, Options, ParseError, Templates};
use std::collections::BTreeMap;
use std::sync::Arc;
use yaml_setters::Changes;

/// The message where no template is given.
const DEFAULT: &str = "Update from image update automation";
/// What Go calls the template in its errors.
const NAME: &str = "commit message";
/// What a template may use: a message is a page, not a book.
const LIMITS: Limits = Limits { steps: 1_000_000, bytes: 1 << 20, depth: 10_000, template_depth: 100 };

/// What a template can see.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// `.AutomationObject.Namespace`.
    pub namespace: &'a str,
    /// `.AutomationObject.Name`.
    pub name: &'a str,
    /// `.Changed`.
    pub changes: &'a Changes,
    /// `.Values`.
    pub values: &'a BTreeMap<String, String>,
}

/// Why there is no message; worded as Flux.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The template is not well formed.
    #[error("unable to create commit message template from spec")]
    Parse(#[source] ParseError),
    /// The template failed.
    #[error("failed to run template from spec")]
    Execute(#[source] Box<ExecuteError>),
    /// The template uses a field that once was there.
    #[error("template uses removed '{field}' field. Please use '{instead}' instead. See: {DOCUMENTATION}")]
    Removed {
        /// The field.
        field: &'static str,
        /// What says the same now.
        instead: &'static str,
    },
}

/// Where Flux explains templates.
const DOCUMENTATION: &str = "https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template";

/// The message that a template makes; that of Flux where the template is empty. What is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// [`MessageError`].
pub fn render(template: &str, subject: &Subject<'_>) -> Result<String, MessageError> {
    if template.is_empty() {
        return Ok(DEFAULT.to_owned());
    }
    let mut templates = Templates::new(NAME, Arc::new(helm_engine::hermetic_functions()), Options::default());
    templates.add_text(NAME, template.as_bytes()).map_err(MessageError::Parse)?;
    let data = data::of(subject);
    match templates.execute(NAME.as_bytes(), data, LIMITS, &()) {
        Ok(message) => Ok(String::from_utf8_lossy(&message).into_owned()),
        Err(error) => Err(removed(&error).unwrap_or_else(|| MessageError::Execute(Box::new(error)))),
    }
}

/// Whether a template failed because of a field that once was there.
fn removed(error: &ExecuteError) -> Option<MessageError> {
    let text = error.to_string();
    let lacks = |field: &str| text.contains(&format!("can't evaluate field {field} in type "));
    if lacks("Updated") {
        return Some(MessageError::Removed { field: ".Updated", instead: ".Changed" });
    }
    let instead = ".Changed.FileChanges' or '.Changed.Objects";
    lacks("ImageResult").then_some(MessageError::Removed { field: ".Changed.ImageResult", instead })
}
