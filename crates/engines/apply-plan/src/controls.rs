//! Labels and annotations by which a single object steers its own apply and deletion.
//!
//! Either place counts. Values compare without case, but for `substitute`.

use serde_json::Value;

use crate::CONTROL_GROUP;
use crate::object::{metadata, text, text_map};
use crate::ownership::Owner;

/// Why an object is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// `reconcile: disabled` or `ssa: Ignore` on the manifest or the live object.
    Excluded,
    /// `ssa: IfNotPresent` on the manifest, and the object is there.
    Present,
}

/// What to do with a stale object that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Delete it, dependents in the background.
    Delete,
    /// Its labels name another owner, or none.
    NotOwned,
    /// `prune: disabled`, `reconcile: disabled` or `ssa: Ignore`.
    Excluded,
}

/// Whether a control is off, or on for every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recreation {
    /// Only objects that ask for it (`force: enabled`).
    WhereEnabled,
    /// Every object: the owner's `spec.force`.
    Everywhere,
}

/// Whether the apply leaves the object alone.
#[must_use]
pub fn skip(desired: &Value, live: Option<&Value>) -> Option<Skip> {
    let excluded = |object: &Value| control(object, "reconcile", "disabled") || control(object, "ssa", "Ignore");
    if excluded(desired) || live.is_some_and(excluded) {
        return Some(Skip::Excluded);
    }
    let present = live.is_some_and(|live| !metadata(live, "uid").is_empty());
    (present && control(desired, "ssa", "IfNotPresent")).then_some(Skip::Present)
}

/// Whether fields that others set survive: no takeover of field managers, no clean-up (`ssa: Merge`).
#[must_use]
pub fn keeps_foreign_fields(desired: &Value, live: Option<&Value>) -> bool {
    let merges = |object: &Value| control(object, "ssa", "Merge");
    merges(desired) || live.is_some_and(merges)
}

/// Whether a change that the API server refuses on an existing object may be made by deleting the object first.
#[must_use]
pub fn may_recreate(desired: &Value, live: &Value, recreation: Recreation) -> bool {
    let enabled = |object: &Value| control(object, "force", "enabled");
    recreation == Recreation::Everywhere || enabled(desired) || enabled(live)
}

/// What becomes of a live object that is stale in the inventory of `owner`.
#[must_use]
pub fn deletion(live: &Value, owner: &Owner<'_>) -> Deletion {
    if !owner.owns(live) {
        Deletion::NotOwned
    } else if control(live, "prune", "disabled") || control(live, "reconcile", "disabled") || control(live, "ssa", "Ignore") {
        Deletion::Excluded
    } else {
        Deletion::Delete
    }
}

/// Whether variables are left as they are in this object. The value is compared exactly.
#[must_use]
pub fn substitution_is_disabled(desired: &Value) -> bool {
    let key = format!("{CONTROL_GROUP}/substitute");
    ["labels", "annotations"].iter().any(|place| text_map(desired, place).get(key.as_str()) == Some(&"disabled"))
}

/// Whether the object is applied as it is even if it looks encrypted. Only an annotation counts.
#[must_use]
pub fn decryption_is_disabled(desired: &Value) -> bool {
    let key = format!("{CONTROL_GROUP}/decrypt");
    text_map(desired, "annotations").get(key.as_str()).is_some_and(|value| value.eq_ignore_ascii_case("disabled"))
}

/// Whether this is a Secret that SOPS encrypted as a whole and that nobody decrypted: it must not be applied.
#[must_use]
pub fn is_encrypted_secret(desired: &Value) -> bool {
    text(desired, "kind") == "Secret"
        && text(desired, "apiVersion") == "v1"
        && desired.get("sops").is_some()
        && !decryption_is_disabled(desired)
}

fn control(object: &Value, name: &str, value: &str) -> bool {
    let key = format!("{CONTROL_GROUP}/{name}");
    let places = ["labels", "annotations"];
    places.iter().any(|place| text_map(object, place).get(key.as_str()).is_some_and(|found| found.eq_ignore_ascii_case(value)))
}
