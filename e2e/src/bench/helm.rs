//! Charts rendered by our engine and by Helm, once and many times in one process, and how the cost grows with the documents.

use super::chart;
use super::kustomize::{exponent, mebibytes, print};
use super::record::{self, rounded};
use crate::helm::{Chart, Render, Server};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use test_support::process::Usage;

/// How long one rendering may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often a chart is rendered in one process to find out what one rendering takes.
const MANY: u32 = 100;

/// In how many processes a chart is rendered once.
const PROCESSES: u32 = 10;

/// How often the templates of a chart are parsed to find out what that takes.
const PARSINGS: u32 = 20;

/// From how many documents to how many the growth is measured. The smaller ones are all overhead and stay out of the exponent.
const SIZES: [usize; 4] = [1, 10, 100, 1_000];

/// How many of the sizes the exponent is made of, from the largest downward.
const GROWING: usize = 2;

const NOTE: &str = "`weir` is our engine in a program of its own, `helm` is Helm's library in the oracle; each chart is read from \
    disk and rendered with its own values, and the text is thrown away. `once` is the mean of ten processes, start included; `many` \
    is one process that reads and renders a hundred times, `again` one that reads once and renders a hundred times. `cpu_s` is all of a process's processor time, `peak_mib` its largest resident memory. \
    `load_ms` and `render_ms` are means by the clock; rendering includes parsing, which `parse_ms` is of, measured in a process of \
    its own. \
    `exponent` is the slope of log(cpu_ms) over log(documents) from a hundred to a thousand.";

/// Flags of `cargo xtask bench helm`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Directories of charts, their dependencies in place
    charts: Vec<PathBuf>,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

/// One of the two programs.
struct Side {
    set: &'static str,
    start: fn(Duration) -> anyhow::Result<Server>,
}

const SIDES: [Side; 2] = [Side { set: "weir", start: Server::ours }, Side { set: "helm", start: Server::helm }];

/// How a rendering is asked for.
type Ask = fn(&mut Server, &Chart) -> anyhow::Result<Render>;

/// What renderings in one process came to.
struct Cost {
    cpu_seconds: f64,
    peak: u64,
    mean: Render,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for directory in &arguments.charts {
        rows.extend(comparison(directory)?);
    }
    rows.extend(growth()?);
    if let Some(name) = &arguments.record {
        let directory = record::write(name, &rows, NOTE)?;
        eprintln!("kept in {}", directory.display());
    }
    Ok(())
}

/// Both programs on one chart; their results must be the same.
fn comparison(directory: &Path) -> anyhow::Result<Vec<Value>> {
    let directory = directory.canonicalize().with_context(|| format!("find {}", directory.display()))?;
    let chart = Chart { values: None, directory };
    let name = chart.directory.file_name().unwrap_or_default().display().to_string();
    same_result(&chart)?;
    let mut rows = Vec::new();
    let works: [(&str, Ask, u32, u32); 3] =
        [("once", Server::times, PROCESSES, 1), ("many", Server::times, 1, MANY), ("again", Server::times_again, 1, MANY)];
    for (work, ask, processes, times) in works {
        let mut costs = Vec::new();
        for side in &SIDES {
            let cost = mean_of_processes(side, (&chart, ask), processes, times)?;
            rows.push(print(json!({
                "set": side.set, "chart": name, "work": work, "renders": times,
                "cpu_s": rounded(cost.cpu_seconds, 4), "peak_mib": rounded(mebibytes(cost.peak as f64), 1),
                "load_ms": milliseconds(cost.mean.load), "render_ms": milliseconds(cost.mean.render),
            })));
            costs.push(cost);
        }
        let [ours, helm] = &costs[..] else { continue };
        rows.push(print(json!({
            "set": "helm/weir", "chart": name, "work": work,
            "cpu_ratio": rounded(helm.cpu_seconds / ours.cpu_seconds, 1),
            "peak_ratio": rounded(helm.peak as f64 / ours.peak as f64, 1),
            "render_ratio": rounded(helm.mean.render / ours.mean.render, 1),
        })));
    }
    let [ours, helm] = SIDES.each_ref().map(|side| parsing(side, &chart));
    let (ours, helm) = (ours?, helm?);
    rows.push(print(json!({
        "chart": name, "work": "parse", "renders": PARSINGS,
        "weir_parse_ms": milliseconds(ours), "helm_parse_ms": milliseconds(helm), "parse_ratio": rounded(helm / ours, 1),
    })));
    Ok(rows)
}

