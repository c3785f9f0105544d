//! Commands that need a cluster, a Git server or our own types: the program of the package `e2e` does them.

use crate::cargo::{Profile, build_binaries};
use crate::step::step;
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::process::Command;

/// Compiles the workspace's binaries and runs a command of `e2e` with the user's arguments.
pub(crate) fn run(command: &str, arguments: &[OsString], profile: Profile) -> anyhow::Result<()> {
    let directory = step("compile", || build_binaries(profile))?;
    // The working directory stays the user's, for paths among the arguments.
    let status = Command::new(directory.join("e2e"))
        .arg(command)
        .args(arguments)
        .env("WEIR_BIN_DIR", &directory)
        .status()
        .with_context(|| format!("start {}", directory.join("e2e").display()))?;
    if !status.success() {
        bail!("cargo xtask {command}: {status}");
    }
    Ok(())
}
