//! Agreement with Flux's substitution, see `corpus/README.md`.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::Value;
use variable_substitution::{Strictness, substitute};

/// The result, or the last cause.
fn outcome(input: &str, variables: &BTreeMap<String, String>, strictness: Strictness) -> (String, String) {
    match substitute(input, variables, strictness) {
        Ok(output) => (output, String::new()),
        Err(error) => (String::new(), error.source().map_or_else(|| error.to_string(), ToString::to_string)),
    }
}

#[test]
fn every_text_gives_what_flux_gives() {
    let mut lines = include_str!("corpus/envsubst.jsonl").lines();
    let variables: BTreeMap<String, String> = serde_json::from_str(lines.next().unwrap()).unwrap();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in lines {
        let case: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        for (strictness, result, error) in [(Strictness::Strict, "s", "e"), (Strictness::Lenient, "l", "f")] {
            cases += 1;
            let expected = match field(error) {
                "panic" => (String::new(), "negative length"),
                "invalid utf-8" => (String::new(), "result is not valid UTF-8"),
                error => (field(result).to_owned(), error),
            };
            let found = outcome(field("i"), &variables, strictness);
            let agrees = found.0 == expected.0
                && (found.1 == expected.1 || expected.1 == "negative length" && found.1.ends_with(expected.1));
            if !agrees {
                wrong.push(format!("{strictness:?} {:?}\n  expected {expected:?}\n  found    {found:?}", field("i")));
            }
        }
    }
    assert_eq!(cases, 7950);
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
}
