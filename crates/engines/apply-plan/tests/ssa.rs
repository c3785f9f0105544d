//! Agreement with Flux's library, see `corpus/README.md`.

use std::collections::BTreeMap;

use apply_plan::cleanup::{Takeover, cleanup_patch, migration_patch};
use apply_plan::failure::{Refusal, dry_run_failure};
use apply_plan::inventory::{Entry, all_for_deletion};
use apply_plan::normalize::normalize;
use apply_plan::selector::LabelSelector;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn corpus(section: &str) -> Value {
    let corpus: Value = serde_json::from_str(include_str!("corpus/ssa.json")).expect("the corpus is JSON");
    corpus[section].clone()
}

fn cases(section: &str) -> Vec<Value> {
    corpus(section).as_array().expect("a section is a list").clone()
}

fn text(case: &Value, field: &str) -> String {
    case[field].as_str().expect("the field is text").to_owned()
}

fn texts(values: &Value) -> Vec<String> {
    values.as_array().into_iter().flatten().map(|value| value.as_str().expect("the item is text").to_owned()).collect()
}

/// What the API server makes of an object before it compares: null and empty structs, which Go prints, are nothing.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().map(|(key, value)| (key.clone(), without_empty(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null() && *value != json!({}) && *value != json!("")).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_empty).collect()),
        other => other.clone(),
    }
}

#[test]
fn objects_are_normalized_as_flux_does() {
    for case in cases("normalize") {
        let mut object = case["in"].clone();
        normalize(&mut object);
        assert_eq!(without_empty(&object), without_empty(&case["out"]), "{}", case["in"]);
    }
}

#[test]
fn fields_of_other_managers_are_taken_over_as_flux_does() {
    let mut patched = 0;
    for case in cases("cleanup") {
        let takeover = Takeover::new("kustomize-controller", &texts(&case["override"]));
        let live = &case["live"];
        let expected = case["patch"].as_array().map(|patch| Value::Array(patch.iter().map(last_of_each_manager).collect()));
        assert_eq!(cleanup_patch(&json!({}), live, &takeover), expected, "{live}");
        assert_eq!(migration_patch(live, "v1"), case["migrate"].as_array().map(|patch| Value::Array(patch.clone())), "{live}");
        patched += usize::from(expected.is_some());
    }
    assert!(patched > 100);
}

/// Flux writes its own entry twice when another comes before it; the API server keeps the last.
fn last_of_each_manager(operation: &Value) -> Value {
    let mut operation = operation.clone();
    if let Some(entries) = operation.get_mut("value").and_then(Value::as_array_mut) {
        let is_own = |entry: &Value| entry["manager"] == "kustomize-controller" && entry["operation"] == "Apply";
        let last = entries.iter().rposition(is_own);
        let mut position = 0;
        entries.retain(|entry| {
            position += 1;
            !is_own(entry) || Some(position - 1) == last
        });
    }
    operation
}

#[test]
fn objects_are_sorted_as_flux_does() {
    let order = corpus("order");
    let old: Vec<Entry> = texts(&order["in"]).iter().map(|id| Entry::parse(id, "v1").expect("the id parses")).collect();
    let mut sorted: Vec<Entry> = all_for_deletion(&old);
    sorted.reverse();
    let expected: Vec<Entry> = texts(&order["out"]).iter().map(|id| Entry::parse(id, "v1").expect("the id parses")).collect();
    assert_eq!(sorted, expected);
    assert_eq!(sorted.iter().map(|entry| entry.id.to_string()).collect::<Vec<_>>(), texts(&order["subjects"]));
}

#[test]
fn selectors_select_what_kubernetes_selects() {
    for group in cases("selectors") {
        let sets: Vec<BTreeMap<String, String>> = serde_json::from_value(group["sets"].clone()).expect("sets are text to text");
        for case in group["cases"].as_array().expect("cases are a list") {
            let selector = LabelSelector::parse(&text(case, "selector"));
            assert_eq!(selector.is_ok(), case["valid"] == true, "{case}");
            let Ok(selector) = selector else { continue };
            let matches: Vec<bool> = sets
                .iter()
                .map(|set| selector.matches(&set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()))
                .collect();
            assert_eq!(json!(matches), case["matches"], "{case}");
        }
    }
}

#[test]
fn refusals_are_judged_and_worded_as_flux_does() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "n"}});
    let cluster_scoped = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
    for case in cases("failures") {
        let refusal = Refusal {
            code: serde_json::from_value(case["code"].clone()).expect("the code is a number"),
            reason: text(&case, "reason"),
            message: text(&case, "message"),
            causes: texts(&case["causes"]),
        };
        assert_eq!(json!(refusal.is_immutable()), case["immutable"], "{case}");
        assert_eq!(dry_run_failure(&object, &refusal), text(&case, "text"));
        assert_eq!(dry_run_failure(&cluster_scoped, &refusal), text(&case, "cluster"));
    }
}

#[test]
fn placeholder_certificates_are_removed_from_definitions() {
    for case in cases("ca_bundles") {
        let mut object = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"},
            "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": case["bundle"]}}}},
        });
        normalize(&mut object);
        assert_eq!(json!(object.pointer("/spec/conversion/webhook/clientConfig/caBundle").is_some()), case["kept"], "{case}");
    }
}

/// Flux writes `creationTimestamp: null`, which the API server takes for absent.
#[test]
fn the_creation_time_is_removed() {
    let mut object = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "creationTimestamp": "2024-01-01T00:00:00Z"},
    });
    normalize(&mut object);
    assert_eq!(object["metadata"], json!({"name": "x"}));
}

/// Flux parses the certificate and drops this one, too. Whether it is valid the API server judges.
#[test]
fn a_certificate_is_judged_by_its_shape_alone() {
    let bundle = |der: &str| STANDARD.encode(format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"));
    for (der, kept) in [([0x30, 3, 0x30, 1, 0], true), ([0x31, 3, 0x30, 1, 0], false), ([0x30, 2, 0x30, 1, 0], false)] {
        let bundle = bundle(&STANDARD.encode(der));
        let mut object = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"},
            "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}},
        });
        normalize(&mut object);
        assert_eq!(object.pointer("/spec/conversion/webhook/clientConfig/caBundle").is_some(), kept, "{der:?}");
    }
}
