//! Reading an object's own description, as Go's `unstructured` does: what has the wrong type is absent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A text field of the object itself, empty when absent.
pub(crate) fn text<'object>(object: &'object Value, field: &str) -> &'object str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A text field of the metadata, empty when absent.
pub(crate) fn metadata<'object>(object: &'object Value, field: &str) -> &'object str {
    object.get("metadata").map(|metadata| text(metadata, field)).unwrap_or_default()
}

/// Labels or annotations; a null value reads as empty, and one of another type hides them all.
pub(crate) fn text_map<'object>(object: &'object Value, field: &str) -> BTreeMap<&'object str, &'object str> {
    let entries = object.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_object);
    let pairs = entries.into_iter().flatten().map(|(key, value)| match value {
        Value::String(text) => Some((key.as_str(), text.as_str())),
        Value::Null => Some((key.as_str(), "")),
        _ => None,
    });
    pairs.collect::<Option<_>>().unwrap_or_default()
}

/// Adds to labels or annotations. What was there and is not text is replaced.
pub(crate) fn extend_text_map<'pairs>(
    object: &mut Value,
    field: &str,
    pairs: impl IntoIterator<Item = (&'pairs str, &'pairs str)>,
) {
    let mut merged: Map<String, Value> =
        text_map(object, field).into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    merged.extend(pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))));
    if merged.is_empty() {
        return;
    }
    if let Some(metadata) = map_at(object, "metadata") {
        metadata.insert(field.to_owned(), Value::Object(merged));
    }
}

/// The map at `field`, made if there is none; `None` only if `object` is no map.
fn map_at<'object>(object: &'object mut Value, field: &str) -> Option<&'object mut Map<String, Value>> {
    let value = object.as_object_mut()?.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// The group and version of an API version: `apps/v1` is (`apps`, `v1`), `v1` is (``, `v1`).
pub(crate) fn group_and_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Whether the object is of this version and kind.
pub(crate) fn is(object: &Value, api_version: &str, kind: &str) -> bool {
    text(object, "apiVersion") == api_version && text(object, "kind") == kind
}

/// Whether the object is a CustomResourceDefinition.
pub(crate) fn is_definition(object: &Value) -> bool {
    text(object, "kind").eq_ignore_ascii_case("CustomResourceDefinition")
        && text(object, "apiVersion").starts_with("apiextensions.k8s.io/")
}
