//! One condition, as `metav1.Condition` prints it.

use super::Time;
use crate::decode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes a condition's message may have; the schema refuses more.
pub const MESSAGE_LIMIT: usize = 32768;

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It is not known yet.
    Unknown,
}

impl ConditionStatus {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One aspect of the state of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// The name of the aspect. Kept as text: conditions of others are preserved.
    #[schemars(length(max = 316), regex(pattern = TYPE_PATTERN))]
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The generation of the object that this was found for.
    #[serde(default, skip_serializing_if = "decode::is_zero")]
    #[schemars(range(min = 0))]
    pub observed_generation: i64,
    /// When status, reason or message last changed.
    pub last_transition_time: Time,
    /// One word for machines.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub reason: String,
    /// The details for people.
    #[schemars(length(max = MESSAGE_LIMIT))]
    pub message: String,
}

const TYPE_PATTERN: &str =
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";

impl Condition {
    /// Whether `other` says the same: equal type, status, reason and message.
    pub fn same_state(&self, other: &Self) -> bool {
        self.r#type == other.r#type && self.status == other.status && self.reason == other.reason && self.message == other.message
    }
}

/// Cuts a message to [`MESSAGE_LIMIT`] bytes, ending in `...`. Where the cut would split a character it moves before it.
pub fn limit_message(message: String) -> String {
    if message.len() <= MESSAGE_LIMIT {
        return message;
    }
    let mut end = MESSAGE_LIMIT - "...".len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &message[..end])
}
