//! The rules of kstatus (`github.com/fluxcd/cli-utils`): generic ones, then those of built-in kinds, then the Ready condition.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::access::{self, Condition};
use crate::typed;

/// What an object is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// On its way to what its spec says.
    InProgress,
    /// Stuck: only a new spec helps.
    Failed,
    /// There.
    Current,
    /// Being deleted.
    Terminating,
    /// Not in the cluster.
    NotFound,
    /// Not to be told.
    Unknown,
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Current => "Current",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        })
    }
}

/// A status and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The status.
    pub status: Status,
    /// The explanation, in kstatus' words; empty for expressions.
    pub message: String,
    /// Why the status is unknown; messages show it after the status.
    pub error: Option<String>,
}

impl Assessment {
    /// An assessment with an explanation.
    #[must_use]
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error: None }
    }

    /// The assessment of an object that is not in the cluster.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Status::NotFound, "Resource not found")
    }

    /// The assessment of an object that could not be read or judged.
    #[must_use]
    pub fn unknown(error: impl Into<String>) -> Self {
        Self { status: Status::Unknown, message: String::new(), error: Some(error.into()) }
    }
}

/// An object that is not of the shape its kind has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// A field has another type than every Kubernetes object's has.
    #[error(
        "looking up {field} from resource: .{field} accessor error: {found} is of the type {found_type}, expected {expected}"
    )]
    WrongType {
        /// The field that was looked up.
        field: String,
        /// What is there.
        found: String,
        /// Its type, in Go's words.
        found_type: &'static str,
        /// What should be there, in Go's words.
        expected: &'static str,
    },
    /// The status is no map.
    #[error("cannot restore struct from: {found_kind}")]
    NoStruct {
        /// What it is, in Go's words.
        found_kind: &'static str,
    },
    /// The conditions are no list.
    #[error("cannot restore slice from {found_kind}")]
    NoList {
        /// What they are, in Go's words.
        found_kind: &'static str,
    },
    /// A field of a condition is no text.
    #[error("cannot convert {found_type} to string")]
    NoText {
        /// What it is, in Go's words.
        found_type: &'static str,
    },
    /// A Pod is in a phase that no version of Kubernetes has.
    #[error("unknown phase {phase}")]
    UnknownPhase {
        /// The phase.
        phase: String,
    },
}

impl StatusError {
    pub(crate) fn wrong_type(path: &[&str], found: &Value, expected: &'static str) -> Self {
        let shown = match found {
            Value::Null => "<nil>".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "a map".to_owned(),
            other => other.to_string(),
        };
        let field = path.join(".");
        Self::WrongType { field, found: shown, found_type: go_type(found), expected }
    }

    pub(crate) fn no_struct(found: &Value) -> Self {
        Self::NoStruct { found_kind: go_kind(found) }
    }

    pub(crate) fn no_list(found: &Value) -> Self {
        Self::NoList { found_kind: go_kind(found) }
    }

    pub(crate) fn no_text(found: &Value) -> Self {
        Self::NoText { found_type: go_type(found) }
    }
}

/// The type Go decodes a value to.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// The kind of that type.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
        other => go_type(other),
    }
}

/// Assesses an object by the rules of kstatus. `now` matters to Pods that cannot be scheduled only.
///
/// # Errors
/// [`StatusError`] for an object that no API server would have stored.
pub fn compute(object: &Value, now: Timestamp) -> Result<Assessment, StatusError> {
    if let Some(assessment) = generic(object)? {
        return Ok(assessment);
    }
    let conditions = access::conditions(object)?;
    if let Some(assessment) = typed::assess(object, &conditions, now) {
        return assessment;
    }
    Ok(ready_condition(&conditions).unwrap_or_else(|| Assessment::new(Status::Current, "Resource is current")))
}

/// What deletion, generations and the conditions Reconciling and Stalled tell about any object.
fn generic(object: &Value) -> Result<Option<Assessment>, StatusError> {
    if access::text(object, &["metadata", "deletionTimestamp"])?.is_some_and(|time| !time.is_empty()) {
        return Ok(Some(Assessment::new(Status::Terminating, "Resource scheduled for deletion")));
    }
    if let Some(generation) = access::integer(object, &["metadata", "generation"])?
        && let Some(observed) = access::integer(object, &["status", "observedGeneration"])?
        && observed != generation
    {
        let kind = access::text_or(object, &["kind"], "");
        let message = format!("{kind} generation is {generation}, but latest observed generation is {observed}");
        return Ok(Some(Assessment::new(Status::InProgress, message)));
    }
    let abnormal = access::conditions(object)?.into_iter().filter(|condition| condition.status == "True").find_map(|condition| {
        match condition.kind {
            "Reconciling" => Some(Assessment::new(Status::InProgress, condition.message)),
            "Stalled" => Some(Assessment::new(Status::Failed, condition.message)),
            _ => None,
        }
    });
    Ok(abnormal)
}

/// A Ready condition that is not True never means failure: nobody can tell progress from doom by it.
fn ready_condition(conditions: &[Condition<'_>]) -> Option<Assessment> {
    conditions.iter().filter(|condition| condition.kind == "Ready").find_map(|condition| match condition.status {
        "True" => Some(Assessment::new(Status::Current, "Resource is Ready")),
        "False" | "Unknown" => Some(Assessment::new(Status::InProgress, condition.message)),
        _ => None,
    })
}
