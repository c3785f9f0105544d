//! Reads Prometheus's text format with Prometheus's own parser, which is part of the control plane's binary.

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use test_support::cluster::ControlPlane;

/// One sample. Of a histogram there are the samples `_sum` and `_count`.
#[derive(Debug, Clone, Deserialize)]
pub struct Sample {
    /// Name, with the suffix of a histogram's part.
    pub name: String,
    /// Labels and their values.
    pub labels: BTreeMap<String, String>,
    /// The value.
    #[serde(deserialize_with = "number")]
    pub value: f64,
}

impl Sample {
    /// Whether it has the name and, among others, the labels.
    pub fn is(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.name == name && labels.iter().all(|(key, value)| self.labels.get(*key).is_some_and(|actual| actual == value))
    }
}

/// Go prints infinities and NaN as text, which JSON has no numbers for.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// All samples of a text; an error where Prometheus would refuse it. `None` where the control plane in use has no parser.
pub async fn samples(text: &str) -> anyhow::Result<Option<Vec<Sample>>> {
    let Some(mut command) = ControlPlane::at_hand()?.and_then(|programs| programs.command("check-metrics")) else {
        return Ok(None);
    };
    let text = text.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("start the parser")?;
        // It reads all before it writes anything.
        child.stdin.take().context("the parser has no input")?.write_all(text.as_bytes()).context("feed the parser")?;
        child.wait_with_output().context("run the parser")
    });
    let output = checked.await.context("run the parser")??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).context("read the parser's output")?;
    lines.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect::<Result<_, _>>().map(Some)
}
