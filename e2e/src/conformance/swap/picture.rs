//! What the cluster looks like, as far as an exchange of controllers must not change it.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Fields of status that tell when something happened, how often and for how long, or what another compressor makes of the same files.
const PASSING: [&str; 16] = [
    "lastTransitionTime",
    "lastHandledReconcileAt",
    "lastUpdateTime",
    "lastAutomationRunTime",
    "lastPushTime",
    "scanTime",
    "latestTags",
    "lastAttemptedReleaseActionDuration",
    "lastReconciled",
    "lastReconciledDuration",
    "totalReconciliations",
    "firstDeployed",
    "lastDeployed",
    "digest",
    "size",
    "lastAttemptedRevisionDigest",
];

/// Objects by their names.
pub(super) struct Picture(BTreeMap<String, Value>);

impl Picture {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Something that is no object, by a name.
    pub(super) fn note(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), json!(value));
    }

    /// An object of which nothing may change, not even by a write without effect.
    pub(super) fn add_untouched(&mut self, object: &Value) {
        let metadata = &object["metadata"];
        let managers = metadata["managedFields"].as_array().into_iter().flatten();
        let managers: Vec<Value> = managers.map(|entry| json!([entry["manager"], entry["operation"]])).collect();
        let seen = json!({"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "managers": managers});
        self.0.insert(title(object), seen);
    }

    /// An object of a controller's own kind: its spec, what is said of it, and what holds it.
    pub(super) fn add_reconciled(&mut self, object: &Value) {
        let metadata = &object["metadata"];
        let seen = json!({
            "uid": metadata["uid"], "generation": metadata["generation"], "finalizers": metadata["finalizers"],
            "labels": metadata["labels"], "spec": object["spec"], "status": lasting(&object["status"]),
        });
        self.0.insert(title(object), seen);
    }

    /// A line for each value that another picture has differently.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, value) in &self.0 {
            match other.0.get(name) {
                Some(other) => compare(name, value, other, &mut lines),
                None => lines.push(format!("{name} is gone")),
            }
        }
        lines.extend(other.0.keys().filter(|name| !self.0.contains_key(*name)).map(|name| format!("{name} is new")));
        lines
    }
}

fn title(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn lasting(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !PASSING.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), lasting(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(lasting).collect()),
        // How long it took.
        Value::String(text) if text.starts_with("Health check passed in ") => json!("Health check passed"),
        value => value.clone(),
    }
}

fn compare(path: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(fields), Value::Object(others)) => {
            for (key, value) in fields {
                compare(&format!("{path}.{key}"), value, others.get(key).unwrap_or(&Value::Null), lines);
            }
            for (key, value) in others.iter().filter(|(key, _)| !fields.contains_key(*key)) {
                compare(&format!("{path}.{key}"), &Value::Null, value, lines);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{path}[{index}]"), item, other, lines);
            }
        }
        _ if before == after => {}
        _ => lines.push(format!("{path}: {before} became {after}")),
    }
}
