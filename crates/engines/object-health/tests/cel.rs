//! Agreement with cel-go as Flux configures it, see `corpus/README.md`.

use object_health::expression::{Expression, ExpressionError};
use serde_json::Value;

/// What became of an expression; errors agree by their stage, not by their words.
#[derive(Debug, PartialEq)]
enum Outcome {
    Rejected,
    Failed,
    Gave(bool),
}

fn outcome(built: Result<Expression, ExpressionError>, variables: &[(&str, &Value)]) -> Outcome {
    match built.map(|expression| expression.evaluate(variables.iter().copied())) {
        Err(_) => Outcome::Rejected,
        Ok(Err(_)) => Outcome::Failed,
        Ok(Ok(value)) => Outcome::Gave(value),
    }
}

fn expected(case: &Value, rejected: &str, value: &str) -> Outcome {
    match (case.get(rejected), case.get(value)) {
        (Some(_), _) => Outcome::Rejected,
        (None, Some(value)) => Outcome::Gave(value == true),
        (None, None) => Outcome::Failed,
    }
}

#[test]
fn every_expression_means_what_it_means_to_flux() {
    let object: Value = serde_json::from_str(include_str!("corpus/cel-object.json")).unwrap();
    let fields: Vec<(&str, &Value)> = object.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)).collect();
    let both = [("self", &object), ("dep", &object)];
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in include_str!("corpus/cel.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let source = case["expr"].as_str().unwrap();
        let parsed = (outcome(Expression::parse(source), &fields), expected(&case, "parse_error", "value"));
        let compiled = Expression::compile(source, &["self", "dep"]);
        let compiled = (outcome(compiled, &both), expected(&case, "compile_error", "compiled_value"));
        for (stage, (found, expected)) in [("parsed", parsed), ("compiled", compiled)] {
            cases += 1;
            if found != expected {
                wrong.push(format!("{stage} {source:?}: expected {expected:?}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rejections_are_worded_as_flux_words_them() {
    let (mut same, mut different) = (0, Vec::new());
    for line in include_str!("corpus/cel.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let source = case["expr"].as_str().unwrap();
        let built =
            [("parse_error", Expression::parse(source)), ("compile_error", Expression::compile(source, &["self", "dep"]))];
        for (field, built) in built {
            let Some(expected) = case.get(field).and_then(Value::as_str) else { continue };
            match built.unwrap_err().to_string() {
                found if found == expected => same += 1,
                found => different.push(format!("expected {expected}\nfound    {found}")),
            }
        }
    }
    // The rest: what the two parsers expect after a wrong word, the column of a backtick, `optMap` told twice, and `type(int)`.
    assert!(same >= 353, "{same} are the same, these are not:\n{}", different.join("\n"));
}
