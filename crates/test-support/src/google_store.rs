//! An object store that speaks Google's JSON interface: fake-gcs-server, compiled from its Go module, one process a server. It checks no
//! tokens.

use crate::go_program::{GoProgram, GoProgramError};
use crate::process::{Process, ProcessError};
use crate::workspace;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: GoProgram = GoProgram {
    title: "store of Google's kind",
    note: "fake-gcs-server, about two minutes from nothing on two processors",
    folder: "e2e/gcs",
    files: &["go.mod", "go.sum", "main.go"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// How long the store may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Why there is no store, or why it did not take something.
#[derive(Debug, thiserror::Error)]
pub enum GoogleStoreError {
    /// The program cannot be built.
    #[error("build the store")]
    Program(#[from] GoProgramError),
    /// It cannot be run.
    #[error("run the store")]
    Process(#[from] ProcessError),
    /// A file or port cannot be had.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It does not answer.
    #[error("ask the store")]
    Request(#[from] reqwest::Error),
    /// It ended, or does not become ready; the end of its log.
    #[error("the store is not ready: {0}")]
    NotReady(String),
    /// It refuses something.
    #[error("the store answers {status}: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
}

/// A running store. Dropping it stops it and what it holds is gone.
#[derive(Debug)]
pub struct GoogleStore {
    address: String,
    client: reqwest::Client,
    process: Process,
    _directory: TempDir,
}

impl GoogleStore {
    /// Starts an empty store on a free port of loopback.
    ///
    /// # Errors
    /// When it cannot be built or does not become ready.
    pub async fn start() -> Result<Self, GoogleStoreError> {
        let system = |operation| move |source| GoogleStoreError::System { operation, source };
        let program = tokio::task::spawn_blocking(|| PROGRAM.build());
        let program = program.await.map_err(|error| GoogleStoreError::NotReady(error.to_string()))??;
        let directory = tempfile::Builder::new().prefix("weir-gcs-").tempdir().map_err(system("make a directory"))?;
        crate::process::remove_when_killed(directory.path()).map_err(system("start the watchdog"))?;
        let [port] = workspace::free_ports().map_err(system("find a free port"))?;
        let mut command = Command::new(program);
        command.args(["127.0.0.1", &port.to_string()]);
        let process = Process::start("gcs", command, &directory.path().join("gcs.log"))?;
        let address = format!("http://127.0.0.1:{port}");
        let mut store = Self { address, client: reqwest::Client::new(), process, _directory: directory };
        store.wait_until_ready().await?;
        Ok(store)
    }

    async fn wait_until_ready(&mut self) -> Result<(), GoogleStoreError> {
        let deadline = Instant::now() + READY_WITHIN;
        let url = format!("{}/storage/v1/b?project=test", self.address);
        while Instant::now() < deadline && self.process.ended().is_none() {
            if self.client.get(&url).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(GoogleStoreError::NotReady(self.process.log_tail(20)))
    }

    /// Scheme, host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Makes an empty bucket.
    ///
    /// # Errors
    /// When the store does not.
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), GoogleStoreError> {
        let url = format!("{}/storage/v1/b?project=test", self.address);
        let request = self.client.post(url).header("content-type", "application/json");
        self.send(request.body(format!(r#"{{"name":"{bucket}"}}"#))).await
    }

    /// Stores an object, instead of an earlier one of that key.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn put(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) -> Result<(), GoogleStoreError> {
        let url = format!("{}/upload/storage/v1/b/{bucket}/o", self.address);
        let request = self.client.post(url).query(&[("uploadType", "media"), ("name", key)]);
        self.send(request.body(content.as_ref().to_vec())).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<(), GoogleStoreError> {
        let response = request.send().await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(GoogleStoreError::Refused { status: response.status().as_u16(), body: response.text().await? })
    }
}
