//! Patterns and texts with what Go 1.26's `regexp` makes of them. Each line of `corpus.jsonl` is one case; pattern, text and
//! parts are base64, because they need not be UTF-8.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use go_regexp::{Captures, Regexp};
use serde_json::{Value, json};

/// The replacement that all cases use.
const REPLACEMENT: &[u8] = "<$0|${1}|$1W|$$|$n|${n}x$|$é>".as_bytes();

#[test]
fn patterns_find_replace_and_split_as_in_go() {
    let mut differing = Vec::new();
    for line in include_str!("corpus.jsonl").lines() {
        let expected: Value = serde_json::from_str(line).expect("the corpus is JSON");
        let found = outcome(&bytes(&expected["pattern"]), &bytes(&expected["text"]));
        for (key, found) in found.as_object().into_iter().flatten() {
            if found != &expected[key] && !(is_empty(found) && is_empty(&expected[key])) {
                let (pattern, text) = (bytes(&expected["pattern"]), bytes(&expected["text"]));
                differing.push(format!(
                    "`{}` on {:?}: {key}\n  expected {}\n  found    {found}",
                    String::from_utf8_lossy(&pattern),
                    String::from_utf8_lossy(&text),
                    expected[key]
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{} differ\n{}", differing.len(), differing.join("\n"));
}

fn outcome(pattern: &[u8], text: &[u8]) -> Value {
    let pattern = match Regexp::compile(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return json!({"error": error.to_string()}),
    };
    let names: Vec<&str> = pattern.group_names().iter().map(|name| name.as_deref().unwrap_or("")).collect();
    let parts = |parts: Vec<&[u8]>| parts.into_iter().map(|part| STANDARD.encode(part)).collect::<Vec<_>>();
    let first = pattern.captures(text).map(|captures| numbers(&captures, names.len()));
    let ranges: Vec<[usize; 2]> = pattern.ranges(text, None).into_iter().map(|range| [range.start, range.end]).collect();
    json!({
        "error": "",
        "names": names,
        "first": first,
        "ranges": ranges,
        "replaced": STANDARD.encode(pattern.replace_all(text, REPLACEMENT)),
        "split": parts(pattern.split(text, None)),
        "split2": parts(pattern.split(text, Some(2))),
    })
}

/// Starts and ends of all groups in a row, -1 for those that took no part.
fn numbers(captures: &Captures<'_>, groups: usize) -> Vec<i64> {
    let ends = |group| captures.range(group).map_or([-1, -1], |range| [range.start as i64, range.end as i64]);
    (0..groups).flat_map(ends).collect()
}

fn bytes(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap_or_default()).expect("the corpus is base64")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
