//! Client-side apply: what was wanted, what is wanted, and what is there, merged as kubectl's and Helm's strategic merge patches do.
//!
//! Fields that are wanted win, fields that were wanted and no longer are go, all others stay as they are. Lists that Kubernetes merges by a
//! key are merged so; which ones is known here for the kinds that charts have, all other lists are replaced as a whole.

use serde_json::{Map, Value};

/// What becomes of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// Those that Kubernetes merges by a key are merged so: built-in kinds.
    Keyed,
    /// They are replaced: custom resources.
    Whole,
}

/// Merges. `original` is the manifest that was applied last, null if there was none.
#[must_use]
pub fn merge(original: &Value, target: &Value, live: &Value, lists: Lists) -> Value {
    let kind = live.get("kind").and_then(Value::as_str).unwrap_or_default();
    Merge { is_service: kind == "Service", lists }.value("", original, target, live)
}

struct Merge {
    is_service: bool,
    lists: Lists,
}

impl Merge {
    fn value(&self, field: &str, original: &Value, target: &Value, live: &Value) -> Value {
        match (target, live) {
            (Value::Object(wanted), Value::Object(there)) => Value::Object(self.map(field, original, wanted, there)),
            (Value::Array(wanted), Value::Array(there)) => {
                let before = original.as_array().map_or(&[][..], Vec::as_slice);
                match self.merge_key(field, wanted) {
                    Some(key) => Value::Array(self.list(field, key, before, wanted, there)),
                    None if field == "finalizers" && self.lists == Lists::Keyed => Value::Array(set(before, wanted, there)),
                    None => target.clone(),
                }
            }
            _ => target.clone(),
        }
    }

    fn map(&self, field: &str, original: &Value, target: &Map<String, Value>, live: &Map<String, Value>) -> Map<String, Value> {
        let was_wanted = |key: &String| original.get(key).is_some();
        let keeps_only_wanted = self.lists == Lists::Keyed && keeps_only_wanted(field);
        let goes = |key: &String| !target.contains_key(key) && (was_wanted(key) || keeps_only_wanted);
        let mut merged: Map<String, Value> =
            live.iter().filter(|(key, _)| !goes(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, wanted) in target {
            if wanted.is_null() {
                merged.remove(key);
                continue;
            }
            let before = original.get(key).unwrap_or(&Value::Null);
            let value = self.value(key, before, wanted, live.get(key).unwrap_or(&Value::Null));
            merged.insert(key.clone(), value);
        }
        merged
    }

    /// Items with a key. Those that are there and were never wanted stay, at their places.
    fn list(&self, field: &str, key: &str, original: &[Value], target: &[Value], live: &[Value]) -> Vec<Value> {
        let find = |list: &[Value], id: &Value| list.iter().position(|item| &item[key] == id);
        let none = Value::Null;
        let wanted = target.iter().map(|item| {
            let place = find(live, &item[key]);
            let before = find(original, &item[key]).and_then(|place| original.get(place)).unwrap_or(&none);
            let there = place.and_then(|place| live.get(place)).unwrap_or(&none);
            (place, self.value(field, before, item, there))
        });
        let is_foreign = |item: &&Value| find(target, &item[key]).is_none() && find(original, &item[key]).is_none();
        let mut foreign = live.iter().enumerate().filter(|(_, item)| is_foreign(item)).peekable();
        let mut merged = Vec::new();
        for (place, item) in wanted {
            if let Some(place) = place {
                while let Some((_, other)) = foreign.next_if(|(other, _)| *other < place) {
                    merged.push(other.clone());
                }
            }
            merged.push(item);
        }
        merged.extend(foreign.map(|(_, item)| item.clone()));
        merged
    }

    /// The key by which items of the list `field` are told apart, if it is such a list and all items have it.
    fn merge_key(&self, field: &str, items: &[Value]) -> Option<&'static str> {
        if self.lists == Lists::Whole {
            return None;
        }
        let key = match field {
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "env"
            | "volumes"
            | "imagePullSecrets"
            | "resourceClaims"
            | "schedulingGates"
            | "secrets"
            | "webhooks"
            | "matchConditions" => "name",
            "ports" if self.is_service => "port",
            "ports" => "containerPort",
            "volumeMounts" => "mountPath",
            "volumeDevices" => "devicePath",
            "hostAliases" => "ip",
            "topologySpreadConstraints" => "topologyKey",
            "conditions" => "type",
            "ownerReferences" => "uid",
            _ => return None,
        };
        items.iter().all(|item| item.get(key).is_some()).then_some(key)
    }
}

