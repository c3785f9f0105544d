//! Who owns which field, as `metadata.managedFields` says: has our share changed, and must shares of others be taken over?

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::ownership::{Control, Ownership};

/// Annotations that other tools and older versions left; they are removed before we apply (kustomize-controller does the same).
const STALE_ANNOTATIONS: [&str; 3] = ["kubectl.kubernetes.io/last-applied-configuration", "kustomize.toolkit.fluxcd.io/checksum", "fluxcd.io/sync-checksum"];
const STALE_LABELS: [&str; 1] = ["fluxcd.io/sync-gc-mark"];

/// Fingerprint of the fields that `field_manager` applied, with the time of its last change.
///
/// While it stays the same nobody else has changed a field of ours: a writer that changes one takes it out of our entry, and an apply by
/// the same manager moves the time. Only comparable within this process.
pub(crate) fn fingerprint(metadata: &Value, field_manager: &str) -> u64 {
    static STATE: OnceLock<RandomState> = OnceLock::new();
    let mut hasher = STATE.get_or_init(RandomState::new).build_hasher();
    let ours = entries(metadata).iter().find(|entry| is_apply_of(entry, field_manager));
    hasher.write(ours.map(Value::to_string).unwrap_or_default().as_bytes());
    hasher.finish()
}

/// The JSON patch that removes stale metadata and takes over the fields of kubectl, of ourselves before server-side apply, and of
/// `override_managers`. Empty when there is nothing to do, also on objects that ask for `ssa: Merge`.
pub(crate) fn cleanup_patch(metadata: &Value, ownership: &Ownership) -> Vec<Value> {
    if ownership.has(metadata, Control::Merge) {
        return Vec::new();
    }
    let mut patch = Vec::new();
    for (place, keys) in [("annotations", &STALE_ANNOTATIONS[..]), ("labels", &STALE_LABELS[..])] {
        for key in keys {
            if metadata[place].get(key).is_some() {
                patch.push(json!({"op": "remove", "path": format!("/metadata/{place}/{}", key.replace('~', "~0").replace('/', "~1"))}));
            }
        }
    }
    if let Some(entries) = taken_over(entries(metadata), ownership) {
        patch.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": entries}));
    }
    patch
}

/// The entries after the take-over, ours last; `None` when nobody's fields are to be taken.
fn taken_over(entries: &[Value], ownership: &Ownership) -> Option<Vec<Value>> {
    let mut ours = entries.iter().find(|entry| is_apply_of(entry, &ownership.field_manager)).cloned();
    let mut kept = Vec::with_capacity(entries.len());
    let mut taken = false;
    for entry in entries {
        if is_apply_of(entry, &ownership.field_manager) && entry["subresource"].as_str().unwrap_or_default().is_empty() {
            continue;
        }
        if !must_give_way(entry, ownership) {
            kept.push(entry.clone());
            continue;
        }
        taken = true;
        match &mut ours {
            None => {
                let mut renamed = entry.clone();
                renamed["manager"] = json!(ownership.field_manager);
                renamed["operation"] = json!("Apply");
                ours = Some(renamed);
            }
            Some(ours) => {
                let merged = union(&ours["fieldsV1"], &entry["fieldsV1"]);
                ours["fieldsV1"] = merged;
            }
        }
    }
    kept.extend(ours);
    taken.then_some(kept)
}

fn must_give_way(entry: &Value, ownership: &Ownership) -> bool {
    if !entry["subresource"].as_str().unwrap_or_default().is_empty() {
        return false;
    }
    let manager = entry["manager"].as_str().unwrap_or_default();
    let overridden = || ownership.override_managers.iter().any(|name| manager.starts_with(name.as_str()));
    match entry["operation"].as_str() {
        Some("Apply") => manager.starts_with("kubectl") || overridden(),
        Some("Update") => {
            manager.starts_with("kubectl") || manager.starts_with("before-first-apply") || manager.starts_with(&ownership.field_manager) || overridden()
        }
        _ => false,
    }
}

