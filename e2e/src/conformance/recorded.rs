//! Records what our binaries do in the scenarios in which Flux was recorded, and compares.
//!
//! The recorder and Flux's recordings are not part of this repository: they are looked for in `../shared`, or `$WEIR_SHARED`.

#![expect(clippy::print_stdout, reason = "the comparison is the result")]

use super::compare::differences;
use super::known::{self, Known};
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::cluster::ControlPlane;
use test_support::controller::binaries;
use test_support::workspace;

/// Prefixes of the scenarios of the controllers that exist.
const OURS: [&str; 3] = ["git-", "ks-", "hr-"];

/// Flags of `cargo xtask conformance recorded`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only scenarios whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Compare this directory of recordings rather than make one
    #[arg(long)]
    recordings: Option<PathBuf>,
    /// A directory with binaries that take Flux's flags, to be recorded in place of ours
    #[arg(long)]
    bin_dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let shared = std::env::var_os("WEIR_SHARED").map_or_else(|| workspace::root().join("../shared"), PathBuf::from);
    let flux = shared.join("recorded/flux");
    ensure!(flux.is_dir(), "{} is not there: the comparison needs Flux's recordings", flux.display());
    let output = tempfile::tempdir().context("make a directory")?;
    let actual = match &arguments.recordings {
        Some(directory) => directory.clone(),
        None => {
            record(&shared, arguments, output.path())?;
            output.path().to_owned()
        }
    };
    compare(&flux, &actual, arguments.only.as_deref())
}

/// Runs the recorder once for each controller's scenarios.
fn record(shared: &Path, arguments: &Arguments, output: &Path) -> anyhow::Result<()> {
    let binaries = arguments.bin_dir.clone().map_or_else(binaries, Ok)?;
    let ControlPlane::Single(control_plane) = ControlPlane::build()? else {
        bail!("the recorder needs the control plane of e2e/controlplane: unset KUBEBUILDER_ASSETS");
    };
    // The recorder calls kubectl, which the control plane's binary is too, by that name.
    let programs = tempfile::tempdir().context("make a directory")?;
    std::os::unix::fs::symlink(&control_plane, programs.path().join("kubectl")).context("link kubectl")?;
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap_or_default());
    let crds = definitions(shared)?;
    for prefix in OURS {
        let only = arguments.only.as_deref().unwrap_or(prefix);
        println!("recording {only}…");
        let status = Command::new("python3")
            .arg(shared.join("bench/record.py"))
            .arg(&binaries)
            .arg(output)
            .args(["--only", only, "--crds"])
            .arg(crds.path())
            .arg("--controlplane")
            .arg(&control_plane)
            .env("PATH", &path)
            .env_remove("KUBECONFIG")
            .status()
            .context("start python3")?;
        ensure!(status.success(), "the recorder: {status}");
        if arguments.only.is_some() {
            break;
        }
    }
    Ok(())
}

/// Our CRDs, and Flux's of the kinds that we do not have yet but the recorder lists.
fn definitions(shared: &Path) -> anyhow::Result<tempfile::TempDir> {
    let together = tempfile::tempdir().context("make a directory")?;
    for directory in [shared.join("upstream-crds"), workspace::root().join("crds")] {
        for entry in std::fs::read_dir(&directory).with_context(|| format!("read {}", directory.display()))? {
            let entry = entry.context("read definitions")?;
            // A file of the same name is the same kind's: ours comes second and stays.
            let target = together.path().join(entry.file_name());
            let text = std::fs::read(entry.path()).with_context(|| format!("read {}", entry.path().display()))?;
            std::fs::write(&target, text).with_context(|| format!("write {}", target.display()))?;
        }
    }
    Ok(together)
}

fn compare(flux: &Path, actual: &Path, only: Option<&str>) -> anyhow::Result<()> {
    let known = known::read()?;
    let mut used = BTreeMap::new();
    let (mut passed, mut failed) = (0, 0);
    for name in scenarios(flux, only)? {
        let unexplained = match read(&actual.join(format!("{name}.json"))) {
            Ok(recording) => {
                let all = differences(&read(&flux.join(format!("{name}.json")))?, &recording);
                unexplained(&name, all, &known, &mut used)
            }
            Err(error) => vec![format!("not recorded: {error:#}")],
        };
        if unexplained.is_empty() {
            println!("ok      {name}");
            passed += 1;
        } else {
            println!("FAILED  {name}");
            unexplained.iter().for_each(|line| println!("          {line}"));
            failed += 1;
        }
    }
    for (index, known) in known.iter().enumerate() {
        match used.get(&index) {
            Some(count) => println!("meant   {count} lines: {}", known.reason),
            None if only.is_none() => println!("unused  entry {index} of e2e/conformance/recorded.json: {}", known.describe()),
            None => {}
        }
    }
    println!("{passed} passed, {failed} failed");
    ensure!(failed == 0, "{failed} scenarios differ from Flux");
    Ok(())
}

fn unexplained(name: &str, all: Vec<String>, known: &[Known], used: &mut BTreeMap<usize, usize>) -> Vec<String> {
    let explained = |line: &String| {
        let found = known.iter().position(|known| known.explains(name, line));
        found.map(|index| *used.entry(index).or_default() += 1).is_some()
    };
    let (_, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(explained);
    rest
}

fn scenarios(flux: &Path, only: Option<&str>) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(flux).with_context(|| format!("read {}", flux.display()))? {
        let name = entry.context("read the recordings")?.file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".json") else { continue };
        if OURS.iter().any(|prefix| name.starts_with(prefix)) && only.is_none_or(|only| name.contains(only)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
}
