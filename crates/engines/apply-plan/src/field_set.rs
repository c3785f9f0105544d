//! `fieldsV1`: the fields a manager owns, as a tree whose keys are `f:name`, `k:{…}`, `v:…`, `i:…`, and `.` for the node itself.

use serde_json::{Map, Value};

use crate::object::text;
use crate::pointer;

/// The fields of both sets.
pub(crate) fn union(left: &Value, right: &Value) -> Value {
    match (left.as_object(), right.as_object()) {
        (Some(left), Some(right)) => Value::Object(union_of_children(left, right)),
        (None, Some(_)) => right.clone(),
        _ => left.clone(),
    }
}

fn union_of_children(left: &Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = left.clone();
    for (key, theirs) in right {
        let both = match merged.get(key) {
            Some(ours) => union_of_nodes(ours, theirs),
            None => theirs.clone(),
        };
        merged.insert(key.clone(), both);
    }
    merged
}

/// An empty node is a field that is owned; beside children it is written as `.`.
fn union_of_nodes(left: &Value, right: &Value) -> Value {
    let (Some(ours), Some(theirs)) = (left.as_object(), right.as_object()) else {
        return left.clone();
    };
    let mut merged = union_of_children(ours, theirs);
    if ours.is_empty() != theirs.is_empty() {
        merged.insert(".".to_owned(), Value::Object(Map::new()));
    }
    Value::Object(merged)
}

/// Whether a manager other than `manager` owns the field at `path` of `live` by applying it.
pub(crate) fn is_applied_by_other(live: &Value, path: &str, manager: &str) -> bool {
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
    let applied: Vec<(&str, &Value)> = entries
        .into_iter()
        .flatten()
        .filter(|entry| text(entry, "subresource").is_empty() && text(entry, "operation") == "Apply")
        .filter_map(|entry| Some((text(entry, "manager"), entry.get("fieldsV1").filter(|fields| fields.is_object())?)))
        .collect();
    let Some(keys) = keys_of(live, path, &applied) else {
        return false;
    };
    applied.iter().any(|(other, fields)| *other != manager && walk(fields, &keys).is_some())
}

/// The keys from the root of a field set to the field at a pointer. An index becomes the key of the item there.
fn keys_of(live: &Value, path: &str, applied: &[(&str, &Value)]) -> Option<Vec<String>> {
    let (mut keys, mut value) = (Vec::new(), Some(live));
    for part in pointer::parts(path) {
        let Ok(index) = part.parse::<usize>() else {
            value = value.and_then(|value| value.get(&part));
            keys.push(format!("f:{part}"));
            continue;
        };
        let item = value?.as_array()?.get(index)?;
        let key = applied
            .iter()
            .filter_map(|(_, fields)| walk(fields, &keys)?.as_object())
            .flat_map(Map::keys)
            .find(|key| identifies(key, item));
        keys.push(key?.clone());
        value = Some(item);
    }
    Some(keys)
}

/// Whether `k:{…}` names the item of a list.
fn identifies(key: &str, item: &Value) -> bool {
    let pairs = key.strip_prefix("k:").and_then(|pairs| serde_json::from_str::<Map<String, Value>>(pairs).ok());
    item.is_object() && pairs.is_some_and(|pairs| pairs.iter().all(|(field, value)| item.get(field) == Some(value)))
}

fn walk<'set>(fields: &'set Value, keys: &[String]) -> Option<&'set Value> {
    keys.iter().try_fold(fields, |node, key| node.get(key))
}
