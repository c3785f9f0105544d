//! `cargo xtask test`: what must pass before a change is accepted. `cargo xtask e2e`: the scenarios alone.

use crate::cargo::{cargo, run as execute, target_directory};
use crate::layers;
use crate::step::{format_duration, step};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Flags of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only tests whose name contains this
    filter: Option<String>,
}

/// Format, lints, layers, control plane, tests, in the order in which they fail soonest.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let start = Instant::now();
    step("format", || execute(cargo(&["fmt", "--all", "--check"])))?;
    step("layers", layers::check)?;
    step("lints", || execute(cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny=warnings"])))?;
    let binaries = step("compile", build)?;
    step("control plane", || execute(program(&binaries, "control-plane")))?;
    step("tests", || {
        let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
        command.args(arguments.filter.as_deref()).env("WEIR_BIN_DIR", &binaries).env("REQUIRE_APISERVER", "1");
        execute(command)
    })?;
    println!("all passed in {}", format_duration(start.elapsed()));
    Ok(())
}

/// Runs the end-to-end scenarios whose name contains `filter`; those about kills do so often, if it is said how often.
pub(crate) fn scenarios(filter: Option<&str>, kills: Option<u32>) -> anyhow::Result<()> {
    let binaries = step("compile", build)?;
    step("control plane", || execute(program(&binaries, "control-plane")))?;
    step("scenarios", || {
        let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--test", "scenarios", "--test", "faults"]);
        command.args(filter).env("WEIR_BIN_DIR", &binaries).env("REQUIRE_APISERVER", "1");
        command.envs(kills.map(|kills| ("WEIR_KILLS", kills.to_string())));
        execute(command)
    })
}

/// Runs the conformance cases of an engine, whose expected results come from the original: those of a directory, or else those
/// in `../shared`. The last line printed is `N passed, N failed`.
pub(crate) fn corpus(name: &str, engine: &str, arguments: &[OsString]) -> anyhow::Result<()> {
    let mut command = cargo(&["run", "--quiet", "--package", engine, "--example", name, "--"]);
    for argument in arguments {
        // Cargo runs in the workspace's root; a directory is meant from where the user is.
        let path = Path::new(argument);
        command.arg(if path.exists() { path.canonicalize()?.into_os_string() } else { argument.clone() });
    }
    execute(command)
}

/// Compiles binaries and tests together: that way both use the same compiled dependencies.
fn build() -> anyhow::Result<std::path::PathBuf> {
    execute(cargo(&["build", "--workspace", "--bins", "--tests"]))?;
    Ok(target_directory()?.join("debug"))
}

fn program(binaries: &Path, command: &str) -> Command {
    let mut program = Command::new(binaries.join("e2e"));
    program.arg(command);
    program
}
