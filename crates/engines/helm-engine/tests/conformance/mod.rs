//! Runs the cases of the shared corpus: single templates, whose expected results come from Helm itself.

use std::cell::Cell;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_engine::{Engine, Limits, Offline, Ports, RenderError, Value};
use jiff::Timestamp;
use serde_json::Value as Json;

/// No world, but bytes that pass for random ones: the cases look only at what random texts have in common.
#[derive(Debug, Default)]
struct Dice(Cell<u64>);

impl Ports for Dice {
    fn now(&self) -> Timestamp {
        Offline::default().now()
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String> {
        for byte in buffer {
            // A step of splitmix64.
            self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mixed = (self.0.get() ^ self.0.get() >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed >> 56) as u8;
        }
        Ok(())
    }

    fn lookup(&self, version: &str, kind: &str, namespace: &str, name: &str) -> Result<Json, String> {
        Offline::default().lookup(version, kind, namespace, name)
    }

    fn host_address(&self, name: &str) -> String {
        Offline::default().host_address(name)
    }
}

/// What came of a run.
#[derive(Default)]
pub(crate) struct Report {
    /// How many agree: the output is the same, or both fail.
    pub(crate) passed: usize,
    /// The names of those that do not.
    pub(crate) failed: Vec<String>,
    /// What those gave, and should have given.
    pub(crate) details: Vec<String>,
    /// How many of those that fail do so with the same words.
    pub(crate) same_words: usize,
    /// The details of those that fail with other words.
    pub(crate) other_words: Vec<String>,
}

/// The folder `helm/templates` of the shared corpus beside the checkout, or where `WEIR_SHARED` says.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let shared = std::env::var("WEIR_SHARED")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let directory = shared.join("corpus/helm/templates");
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(std::env::var("CI").is_err(), "the corpus is absent: {}", directory.display());
    eprintln!("the corpus is absent: {}", directory.display());
    None
}

/// Runs every case of the `.jsonl` files in a folder.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
pub(crate) fn run(directory: &Path) -> Result<Report, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let engine = Engine::new();
    let mut report = Report::default();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            run_case(&engine, &serde_json::from_str(line)?, &mut report);
        }
    }
    Ok(report)
}

fn run_case(engine: &Engine, case: &Json, report: &mut Report) {
    let expected = &case["expect"];
    let rendered = render(engine, case);
    let found = match &rendered {
        Ok(output) => String::from_utf8(output.clone()).unwrap_or_else(|_| STANDARD.encode(output)),
        Err(error) => error.to_string(),
    };
    let detail = || {
        let name = case["name"].as_str().unwrap_or_default();
        format!("{name}\n  template {}\n  expected {expected}\n  found    {found:?}", case["template"])
    };
    let wanted = ["output", "output_b64"].iter().find_map(|key| expected[*key].as_str());
    let passed = match (&rendered, wanted) {
        (Ok(_), Some(wanted)) => found == wanted,
        (Err(_), None) => true,
        _ => false,
    };
    if !passed {
        report.failed.push(case["name"].as_str().unwrap_or_default().to_owned());
        return report.details.push(detail());
    }
    report.passed += 1;
    if rendered.is_err() {
        if expected["error"] == found.as_str() {
            report.same_words += 1;
        } else {
            report.other_words.push(detail());
        }
    }
}

fn render(engine: &Engine, case: &Json) -> Result<Vec<u8>, RenderError> {
    let mut files = vec![("t", case["template"].as_str().unwrap_or_default().as_bytes())];
    let partials = case["partials"].as_object().into_iter().flatten();
    files.extend(partials.map(|(name, text)| (name.as_str(), text.as_str().unwrap_or_default().as_bytes())));
    let limits = Limits { bytes: 64 << 20, ..Limits::default() };
    let ports: Rc<dyn Ports> = Rc::new(Dice::default());
    engine.parse(files)?.render_template("t", Value::from(&case["data"]), &ports, limits)
}
