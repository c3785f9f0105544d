//! The recorded cases.

#![expect(clippy::disallowed_methods, reason = "a test reads its data from disk")]

use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf};
use yaml_setters::{Image, Setters};

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(data().join(name)).expect("recorded data")).expect("recorded data")
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// The setters of all policies of the cases.
pub(crate) fn setters() -> Setters {
    let policies = json("policies.json");
    let image = |policy: &Value| Image {
        policy_namespace: text(policy, "Namespace"),
        policy_name: text(policy, "Name"),
        name: text(policy, "Image"),
        tag: text(policy, "Tag"),
        digest: text(policy, "Digest"),
    };
    let images: Vec<Image> = policies.as_array().expect("recorded data").iter().map(image).collect();
    Setters::new(&images)
}

/// The files by name.
pub(crate) fn cases() -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(data().join("cases")).expect("recorded data").map(|file| file.expect("recorded data"));
    files
        .map(|file| (file.file_name().into_string().expect("recorded data"), std::fs::read(file.path()).expect("recorded data")))
        .collect()
}

/// What kyaml made of a file.
pub(crate) struct Expected {
    pub(crate) unreadable: bool,
    /// Object, old value, new value, marker.
    pub(crate) changes: Vec<[String; 4]>,
    pub(crate) output: String,
}

/// What kyaml made of each file.
pub(crate) fn expected() -> BTreeMap<String, Expected> {
    let recorded = json("expected.json");
    assert_eq!(text(&recorded, "kyaml"), "v0.21.2");
    let change = |change: &Value| ["Object", "Old", "New", "Setter"].map(|key| text(change, key));
    let outcome = |case: &Value| Expected {
        unreadable: case["Unreadable"].as_bool().unwrap_or_default(),
        changes: case["Changes"].as_array().into_iter().flatten().map(change).collect(),
        output: text(case, "Output"),
    };
    recorded["cases"].as_object().expect("recorded data").iter().map(|(name, case)| (name.clone(), outcome(case))).collect()
}
