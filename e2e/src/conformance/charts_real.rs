//! Whole repositories of charts, rendered by ours and by Helm, with the same fixed random functions.

#![expect(clippy::print_stdout, reason = "the names that differ are the result")]

use super::kustomize_real::first_difference;
use crate::helm::{Chart, Failure, Outcome, Server};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Flags of `cargo xtask conformance charts-real`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to look for charts, at any depth. Of a chart's own folders only `ci/` is looked into, for values to render it with
    directory: PathBuf,
    /// How many seconds one rendering may take on either side
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// Render only what has this in its name
    #[arg(long)]
    only: Option<String>,
    /// Write both results of everything that differs into this directory
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// What one rendering came to on both sides.
struct Result {
    name: String,
    ours: Outcome,
    helm: Outcome,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let root = &arguments.directory;
    let root = root.canonicalize().with_context(|| format!("find {}", root.display()))?;
    let mut charts = Vec::new();
    find(&root, &mut charts)?;
    if let Some(part) = &arguments.only {
        charts.retain(|chart| name(&root, chart).contains(part));
    }
    ensure!(!charts.is_empty(), "no chart below {}", root.display());
    let results = render_all(&root, &charts, Duration::from_secs(arguments.patience))?;
    let (mut failed, mut both) = (0, 0);
    for result in &results {
        both += usize::from(result.ours.is_err() && result.helm.is_err());
        if let Some(difference) = difference(&result.ours, &result.helm) {
            failed += 1;
            println!("{}: {difference}", result.name);
            if let Some(directory) = &arguments.keep {
                keep(directory, result)?;
            }
        }
    }
    println!("{both} are refused by both");
    println!("{} passed, {failed} failed", results.len() - failed);
    ensure!(failed == 0, "{failed} of {} charts are rendered otherwise than by Helm", results.len());
    Ok(())
}

/// Renders on all processors; each has two servers of its own. The results are in the order of the charts.
fn render_all(root: &Path, charts: &[Chart], patience: Duration) -> anyhow::Result<Vec<Result>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let work = || -> anyhow::Result<()> {
            let (mut helm, mut ours) = (Server::helm(patience)?, Server::ours(patience)?);
            while let Some(chart) = charts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = Result { name: name(root, chart), ours: ours.chart(chart)?, helm: helm.chart(chart)? };
                results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked")))
    })?;
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(results)
}

/// The chart's path below the root and the name of its values.
fn name(root: &Path, chart: &Chart) -> String {
    let directory = chart.directory.strip_prefix(root).unwrap_or(&chart.directory).display();
    let values = chart.values.as_ref().and_then(|values| values.file_name()).unwrap_or_default().display();
    format!("{directory} {values}").trim().to_owned()
}

/// What sets the results apart, if anything. Messages may differ.
fn difference(ours: &Outcome, helm: &Outcome) -> Option<String> {
    match (ours, helm) {
        (Ok(ours), Ok(helm)) if ours == helm => None,
        (Ok(ours), Ok(helm)) => Some(format!("line {} differs", first_difference(ours, helm))),
        (Err(Failure::Refused(_)), Err(_)) => None,
        (Err(failure), Ok(_)) => Some(format!("only ours fails: {failure}")),
        (Ok(_), Err(failure)) => Some(format!("only Helm fails: {failure}")),
        (Err(failure), Err(_)) => Some(format!("ours: {failure}")),
    }
}

fn keep(directory: &Path, result: &Result) -> anyhow::Result<()> {
    for (side, outcome) in [("ours", &result.ours), ("helm", &result.helm)] {
        let file = directory.join(format!("{}.{side}", result.name.replace(['/', ' '], "_")));
        let text = outcome.clone().unwrap_or_else(|failure| failure.to_string().into_bytes());
        std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::write(&file, text))
            .with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}

/// Every chart at or below `directory`, in order: once with its own values and once with each file of `ci/`.
fn find(directory: &Path, charts: &mut Vec<Chart>) -> anyhow::Result<()> {
    if directory.join("Chart.yaml").is_file() {
        let values = directory.join("ci").read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
        let mut values: Vec<PathBuf> = values.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
        values.sort();
        let values = std::iter::once(None).chain(values.into_iter().map(Some));
        charts.extend(values.map(|values| Chart { directory: directory.to_owned(), values }));
        return Ok(());
    }
    let entries = directory.read_dir().with_context(|| format!("list {}", directory.display()))?;
    let mut directories: Vec<PathBuf> = entries.flatten().filter(is_directory).map(|entry| entry.path()).collect();
    directories.sort();
    directories.iter().try_for_each(|directory| find(directory, charts))
}

/// Links are not followed; `.git` is left out.
fn is_directory(entry: &std::fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir()) && entry.file_name() != ".git"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_found_at_every_depth_with_their_values() {
        let root = tempfile::tempdir().unwrap();
        let files =
            ["a/b/Chart.yaml", "a/b/ci/x.yaml", "a/b/ci/notes.md", "a/b/charts/c/Chart.yaml", "d/Chart.yaml", "e/values.yaml"];
        for path in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut charts = Vec::new();
        find(root.path(), &mut charts).unwrap();
        let names: Vec<String> = charts.iter().map(|chart| name(root.path(), chart)).collect();
        assert_eq!(names, ["a/b", "a/b x.yaml", "d"]);
    }

    #[test]
    fn results_are_the_same_when_both_are_refused_or_every_byte_is_equal() {
        let output = |text: &str| Ok(text.as_bytes().to_vec());
        let refused = || Err(Failure::Refused("message".to_owned()));
        for (ours, helm, expected) in [
            (output("a\nb\n"), output("a\nb\n"), None),
            (refused(), refused(), None),
            (output("a\nb\n"), output("a\nc\n"), Some("line 2 differs")),
            (refused(), output("a\n"), Some("only ours fails: message")),
            (output("a\n"), refused(), Some("only Helm fails: message")),
            (Err(Failure::TimedOut), refused(), Some("ours: no answer in time")),
        ] {
            assert_eq!(difference(&ours, &helm).as_deref(), expected);
        }
    }
}
