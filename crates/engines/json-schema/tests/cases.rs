//! Every case of the table, whose results Helm itself computed (`data/README.md`).

use json_schema::{Invalid, Schema};
use serde_json::Value;

/// What Helm would print for the values under the schema; empty if it accepts them.
fn validate(schema: &str, values: &Value) -> String {
    match Schema::parse(schema.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(schema) => match schema.validate(values) {
            Ok(()) => String::new(),
            Err(Invalid::Broken(report)) => report.helm_text(),
            Err(limit) => limit.to_string(),
        },
    }
}

#[test]
fn every_case_gives_a_text_that_helm_gives() {
    let mut failed = 0;
    let mut count = 0;
    for line in include_str!("data/cases.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let text = |key: &str| case[key].as_str().expect("a string").to_owned();
        let expected: Vec<&str> = case["expect"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
        let found = validate(&text("schema"), &case["value"]);
        count += 1;
        if !expected.contains(&found.as_str()) {
            failed += 1;
            eprintln!(
                "{}\n  schema   {}\n  value    {}\n  expected {expected:?}\n  found    {found:?}",
                text("name"),
                text("schema"),
                case["value"]
            );
        }
    }
    eprintln!("{} of {count} cases agree", count - failed);
    assert_eq!(failed, 0);
    assert!(count > 2000, "only {count} cases were run");
}
