//! One of our controllers, or another binary that takes Flux's flags, run as a child against a test's cluster.

use crate::process::{Process, ProcessError, Usage};
use crate::workspace;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long a controller may take until it says that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long one that was asked to end may take.
const END_WITHIN: Duration = Duration::from_secs(30);

/// Why a controller cannot be run or asked.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// It cannot be started or read.
    #[error("run a controller")]
    Process(#[from] ProcessError),
    /// No port or directory can be had.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Its binary does not exist.
    #[error("{0} is not built: `cargo build --workspace --bins`")]
    NotBuilt(String),
    /// It ended, or did not become ready in time.
    #[error("{name} {problem}; the end of its log:\n{log}")]
    NotReady {
        /// Which one.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The last lines that it wrote.
        log: String,
    },
    /// It does not answer over HTTP.
    #[error("ask {url}")]
    Request {
        /// What was asked.
        url: String,
        /// What went wrong.
        #[source]
        source: reqwest::Error,
    },
}

/// How a controller is started.
#[derive(Debug, Clone)]
#[must_use = "a controller is started by start()"]
pub struct ControllerBuilder {
    name: String,
    instance: String,
    binary: PathBuf,
    flags: Vec<String>,
    environment: Vec<(String, String)>,
}

impl ControllerBuilder {
    /// A controller of the directory of binaries that [`binaries`] finds, against the cluster of a kubeconfig, in all its namespaces.
    pub fn new(name: &str, binaries: &Path, kubeconfig: &Path) -> Self {
        let environment = vec![
            ("KUBECONFIG".to_owned(), kubeconfig.display().to_string()),
            ("RUNTIME_NAMESPACE".to_owned(), "default".to_owned()),
        ];
        let flags = vec!["--watch-all-namespaces".to_owned(), "--events-addr=".to_owned()];
        Self { name: name.to_owned(), instance: name.to_owned(), binary: binaries.join(name), flags, environment }
    }

    /// Adds a flag; it wins over an earlier one of the same name.
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Names the log differently, for a second replica.
    pub fn instance(mut self, instance: &str) -> Self {
        instance.clone_into(&mut self.instance);
        self
    }

    /// Starts it with free ports for metrics and health; its log goes to `directory`. Does not wait.
    pub fn start(self, directory: &Path) -> Result<Controller, ControllerError> {
        if !self.binary.exists() {
            return Err(ControllerError::NotBuilt(self.binary.display().to_string()));
        }
        let ports = workspace::free_ports().map_err(|source| ControllerError::System { operation: "find free ports", source })?;
        let [metrics, health] = ports;
        let log = directory.join(format!("{}.log", self.instance));
        let process = Process::start(&self.name, command(&self, metrics, health), &log)?;
        Ok(Controller { builder: self, metrics, health, log, process })
    }
}

fn command(builder: &ControllerBuilder, metrics: u16, health: u16) -> Command {
    let mut command = Command::new(&builder.binary);
    command.args(&builder.flags).envs(builder.environment.iter().map(|(name, value)| (name, value)));
    command.arg(format!("--metrics-addr=127.0.0.1:{metrics}")).arg(format!("--health-addr=127.0.0.1:{health}"));
    command
}

/// A running controller. Dropping it kills it.
#[derive(Debug)]
pub struct Controller {
    builder: ControllerBuilder,
    metrics: u16,
    health: u16,
    log: PathBuf,
    process: Process,
}

impl Controller {
    /// The name of its binary.
    pub fn name(&self) -> &str {
        &self.builder.name
    }

    /// Waits until `/readyz` says so.
    pub async fn wait_until_ready(&mut self) -> Result<(), ControllerError> {
        let url = format!("http://127.0.0.1:{}/readyz", self.health);
        let deadline = Instant::now() + READY_WITHIN;
        let problem = loop {
            if self.process.ended().is_some() {
                break "ended";
            }
            if Instant::now() > deadline {
                break "is not ready in time";
            }
            if reqwest::get(&url).await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        Err(ControllerError::NotReady { name: self.builder.instance.clone(), problem, log: self.process.log_tail(20) })
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to end (SIGTERM); the status, if it did so in time.
    pub fn terminate(&mut self) -> Option<ExitStatus> {
        self.process.terminate(END_WITHIN)
    }

    /// Starts it again with the same flags and ports after [`Controller::kill`] or [`Controller::terminate`]. Does not wait.
    pub fn restart(&mut self) -> Result<(), ControllerError> {
        self.process.kill();
        self.process = Process::start(&self.builder.name, command(&self.builder, self.metrics, self.health), &self.log)?;
        Ok(())
    }

    /// Its exit status, once it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// All it wrote since the first start.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The text of its `/metrics`.
    pub async fn metrics(&self) -> Result<String, ControllerError> {
        let url = format!("http://127.0.0.1:{}/metrics", self.metrics);
        let failed = |source| ControllerError::Request { url: url.clone(), source };
        reqwest::get(&url).await.map_err(failed)?.error_for_status().map_err(failed)?.text().await.map_err(failed)
    }

    /// What it has cost so far.
    pub fn usage(&self) -> Result<Usage, ControllerError> {
        Ok(self.process.usage()?)
    }

    /// Lets the peak of [`Controller::usage`] begin anew.
    pub fn forget_peak(&self) -> Result<(), ControllerError> {
        let failed = |source| ControllerError::System { operation: "reset the peak of memory", source };
        crate::process::forget_peak(self.process.id()).map_err(failed)
    }
}

/// The directory of the controllers to run: `$WEIR_BIN_DIR`, else where Cargo put the binary or test that asks.
pub fn binaries() -> Result<PathBuf, ControllerError> {
    if let Some(directory) = std::env::var_os("WEIR_BIN_DIR").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(directory));
    }
    let own = std::env::current_exe().map_err(|source| ControllerError::System { operation: "find this program", source })?;
    let directory = own.parent().unwrap_or(Path::new("."));
    // Tests are in target/<profile>/deps, binaries one above.
    let directory = if directory.ends_with("deps") { directory.parent().unwrap_or(directory) } else { directory };
    Ok(directory.to_owned())
}
