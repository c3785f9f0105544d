//! Helm itself, asked what it makes of a chart.

use crate::artifact::{Files, unpack};
use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// The files in the package that Helm makes of a chart's directory.
pub fn package(files: &[(&str, &str)]) -> anyhow::Result<Files> {
    let directory = tempfile::tempdir().context("make a directory")?;
    for (name, text) in files {
        let path = directory.path().join("chart").join(name);
        std::fs::create_dir_all(path.parent().context("a file is in a directory")?)?;
        std::fs::write(path, text)?;
    }
    run(directory.path(), &["package", "chart", "--destination", "packages"])?;
    let package = std::fs::read_dir(directory.path().join("packages"))?.next().context("there is no package")??;
    unpack(&std::fs::read(package.path())?)
}

/// What Helm renders from a package.
pub fn template(package: &[u8]) -> anyhow::Result<String> {
    let directory = tempfile::tempdir().context("make a directory")?;
    std::fs::write(directory.path().join("chart.tgz"), package)?;
    run(directory.path(), &["template", "release", "chart.tgz"])
}

fn run(directory: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(e2e::helm::command_line()?);
    let output = command.args(arguments).current_dir(directory).env_clear().env("HOME", directory).output()?;
    ensure!(output.status.success(), "helm {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