/// Maps of which a part that is not wanted goes, whoever set it: the strategy of Deployments, and volumes (`retainKeys`).
fn keeps_only_wanted(field: &str) -> bool {
    matches!(field, "strategy" | "volumes")
}

/// A list of words that is a set.
fn set(original: &[Value], target: &[Value], live: &[Value]) -> Vec<Value> {
    let kept = live.iter().filter(|word| target.contains(word) || !original.contains(word));
    let new = target.iter().filter(|word| !live.contains(word));
    kept.chain(new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(original: Value, target: Value, live: Value, expected: Value) {
        assert_eq!(merge(&original, &target, &live, Lists::Keyed), expected);
    }

    #[test]
    fn wanted_fields_win_and_those_no_longer_wanted_go() {
        check(
            json!({"data": {"a": "1", "b": "2"}}),
            json!({"data": {"a": "3"}}),
            json!({"data": {"a": "x", "b": "2", "c": "foreign"}, "metadata": {"uid": "u"}}),
            json!({"data": {"a": "3", "c": "foreign"}, "metadata": {"uid": "u"}}),
        );
        check(json!(null), json!({"a": null}), json!({"a": 1, "b": 2}), json!({"b": 2}));
    }

    #[test]
    fn lists_with_keys_are_merged_by_them() {
        check(
            json!({"containers": [{"name": "a", "image": "a:1", "args": ["x"]}, {"name": "gone"}]}),
            json!({"containers": [{"name": "a", "image": "a:2"}, {"name": "new"}]}),
            json!({"containers": [{"name": "injected"}, {"name": "a", "image": "a:1", "args": ["x"], "policy": "Always"}, {"name": "gone"}]}),
            json!({"containers": [{"name": "injected"}, {"name": "a", "image": "a:2", "policy": "Always"}, {"name": "new"}]}),
        );
        let service = |ports: Value| json!({"kind": "Service", "ports": ports});
        check(
            service(json!([{"port": 80}])),
            service(json!([{"port": 80, "targetPort": 8080}])),
            service(json!([{"port": 80, "nodePort": 30000}])),
            service(json!([{"port": 80, "targetPort": 8080, "nodePort": 30000}])),
        );
    }

    #[test]
    fn other_lists_are_replaced_and_finalizers_are_a_set() {
        check(json!({"args": ["a"]}), json!({"args": ["b"]}), json!({"args": ["a", "c"]}), json!({"args": ["b"]}));
        check(
            json!({"finalizers": ["a"]}),
            json!({"finalizers": ["b"]}),
            json!({"finalizers": ["a", "x"]}),
            json!({"finalizers": ["x", "b"]}),
        );
    }

    #[test]
    fn lists_of_custom_resources_are_replaced() {
        let [original, target, live] = ["a", "b", "c"].map(|name| json!({"env": [{"name": name}]}));
        assert_eq!(merge(&original, &target, &live, Lists::Whole), target);
    }

    #[test]
    fn a_strategy_loses_the_settings_of_another_type() {
        check(
            json!({"strategy": {"type": "RollingUpdate"}}),
            json!({"strategy": {"type": "Recreate"}}),
            json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}),
            json!({"strategy": {"type": "Recreate"}}),
        );
        check(
            json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
            json!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
            json!({"volumes": [{"name": "v", "emptyDir": {"medium": ""}}]}),
            json!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
        );
    }
}
