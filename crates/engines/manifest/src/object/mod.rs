//! What a Kubernetes object is called, where it goes in an apply, and how a stream of text becomes objects.
//!
//! An object is a [`serde_json::Value`]. The accessors behave as apimachinery's `Unstructured`: a field of the wrong type counts as
//! absent. What this is not: validation; an object may lack anything.

mod id;
mod order;
mod split;

pub use id::{IdError, ObjectId, format_id};
pub use order::{apply_order, sort_ids, sort_objects};
pub use split::{SplitError, is_kubernetes_object, is_kustomization_config, split};

use std::collections::BTreeMap;

use serde_json::Value;

/// `apiVersion`, or nothing.
pub fn api_version(object: &Value) -> &str {
    text(object.get("apiVersion"))
}

/// `kind`, or nothing.
pub fn kind(object: &Value) -> &str {
    text(object.get("kind"))
}

/// `metadata.name`, or nothing.
pub fn name(object: &Value) -> &str {
    metadata_text(object, "name")
}

/// `metadata.namespace`, or nothing.
pub fn namespace(object: &Value) -> &str {
    metadata_text(object, "namespace")
}

/// `metadata.labels`; empty when any of them is not a string.
pub fn labels(object: &Value) -> BTreeMap<&str, &str> {
    metadata_map(object, "labels")
}

/// `metadata.annotations`; empty when any of them is not a string.
pub fn annotations(object: &Value) -> BTreeMap<&str, &str> {
    metadata_map(object, "annotations")
}

/// The group of an `apiVersion`: `apps` of `apps/v1`, nothing of `v1`; `None` with two slashes or more.
pub fn api_group(api_version: &str) -> Option<&str> {
    match api_version.split_once('/') {
        None => Some(""),
        Some((_, version)) if version.contains('/') => None,
        Some((group, _)) => Some(group),
    }
}

fn metadata_text<'a>(object: &'a Value, field: &str) -> &'a str {
    text(object.get("metadata").and_then(|metadata| metadata.get(field)))
}

fn metadata_map<'a>(object: &'a Value, field: &str) -> BTreeMap<&'a str, &'a str> {
    let map = object.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_object);
    let pairs = map.into_iter().flatten().map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    pairs.collect::<Option<_>>().unwrap_or_default()
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}
