//! Hooks: objects that exist for an event only.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::json::{or_default, time_or_zero};

/// An object of a chart that is created at certain events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// The name of the object.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its kind.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The template that it comes from, with the chart's name in front.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The object as YAML.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// When it is created: `pre-install`, `test`, …
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// How it went last.
    #[serde(deserialize_with = "or_default")]
    pub last_run: HookExecution,
    /// Hooks of an event run from the lowest to the highest.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When it is deleted: `before-hook-creation`, `hook-succeeded`, `hook-failed`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub delete_policies: Vec<String>,
    /// When its logs are printed: `hook-succeeded`, `hook-failed`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub output_log_policies: Vec<String>,
}

impl Hook {
    /// Whether the hook is there for tests.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.events.iter().any(|event| event == "test")
    }
}

/// How a hook went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HookExecution {
    /// When it began.
    #[serde(deserialize_with = "time_or_zero", skip_serializing_if = "Time::is_zero")]
    pub started_at: Time,
    /// When it ended.
    #[serde(deserialize_with = "time_or_zero", skip_serializing_if = "Time::is_zero")]
    pub completed_at: Time,
    /// `Unknown`, `Running`, `Succeeded` or `Failed`; empty if it did not run.
    #[serde(deserialize_with = "or_default")]
    pub phase: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn is_zero(value: &i64) -> bool {
    *value == 0
}
