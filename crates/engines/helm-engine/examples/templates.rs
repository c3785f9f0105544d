//! Runs the conformance cases of a directory: `cargo run -p helm-engine --example templates -- [DIR] [-v]`. Prints the names of
//! the failing ones (with `-v` also what they gave, and the errors whose words differ), then `N passed, N failed`.

#[path = "../tests/conformance/mod.rs"]
mod conformance;

use std::path::PathBuf;
use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "a program whose output is its result")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let (mut directory, mut verbose) = (None, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "-v" => verbose = true,
            path => directory = Some(PathBuf::from(path)),
        }
    }
    let directory = directory.or_else(conformance::corpus).ok_or("no directory of cases")?;
    let report = conformance::run(&directory)?;
    if verbose {
        report.other_words.iter().for_each(|detail| println!("other words: {detail}"));
    }
    for (name, detail) in report.failed.iter().zip(&report.details) {
        println!("{}", if verbose { detail } else { name });
    }
    println!("errors in the same words: {}, in others: {}", report.same_words, report.other_words.len());
    println!("{} passed, {} failed", report.passed, report.failed.len());
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
