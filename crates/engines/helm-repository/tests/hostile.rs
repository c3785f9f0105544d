//! Indexes that are larger, deeper or odder than indexes are.

use helm_repository::{Index, IndexError};

/// Nine levels of aliases, each of nine of the one before.
fn laughs() -> String {
    let mut text = "apiVersion: v1\na0: &a0 [x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

#[test]
fn sec_c3_bombs_are_refused() {
    assert!(matches!(Index::parse(laughs().as_bytes()), Err(IndexError::Yaml(_))));
    let deep = format!("apiVersion: v1\nentries: {}\n", "[".repeat(100_000));
    assert!(Index::parse(deep.as_bytes()).is_err());
    let deep = format!("{{\"apiVersion\": \"v1\", \"serverInfo\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Index::parse(deep.as_bytes()).is_err());
}

#[test]
fn sec_c3_many_entries_are_read() {
    let entries = (0..50_000).map(|name| format!("  c{name}:\n  - {{name: c{name}, version: 1.0.0, urls: [a.tgz]}}\n"));
    let text = format!("apiVersion: v1\nentries:\n{}", entries.collect::<String>());
    let index = Index::parse(text.as_bytes()).expect("the index is well formed");
    assert_eq!(index.select("c49999", "*").map(|found| found.version.as_str()).ok(), Some("1.0.0"));
}

#[test]
fn sec_c4_odd_entries_are_no_panic() {
    for entries in ["null", "{}", "{a: null}", "{a: []}", "{a: [null]}", "{a: [{}]}", "{a: [{name: a}]}", "{a: [{version: 1}]}"] {
        let index = Index::parse(format!("apiVersion: v1\nentries: {entries}\n").as_bytes()).expect("it can be read");
        assert!(index.select("a", "*").is_err(), "{entries}");
        assert!(!index.to_json().is_empty());
    }
    for text in ["", "null", "[]", "a", "entries: {}", "apiVersion: v1\nentries: []", "apiVersion: v1\nentries: {a: {}}", "\u{0}"]
    {
        assert!(Index::parse(text.as_bytes()).is_err(), "{text:?}");
    }
    let twice = "apiVersion: v1\nentries:\n  a:\n  - {name: a, version: 1.0.0, urls: [first]}\n  - {name: a, version: 1.0.0, urls: [second]}\n";
    let index = Index::parse(twice.as_bytes()).expect("it can be read");
    assert!(index.select("a", "1.0.0").is_ok());
}
