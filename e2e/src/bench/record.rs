//! Keeps the rows of a run with what is needed to judge them: the machine, the commit, the command.

use anyhow::Context;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use test_support::workspace;

/// Writes `e2e/bench/results/<name>/rows.jsonl` and `SETUP.md`, which ends with a note on how the rows are to be read.
pub(super) fn write(name: &str, rows: &[Value], note: &str) -> anyhow::Result<PathBuf> {
    let directory = workspace::root().join("e2e/bench/results").join(name);
    std::fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(directory.join("rows.jsonl"), text).context("write rows.jsonl")?;
    std::fs::write(directory.join("SETUP.md"), setup(name, note)).context("write SETUP.md")?;
    Ok(directory)
}

fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}

fn setup(name: &str, note: &str) -> String {
    let command = command_line();
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_default();
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = output("uname", &["-sr"]);
    let commit = output("git", &["-C", &workspace::root().display().to_string(), "rev-parse", "HEAD"]);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "# {name}\n\n- command: `{command}`\n- commit: {commit}\n- processors: {count} × {processor}\n- memory: {memory}\n- kernel: {kernel}\n\
         - load average at the end: {}\n\n{note}\n",
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    )
}

/// `value` with so many digits after the point.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let factor = 10f64.powi(digits);
    (value * factor).round() / factor
}

fn field(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
