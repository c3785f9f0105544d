//! The same markers set the same scalars to the same values as in kyaml. `data/expected.json` is what `oracle/` printed.

mod support;

use manifest::yaml::{Dialect, parse_values};
use serde_json::Value;
use std::collections::BTreeMap;
use support::{cases, expected, setters};
use yaml_setters::{Fault, edit_file};

/// Cases in which we differ, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    ("directive.yaml", "kyaml loses the directive when it splits documents and skips the file"),
    ("document-scalar.yaml", "kyaml skips what cannot carry annotations"),
    ("document-sequence.yaml", "kyaml skips what cannot carry annotations, JSON patches among them"),
    ("duplicate-keys.yaml", "kyaml sees the first of equal keys only"),
    ("escaped-json.yaml", "a marker is found by its text, so its key cannot hold escapes"),
    ("head-block-scalar.yaml", "a comment above a block scalar does not set it"),
    ("head-two-apart.yaml", "a comment sets what is below it only if it is the only one in between"),
    ("separator-content.yaml", "kyaml refuses content behind a separator"),
];

/// Cases in which kyaml writes the type that the old value seemed to have (`!!float v2.3.4`), so that its output cannot be read, and one
/// in which the file itself demands a number.
const RETYPED: &[&str] = &["retyped-from-number.yaml", "retyped-from-null.yaml", "tagged-int.yaml"];

#[test]
fn changes_are_those_of_kyaml() {
    let setters = setters();
    let mut different = Vec::new();
    for (name, expected) in expected() {
        let edited = edit_file(&name, &cases()[&name], &setters);
        let unreadable = edited.problems.iter().any(|problem| matches!(problem.fault, Fault::Unreadable(_)));
        let mut changes = Vec::new();
        for (object, made) in &edited.changes {
            let object = [&*object.api_version, &object.kind, &object.namespace, &object.name].join("|");
            changes.extend(
                made.iter()
                    .map(|change| [object.clone(), change.old_value.clone(), change.new_value.clone(), change.setter.clone()]),
            );
        }
        if changes != expected.changes || unreadable != expected.unreadable {
            different.push(name);
        }
    }
    assert_eq!(different, DIFFERENCES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn results_mean_what_kyaml_writes() {
    let setters = setters();
    let mut compared = 0;
    for (name, expected) in expected() {
        let known = DIFFERENCES.iter().map(|(name, _)| *name).chain(RETYPED.iter().copied()).any(|known| known == name);
        let Some(content) = edit_file(&name, &cases()[&name], &setters).content.filter(|_| !known) else { continue };
        let theirs = documents(expected.output.as_bytes());
        let mut ours = documents(&content);
        // kyaml takes a list apart, leaves out documents without content, and quotes what equals its target and is no string.
        if name == "list.yaml" {
            ours = ours[0]["items"].as_array().cloned().unwrap_or_default();
        }
        if name == "unchanged-unquoted.yaml" {
            ours[0]["plain"] = Value::from("1.20");
        }
        assert_eq!(ours, theirs, "{name}");
        compared += 1;
    }
    assert!(compared > 45, "{compared} cases were compared");
}

fn documents(text: &[u8]) -> Vec<Value> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let values = parse_values(text, Dialect::V3).expect("YAML");
    values.into_iter().filter(|value| !value.is_null()).collect()
}

#[test]
fn nothing_but_marked_scalars_differs() {
    let setters = setters();
    for (name, bytes) in cases() {
        let Some(content) = edit_file(&name, &bytes, &setters).content else { continue };
        let (old, new) = (lines(&bytes), lines(&content));
        let several = ["multi-line-plain.yaml", "multi-line-double.yaml", "block-styles.yaml", "block-gone.yaml"];
        let multi_line = several.contains(&&*name);
        assert!(old.len() == new.len() || multi_line, "{name}: lines appear or vanish");
        // What follows the last `#`, and what stands before the value, is the same on every changed line.
        for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new && !multi_line) {
            let tail = |line: &str| line.rfind('#').map(|hash| line[hash..].to_owned());
            assert_eq!(tail(old), tail(new), "{name}");
            let head = |line: &str| line[..line.find(|c: char| !" -".contains(c)).unwrap_or(0)].to_owned();
            assert_eq!(head(old), head(new), "{name}");
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).split('\n').map(str::to_owned).collect()
}

#[test]
fn a_second_edit_changes_nothing() {
    let setters = setters();
    for (name, bytes) in cases() {
        let Some(content) = edit_file(&name, &bytes, &setters).content else { continue };
        let again = edit_file(&name, &content, &setters);
        assert_eq!((again.content, again.changes), (None, BTreeMap::new()), "{name}");
    }
}
