//! Runs conformance cases: lines of JSON, as `shared/corpus/README.md` describes them.

#![expect(clippy::disallowed_methods, reason = "a test reads its cases from disk")]

mod case;

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What came of the cases of a directory.
#[derive(Default)]
pub(crate) struct Report {
    /// How many passed.
    pub(crate) passed: usize,
    /// The names of those that did not, in order.
    pub(crate) failed: Vec<String>,
    /// What each of those gave and should have given.
    pub(crate) details: Vec<String>,
    /// Cases that fail as they should, with the text of the original.
    #[allow(dead_code, clippy::allow_attributes, reason = "one of the two users does not need it")]
    pub(crate) same_text: usize,
    /// Cases that fail as they should, with another text.
    #[allow(dead_code, clippy::allow_attributes, reason = "one of the two users does not need it")]
    pub(crate) other_text: usize,
}

/// The corpus beside the checkout, or where `WEIR_SHARED` says. Missing, it is an error in CI and a note elsewhere.
pub(crate) fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let shared = std::env::var("WEIR_SHARED").map_or(beside, PathBuf::from);
    let directory = shared.join("corpus/helm/charts");
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
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut report = Report::default();
    for file in files {
        for line in std::fs::read_to_string(&file)?.lines().filter(|line| !line.is_empty()) {
            let case: Value = serde_json::from_str(line)?;
            report.add(&case)?;
        }
    }
    Ok(report)
}

impl Report {
    fn add(&mut self, case: &Value) -> Result<(), Box<dyn Error>> {
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        let expect = &case["expect"];
        let detail = match (case::run(case), expect["error"].as_str()) {
            (Err(text), Some(expected)) => {
                if text == expected {
                    self.same_text += 1;
                } else {
                    self.other_text += 1;
                    eprintln!("=== {name}: another text\n{text}\n--- expected\n{expected}");
                }
                None
            }
            (Err(text), None) => Some(format!("--- got an error\n{text}\n--- expected\n{expect}")),
            (Ok(got), Some(expected)) => Some(format!("--- expected an error\n{expected}\n--- got\n{got}")),
            (Ok(got), None) => difference(expect, &got),
        };
        match detail {
            None => self.passed += 1,
            Some(detail) => {
                self.details.push(format!("=== {name}\n{detail}"));
                self.failed.push(name);
            }
        }
        Ok(())
    }
}

/// The first field of the expectation that the result does not have so.
fn difference(expect: &Value, got: &Value) -> Option<String> {
    let fields = expect.as_object().into_iter().flatten();
    let (name, wanted) = fields.rev().find(|(name, wanted)| got[name.as_str()] != **wanted)?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(format!("--- expected {name}\n{}\n--- got\n{}", text(wanted), text(&got[name])))
}
