//! Hostile schemas and values end in errors that name the bound.

use json_schema::{Invalid, Limit, ReadError, Schema, SchemaError};
use serde_json::{Value, json};

fn parse(text: &str) -> Schema {
    Schema::parse(text.as_bytes()).expect("a schema")
}

#[test]
fn deep_schemas_and_values_are_refused() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(Schema::parse(deep.as_bytes()), Err(SchemaError::Json(ReadError::TooDeep))));
    let value = (0..600).fold(Value::Null, |value, _| json!([value]));
    assert_eq!(parse("{}").validate(&value), Err(Invalid::Limit(Limit::Nesting)));
}

#[test]
fn nested_schemas_are_compiled_and_checked_on_a_small_stack() {
    let depth = 120;
    let text = format!("{}true{}", r#"{"not": {"not": "#.repeat(depth), "}}".repeat(depth));
    assert_eq!(parse(&text).validate(&json!({})), Ok(()));
    let tree = parse(r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}"##);
    let value = (0..450).fold(json!({}), |value, _| json!({"a": value}));
    assert_eq!(tree.validate(&value), Ok(()));
}

#[test]
fn long_chains_of_references_are_refused() {
    let links: Vec<String> =
        (0..3000).map(|link| format!(r##""a{link}": {{"allOf": [{{"$ref": "#/$defs/a{}"}}]}}"##, link + 1)).collect();
    let schema = parse(&format!(r##"{{"$ref": "#/$defs/a0", "$defs": {{{}, "a3000": true}}}}"##, links.join(",")));
    assert_eq!(schema.validate(&json!({})), Err(Invalid::Limit(Limit::Depth(1500))));
}

#[test]
fn schemas_that_double_their_work_are_refused() {
    let links: Vec<String> = (0..60)
        .map(|link| format!(r##""a{link}": {{"allOf": [{{"$ref": "#/$defs/a{0}"}}, {{"$ref": "#/$defs/a{0}"}}]}}"##, link + 1))
        .collect();
    let schema = parse(&format!(r##"{{"$ref": "#/$defs/a0", "$defs": {{{}, "a60": {{"type": "object"}}}}}}"##, links.join(",")));
    assert!(matches!(schema.validate(&json!({})), Err(Invalid::Limit(Limit::Steps(_)))));
}

#[test]
fn messages_count_as_work() {
    let schema = parse(&format!(r#"{{"items": {{"anyOf": [{}]}}}}"#, vec![r#"{"pattern": "x"}"#; 1000].join(",")));
    let text = "a".repeat(100_000);
    assert!(matches!(schema.validate(&json!([text])), Err(Invalid::Limit(Limit::Steps(_)))));
}

#[test]
fn large_schemas_are_refused() {
    let text = format!("{{}}{}", " ".repeat(9 << 20));
    assert!(matches!(Schema::parse(text.as_bytes()), Err(SchemaError::Limit(Limit::Size(_)))));
}

#[test]
fn numbers_of_any_length_are_compared_and_divided() {
    let digits = "123456789".repeat(2000);
    let schema = parse(&format!(r#"{{"multipleOf": {digits}, "minimum": -{digits}, "maximum": {digits}e300000}}"#));
    assert_eq!(schema.validate(&json!(0)), Ok(()));
    assert!(matches!(schema.validate(&json!(1)), Err(Invalid::Broken(_))));
    assert!(matches!(schema.validate(&json!(1e308)), Err(Invalid::Broken(_))));
    let schema = parse(&format!(r#"{{"multipleOf": 0.{digits}}}"#));
    assert!(matches!(schema.validate(&json!(1)), Err(Invalid::Limit(Limit::Steps(_)))));
}

#[test]
fn nothing_that_is_cut_or_changed_makes_it_panic() {
    let cases = include_str!("data/cases.jsonl").lines().step_by(9);
    for (index, line) in cases.enumerate() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let mut text = case["schema"].as_str().expect("a string").as_bytes().to_vec();
        if text.is_empty() {
            continue;
        }
        let position = index * 31 % text.len();
        text[position] = text[position].wrapping_add(u8::try_from(index % 7 + 1).expect("small"));
        if let Ok(schema) = Schema::parse(&text) {
            let _ = schema.validate(&case["value"]);
        }
        text.truncate(position);
        assert!(position == 0 || Schema::parse(&text).is_err() || text.ends_with(b" ") || text[0].is_ascii_alphanumeric());
    }
}
