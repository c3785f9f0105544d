//! An object store that speaks S3 and checks signatures: Versity's gateway over files, compiled from its Go module, one process a
//! server.

use crate::certificates::{Authority, TlsError};
use crate::go_program::{GoProgram, GoProgramError};
use crate::process::{Process, ProcessError};
use crate::workspace;
use aws_signature::{Credentials, Request, Scope, sign};
use jiff::Timestamp;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: GoProgram = GoProgram {
    title: "object store",
    note: "Versity's gateway, about two minutes from nothing on two processors",
    folder: "e2e/s3",
    files: &["go.mod", "go.sum", "main.go"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// The access key of the one user.
pub const ACCESS_KEY: &str = "weir";
/// That user's secret key.
pub const SECRET_KEY: &str = "S3NTINEL-hunter2";
/// How long the store may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Why there is no object store, or why it did not take something.
#[derive(Debug, thiserror::Error)]
pub enum ObjectStoreError {
    /// The program cannot be built.
    #[error("build the object store")]
    Program(#[from] GoProgramError),
    /// It cannot be run.
    #[error("run the object store")]
    Process(#[from] ProcessError),
    /// Its certificate cannot be made.
    #[error("certify the object store")]
    Certificate(#[from] TlsError),
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
    #[error("ask the object store")]
    Request(#[from] reqwest::Error),
    /// It ended, or does not become ready; the end of its log.
    #[error("the object store is not ready: {0}")]
    NotReady(String),
    /// It refuses something.
    #[error("the object store answers {status}: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
}

/// A running object store. Dropping it stops it and removes what it holds.
#[derive(Debug)]
pub struct ObjectStore {
    endpoint: String,
    authority: Option<Authority>,
    client: reqwest::Client,
    process: Process,
    _directory: TempDir,
}

impl ObjectStore {
    /// Starts an empty store on a free port of loopback, that speaks plain HTTP.
    ///
    /// # Errors
    /// When it cannot be built or does not become ready.
    pub async fn start() -> Result<Self, ObjectStoreError> {
        Self::start_with(None).await
    }

    /// Starts an empty store that speaks TLS, with a certificate of [`ObjectStore::authority_pem`].
    ///
    /// # Errors
    /// As [`ObjectStore::start`].
    pub async fn start_with_tls() -> Result<Self, ObjectStoreError> {
        Self::start_with(Some(Authority::new()?)).await
    }

    async fn start_with(authority: Option<Authority>) -> Result<Self, ObjectStoreError> {
        let system = |operation| move |source| ObjectStoreError::System { operation, source };
        let program = tokio::task::spawn_blocking(|| PROGRAM.build());
        let program = program.await.map_err(|error| ObjectStoreError::NotReady(error.to_string()))??;
        let directory = tempfile::Builder::new().prefix("weir-s3-").tempdir().map_err(system("make a directory"))?;
        let path = directory.path();
        crate::process::remove_when_killed(path).map_err(system("start the watchdog"))?;
        let [port] = workspace::free_ports().map_err(system("find a free port"))?;
        let endpoint = format!("127.0.0.1:{port}");
        let mut command = Command::new(program);
        command.arg(&endpoint).arg(path.join("store"));
        let mut client = reqwest::Client::builder();
        if let Some(authority) = &authority {
            let issued = authority.issue(&["127.0.0.1", "localhost"])?;
            std::fs::write(path.join("tls.crt"), issued.certificate_pem).map_err(system("write the certificate"))?;
            std::fs::write(path.join("tls.key"), issued.key_pem).map_err(system("write the key"))?;
            command.arg(path.join("tls.crt")).arg(path.join("tls.key"));
            client = client.tls_certs_merge(reqwest::Certificate::from_pem_bundle(authority.certificate_pem().as_bytes())?);
        }
        command.env("ROOT_ACCESS_KEY", ACCESS_KEY).env("ROOT_SECRET_KEY", SECRET_KEY);
        let process = Process::start("s3", command, &path.join("s3.log"))?;
        let mut store = Self { endpoint, authority, client: client.build()?, process, _directory: directory };
        store.wait_until_ready().await?;
        Ok(store)
    }

    async fn wait_until_ready(&mut self) -> Result<(), ObjectStoreError> {
        let deadline = Instant::now() + READY_WITHIN;
        let url = format!("{}://{}/", self.scheme(), self.endpoint);
        while Instant::now() < deadline && self.process.ended().is_none() {
            if self.client.get(&url).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(ObjectStoreError::NotReady(self.process.log_tail(20)))
    }

    /// Host and port.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The certificate of the store's authority, PEM; empty without TLS.
    pub fn authority_pem(&self) -> String {
        self.authority.as_ref().map(Authority::certificate_pem).unwrap_or_default()
    }

    /// Makes an empty bucket.
    ///
    /// # Errors
    /// When the store does not.
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), ObjectStoreError> {
        self.send("PUT", &format!("/{bucket}"), b"").await
    }

    /// Stores an object, instead of an earlier one of that key.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn put(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) -> Result<(), ObjectStoreError> {
        self.send("PUT", &format!("/{bucket}/{key}"), content.as_ref()).await
    }

    /// Removes an object.
    ///
    /// # Errors
    /// When the store does not.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), ObjectStoreError> {
        self.send("DELETE", &format!("/{bucket}/{key}"), b"").await
    }

    /// Ends the process; from now on nobody answers.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    async fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<(), ObjectStoreError> {
        let credentials =
            Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.as_bytes().to_vec(), session_token: None };
        let request = Request { method, host: &self.endpoint, path, query: &[], headers: &[], body };
        let signed = sign(&request, &credentials, &Scope { region: "us-east-1", service: "s3", time: Timestamp::now() });
        let url = format!("{}://{}{}", self.scheme(), self.endpoint, signed.path_and_query);
        let method = if method == "PUT" { reqwest::Method::PUT } else { reqwest::Method::DELETE };
        let request =
            signed.headers.iter().fold(self.client.request(method, url), |request, (name, value)| request.header(name, value));
        let response = request.body(body.to_vec()).send().await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(ObjectStoreError::Refused { status: response.status().as_u16(), body: response.text().await? })
    }

    fn scheme(&self) -> &'static str {
        if self.authority.is_some() { "https" } else { "http" }
    }
}
