//! Tells what happens: a line before each step, a line after it with the time it took.

#![expect(clippy::print_stdout, reason = "the demo is made to be read")]

use std::time::Instant;

/// Prints lines that begin with the time since the start.
#[derive(Debug)]
pub(super) struct Narrator {
    start: Instant,
    step: Instant,
}

impl Narrator {
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), step: Instant::now() }
    }

    /// A step begins.
    pub(super) fn begin(&mut self, what: &str) {
        self.step = Instant::now();
        println!("\n[{:6.1} s] … {what}", self.start.elapsed().as_secs_f64());
    }

    /// What the step was for has happened.
    pub(super) fn done(&mut self, what: &str) {
        println!("[{:6.1} s] ✓ {what} ({:.2} s)", self.start.elapsed().as_secs_f64(), self.step.elapsed().as_secs_f64());
    }

    /// A detail of the step.
    pub(super) fn detail(&self, what: &str) {
        println!("             {what}");
    }

    /// A line outside the steps.
    pub(super) fn say(&self, what: &str) {
        println!("\n[{:6.1} s] {what}", self.start.elapsed().as_secs_f64());
    }
}
