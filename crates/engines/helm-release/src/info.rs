//! What happened to a release.

use serde::{Deserialize, Serialize};

use crate::hook::is_zero;
use crate::json::{or_default, time_or_zero};
use crate::{Status, Time};

/// What happened to a release, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// When the first revision was deployed.
    #[serde(deserialize_with = "time_or_zero", skip_serializing_if = "Time::is_zero")]
    pub first_deployed: Time,
    /// When this revision was deployed.
    #[serde(deserialize_with = "time_or_zero", skip_serializing_if = "Time::is_zero")]
    pub last_deployed: Time,
    /// When it was deleted.
    #[serde(deserialize_with = "time_or_zero", skip_serializing_if = "Time::is_zero")]
    pub deleted: Time,
    /// What happened last, for people.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The state.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Status::is_unset")]
    pub status: Status,
    /// The revision that was rolled back to, or 0.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_zero")]
    pub rollback_revision: i64,
    /// `NOTES.txt`, rendered.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub notes: String,
}
