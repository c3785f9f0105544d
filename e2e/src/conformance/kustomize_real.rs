//! Whole repositories, built by ours and by kustomize.

#![expect(clippy::print_stdout, reason = "the names that differ are the result")]

use crate::oracle::Builders;
use anyhow::{Context, ensure};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// What kustomize takes for a kustomization.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Flags of `cargo xtask conformance kustomize-real`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to look for kustomizations, at any depth
    directory: PathBuf,
    /// Which files a kustomization may name: `LoadRestrictionsRootOnly`, `LoadRestrictionsNone`
    #[arg(long)]
    load_restrictor: Option<String>,
    /// The order of the objects: `legacy`, `none`
    #[arg(long)]
    reorder: Option<String>,
    /// How many seconds one build may take; one that takes longer is stopped and counts as failed
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
}

impl Arguments {
    /// What both programs are told.
    fn flags(&self) -> Vec<String> {
        let flag = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("--{name}={value}"));
        [flag("load-restrictor", &self.load_restrictor), flag("reorder", &self.reorder)].into_iter().flatten().collect()
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let root = &arguments.directory;
    let root = root.canonicalize().with_context(|| format!("find {}", root.display()))?;
    let directories = kustomizations(&root)?;
    ensure!(!directories.is_empty(), "no kustomization below {}", root.display());
    let builders = Builders::find()?;
    let flags = arguments.flags();
    let limit = Duration::from_secs(arguments.time_limit);
    let (mut failed, mut unbuildable) = (0, 0);
    for directory in &directories {
        let ours = output(builders.ours(directory, &flags), limit)?;
        let oracle = output(builders.oracle(directory, &flags), limit)?;
        let difference = match (&ours, &oracle) {
            (Some(ours), Some(oracle)) => difference(ours, oracle),
            (None, _) => Some(format!("ours takes longer than {} s", limit.as_secs())),
            (_, None) => Some(format!("kustomize takes longer than {} s", limit.as_secs())),
        };
        if difference.is_none() && oracle.is_some_and(|oracle| !oracle.status.success()) {
            unbuildable += 1;
        }
        if let Some(difference) = difference {
            failed += 1;
            let name = directory.strip_prefix(&root).unwrap_or(directory).display().to_string();
            println!("{}: {difference}", if name.is_empty() { "." } else { &name });
        }
    }
    println!("{} passed, of which neither builds {unbuildable}, {failed} failed", directories.len() - failed);
    ensure!(failed == 0, "{failed} of {} kustomizations are built otherwise than by kustomize", directories.len());
    Ok(())
}

/// What a command printed and how it ended; nothing if it was stopped because it took longer than `limit`.
fn output(mut command: Command, limit: Duration) -> anyhow::Result<Option<Output>> {
    let name = command.get_program().display().to_string();
    let run = || format!("run {name}");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(run)?;
    let stdout = child.stdout.take().with_context(run)?;
    let stderr = child.stderr.take().with_context(run)?;
    // Both pipes end with the process; the channel closes when both readers are through.
    let (reading, read) = channel::<()>();
    let reader = |mut pipe: Box<dyn Read + Send>| {
        let reading = reading.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let result = pipe.read_to_end(&mut bytes).map(|_| bytes);
            drop(reading);
            result
        })
    };
    let (stdout, stderr) = (reader(Box::new(stdout)), reader(Box::new(stderr)));
    drop(reading);
    let exceeded = read.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
    if exceeded {
        child.kill().with_context(run)?;
    }
    let status = child.wait().with_context(run)?;
    let bytes = |reader: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| {
        reader.join().map_err(|_| anyhow::anyhow!("the reader of {name} ended"))?.with_context(run)
    };
    let output = Output { status, stdout: bytes(stdout)?, stderr: bytes(stderr)? };
    Ok((!exceeded).then_some(output))
}

/// What sets the results apart, if anything. Messages of failures may differ.
fn difference(ours: &Output, oracle: &Output) -> Option<String> {
    let message = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match (ours.status.success(), oracle.status.success()) {
        (false, true) => Some(format!("only ours fails: {}", message(ours))),
        (true, false) => Some(format!("only kustomize fails: {}", message(oracle))),
        (true, true) if ours.stdout != oracle.stdout => {
            Some(format!("line {} differs", first_difference(&ours.stdout, &oracle.stdout)))
        }
        // A crash is never what kustomize does with a bad file.
        (false, false) if ours.status.code() != Some(1) => Some(format!("ours ends with {}: {}", ours.status, message(ours))),
        _ => None,
    }
}

/// The number of the first line that is not the same in both.
pub(super) fn first_difference(one: &[u8], other: &[u8]) -> usize {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other);
    same.filter(|(byte, _)| **byte == b'\n').count() + 1
}

/// Every directory with a kustomization at or below `root`, in order. Links are not followed; `.git` is left out.
fn kustomizations(root: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut rest = vec![root.to_owned()];
    while let Some(directory) = rest.pop() {
        let list = || format!("list {}", directory.display());
        for entry in std::fs::read_dir(&directory).with_context(list)? {
            let entry = entry.with_context(list)?;
            let is_directory = entry.file_type().with_context(list)?.is_dir();
            if is_directory && entry.file_name() != ".git" {
                rest.push(entry.path());
            } else if !is_directory && NAMES.iter().any(|name| entry.file_name() == *name) {
                found.insert(directory.clone());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn ended(code: i32, stdout: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: stdout.into(), stderr: b"message\n".into() }
    }

    #[test]
    fn results_are_the_same_when_both_fail_or_every_byte_is_equal() {
        let panicked = 101;
        for (ours, oracle, expected) in [
            (ended(0, "a\nb\n"), ended(0, "a\nb\n"), None),
            (ended(1, ""), ended(1, ""), None),
            (ended(0, "a\nb\n"), ended(0, "a\nc\n"), Some("line 2 differs")),
            (ended(0, "a\n"), ended(0, "a\nb\n"), Some("line 2 differs")),
            (ended(1, ""), ended(0, "a\n"), Some("only ours fails: message")),
            (ended(0, "a\n"), ended(1, ""), Some("only kustomize fails: message")),
            (ended(panicked, ""), ended(1, ""), Some("ours ends with exit status: 101: message")),
        ] {
            assert_eq!(difference(&ours, &oracle).as_deref(), expected);
        }
    }

    #[test]
    fn a_command_that_does_not_end_is_stopped() {
        let mut endless = Command::new("cat");
        let (reader, _writer) = std::io::pipe().unwrap();
        endless.stdin(reader);
        assert_eq!(output(endless, Duration::from_millis(50)).unwrap(), None);
        let mut short = Command::new("echo");
        short.arg("a");
        assert_eq!(output(short, Duration::from_secs(60)).unwrap().unwrap().stdout, b"a\n");
    }

    #[test]
    fn kustomizations_are_found_at_every_depth_under_every_name() {
        let root = tempfile::tempdir().unwrap();
        for path in ["kustomization.yaml", "a/b/kustomization.yml", "a/Kustomization", "c/other.yaml", ".git/kustomization.yaml"]
        {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = kustomizations(root.path()).unwrap();
        let found: Vec<_> = found.iter().map(|path| path.strip_prefix(root.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(found, ["", "a", "a/b"]);
    }
}
