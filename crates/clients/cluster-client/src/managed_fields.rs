//! Has our share of an object changed? `metadata.managedFields` tells without looking at the fields themselves.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use serde_json::Value;

/// Fingerprint of the fields that `field_manager` applied, with the time of its last change.
///
/// While it stays the same nobody else has changed a field of ours: a writer that changes one takes it out of our entry, and an apply by
/// the same manager moves the time. Only comparable within this process.
pub(crate) fn fingerprint(object: &Value, field_manager: &str) -> u64 {
    static STATE: OnceLock<RandomState> = OnceLock::new();
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let ours = entries.iter().find(|entry| entry["manager"] == field_manager && entry["operation"] == "Apply");
    let mut hasher = STATE.get_or_init(RandomState::new).build_hasher();
    hasher.write(ours.map(Value::to_string).unwrap_or_default().as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn fingerprint_follows_our_entry_only() {
        let object = |entries: Vec<Value>| fingerprint(&json!({"metadata": {"managedFields": entries}}), "kustomize-controller");
        let ours = entry("kustomize-controller", "Apply", json!({"f:data": {"f:a": {}}}));
        let before = object(vec![ours.clone()]);
        assert_eq!(before, object(vec![entry("kube-controller-manager", "Update", json!({"f:status": {}})), ours.clone()]));
        assert_ne!(before, object(vec![entry("kustomize-controller", "Apply", json!({"f:data": {}}))]));
        let mut later = ours;
        later["time"] = json!("2026-01-01T00:00:00Z");
        assert_ne!(before, object(vec![later]));
        assert_ne!(before, object(vec![]));
    }
}
