//! Calls of Cargo, the same way everywhere: one set of features for the whole workspace, so that nothing is compiled twice.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How binaries are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to compile.
    Development,
    /// Quick to run.
    Release,
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A Cargo command in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    // `cargo run`, which started this program, sets these for it; they would make Cargo compile build scripts anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" || text == "CARGO_MANIFEST_PATH" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command that talks to the user; an unsuccessful end is an error.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    let words: Vec<_> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    let text = words.join(" ");
    let status = command.status().with_context(|| format!("start {text}"))?;
    if !status.success() {
        bail!("{text}: {status}");
    }
    Ok(())
}

/// Compiles every binary of the workspace; returns the directory they are in.
pub(crate) fn build_binaries(profile: Profile) -> anyhow::Result<PathBuf> {
    let (flags, directory): (&[&str], _) = match profile {
        Profile::Development => (&["build", "--workspace", "--bins"], "debug"),
        Profile::Release => (&["build", "--workspace", "--bins", "--release"], "release"),
    };
    run(cargo(flags))?;
    Ok(target_directory()?.join(directory))
}

/// Where Cargo puts what it compiles, whatever decides it.
pub(crate) fn target_directory() -> anyhow::Result<PathBuf> {
    let metadata = metadata(&["--no-deps"])?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(directory))
}

/// What `cargo metadata` prints.
pub(crate) fn metadata(flags: &[&str]) -> anyhow::Result<serde_json::Value> {
    let mut arguments = vec!["metadata", "--format-version=1"];
    arguments.extend(flags);
    let output = cargo(&arguments).stderr(std::process::Stdio::inherit()).output().context("start cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("read cargo metadata")
}
