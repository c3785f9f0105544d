//! What we last applied for one owner, so that an unchanged object costs no request.
//!
//! Lost on restart, which costs one read and one dry-run an object; never written anywhere, so it can never be wrong after a crash.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::live_index::LiveObject;
use crate::managed_fields;
use crate::object_key::ObjectKey;

/// The desired state of an object in sixteen bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DesiredDigest([u8; 16]);

impl DesiredDigest {
    /// Digest of a manifest and of the `settings` it is applied with.
    pub(crate) fn of(object: &Value, settings: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(settings.as_bytes());
        hash.update([0]);
        hash.update(object.to_string().as_bytes());
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        Self(digest)
    }
}

/// One object after it was applied, or found to be as desired.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) desired: DesiredDigest,
    pub(crate) uid: Box<str>,
    pub(crate) fingerprint: u64,
    /// The version that was seen to be ready.
    pub(crate) ready_at: Option<u64>,
}

impl Memory {
    pub(crate) fn new(desired: DesiredDigest, live: &Value, field_manager: &str) -> Self {
        Self {
            desired,
            uid: live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().into(),
            fingerprint: managed_fields::fingerprint(live, field_manager),
            ready_at: None,
        }
    }

    /// Whether `live` still is what we left behind.
    pub(crate) fn is_untouched(&self, live: &LiveObject) -> bool {
        self.uid == live.uid && self.fingerprint == live.fingerprint && !live.needs_cleanup && !live.deleting
    }
}

/// Objects that one owner has applied.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    objects: BTreeMap<ObjectKey, Memory>,
}

impl Remembered {
    /// Number of objects remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Memory> {
        self.objects.get(key)
    }

    pub(crate) fn insert(&mut self, key: ObjectKey, memory: Memory) {
        self.objects.insert(key, memory);
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&ObjectKey) -> bool) {
        self.objects.retain(|key, _| keep(key));
    }

    pub(crate) fn is_ready_at(&self, key: &ObjectKey, version: u64) -> bool {
        self.objects.get(key).is_some_and(|memory| memory.ready_at == Some(version))
    }

    pub(crate) fn ready(&mut self, key: &ObjectKey, version: Option<u64>) {
        if let Some(memory) = self.objects.get_mut(key) {
            memory.ready_at = version;
        }
    }
}

/// The numeric resourceVersion of an object.
pub(crate) fn version_of(object: &Value) -> Option<u64> {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).and_then(|version| version.parse().ok())
}
