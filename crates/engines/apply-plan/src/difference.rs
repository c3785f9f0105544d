//! The JSON patch (RFC 6902) that turns one value into another, operation by operation as `github.com/wI2L/jsondiff` makes it, which Flux
//! counts in its drift events.
//!
//! Keys are compared in their order, elements of arrays by their places. A value that is shorter to write anew than to patch is replaced.

use serde_json::{Value, json};

use crate::ignore::IgnoreRules;
use crate::object::text_map;
use crate::pointer;

/// The patch that takes a live object to its dry-run: first labels and annotations, of which none is removed because others may have added
/// them, then everything outside of metadata and status. Fields that `rules` ignore, by the manifest `desired`, are left alone.
#[must_use]
pub fn drift_patch(desired: &Value, live: &Value, dry_run: &Value, rules: &IgnoreRules) -> Vec<Value> {
    let pointers = rules.pointers_for(desired);
    let stripped = |object: &Value| {
        let mut object = object.clone();
        pointers.iter().for_each(|pointer| pointer::remove(&mut object, pointer));
        object
    };
    let (live, dry_run) = (stripped(live), stripped(dry_run));
    let mut patch = Vec::new();
    for field in ["annotations", "labels"] {
        let (before, after) = (text_map(&live, field), text_map(&dry_run, field));
        if before.is_empty() && !after.is_empty() {
            patch.push(json!({"op": "add", "path": format!("/metadata/{field}"), "value": after}));
            continue;
        }
        for (key, value) in after {
            let operation = match before.get(key) {
                Some(before) if *before == value => continue,
                Some(_) => "replace",
                None => "add",
            };
            patch.push(json!({"op": operation, "path": format!("/metadata/{field}/{}", escaped(key)), "value": value}));
        }
    }
    let content = |object: &Value| {
        let fields = crate::drift::content(object).into_iter();
        Value::Object(fields.map(|(field, value)| (field.clone(), value)).collect())
    };
    compare("", &content(&live), &content(&dry_run), &mut patch);
    patch
}

/// Appends what turns `from` into `to`, both at `path`.
fn compare(path: &str, from: &Value, to: &Value, patch: &mut Vec<Value>) {
    if from == to {
        return;
    }
    let before = patch.len();
    match (from, to) {
        (Value::Object(old), Value::Object(new)) => {
            for key in
                old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect::<std::collections::BTreeSet<_>>()
            {
                let path = format!("{path}/{}", escaped(key));
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => compare(&path, old, new, patch),
                    (Some(_), None) => patch.push(json!({"op": "remove", "path": path})),
                    (None, new) => patch.push(json!({"op": "add", "path": path, "value": new})),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let common = old.len().min(new.len());
            // Each removal moves the rest to the same place.
            patch.extend(old.iter().skip(common).map(|_| json!({"op": "remove", "path": format!("{path}/{common}")})));
            for (place, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}/{place}"), old, new, patch);
            }
            patch.extend(new.iter().skip(common).map(|value| json!({"op": "add", "path": format!("{path}/-"), "value": value})));
        }
        _ => patch.push(replacement(path, to)),
    }
    let whole = replacement(path, to);
    let length = |operations: &[Value]| operations.iter().map(|operation| operation.to_string().len()).sum::<usize>();
    // The root holds what is not compared.
    if !path.is_empty() && length(&patch[before..]) > length(std::slice::from_ref(&whole)) {
        patch.truncate(before);
        patch.push(whole);
    }
}

fn replacement(path: &str, value: &Value) -> Value {
    json!({"op": "replace", "path": path, "value": value})
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The JSON merge patch (RFC 7396) that turns `from` into `to`; an empty map if they are the same.
#[must_use]
pub fn merge_patch(from: &Value, to: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (from, to) else { return to.clone() };
    let mut patch = serde_json::Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(key.clone(), merge_patch(before, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    let removed = old.keys().filter(|key| !new.contains_key(*key));
    patch.extend(removed.map(|key| (key.clone(), Value::Null)));
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(from: Value, to: Value) -> Vec<String> {
        let mut patch = Vec::new();
        compare("", &from, &to, &mut patch);
        patch.iter().map(|operation| format!("{} {}", operation["op"], operation["path"]).replace('"', "")).collect()
    }

    /// What `jsondiff.Compare` of version 0.6.1 with `Rationalize` gives.
    #[test]
    fn operations_are_those_of_jsondiff() {
        assert_eq!(patch(json!({"data": {"a": "1", "b": "2"}}), json!({"data": {"a": "1", "c": "3"}})), ["replace /data"]);
        let (long, other) = ("x".repeat(99), "y".repeat(99));
        assert_eq!(
            patch(json!({"data": {"a": "1", "b": long, "d": "4"}}), json!({"data": {"b": long, "c": "3", "d": "5"}})),
            ["remove /data/a", "add /data/c", "replace /data/d"]
        );
        assert_eq!(patch(json!({"l": [long, other, 3, 4]}), json!({"l": [long, other]})), ["remove /l/2", "remove /l/2"]);
        assert_eq!(patch(json!({"l": [long, 1]}), json!({"l": [long, 2, 3]})), ["replace /l/1", "add /l/-"]);
        assert_eq!(patch(json!({"a/b": 1}), json!({"a/b": "1"})), ["replace /a~1b"]);
        assert_eq!(patch(json!({"a": {}}), json!({"a": {}})), [""; 0]);
        assert_eq!(patch(json!({"a": null}), json!({"a": {}})), ["replace /a"]);
        let deep = |d: u32| json!({"a": {"b": {"c": {"d": d, "e": d}}}});
        assert_eq!(patch(deep(1), deep(2)), ["replace /a/b/c"]);
        assert_eq!(patch(json!({"spec": {"x": 1, "l": [1, 2, 3]}}), json!({"spec": {"x": 1, "l": [2, 3]}})), ["replace /spec/l"]);
        let spec = |replicas: u32, data: Value| json!({"spec": {"replicas": replicas, "name": long}, "data": data});
        assert_eq!(patch(spec(1, json!({})), spec(2, json!({"z": 1}))), ["add /data/z", "replace /spec/replicas"]);
    }

    #[test]
    fn metadata_of_others_and_ignored_fields_are_no_drift() {
        let desired =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "1"}}, "data": {"k": "v"}});
        let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "u", "labels": {"x": "2", "y": "3"}},
            "data": {"k": "w"}});
        let ignore = |paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            IgnoreRules::compile(&[crate::ignore::IgnoreRule { paths, target: None }]).expect("valid rules")
        };
        let operations = |rules: &IgnoreRules| Value::Array(drift_patch(&desired, &live, &desired, rules));
        let label = json!({"op": "replace", "path": "/metadata/labels/x", "value": "1"});
        let key = json!({"op": "replace", "path": "/data/k", "value": "v"});
        assert_eq!(operations(&ignore(&[])), json!([label, key]));
        assert_eq!(operations(&ignore(&["/data/k"])), json!([label]));
    }

    /// The examples of RFC 7396 that begin with an object.
    #[test]
    fn merge_patches_turn_one_into_the_other() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"b": "c"}), json!({"a": null})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d"}}), json!({"a": {"b": "d"}})),
            (json!({"a": 1}), json!({"a": 1}), json!({})),
        ];
        for (from, to, expected) in cases {
            assert_eq!(merge_patch(&from, &to), expected);
        }
    }
}
