//! What kustomize printed reads and prints as itself: the shared corpus, where it lies next to the checkout.
#![expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]

use std::path::{Path, PathBuf};

use manifest::yaml::{Dialect, parse_values, to_yaml};
use serde_json::Value;

/// The corpus, unless this is a clone without it.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let shared = std::env::var("WEIR_SHARED").map_or(beside, PathBuf::from);
    let corpus = shared.join("corpus/kustomize");
    if corpus.is_dir() {
        return Some(corpus);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is absent", corpus.display());
    eprintln!("skipped: {} is absent", corpus.display());
    None
}

#[test]
fn outputs_of_kustomize_print_as_themselves() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Some(output) = case["expect"]["output"].as_str().filter(|output| !output.is_empty()) else { continue };
        // Unicode's line separators are line breaks to Go's readers only.
        if output.contains(['\u{2028}', '\u{2029}']) {
            continue;
        }
        for dialect in [Dialect::V2, Dialect::V3] {
            let printed = parse_values(output, dialect)
                .map(|values| values.iter().map(to_yaml).collect::<Vec<_>>().join("---\n"))
                .map_err(|error| error.to_string());
            if printed.as_deref() != Ok(output) {
                failures.push(format!("{} {dialect:?}", path.display()));
            }
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count > 600, "the corpus is whole");
}
