//! Random overlays, built by ours and by kustomize.

#![expect(clippy::print_stdout, reason = "the cases that differ are the result")]

use crate::oracle::Builders;
use anyhow::{Context, ensure};
use random_cases::{Case, Comparison, Oracle, compare, overlay, seeded, shrink};
use serde_json::json;
use std::path::PathBuf;

/// Decisions of one case: more than any of them takes.
const BYTES: usize = 4096;

/// Flags of `cargo xtask conformance kustomize-fuzz`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// How many overlays
    #[arg(short = 'n', long, default_value_t = 1000)]
    count: u64,
    /// Where to begin: the same seed gives the same overlays
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The number of the first overlay
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Also print why overlays fail that cannot be built by either
    #[arg(long)]
    failures: bool,
    /// Make the differing cases small and write them into this directory, in the form of the corpus
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut oracle = Oracle::start(&Builders::oracle_program()?)?;
    if let Some(directory) = &arguments.out {
        std::fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    }
    let (mut same, mut different, mut failed) = (0_u64, 0_u64, 0_u64);
    for number in arguments.from..arguments.from.saturating_add(arguments.count) {
        let case = overlay::case(&seeded(arguments.seed, number, BYTES));
        let name = format!("fuzz-{}-{number}", arguments.seed);
        match compare(&case, &mut oracle).with_context(|| format!("compare {name}"))? {
            Comparison::Same => same += 1,
            Comparison::BothFail => {
                failed += 1;
                if arguments.failures {
                    println!("{name}: both fail: {}", oracle.build(&case)?.err().unwrap_or_default());
                }
            }
            Comparison::Different { ours, theirs } => {
                different += 1;
                println!("{name}: {}", difference(&ours, &theirs));
                if let Some(directory) = &arguments.out {
                    let case = shrink(&case, &mut oracle).with_context(|| format!("shrink {name}"))?;
                    let theirs = oracle.build(&case)?;
                    let path = directory.join(format!("{name}.json"));
                    std::fs::write(&path, corpus_case(&name, &case, &theirs)?)
                        .with_context(|| format!("write {}", path.display()))?;
                }
            }
        }
    }
    println!("{same} same, {different} different, {failed} fail on both");
    ensure!(different == 0, "{different} of {} overlays are built otherwise than by kustomize", arguments.count);
    Ok(())
}

/// The first thing that sets the results apart.
fn difference(ours: &Result<String, String>, theirs: &Result<String, String>) -> String {
    match (ours, theirs) {
        (Err(error), _) => format!("only ours fails: {error}"),
        (_, Err(error)) => format!("only kustomize fails: {error}"),
        (Ok(ours), Ok(theirs)) => {
            let mut lines = ours.lines().zip(theirs.lines()).enumerate();
            match lines.find(|(_, (one, other))| one != other) {
                Some((at, (one, other))) => format!("line {}: {one:?} should be {other:?}", at + 1),
                None => format!("{} lines should be {}", ours.lines().count(), theirs.lines().count()),
            }
        }
    }
}

/// A case with what kustomize gives as what is expected.
fn corpus_case(name: &str, case: &Case, theirs: &Result<String, String>) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(case)?;
    value["name"] = json!(name);
    value["source"] = json!("random overlay");
    value["expect"] = match theirs {
        Ok(output) => json!({ "output": output }),
        Err(error) => json!({ "error": error }),
    };
    Ok(format!("{value:#}\n"))
}
