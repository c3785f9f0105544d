//! What image updates cost: tags of many repositories scanned, and a large repository of files updated by commits.
//!
//! ```text
//! TagServer ◄── image-reflector-controller    scan.rs     many ImageRepositories, an ImagePolicy each
//!                        │ status.latestRef
//! GitServer ◄── image-automation-controller   update.rs   one ImageUpdateAutomation, many files
//! ```

#![expect(clippy::print_stdout, reason = "the rows are the result")]

mod ground;
mod scan;
mod tags;
mod update;

use super::record::{self, rounded};
use anyhow::{Context, ensure};
use ground::Ground;
use serde_json::{Value, json};
use std::path::PathBuf;

const NOTE: &str = "Each set runs on a fresh control plane, which is on the same machine and not counted, but for `apiserver_cpu_s`; neither \
    are the registry and the Git server. `update-*` rows are of image-automation-controller, `scan-*` rows of \
    image-reflector-controller. `peak_mib` is the most resident memory within the phase. A ratio is that set's figure over the first \
    set's.";

/// Flags of `cargo xtask bench images`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A name and a directory with an image-reflector-controller and an image-automation-controller that take Flux's flags, as
    /// NAME=DIR; repeatable. Ours where there is none
    #[arg(long = "set", value_parser = set)]
    sets: Vec<(String, PathBuf)>,
    /// How many ImageRepositories, and how many ImagePolicies
    #[arg(long, default_value_t = 1_000)]
    repositories: usize,
    /// How many tags each of them has
    #[arg(long, default_value_t = 1_000)]
    tags: usize,
    /// How many files the Git repository has
    #[arg(long, default_value_t = 20_000)]
    files: usize,
    /// How many of the files have a marker
    #[arg(long, default_value_t = 200)]
    markers: usize,
    /// How many objects each controller works on at once
    #[arg(long, default_value_t = 20)]
    concurrent: usize,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

/// Reads `NAME=DIR`.
fn set(argument: &str) -> Result<(String, PathBuf), String> {
    let (name, directory) = argument.split_once('=').ok_or_else(|| format!("{argument:?} is not of the form NAME=DIR"))?;
    Ok((name.to_owned(), PathBuf::from(directory)))
}

/// What is done, and how long it takes and what it costs, for one set after the other.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.markers <= arguments.files, "there cannot be more markers than files");
    let mut sets = arguments.sets.clone();
    if sets.is_empty() {
        sets.push(("weir".to_owned(), test_support::controller::binaries()?));
    }
    let mut rows: Vec<Value> = Vec::new();
    for (name, directory) in &sets {
        let binaries = directory.canonicalize().with_context(|| format!("find {}", directory.display()))?;
        eprintln!("starting the control plane and the controllers of {}", binaries.display());
        let mut ground = Ground::start(name, binaries, arguments.concurrent).await?;
        update::run(&mut ground, arguments.files, arguments.markers).await?;
        scan::run(&mut ground, arguments.repositories, arguments.tags).await?;
        rows.append(&mut ground.rows);
    }
    let ratios = ratios(&rows);
    ratios.iter().for_each(|row| println!("{row}"));
    rows.extend(ratios);
    if let Some(name) = &arguments.record {
        let directory = record::write(name, &rows, NOTE)?;
        eprintln!("kept in {}", directory.display());
    }
    Ok(())
}

/// The figures of each further set over those of the first.
fn ratios(rows: &[Value]) -> Vec<Value> {
    let Some(first) = rows.first().map(|row| &row["set"]) else { return Vec::new() };
    let ratio = |row: &Value| {
        let base = rows.iter().find(|base| base["set"] == *first && base["phase"] == row["phase"])?;
        let over = |key: &str| Some(rounded(row[key].as_f64()? / base[key].as_f64()?, 1));
        Some(json!({
            "set": format!("{}/{}", row["set"].as_str()?, first.as_str()?), "phase": row["phase"],
            "wall_ratio": over("wall_s"), "cpu_ratio": over("cpu_s"), "peak_ratio": over("peak_mib"),
        }))
    };
    rows.iter().filter(|row| row["set"] != *first).filter_map(ratio).collect()
}
