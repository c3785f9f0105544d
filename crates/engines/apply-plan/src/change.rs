//! What was done to each object, and how events and errors say it.

use std::fmt;

use manifest::ObjectId;

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It was not there.
    Created,
    /// It was changed.
    Configured,
    /// It was as desired.
    Unchanged,
    /// It was deleted, or was gone already.
    Deleted,
    /// It is excluded from apply or deletion.
    Skipped,
    /// The API server did not say.
    Unknown,
}

impl Action {
    /// Whether events mention it.
    #[must_use]
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Unchanged | Self::Skipped)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        })
    }
}

/// An object and what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object.
    pub id: ObjectId,
    /// The version it was applied at; inventories keep it.
    pub version: String,
    /// What was done.
    pub action: Action,
}

/// `Kind/namespace/name action`.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.id, self.action)
    }
}

/// The event after an apply: a line for each created or configured object; `None` when nothing changed.
#[must_use]
pub fn apply_message(changes: &[Change]) -> Option<String> {
    let lines: Vec<String> = changes.iter().filter(|change| change.action.is_change()).map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The event after a deletion: a line for each object, also those left alone; `None` when there were none.
#[must_use]
pub fn deletion_message(changes: &[Change]) -> Option<String> {
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The message of an apply that failed half way: the error, then a line for each change made before.
#[must_use]
pub fn failed_apply_message(error: &str, changes: &[Change]) -> String {
    let made = changes.iter().filter(|change| change.action.is_change());
    made.fold(format!("{error}\n"), |message, change| format!("{message}{change}\n"))
}
