//! `--set` and its relatives, by a table that `helm.sh/helm/v4/pkg/strvals` of Helm 4.3.1 computed.
//!
//! Each line of `data/set.jsonl` has the kind of flag, its line, the values before (`base`), and the values after or the error; numbers
//! there are texts that begin with their Go type.

use helm_chart::{SetError, Setter, Values};
use serde_json::{Value, json};

#[test]
fn every_line_of_the_table_is_set_as_in_helm() {
    let mut differences = Vec::new();
    for line in include_str!("data/set.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("the table is JSON");
        let mut values = case["base"].as_object().cloned().unwrap_or_default();
        values.values_mut().for_each(use_floats);
        let got = match set(&mut values, &case) {
            Ok(()) => json!({"values": with_types(&Value::Object(values))}),
            Err(error) => json!({"error": error.to_string()}),
        };
        // JSON's own errors are not shown to users.
        let is_json_fault = case["kind"] == "json" && case["error"].is_string() && got["error"].is_string();
        if !is_json_fault && (got["values"] != case["values"] || got["error"] != case["error"]) {
            differences.push(format!("{case}\n  got {got}"));
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn set(values: &mut Values, case: &Value) -> Result<(), SetError> {
    let line = case["line"].as_str().unwrap_or_default();
    let mut setter = Setter::new(values);
    match case["kind"].as_str() {
        Some("text") => setter.text(line),
        Some("json") => setter.json(line),
        Some("literal") => setter.literal(line),
        Some("file") => setter.file(line, &mut |name| match name {
            "none" => Err("open none: no such file or directory".to_owned()),
            name => Ok(format!("content of {name}")),
        }),
        _ => setter.typed(line),
    }
}

fn use_floats(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.as_f64()),
        Value::Array(items) => items.iter_mut().for_each(use_floats),
        Value::Object(entries) => entries.values_mut().for_each(use_floats),
        _ => {}
    }
}

fn with_types(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => json!(format!("float64:{}", number.as_f64().unwrap_or_default())),
        Value::Number(number) => json!(format!("int64:{number}")),
        Value::Array(items) => items.iter().map(with_types).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), with_types(value))).collect(),
        other => other.clone(),
    }
}
