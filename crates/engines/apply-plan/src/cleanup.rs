//! What earlier tools left on a live object: their annotations, and fields they own and would keep alive.
//!
//! Their fields are given to the owner's apply, so that the next one removes those that are not in the manifest.

use serde_json::{Value, json};

use crate::controls::keeps_foreign_fields;
use crate::field_set;
use crate::object::{text, text_map};

const MANAGED_FIELDS: &str = "/metadata/managedFields";

/// Annotations of kubectl and of old Flux versions.
const ANNOTATIONS: [&str; 3] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kustomize.toolkit.fluxcd.io/checksum", "fluxcd.io/sync-checksum"];

/// Labels of old Flux versions.
const LABELS: [&str; 1] = ["fluxcd.io/sync-gc-mark"];

/// Field managers whose fields the owner takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    owner: String,
    /// Beginning of the manager's name, and its operation.
    managers: Vec<(String, &'static str)>,
}

impl Takeover {
    /// Takes over from kubectl, from before the first apply, from the owner's own updates, and from `overridden`
    /// (`--override-manager`). Names match by their beginning.
    #[must_use]
    pub fn new(owner: &str, overridden: &[String]) -> Self {
        let known = [("kubectl", "Apply"), ("kubectl", "Update"), ("before-first-apply", "Update"), (owner, "Update")];
        let overridden = overridden.iter().flat_map(|name| [(name.as_str(), "Apply"), (name.as_str(), "Update")]);
        Self {
            owner: owner.to_owned(),
            managers: known.into_iter().chain(overridden).map(|(name, operation)| (name.to_owned(), operation)).collect(),
        }
    }

    /// Takes over from `managers` only, whatever they did.
    #[must_use]
    pub fn from_managers(owner: &str, managers: &[String]) -> Self {
        let managers = managers.iter().flat_map(|name| [(name.clone(), "Apply"), (name.clone(), "Update")]);
        Self { owner: owner.to_owned(), managers: managers.collect() }
    }

    /// Takes over what the owner wrote before it began to apply, and nothing else.
    #[must_use]
    pub fn of_own_updates(owner: &str) -> Self {
        Self { owner: owner.to_owned(), managers: vec![(owner.to_owned(), "Update")] }
    }

    /// The JSON patch that carries the takeover out; `None` when there is nothing to take. It fails on any other version of the object.
    #[must_use]
    pub fn patch(&self, live: &Value) -> Option<Value> {
        let version = live.pointer("/metadata/resourceVersion").cloned().unwrap_or_default();
        let replaced = replace_managed_fields(self.managed_fields(live)?);
        Some(json!([replaced, {"op": "replace", "path": "/metadata/resourceVersion", "value": version}]))
    }

    fn matches(&self, entry: &Value) -> bool {
        let (manager, operation) = (text(entry, "manager"), text(entry, "operation"));
        text(entry, "subresource").is_empty()
            && self.managers.iter().any(|(name, known)| operation == *known && manager.starts_with(name.as_str()))
    }

    /// The managed fields after the takeover; `None` when there is nothing to take.
    #[must_use]
    pub fn managed_fields(&self, live: &Value) -> Option<Vec<Value>> {
        let entries = live.pointer(MANAGED_FIELDS).and_then(Value::as_array)?;
        let is_own = |entry: &&Value| text(entry, "manager") == self.owner && text(entry, "operation") == "Apply";
        let mut own = entries.iter().rev().find(is_own).cloned();
        let (mut kept, mut taken) = (Vec::new(), false);
        for entry in entries {
            if is_own(&entry) {
                // Merged with the others and put back at the end. Of several, which the API server never writes, one remains.
                continue;
            }
            if !self.matches(entry) {
                kept.push(entry.clone());
                continue;
            }
            taken = true;
            own = Some(match own {
                None => renamed(entry, &self.owner),
                Some(mut own) => {
                    let merged = match (own.get("fieldsV1"), entry.get("fieldsV1")) {
                        (Some(ours), Some(theirs)) => Some(field_set::union(ours, theirs)),
                        (ours, theirs) => ours.or(theirs).cloned(),
                    };
                    if let (Some(fields), Some(own)) = (merged, own.as_object_mut()) {
                        own.insert("fieldsV1".to_owned(), fields);
                    }
                    own
                }
            });
        }
        taken.then(|| kept.into_iter().chain(own).collect())
    }
}

fn renamed(entry: &Value, owner: &str) -> Value {
    let mut entry = entry.clone();
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("manager".to_owned(), Value::from(owner));
        fields.insert("operation".to_owned(), Value::from("Apply"));
    }
    entry
}

/// The JSON patch that cleans a live object up before the apply; `None` when there is nothing to do, or when the object keeps
/// what others set (`ssa: Merge`).
#[must_use]
pub fn cleanup_patch(desired: &Value, live: &Value, takeover: &Takeover) -> Option<Value> {
    if keeps_foreign_fields(desired, Some(live)) {
        return None;
    }
    let mut operations = Vec::new();
    for (field, keys) in [("annotations", &ANNOTATIONS[..]), ("labels", &LABELS[..])] {
        let found = text_map(live, field);
        let present = keys.iter().filter(|key| found.contains_key(**key));
        operations
            .extend(present.map(|key| json!({"op": "remove", "path": format!("/metadata/{field}/{}", key.replace('/', "~1"))})));
    }
    operations.extend(takeover.managed_fields(live).map(replace_managed_fields));
    (!operations.is_empty()).then_some(Value::Array(operations))
}

/// The JSON patch that moves all managed fields of a live object to `api_version` (gate `MigrateAPIVersion`); `None` when they
/// are there already.
///
/// An entry at an older version makes an apply fail once the newer version has gained fields with defaults.
#[must_use]
pub fn migration_patch(live: &Value, api_version: &str) -> Option<Value> {
    let mut entries = live.pointer(MANAGED_FIELDS).and_then(Value::as_array)?.clone();
    let mut changed = false;
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        changed |= entry.get("apiVersion").and_then(Value::as_str) != Some(api_version);
        entry.insert("apiVersion".to_owned(), Value::from(api_version));
    }
    changed.then(|| Value::Array(vec![replace_managed_fields(entries)]))
}

fn replace_managed_fields(entries: Vec<Value>) -> Value {
    json!({"op": "replace", "path": MANAGED_FIELDS, "value": entries})
}
