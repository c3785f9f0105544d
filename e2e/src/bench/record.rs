//! Keeps the rows of a run with what is needed to judge them: the machine, the commit, the command.

use anyhow::Context;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use test_support::workspace;

/// Writes `e2e/bench/results/<name>/rows.jsonl` and `SETUP.md`.
pub(super) fn write(name: &str, rows: &[Value], command: &str) -> anyhow::Result<PathBuf> {
    let directory = workspace::root().join("e2e/bench/results").join(name);
    std::fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(directory.join("rows.jsonl"), text).context("write rows.jsonl")?;
    std::fs::write(directory.join("SETUP.md"), setup(name, command)).context("write SETUP.md")?;
    Ok(directory)
}

fn setup(name: &str, command: &str) -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_default();
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = output("uname", &["-sr"]);
    let commit = output("git", &["-C", &workspace::root().display().to_string(), "rev-parse", "HEAD"]);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "# {name}\n\n- command: `{command}`\n- commit: {commit}\n- processors: {count} × {processor}\n- memory: {memory}\n- kernel: {kernel}\n\
         - load average at the end: {}\n\nThe control plane runs on the same machine and is not counted, but for `apiserver_cpu_s`.\n",
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    )
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
