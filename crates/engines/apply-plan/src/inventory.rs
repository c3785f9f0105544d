//! What an owner has applied: status keeps it, and what is in the old list and not in the new one is deleted.

use std::collections::BTreeSet;

use crate::change::{Action, Change};
use manifest::object::{IdError, ObjectId, apply_order};

/// One object of an inventory. In status it is `{id, v}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which object; status has its [`inventory_id`](ObjectId::inventory_id).
    pub id: ObjectId,
    /// The API version without its group.
    pub version: String,
}

impl Entry {
    /// Reads an entry of status.
    ///
    /// # Errors
    /// [`IdError`] when `id` is none.
    pub fn parse(id: &str, version: &str) -> Result<Self, IdError> {
        Ok(Self { id: ObjectId::parse_inventory_id(id)?, version: version.to_owned() })
    }

    /// The API version with its group: `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        let group = &self.id.group;
        if group.is_empty() { self.version.clone() } else { format!("{group}/{}", self.version) }
    }
}

/// The inventory after an apply: every object, also skipped ones, in the order of the changes.
#[must_use]
pub fn from_changes(changes: &[Change]) -> Vec<Entry> {
    changes.iter().map(|change| Entry { id: change.id.clone(), version: change.version.clone() }).collect()
}

/// Entries of `old` that `new` lacks, in the order of their deletion. Another version of the same object is the same object.
#[must_use]
pub fn stale(old: &[Entry], new: &[Entry]) -> Vec<Entry> {
    let mut seen: BTreeSet<&ObjectId> = new.iter().map(|entry| &entry.id).collect();
    // From the end, because of an entry that is there twice the last version counts.
    let mut stale: Vec<Entry> = old.iter().rev().filter(|entry| seen.insert(&entry.id)).cloned().collect();
    stale.sort_by(|left, right| apply_order(&right.id, &left.id));
    stale
}

/// All entries in the order of their deletion, for an owner that goes away.
#[must_use]
pub fn all_for_deletion(inventory: &[Entry]) -> Vec<Entry> {
    stale(inventory, &[])
}

/// Stale entries whose deletion failed: neither deleted nor left alone on purpose. In apply order.
#[must_use]
pub fn survivors(stale: &[Entry], changes: &[Change]) -> Vec<Entry> {
    let settled = |action| matches!(action, Action::Deleted | Action::Skipped);
    let settled: BTreeSet<&ObjectId> = changes.iter().filter(|change| settled(change.action)).map(|change| &change.id).collect();
    let mut survivors: Vec<Entry> = stale.iter().filter(|entry| !settled.contains(&entry.id)).cloned().collect();
    survivors.sort_by(|left, right| apply_order(&left.id, &right.id));
    survivors
}

/// Adds entries that are not there yet, so that the next run deletes survivors.
pub fn merge(inventory: &mut Vec<Entry>, entries: Vec<Entry>) {
    for entry in entries {
        if inventory.iter().all(|known| known.id != entry.id) {
            inventory.push(entry);
        }
    }
}
