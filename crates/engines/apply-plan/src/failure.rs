//! Words for what the API server refuses, and what a refusal means.

use serde_json::Value;

use crate::mask::mask_secret_values;
use crate::object::metadata;
use manifest::ObjectId;

/// An error of the API server, or of the client before it: the parts of a `Status` that decide what comes next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP code, 0 when there was no answer.
    pub code: u16,
    /// `status.reason`, such as `Invalid`; empty when there is none.
    pub reason: String,
    /// The text.
    pub message: String,
    /// `status.details.causes[].reason`, such as `FieldManagerConflict`.
    pub causes: Vec<String>,
}

impl Refusal {
    /// Whether deleting the object first could make the change possible: a conflict, an invalid change, or words of immutability.
    ///
    /// As kubectl does, this takes any invalid object for a changed immutable field.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.is("Conflict", 409) || self.is("Invalid", 422) || speaks_of_immutability(&self.message)
    }

    /// Whether the object, its namespace or its kind is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is("NotFound", 404)
    }

    fn is(&self, reason: &str, code: u16) -> bool {
        // The code decides only where the reason says nothing: 409 is `AlreadyExists` as well.
        self.reason == reason || (self.code == code && (self.reason.is_empty() || self.reason == "Unknown"))
    }
}

/// Like Flux, `is immutable` with any white space between, or `immutable field`, within one line.
fn speaks_of_immutability(message: &str) -> bool {
    const SPACES: [char; 5] = ['\t', '\n', '\u{c}', '\r', ' '];
    let follows = |first: &str, second: &str| {
        message.match_indices(first).any(|(start, found)| {
            let rest = message.get(start + found.len()..).unwrap_or_default();
            rest.strip_prefix(SPACES).is_some_and(|rest| rest.starts_with(second))
        })
    };
    follows("is", "immutable") || follows("immutable", "field")
}

/// The message of a dry-run that failed, without values of Secrets.
#[must_use]
pub fn dry_run_failure(object: &Value, refusal: &Refusal) -> String {
    let subject = ObjectId::of(object);
    let message = mask_secret_values(&refusal.message, object);
    if refusal.is_not_found() {
        let what = if metadata(object, "namespace").is_empty() { "namespace not specified" } else { "not found" };
        return format!("{subject} {what}: {message}");
    }
    let conflict = refusal.causes.iter().find(|cause| *cause == "FieldManagerConflict");
    match conflict.unwrap_or(&refusal.reason).as_str() {
        "" => format!("{subject} dry-run failed: {message}"),
        reason => format!("{subject} dry-run failed ({reason}): {message}"),
    }
}

/// What was being done to one object when it failed, but for the dry-run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Applying it.
    Apply,
    /// Taking over fields and removing what earlier tools left.
    Cleanup,
    /// Rewriting the API version of its managed fields.
    Migrate,
    /// Deleting it to apply it anew.
    DeleteImmutable,
    /// Waiting for it to be gone to apply it anew.
    AwaitImmutable,
    /// Reading it before its deletion.
    Query,
    /// Deleting it.
    Delete,
}

/// The message of any other step that failed, without values of Secrets.
#[must_use]
pub fn step_failure(object: &Value, step: Step, message: &str) -> String {
    let subject = ObjectId::of(object);
    let what = match step {
        Step::Apply => "apply failed",
        Step::Cleanup => "metadata.managedFields cleanup failed",
        Step::Migrate => "failed to migrate API version",
        Step::DeleteImmutable => "immutable field detected, failed to delete object",
        Step::AwaitImmutable => "immutable field detected, failed to wait for object to be deleted",
        Step::Query => "query failed",
        Step::Delete => "delete failed",
    };
    format!("{subject} {what}: {}", mask_secret_values(message, object))
}

/// The message of a deletion of many that failed for some.
#[must_use]
pub fn deletion_failure(messages: &[String]) -> String {
    format!("delete failed, errors: {}", messages.iter().map(|message| format!("{message};")).collect::<String>())
}

/// The message of a Secret that is still encrypted, see [`crate::controls::is_encrypted_secret`].
#[must_use]
pub fn encrypted_secret_failure(object: &Value) -> String {
    let subject = ObjectId::of(object);
    format!("{subject} is SOPS encrypted, configuring decryption is required for this secret to be reconciled")
}
