//! Runs conformance cases: a JSON file each, as `shared/corpus/README.md` describes them.

#![expect(clippy::disallowed_methods, reason = "a test reads its cases from disk")]

use base64::Engine;
use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use kustomize_build::{LoadRestrictions, NoRemoteResources, Options, Reorder, build};
use serde_json::Value;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What came of the cases of a directory.
#[derive(Default)]
pub(crate) struct Report {
    /// How many passed.
    pub(crate) passed: usize,
    /// The names of those that did not, sorted.
    pub(crate) failed: Vec<String>,
    /// What each of those gave and should have given.
    pub(crate) details: Vec<String>,
}

/// The corpus beside the checkout, or where `WEIR_SHARED` says. Missing, it is an error in CI and a note elsewhere.
#[allow(dead_code, clippy::allow_attributes, reason = "one of the two users does not need it")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let shared = std::env::var("WEIR_SHARED").map_or(beside, PathBuf::from);
    let directory = shared.join("corpus/kustomize");
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", directory.display());
    eprintln!("{} is missing; nothing is compared", directory.display());
    None
}

/// Runs all cases of a directory.
pub(crate) fn run(directory: &Path) -> Result<Report, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut report = Report::default();
    for file in files {
        let case: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        match check(&case)? {
            None => report.passed += 1,
            Some(detail) => {
                report.details.push(format!("=== {name}\n{detail}"));
                report.failed.push(name);
            }
        }
    }
    Ok(report)
}

/// Runs one case; `None` where it passes.
fn check(case: &Value) -> Result<Option<String>, Box<dyn Error>> {
    let mut tree = FileTree::new();
    let file = EntryKind::File { executable: false };
    for (path, text) in case["files"].as_object().into_iter().flatten() {
        let bytes = Bytes::copy_from_slice(text.as_str().unwrap_or_default().as_bytes());
        tree.insert_file(&TreePath::parse(path)?, bytes, file)?;
    }
    for (path, text) in case["filesBase64"].as_object().into_iter().flatten() {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap_or_default())?;
        tree.insert_file(&TreePath::parse(path)?, bytes.into(), file)?;
    }
    let directory = TreePath::parse(case["build"].as_str().unwrap_or_default())?;
    tree.insert_directory(&directory)?;
    let given = &case["options"];
    let options = Options {
        reorder: if given["reorder"].is_string() { Reorder::Legacy } else { Reorder::None },
        load_restrictions: if given["loadRestrictions"] == "none" { LoadRestrictions::None } else { LoadRestrictions::RootOnly },
        managed_by_label: given["addManagedbyLabel"] == true,
        ..Options::default()
    };
    let built = build(&tree, &directory, &options, &NoRemoteResources);
    let expect = &case["expect"];
    Ok(match (built, expect["output"].as_str()) {
        (Err(_), None) => None,
        (Ok(built), Some(output)) if built.to_yaml() == output => None,
        (Ok(built), Some(output)) => Some(format!("--- expected\n{output}\n--- got\n{}", built.to_yaml())),
        (Ok(built), None) => Some(format!("--- expected an error\n{}\n--- got\n{}", expect["error"], built.to_yaml())),
        (Err(error), Some(output)) => Some(format!("--- got an error\n{}\n--- expected\n{output}", chain(&error))),
    })
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
