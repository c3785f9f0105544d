//! Helm's command line in a namespace.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Helm, with a chart on disk.
pub(crate) struct Helm {
    program: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
    /// The chart, and what Helm keeps for itself.
    directory: TempDir,
}

impl Helm {
    /// Builds Helm, if need be, and writes the files of the chart.
    pub(crate) fn new(kubeconfig: &Path, namespace: &str, files: &[(&str, &str)]) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("make a directory")?;
        for (path, text) in files {
            let path = directory.path().join("chart").join(path);
            std::fs::create_dir_all(path.parent().context("a file is in a directory")?)?;
            std::fs::write(path, text).context("write the chart")?;
        }
        Ok(Self {
            program: e2e::helm::command_line()?,
            kubeconfig: kubeconfig.to_owned(),
            namespace: namespace.to_owned(),
            directory,
        })
    }

    /// The directory of the chart.
    pub(crate) fn chart(&self) -> &str {
        "chart"
    }

    /// What a command prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let home = self.directory.path();
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--namespace", &self.namespace]).current_dir(home).env_clear();
        command.env("KUBECONFIG", &self.kubeconfig).env("HOME", home);
        let output = command.output().context("run helm")?;
        ensure!(output.status.success(), "helm {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What `helm template` prints of a chart elsewhere.
    pub(crate) fn template(&self, chart: &Path, flags: &[&str]) -> anyhow::Result<String> {
        let chart = chart.to_str().context("the chart's path is text")?;
        self.run(&[&["template", "weir", chart], flags].concat())
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let text = self.run(&[arguments, &["--output", "json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("read what helm prints: {text}"))
    }
}
