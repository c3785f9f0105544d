//! The last few outcomes of an object.

use super::{GoDuration, Time};
use crate::decode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most snapshots that are kept.
pub const HISTORY_LIMIT: usize = 5;

/// What was reconciled, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The checksum of what was applied, `<algorithm>:<hex>`.
    pub digest: String,
    /// When this digest first ended this way.
    pub first_reconciled: Time,
    /// When it last did.
    pub last_reconciled: Time,
    /// How long the last run took.
    pub last_reconciled_duration: GoDuration,
    /// The reason of Ready after the last run.
    pub last_reconciled_status: String,
    /// How often this digest ended this way.
    pub total_reconciliations: i64,
    /// More about the content, such as its revision.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Snapshots, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct History(pub Vec<Snapshot>);

impl History {
    /// Whether there are no snapshots.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The latest snapshot.
    pub fn latest(&self) -> Option<&Snapshot> {
        self.0.first()
    }

    /// Records the end of a run. A snapshot of the same digest and status is counted up and moved to the front, any other is
    /// added there; the oldest beyond [`HISTORY_LIMIT`] are dropped. `snapshot`'s first time and count serve new entries only.
    pub fn upsert(&mut self, mut snapshot: Snapshot) {
        let same =
            |found: &Snapshot| found.digest == snapshot.digest && found.last_reconciled_status == snapshot.last_reconciled_status;
        if let Some(index) = self.0.iter().position(same) {
            let found = self.0.remove(index);
            snapshot.first_reconciled = found.first_reconciled;
            snapshot.total_reconciliations = found.total_reconciliations.saturating_add(1);
        }
        self.0.insert(0, snapshot);
        self.0.truncate(HISTORY_LIMIT);
    }
}
