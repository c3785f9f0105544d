//! What is remembered of one live object: a hundred bytes instead of its manifest.

use apply_plan::{cleanup, controls};
use serde_json::Value;

use crate::managed_fields;
use crate::ownership::{Owner, Ownership};

/// State of a live object that decides whether it still is what we applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveObject {
    /// `metadata.uid`.
    pub uid: Box<str>,
    /// `metadata.resourceVersion`; the API server's versions of one resource compare as numbers.
    pub resource_version: u64,
    /// Owner that the labels name.
    pub owner: Option<Owner>,
    /// Changes when somebody else changes a field of ours; see [`managed_fields::fingerprint`].
    pub(crate) fingerprint: u64,
    /// Something of kubectl or of an older version is left on it.
    pub(crate) needs_cleanup: bool,
    /// It asks not to be touched.
    pub(crate) excluded: bool,
    /// It is being deleted.
    pub(crate) deleting: bool,
}

impl LiveObject {
    /// Reads a live object, of which `metadata` is enough; `None` when it lacks what every stored object has.
    pub(crate) fn read(object: &Value, ownership: &Ownership) -> Option<Self> {
        let metadata = object.get("metadata")?;
        Some(Self {
            uid: metadata["uid"].as_str()?.into(),
            resource_version: metadata["resourceVersion"].as_str()?.parse().ok()?,
            owner: ownership.owner(object),
            fingerprint: managed_fields::fingerprint(object, &ownership.field_manager),
            needs_cleanup: cleanup::cleanup_patch(&Value::Null, object, &ownership.takeover).is_some(),
            excluded: controls::skip(object, None).is_some(),
            deleting: !metadata["deletionTimestamp"].is_null(),
        })
    }

    /// Whether `later` shows that somebody else has changed what we applied.
    pub(crate) fn has_drifted_to(&self, later: &Self) -> bool {
        self.uid != later.uid
            || self.fingerprint != later.fingerprint
            || self.owner != later.owner
            || (later.needs_cleanup && !self.needs_cleanup)
    }
}