/// Union of two field sets in their JSON form: `{}` is the field itself, `"."` the field besides its children.
fn union(left: &Value, right: &Value) -> Value {
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return if left.is_object() { left.clone() } else { right.clone() };
    };
    if left.is_empty() || right.is_empty() {
        let mut merged = if left.is_empty() { right.clone() } else { left.clone() };
        if !merged.is_empty() {
            merged.insert(".".to_owned(), json!({}));
        }
        return Value::Object(merged);
    }
    let mut merged: Map<String, Value> = left.clone();
    for (key, value) in right {
        let value = merged.get(key).map_or_else(|| value.clone(), |present| union(present, value));
        merged.insert(key.clone(), value);
    }
    Value::Object(merged)
}

pub(crate) fn entries(metadata: &Value) -> &[Value] {
    metadata["managedFields"].as_array().map_or(&[], Vec::as_slice)
}

fn is_apply_of(entry: &Value, manager: &str) -> bool {
    entry["manager"] == manager && entry["operation"] == "Apply"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::flux;

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn fields_of_kubectl_move_into_our_entry() {
        let ours = entry("kustomize-controller", "Apply", json!({"f:data": {"f:a": {}}}));
        let edit = entry("kubectl-edit", "Update", json!({"f:data": {"f:b": {}}}));
        let other = entry("helm", "Update", json!({"f:data": {"f:c": {}}}));
        let metadata = json!({"managedFields": [ours, edit, other.clone()]});
        let merged = entry("kustomize-controller", "Apply", json!({"f:data": {"f:a": {}, "f:b": {}}}));
        assert_eq!(cleanup_patch(&metadata, &flux()), [json!({"op": "replace", "path": "/metadata/managedFields", "value": [other, merged]})]);
    }

    #[test]
    fn without_an_entry_of_ours_the_first_is_renamed() {
        let metadata = json!({"managedFields": [entry("before-first-apply", "Update", json!({"f:data": {}}))]});
        let renamed = entry("kustomize-controller", "Apply", json!({"f:data": {}}));
        assert_eq!(cleanup_patch(&metadata, &flux())[0]["value"], json!([renamed]));
    }

    #[test]
    fn others_subresources_and_merge_are_left_alone() {
        let mut status = entry("kubectl-edit", "Update", json!({"f:status": {}}));
        status["subresource"] = json!("status");
        let foreign = entry("manager", "Update", json!({"f:spec": {}}));
        assert!(cleanup_patch(&json!({"managedFields": [status, foreign]}), &flux()).is_empty());
        let merge = json!({
            "annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Merge", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            "managedFields": [entry("kubectl-client-side-apply", "Update", json!({"f:data": {}}))],
        });
        assert!(cleanup_patch(&merge, &flux()).is_empty());
    }

    #[test]
    fn stale_metadata_is_removed() {
        let metadata = json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "1"}, "labels": {"fluxcd.io/sync-gc-mark": "x"}});
        let expected = [
            json!({"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"}),
            json!({"op": "remove", "path": "/metadata/labels/fluxcd.io~1sync-gc-mark"}),
        ];
        assert_eq!(cleanup_patch(&metadata, &flux()), expected);
    }

    #[test]
    fn a_field_and_its_children_join_with_a_dot() {
        assert_eq!(union(&json!({"f:a": {}}), &json!({"f:a": {"f:b": {}}})), json!({"f:a": {".": {}, "f:b": {}}}));
        assert_eq!(union(&json!(null), &json!({"f:a": {}})), json!({"f:a": {}}));
    }

    #[test]
    fn fingerprint_follows_our_entry_only() {
        let ours = entry("kustomize-controller", "Apply", json!({"f:data": {"f:a": {}}}));
        let before = json!({"managedFields": [ours.clone()]});
        let status = json!({"managedFields": [ours, entry("kube-controller-manager", "Update", json!({"f:status": {}}))]});
        let stolen = json!({"managedFields": [entry("kustomize-controller", "Apply", json!({"f:data": {}}))]});
        assert_eq!(fingerprint(&before, "kustomize-controller"), fingerprint(&status, "kustomize-controller"));
        assert_ne!(fingerprint(&before, "kustomize-controller"), fingerprint(&stolen, "kustomize-controller"));
    }
}
