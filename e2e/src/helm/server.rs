//! A process that renders on request: Helm itself, or our engine.

use super::{Chart, Failure, Outcome, Wanted};
use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use test_support::go_program::GoProgram;

const HELM: GoProgram = GoProgram {
    title: "oracle of Helm",
    note: "Helm, some minutes from nothing on two processors",
    folder: "e2e/oracle/helm",
    files: &["go.mod", "go.sum", "main.go", "chart.go", "template.go", "signatures.go", "fixed.go", "link.s"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// The program beside this one that serves our engine.
const OURS: &str = "chart-server";

/// Helm's own command line, built if it is not in the cache. Without arguments it serves.
pub fn command_line() -> anyhow::Result<PathBuf> {
    HELM.build().context("build the oracle of Helm")
}

/// A process that is asked again and again. It is started by the first request, and anew after it crashed or hung.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    patience: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<std::io::Result<String>>,
}

/// What a function of templates takes, by Go's names of the types.
#[derive(Debug, Clone, Deserialize)]
pub struct Signature {
    /// One type each; the last one may be given as often as wanted if `variadic`.
    pub parameters: Vec<String>,
    /// Whether the last parameter may be missing or repeated.
    pub variadic: bool,
}

/// How long a chart took, in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Render {
    /// Reading the chart.
    pub load: f64,
    /// All that follows reading, parsing included.
    pub render: f64,
}

#[derive(Deserialize)]
struct ChartAnswer {
    output: String,
    #[serde(default)]
    error: String,
    parse: f64,
    #[serde(flatten)]
    render: Render,
}

#[derive(Deserialize)]
struct TemplateAnswer {
    output: Option<String>,
    #[serde(default)]
    error: String,
}

impl Server {
    /// Helm, built if it is not in the cache. An answer that takes longer than `patience` counts as none.
    pub fn helm(patience: Duration) -> anyhow::Result<Self> {
        Ok(Self { program: command_line()?, patience, running: None })
    }

    /// Our engine.
    pub fn ours(patience: Duration) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("find this program")?.with_file_name(OURS);
        ensure!(program.exists(), "{} was not compiled", program.display());
        Ok(Self { program, patience, running: None })
    }

    /// What `helm template` prints for a chart.
    pub fn chart(&mut self, chart: &Chart) -> anyhow::Result<Outcome> {
        let answer = self.ask::<ChartAnswer>(&json!({"chart": chart.request(Wanted::Output)}))?;
        Ok(answer.and_then(|answer| finished(answer.error, answer.output.into_bytes())))
    }

    /// How long rendering a chart takes.
    pub fn times(&mut self, chart: &Chart) -> anyhow::Result<Render> {
        Ok(self.quietly(chart, Wanted::Times)?.render)
    }

    /// How long rendering a chart takes that is read for the first such request only.
    pub fn times_again(&mut self, chart: &Chart) -> anyhow::Result<Render> {
        Ok(self.quietly(chart, Wanted::TimesAgain)?.render)
    }

    /// How long parsing all templates of a chart takes, in seconds.
    pub fn parsing_time(&mut self, chart: &Chart) -> anyhow::Result<f64> {
        Ok(self.quietly(chart, Wanted::ParsingTime)?.parse)
    }

    fn quietly(&mut self, chart: &Chart, wanted: Wanted) -> anyhow::Result<ChartAnswer> {
        match self.ask::<ChartAnswer>(&json!({"chart": chart.request(wanted)}))? {
            Ok(answer) if answer.error.is_empty() => Ok(answer),
            Ok(answer) => bail!("render {}: {}", chart.directory.display(), answer.error),
            Err(failure) => bail!("render {}: {failure}", chart.directory.display()),
        }
    }

    /// What the engine makes of one template, named `t`.
    pub fn template(&mut self, text: &str, data: &Value) -> anyhow::Result<Outcome> {
        let answer = match self.ask::<TemplateAnswer>(&json!({"template": {"text": text, "data": data}}))? {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        let output = STANDARD.decode(answer.output.unwrap_or_default()).context("read the output")?;
        Ok(finished(answer.error, output))
    }

    /// The functions that Helm adds to the language. Only Helm tells.
    pub fn functions(&mut self) -> anyhow::Result<BTreeMap<String, Signature>> {
        match self.ask(&json!({"functions": true}))? {
            Ok(functions) => Ok(functions),
            Err(failure) => bail!("ask for the functions: {failure}"),
        }
    }

    /// The id of the process, if it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    fn ask<A: for<'de> Deserialize<'de>>(&mut self, request: &Value) -> anyhow::Result<Result<A, Failure>> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(Running::start(&self.program)?),
        };
        // If it has ended, the missing answer tells.
        let _ = writeln!(running.requests, "{request}");
        let failure = match running.answers.recv_timeout(self.patience) {
            Ok(line) => {
                let answer = line.map_err(anyhow::Error::from).and_then(|line| Ok(serde_json::from_str(&line)?));
                return Ok(Ok(answer.context("read an answer")?));
            }
            Err(RecvTimeoutError::Timeout) => Failure::TimedOut,
            Err(RecvTimeoutError::Disconnected) => Failure::Crashed("the process ended".to_owned()),
        };
        self.running = None;
        Ok(Err(failure))
    }
}

fn finished(error: String, output: Vec<u8>) -> Outcome {
    match error.strip_prefix("panic: ") {
        Some(message) => Err(Failure::Crashed(message.to_owned())),
        None if error.is_empty() => Ok(output),
        None => Err(Failure::Refused(error)),
    }
}

impl Running {
    fn start(program: &PathBuf) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.env_clear().env("TZ", "UTC");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        let requests = child.stdin.take().context("there is no pipe")?;
        let output = child.stdout.take().context("there is no pipe")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || BufReader::new(output).lines().try_for_each(|line| sender.send(line)));
        Ok(Self { child, requests, answers })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
