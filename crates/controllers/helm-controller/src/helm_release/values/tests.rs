use super::*;
use serde_json::json;

fn map(value: Value) -> Values {
    match value {
        Value::Object(map) => map,
        other => unreachable!("{other} is no map"),
    }
}

fn plain(text: &str) -> (ValuesReference, Found) {
    reference(json!({}), text)
}

fn path(path: &str, text: &str) -> (ValuesReference, Found) {
    reference(json!({ "targetPath": path }), text)
}

fn reference(fields: Value, text: &str) -> (ValuesReference, Found) {
    let mut full = json!({"kind": "Secret", "name": "values"});
    for (field, value) in fields.as_object().into_iter().flatten() {
        full[field] = value.clone();
    }
    (serde_json::from_value(full).expect("because the literals are valid"), Found::Text(text.into()))
}

fn composed(inline: Value, references: &[(ValuesReference, Found)]) -> Value {
    Value::Object(compose("ns", map(inline), references).expect("they compose").0)
}

#[test]
fn later_references_win_and_the_spec_over_all() {
    let references = [plain("a: one\nb: one\nc: {d: one, e: one}"), plain("b: two\nc: {e: two}")];
    let values = composed(json!({"c": {"f": "spec"}, "a": "spec"}), &references);
    assert_eq!(values, json!({"a": "spec", "b": "two", "c": {"d": "one", "e": "two", "f": "spec"}}));
}

/// Three cases of the specification, found by running Flux's algorithm.
#[test]
fn a_target_path_wins_only_within_what_the_spec_alone_has() {
    // (i) The parent is the spec's alone.
    let nested = composed(json!({"parent": {"key": "spec", "other": "spec"}}), &[path("parent.key", "path")]);
    assert_eq!(nested, json!({"parent": {"key": "path", "other": "spec"}}));
    // (ii) At the top the spec wins.
    assert_eq!(composed(json!({"key": "spec"}), &[path("key", "path")]), json!({"key": "spec"}));
    // (iii) An earlier reference has the parent, too.
    let merged = composed(json!({"parent": {"key": "spec"}}), &[plain("parent: {a: file}"), path("parent.key", "path")]);
    assert_eq!(merged, json!({"parent": {"key": "spec", "a": "file"}}));
    let absent = composed(json!({"parent": {"key": "spec"}}), &[plain("parent: {a: file}"), path("parent.b", "path")]);
    assert_eq!(absent, json!({"parent": {"key": "spec", "a": "file", "b": "path"}}));
}

#[test]
fn only_the_first_of_several_paths_into_one_map_wins() {
    // The second merge copies the map: what is set then is set in the copy.
    let values = composed(json!({"parent": {"a": "spec", "b": "spec"}}), &[path("parent.a", "one"), path("parent.b", "two")]);
    assert_eq!(values, json!({"parent": {"a": "one", "b": "spec"}}));
}

#[test]
fn elements_of_lists_are_shared_until_the_list_grows() {
    let values = composed(json!({"list": ["spec", "spec"]}), &[path("list[0]", "path"), path("list[1]", "path")]);
    assert_eq!(values, json!({"list": ["path", "path"]}));
    assert_eq!(composed(json!({"list": ["spec"]}), &[path("list[1]", "path")]), json!({"list": ["spec"]}));
}

/// The cases of `TestReplacePathValue` of Flux's `chartutil`.
#[test]
fn values_at_paths_are_read_as_by_set() {
    let one = |text: &str| composed(json!({}), &[path("outer.inner", text)])["outer"]["inner"].clone();
    assert_eq!(one("value"), json!("value"));
    assert_eq!(one("1"), json!(1));
    assert_eq!(one("'1'"), json!("1"));
    assert_eq!(one("\"1\""), json!("1"));
    assert_eq!(one("true"), json!(true));
    assert_eq!(one("{a,b}"), json!(["a", "b"]));
    let literal = reference(json!({"targetPath": r"outer.in\.ner", "literal": true}), r"{a,b}\[c]=1");
    assert_eq!(composed(json!({}), &[literal]), json!({"outer": {"in.ner": r"{a,b}\[c]=1"}}));
}

#[test]
fn what_may_be_missing_is_passed_over() {
    let mut optional = plain("");
    optional.0.optional = true;
    optional.1 = Found::NoKey;
    let (values, messages) = compose("ns", map(json!({"a": "b"})), &[optional]).expect("it may be missing");
    assert_eq!(Value::Object(values), json!({"a": "b"}));
    assert_eq!(
        messages,
        ["could not resolve optional Secret chart values reference 'ns/values' with key 'values.yaml': key not found"]
    );
}

/// The message as Flux wrote it in the recorded scenario `hr-no-values`.
#[test]
fn what_is_missing_and_may_not_be_is_named() {
    let mut missing = reference(json!({"kind": "ConfigMap", "name": "absent"}), "");
    missing.1 = Found::NoObject("configmaps \"absent\" not found".to_owned());
    let error = compose("hr-no-values", Values::new(), &[missing]).expect_err("it is missing");
    let message = "could not resolve ConfigMap chart values reference 'hr-no-values/absent' with key 'values.yaml': configmaps \"absent\" not found";
    assert_eq!(error.to_string(), message);
}

#[test]
fn numbers_of_files_are_floats_and_those_of_paths_are_integers() {
    let values = composed(json!({}), &[plain("a: 1"), path("b", "1")]);
    assert!(values["a"].is_f64() && values["b"].is_i64());
}
