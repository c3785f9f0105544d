//! Sets of binaries under measurement, side by side: each has the same work, one after the other.

use super::record::{self, rounded};
use crate::world::{Accounts, Settings};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;
use test_support::Cluster;
use test_support::controller::{Controller, binaries};

/// How the rows of [`Sets::run`] are to be read.
const NOTE: &str = "Each set runs on a fresh control plane, which is on the same machine and not counted, but for `apiserver_cpu_s`; neither are the \
servers that are asked. A row with `beside` is one set's phase divided by that of the first set: how many times as much it took.";

/// Flags of all benchmarks that run controllers.
#[derive(clap::Args)]
pub(super) struct Sets {
    /// What to measure, each as NAME=DIRECTORY of controllers that take Flux's flags; the first is what the others are compared with.
    /// Ours alone if there is none; `weir` alone stands for ours
    sets: Vec<Set>,
    /// How many objects each controller works on at once
    #[arg(long, default_value_t = 20)]
    concurrent: usize,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

/// Controllers with a name.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) name: String,
    binaries: PathBuf,
}

impl FromStr for Set {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once('=') {
            Some((name, directory)) => {
                let binaries = PathBuf::from(directory).canonicalize().with_context(|| format!("find {directory}"))?;
                Ok(Self { name: name.to_owned(), binaries })
            }
            None if text == "weir" => Self::ours(),
            None => bail!("{text} is neither `weir` nor NAME=DIRECTORY"),
        }
    }
}

impl Set {
    fn ours() -> anyhow::Result<Self> {
        Ok(Self { name: "weir".to_owned(), binaries: binaries()? })
    }

    /// How the set's controllers are started.
    pub(super) fn settings(&self, arguments: &Sets) -> Settings {
        let flags = vec!["--log-level=error".to_owned(), format!("--concurrent={}", arguments.concurrent)];
        Settings { nodes: 0, binaries: self.binaries.clone(), flags, accounts: Accounts::Administrator }
    }
}

impl Sets {
    /// Measures the work with every set, prints how the sets compare, and keeps the rows if that is wanted. The work gives its rows.
    pub(super) async fn run(&self, note: &str, work: impl AsyncFn(&Set) -> anyhow::Result<Vec<Value>>) -> anyhow::Result<()> {
        let sets = if self.sets.is_empty() { vec![Set::ours()?] } else { self.sets.clone() };
        let mut rows: Vec<Value> = Vec::new();
        for set in &sets {
            eprintln!("starting the control plane and the controllers of {}", set.name);
            rows.extend(work(set).await.with_context(|| format!("measure {}", set.name))?);
        }
        let compared = compare(&rows, &sets[0].name);
        compared.iter().for_each(print);
        rows.extend(compared);
        if let Some(name) = &self.record {
            let directory = record::write(name, &rows, &format!("{NOTE} {note}"))?;
            eprintln!("kept in {}", directory.display());
        }
        Ok(())
    }
}

/// Does a phase's work, and gives and prints the row of what it cost the controller.
pub(super) async fn measure(
    (set, phase): (&str, &str),
    controller: &Controller,
    cluster: &Cluster,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Value> {
    let (before, api_server) = (controller.usage()?, cluster.api_server_usage()?);
    let start = Instant::now();
    work.await.with_context(|| format!("phase {phase}"))?;
    let wall = start.elapsed().as_secs_f64();
    let (after, api_server_after) = (controller.usage()?, cluster.api_server_usage()?);
    let mebibytes = |bytes: u64| rounded(bytes as f64 / f64::from(1 << 20), 1);
    let row = json!({
        "set": set,
        "phase": phase,
        "wall_s": rounded(wall, 2),
        "cpu_s": rounded(after.cpu_seconds - before.cpu_seconds, 2),
        "apiserver_cpu_s": rounded(api_server_after.cpu_seconds - api_server.cpu_seconds, 2),
        "rss_mib": mebibytes(after.resident),
        "peak_mib": mebibytes(after.peak),
    });
    print(&row);
    Ok(row)
}

#[expect(clippy::print_stdout, reason = "the rows are the result")]
fn print(row: &Value) {
    println!("{row}");
}

/// Each phase of the other sets, divided by that of the first.
fn compare(rows: &[Value], first: &str) -> Vec<Value> {
    let (own, others): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["set"] == first);
    let compared = others.iter().filter_map(|row| {
        let own = own.iter().find(|own| own["phase"] == row["phase"])?;
        let times = |key: &str| rounded(row[key].as_f64().unwrap_or_default() / own[key].as_f64().unwrap_or_default(), 1);
        let (wall, cpu, peak) = (times("wall_s"), times("cpu_s"), times("peak_mib"));
        Some(json!({"set": row["set"], "beside": first, "phase": row["phase"], "wall": wall, "cpu": cpu, "peak": peak}))
    });
    compared.collect()
}