/// How long one side takes to parse all templates of a chart, on average.
fn parsing(side: &Side, chart: &Chart) -> anyhow::Result<f64> {
    let mut server = (side.start)(PATIENCE)?;
    let times = (0..PARSINGS).map(|_| server.parsing_time(chart)).collect::<anyhow::Result<Vec<f64>>>()?;
    Ok(times.iter().sum::<f64>() / f64::from(PARSINGS))
}

fn same_result(chart: &Chart) -> anyhow::Result<()> {
    let [ours, helm] = SIDES.each_ref().map(|side| (side.start)(PATIENCE).and_then(|mut server| server.chart(chart)));
    ensure!(ours? == helm?, "{} is not rendered alike", chart.directory.display());
    Ok(())
}

/// Renders so many times in each of so many processes.
fn mean_of_processes(side: &Side, asked: (&Chart, Ask), processes: u32, times: u32) -> anyhow::Result<Cost> {
    let costs = (0..processes).map(|_| in_one_process(side, asked, times)).collect::<anyhow::Result<Vec<Cost>>>()?;
    let mean = |figure: fn(&Cost) -> f64| costs.iter().map(figure).sum::<f64>() / f64::from(processes);
    Ok(Cost {
        cpu_seconds: mean(|cost| cost.cpu_seconds),
        peak: costs.iter().map(|cost| cost.peak).max().unwrap_or_default(),
        mean: Render { load: mean(|cost| cost.mean.load), render: mean(|cost| cost.mean.render) },
    })
}

fn in_one_process(side: &Side, (chart, ask): (&Chart, Ask), times: u32) -> anyhow::Result<Cost> {
    let mut server = (side.start)(PATIENCE)?;
    let renders = (0..times).map(|_| ask(&mut server, chart)).collect::<anyhow::Result<Vec<Render>>>()?;
    let id = server.process_id().context("the process ended")?;
    let mean = |figure: fn(&Render) -> f64| renders.iter().map(figure).sum::<f64>() / f64::from(times);
    Ok(Cost {
        cpu_seconds: processor_seconds(id).context("read the processor time")?,
        peak: Usage::of(id).context("read the memory")?.peak,
        mean: Render { load: mean(|one| one.load), render: mean(|one| one.render) },
    })
}

/// Processor time of a process's live threads, in nanoseconds' detail: what `stat` counts in hundredths of a second is too coarse.
fn processor_seconds(id: u32) -> std::io::Result<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir(format!("/proc/{id}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    }
    Ok(nanoseconds / 1e9)
}

/// Both programs on a generated chart of growing size.
fn growth() -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for side in &SIDES {
        let mut points = Vec::new();
        for documents in SIZES {
            let directory = tempfile::Builder::new().prefix("weir-bench-").tempdir().context("make a directory")?;
            chart::write(directory.path(), documents)?;
            let chart = Chart { directory: directory.path().to_owned(), values: None };
            let times = u32::try_from(2_000 / documents).unwrap_or(1).clamp(20, 100);
            let cost = in_one_process(side, (&chart, Server::times), times)?;
            let cpu_seconds = cost.cpu_seconds / f64::from(times);
            points.push((documents as f64, cpu_seconds));
            rows.push(print(json!({
                "set": side.set, "documents": documents, "renders": times, "peak_mib": rounded(mebibytes(cost.peak as f64), 1),
                "cpu_ms": milliseconds(cpu_seconds),
                "load_ms": milliseconds(cost.mean.load), "render_ms": milliseconds(cost.mean.render),
            })));
        }
        let growing = &points[points.len() - GROWING..];
        rows.push(print(json!({"set": side.set, "exponent": rounded(exponent(growing), 2)})));
    }
    Ok(rows)
}

fn milliseconds(seconds: f64) -> f64 {
    rounded(seconds * 1e3, 3)
}
