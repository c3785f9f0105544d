//! Child processes that cannot outlive the test: they end with their value, and a watchdog ends them when the test itself is killed.

mod usage;
mod watchdog;

pub use usage::{Usage, ended_children_cpu_seconds, forget_peak};
pub use watchdog::remove_when_killed;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running child whose standard output and standard error go to a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// Why a process cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It cannot be started.
    #[error("start {name}")]
    Start {
        /// What was to be started.
        name: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Its log cannot be opened.
    #[error("open the log {path}")]
    Log {
        /// Where the log is.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Figures about it cannot be read.
    #[error("read the usage of {name}")]
    Usage {
        /// Whose usage.
        name: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Process {
    /// Starts `command`; its output is appended to `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self, ProcessError> {
        let unopened = |source| ProcessError::Log { path: log.display().to_string(), source };
        let output = OpenOptions::new().create(true).append(true).open(log).map_err(unopened)?;
        let errors = output.try_clone().map_err(unopened)?;
        let unstarted = |source| ProcessError::Start { name: name.to_owned(), source };
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn().map_err(unstarted)?;
        watchdog::watch(child.id()).map_err(unstarted)?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// The name it was started by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status once it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it at once (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        watchdog::unwatch(self.child.id());
    }

    /// Asks it to end (SIGTERM) and waits; after `patience` it is killed. Returns the status of an orderly end.
    pub fn terminate(&mut self, patience: Duration) -> Option<ExitStatus> {
        // The standard library knows SIGKILL only; the shell's own `kill` is on every machine.
        let _ = Command::new("sh").args(["-c", "kill -s TERM \"$0\"", &self.id().to_string()]).stderr(Stdio::null()).status();
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(status) = self.ended() {
                watchdog::unwatch(self.child.id());
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        None
    }

    /// All it wrote so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines it wrote, for a message.
    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Processor time and memory it has used so far.
    pub fn usage(&self) -> Result<Usage, ProcessError> {
        Usage::of(self.id()).map_err(|source| ProcessError::Usage { name: self.name.clone(), source })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
