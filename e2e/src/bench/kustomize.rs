//! `weir kustomize build` beside kustomize, and how its cost grows with the number of objects.

#![expect(clippy::print_stdout, reason = "the rows are the result")]

use super::builds::{Cost, measure};
use super::overlay;
use super::record::{self, rounded};
use crate::oracle::Builders;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// From how many objects to how many the growth is measured.
const SIZES: [usize; 5] = [100, 300, 1_000, 3_000, 10_000];

const NOTE: &str = "Each program built alone, one after the other, until a second of processor time was used: `cpu_s` is the mean of \
    the builds, `peak_mib` the largest resident memory. `own_…` is what kustomize's process counted itself, in its last build. \
    `exponent` is the slope of log(cost) over log(objects), least squares.";

/// Flags of `cargo xtask bench kustomize`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// How many Deployments the overlay has that both build
    #[arg(short, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    n: u32,
    /// Further directories that both build, such as the largest of real repositories
    directories: Vec<PathBuf>,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let builders = Builders::find()?;
    let n = arguments.n as usize;
    let (generated, overlay) = generated(n)?;
    let mut rows = comparison(&builders, &overlay, ("n", json!(n)))?;
    drop(generated);
    for directory in &arguments.directories {
        rows.extend(comparison(&builders, directory, ("directory", json!(directory)))?);
    }
    rows.extend(growth(&builders)?);
    if let Some(name) = &arguments.record {
        let directory = record::write(name, &rows, NOTE)?;
        eprintln!("kept in {}", directory.display());
    }
    Ok(())
}

/// What a row is about: the name of a column and the value in it.
type Subject<'a> = (&'a str, Value);

/// Both programs on the same directory; their results must be the same.
fn comparison(builders: &Builders, directory: &Path, subject: Subject<'_>) -> anyhow::Result<Vec<Value>> {
    let ours = measure(builders.ours(directory, &[]))?;
    let ours_row = print(row("weir", &subject, &ours));
    let oracle = measure(builders.oracle(directory, &["--usage".to_owned()]))?;
    let mut oracle_row = row("kustomize", &subject, &oracle);
    let own: Value =
        serde_json::from_str(oracle.messages.lines().last().unwrap_or_default()).context("read the oracle's usage")?;
    let own_figure = |key: &str| own[key].as_f64().with_context(|| format!("the oracle's usage lacks {key}"));
    oracle_row["own_cpu_s"] = json!(rounded(own_figure("cpu_seconds")?, 3));
    oracle_row["own_peak_mib"] = json!(rounded(mebibytes(own_figure("peak_bytes")?), 1));
    let oracle_row = print(oracle_row);
    ensure!(ours.output == oracle.output, "the results for {} differ", subject.1);
    let ratios = json!({
        "set": "kustomize/weir",
        subject.0: subject.1,
        "cpu_ratio": rounded(oracle.cpu_seconds / ours.cpu_seconds, 1),
        "peak_ratio": rounded(oracle.peak as f64 / ours.peak as f64, 1),
    });
    Ok(vec![ours_row, oracle_row, print(ratios)])
}

/// Ours alone, on overlays of growing size.
fn growth(builders: &Builders) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    let (mut cpu, mut peak) = (Vec::new(), Vec::new());
    for n in SIZES {
        let (directory, overlay) = generated(n)?;
        let cost = measure(builders.ours(&overlay, &[]))?;
        drop(directory);
        cpu.push((n as f64, cost.cpu_seconds));
        peak.push((n as f64, cost.peak as f64));
        rows.push(print(row("weir", &("n", json!(n)), &cost)));
    }
    rows.push(print(json!({
        "set": "weir",
        "from": SIZES[0],
        "to": SIZES[SIZES.len() - 1],
        "cpu_exponent": rounded(exponent(&cpu), 2),
        "peak_exponent": rounded(exponent(&peak), 2),
    })));
    Ok(rows)
}

/// A directory that lasts as long as the first value, and the overlay in it.
fn generated(n: usize) -> anyhow::Result<(TempDir, PathBuf)> {
    let directory = tempfile::Builder::new().prefix("weir-bench-").tempdir().context("make a directory")?;
    overlay::write(directory.path(), n)?;
    let overlay = directory.path().join("overlay");
    Ok((directory, overlay))
}

fn row(set: &str, (column, value): &Subject<'_>, cost: &Cost) -> Value {
    json!({
        "set": set,
        *column: value,
        "bytes": cost.output.len(),
        "cpu_s": rounded(cost.cpu_seconds, 4),
        "peak_mib": rounded(mebibytes(cost.peak as f64), 1),
        "builds": cost.builds,
    })
}

pub(super) fn print(row: Value) -> Value {
    println!("{row}");
    row
}

pub(super) fn mebibytes(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

/// The slope of the straight line through the points' logarithms.
pub(super) fn exponent(points: &[(f64, f64)]) -> f64 {
    let logarithms: Vec<(f64, f64)> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let count = logarithms.len() as f64;
    let mean_size = logarithms.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_cost = logarithms.iter().map(|point| point.1).sum::<f64>() / count;
    let covariance: f64 = logarithms.iter().map(|(size, cost)| (size - mean_size) * (cost - mean_cost)).sum();
    let variance: f64 = logarithms.iter().map(|(size, _)| (size - mean_size).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_that_of_the_power_the_costs_follow() {
        for power in [0.5, 1.0, 1.2, 2.0] {
            let points = SIZES.map(|size| (size as f64, 3.0 * (size as f64).powf(power)));
            assert!((exponent(&points) - power).abs() < 1e-9, "{power}");
        }
    }
}
