//! Runs template cases in the format of the shared corpus and compares outputs and error texts.
//!
//! Cases that call functions of Helm are another crate's; they are counted apart.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_template::{ExecuteError, Functions, Limits, MissingKey, Options, ParseError, Templates, Value};

/// How a run over a folder of cases ended.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// How many cases agree.
    pub(crate) passed: usize,
    /// How many call functions that are no builtins.
    pub(crate) skipped: usize,
    /// The cases that agree by group, the first two words of their name.
    pub(crate) groups: BTreeMap<String, usize>,
    /// The cases that differ: name, what was expected, what came.
    pub(crate) failed: Vec<(String, String, String)>,
}

/// The folder `helm` of the shared corpus beside the checkout, or where `WEIR_SHARED` says.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let shared = std::env::var("WEIR_SHARED")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let directory = shared.join("corpus/helm");
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(std::env::var("CI").is_err(), "the corpus is absent: {}", directory.display());
    eprintln!("the corpus is absent: {}", directory.display());
    None
}

/// Runs every case below a folder.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
pub(crate) fn run(directory: &Path) -> Result<Report, Box<dyn Error>> {
    let functions: BTreeSet<String> =
        std::fs::read_to_string(directory.join("functions.txt"))?.lines().map(ToOwned::to_owned).collect();
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory.join("templates"))? {
        files.push(entry?.path());
    }
    files.sort();
    let mut report = Report::default();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            run_case(&serde_json::from_str(line)?, &functions, &mut report);
        }
    }
    Ok(report)
}

fn run_case(case: &serde_json::Value, functions: &BTreeSet<String>, report: &mut Report) {
    let text = |field: &serde_json::Value| field.as_str().unwrap_or_default().to_owned();
    let outcome = render(case);
    let foreign = match &outcome {
        Outcome::ParseError(error) => undefined_function(error).is_some_and(|name| functions.contains(name)),
        // Helm has a `slice` of its own.
        _ => text(&case["template"]).split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "slice"),
    };
    if foreign {
        report.skipped += 1;
        return;
    }
    let expected = &case["expect"];
    let agrees = expected["error"].is_null() == matches!(outcome, Outcome::Output(_));
    let (expected, found) = match outcome {
        Outcome::Output(output) if !expected["output_b64"].is_null() => (text(&expected["output_b64"]), base64(&output)),
        Outcome::Output(output) => (text(&expected["output"]), String::from_utf8_lossy(&output).into_owned()),
        Outcome::ParseError(error) => (text(&expected["error"]), as_helm_words_parsing(&error)),
        Outcome::ExecuteError(error) => (text(&expected["error"]), as_helm_words(&error)),
    };
    if agrees && expected == found {
        report.passed += 1;
        let name = text(&case["name"]);
        *report.groups.entry(name.split('/').take(2).collect::<Vec<_>>().join("/")).or_default() += 1;
    } else {
        report.failed.push((text(&case["name"]), case["expect"].to_string(), found));
    }
}

enum Outcome {
    Output(Vec<u8>),
    ParseError(String),
    ExecuteError(ExecuteError),
}

fn render(case: &serde_json::Value) -> Outcome {
    let options = Options { missing_key: MissingKey::Zero, ..Options::default() };
    let mut templates = Templates::new("gotpl", Arc::new(Functions::new()), options);
    let mut files = vec![("t", case["template"].as_str().unwrap_or_default())];
    let partials = case["partials"].as_object().into_iter().flatten();
    files.extend(partials.map(|(name, text)| (name.as_str(), text.as_str().unwrap_or_default())));
    // Helm parses deeper paths first, then in reverse order of names.
    files.sort_by_key(|(name, _)| std::cmp::Reverse((name.matches('/').count(), *name)));
    for (name, text) in files {
        if let Err(ParseError::Syntax { message }) = templates.add_text(name, text.as_bytes()) {
            return Outcome::ParseError(message);
        }
    }
    let limits = Limits { bytes: 64 << 20, ..Limits::default() };
    match templates.execute(b"t", Value::from(&case["data"]), limits, &()) {
        Ok(output) => Outcome::Output(without_no_value(&output)),
        Err(error) => Outcome::ExecuteError(error),
    }
}

fn undefined_function(error: &str) -> Option<&str> {
    error.split_once("function \"")?.1.strip_suffix("\" not defined")
}

/// Helm takes this text out of everything it renders.
fn without_no_value(output: &[u8]) -> Vec<u8> {
    const NO_VALUE: &[u8] = b"<no value>";
    let mut result = Vec::new();
    let mut rest = output;
    while let Some(&first) = rest.first() {
        match rest.strip_prefix(NO_VALUE) {
            Some(after) => rest = after,
            None => {
                result.push(first);
                rest = &rest[1..];
            }
        }
    }
    result
}

/// A parse error as Helm shortens it.
fn as_helm_words_parsing(error: &str) -> String {
    let parts: Vec<&str> = error.split(": ").collect();
    format!("parse error at ({}): {}", parts.get(1).unwrap_or(&""), parts.last().unwrap_or(&""))
}

/// An execution error as Helm lays it out: only when no function failed, else as Go gives it.
fn as_helm_words(error: &ExecuteError) -> String {
    let message = error.to_string();
    if error.function_error().is_some() {
        return message;
    }
    let laid_out = || {
        let (location, rest) = message.strip_prefix("template: ")?.split_once(": executing \"")?;
        let (name, rest) = rest.split_once("\" at <")?;
        let (node, text) = rest.split_once(">: ")?;
        let laid_out = format!("{location}\n  executing \"{name}\" at <{node}>:\n    {text}");
        Some(laid_out.trim().to_owned())
    };
    laid_out().unwrap_or_else(|| message.clone())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut output = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0u8; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for index in 0..4 {
            let digit = (bits >> (18 - 6 * index) & 63) as usize;
            output.push(if index <= chunk.len() { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    output
}
