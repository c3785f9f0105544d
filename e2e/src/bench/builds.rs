//! What one build costs, seen from outside and in the same way for any program that prints its result.

use anyhow::{Context, ensure};
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use test_support::process::{Usage, ended_children_cpu_seconds};

/// How much processor time is spent on the builds of one measurement: the system counts in hundredths of a second.
const CPU_SECONDS: f64 = 1.0;

/// More than a pipe holds, which is 64 KiB, and a page.
const SMALLEST_OUTPUT: usize = 80_000;

/// How much of the result is read at a time, in bytes.
const PIECE: u64 = 64 << 10;

/// The cost of one build.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    /// Processor time, user and system, all threads: the mean of the builds.
    pub(super) cpu_seconds: f64,
    /// The most resident memory, in bytes: the largest of the builds.
    pub(super) peak: u64,
    /// How many builds were measured.
    pub(super) builds: u32,
    /// What the last build printed.
    pub(super) output: Vec<u8>,
    /// What the last build wrote to standard error.
    pub(super) messages: String,
}

/// Runs the command again and again until enough processor time is spent. No other child may end meanwhile.
pub(super) fn measure(mut command: Command) -> anyhow::Result<Cost> {
    let before = ended_children_cpu_seconds().context("read the processor time")?;
    let mut cost = Cost { cpu_seconds: 0.0, peak: 0, builds: 0, output: Vec::new(), messages: String::new() };
    let mut spent = 0.0;
    while spent < CPU_SECONDS {
        let text = command.get_program().display().to_string();
        run(&mut command, &mut cost).with_context(|| format!("measure {text}"))?;
        spent = ended_children_cpu_seconds().context("read the processor time")? - before;
        cost.builds += 1;
    }
    cost.cpu_seconds = spent / f64::from(cost.builds);
    Ok(cost)
}

fn run(command: &mut Command, cost: &mut Cost) -> anyhow::Result<()> {
    let mut messages = tempfile::tempfile().context("make a file")?;
    let copy = messages.try_clone().context("make a file")?;
    let mut child = command.stdout(Stdio::piped()).stderr(copy).spawn().context("start")?;
    let mut pipe = child.stdout.take().context("there is no pipe")?;
    cost.output.clear();
    // Whatever does not fit into the pipe keeps the process from ending, after which its memory could not be seen any more. So it is
    // looked at between any two pieces of the result, from the first byte on; what is left unseen is the writing of the last
    // pipe's worth. What `wait4` reports is no substitute: it includes this process's memory.
    let mut peak = None;
    let mut piece = 1;
    while pipe.by_ref().take(piece).read_to_end(&mut cost.output).context("read the result")? > 0 {
        piece = PIECE;
        peak = Usage::of(child.id()).map(|usage| usage.peak).ok().max(peak);
    }
    let status = child.wait().context("wait")?;
    cost.messages.clear();
    messages.rewind().context("read the messages")?;
    messages.read_to_string(&mut cost.messages).context("read the messages")?;
    ensure!(status.success(), "{status}: {}", cost.messages);
    ensure!(cost.output.len() >= SMALLEST_OUTPUT, "{} bytes of result are too few to measure", cost.output.len());
    cost.peak = cost.peak.max(peak.context("the process ended too soon")?);
    Ok(())
}
