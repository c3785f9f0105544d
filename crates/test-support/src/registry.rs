//! An OCI registry: the reference implementation, compiled from its Go module, one process a server.

use crate::certificates::{Authority, TlsError};
use crate::go_program::{GoProgram, GoProgramError};
use crate::process::{Process, ProcessError};
use crate::workspace;
use base64::Engine;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: GoProgram = GoProgram {
    title: "registry",
    note: "distribution, about two minutes from nothing on two processors",
    folder: "e2e/registry",
    files: &["go.mod", "go.sum", "main.go"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// The user that a protected registry knows.
pub const USER: &str = "weir";
/// That user's password.
pub const PASSWORD: &str = "hunter2";
/// The password as `htpasswd -B` stores it.
const HASH: &str = "$2b$04$vlHHnNdOSQESVEtIHxVNLuzcLXurTt.Liq7pGrEsiRGEctBrvjlZC";
/// How long the registry may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Why there is no registry, or why it did not take something.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The program cannot be built.
    #[error("build the registry")]
    Program(#[from] GoProgramError),
    /// It cannot be run.
    #[error("run the registry")]
    Process(#[from] ProcessError),
    /// Its certificate cannot be made.
    #[error("certify the registry")]
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
    #[error("ask the registry")]
    Request(#[from] reqwest::Error),
    /// It ended, or does not become ready; the end of its log.
    #[error("the registry is not ready: {0}")]
    NotReady(String),
    /// It refuses something.
    #[error("the registry answers {status}: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
}

/// What a registry asks of its clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protection {
    /// Whether it wants [`USER`] and [`PASSWORD`].
    pub password: bool,
    /// Whether it speaks TLS, with a certificate of [`RegistryServer::authority_pem`].
    pub tls: bool,
}

/// A running registry. Dropping it stops it and removes what it holds.
#[derive(Debug)]
pub struct RegistryServer {
    address: String,
    protection: Protection,
    authority: Option<Authority>,
    client: reqwest::Client,
    process: Process,
    _directory: TempDir,
}

/// One layer of an artifact.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl RegistryServer {
    /// Starts an empty registry on a free port of loopback.
    ///
    /// # Errors
    /// When it cannot be built or does not become ready.
    pub async fn start(protection: Protection) -> Result<Self, RegistryError> {
        let system = |operation| move |source| RegistryError::System { operation, source };
        let program = tokio::task::spawn_blocking(|| PROGRAM.build());
        let program = program.await.map_err(|error| RegistryError::NotReady(error.to_string()))??;
        let directory = tempfile::Builder::new().prefix("weir-registry-").tempdir().map_err(system("make a directory"))?;
        let path = directory.path();
        crate::process::remove_when_killed(path).map_err(system("start the watchdog"))?;
        let [port, _] = workspace::free_ports().map_err(system("find a free port"))?;
        let address = format!("127.0.0.1:{port}");
        let authority = protection.tls.then(Authority::new).transpose()?;
        let mut http = json!({ "addr": address });
        if let Some(authority) = &authority {
            let issued = authority.issue(&["127.0.0.1", "localhost"])?;
            std::fs::write(path.join("tls.crt"), issued.certificate_pem).map_err(system("write the certificate"))?;
            std::fs::write(path.join("tls.key"), issued.key_pem).map_err(system("write the key"))?;
            http["tls"] = json!({ "certificate": path.join("tls.crt"), "key": path.join("tls.key") });
        }
        let mut configuration = json!({
            "version": "0.1",
            "log": { "accesslog": { "disabled": true }, "level": "warn" },
            "storage": { "inmemory": {}, "delete": { "enabled": true } },
            "http": http,
        });
        if protection.password {
            std::fs::write(path.join("htpasswd"), format!("{USER}:{HASH}\n")).map_err(system("write the password"))?;
            configuration["auth"] = json!({ "htpasswd": { "realm": "weir", "path": path.join("htpasswd") } });
        }
        // JSON is YAML.
        let file = path.join("config.yml");
        std::fs::write(&file, configuration.to_string()).map_err(system("write the configuration"))?;
        let mut command = Command::new(program);
        command.arg("serve").arg(&file).env("OTEL_TRACES_EXPORTER", "none");
        let process = Process::start("registry", command, &path.join("registry.log"))?;
        let mut client = reqwest::Client::builder();
        if let Some(authority) = &authority {
            client = client.tls_certs_merge(reqwest::Certificate::from_pem_bundle(authority.certificate_pem().as_bytes())?);
        }
        let client = client.build()?;
        let mut server = Self { address, protection, authority, client, process, _directory: directory };
        server.wait_until_ready().await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self) -> Result<(), RegistryError> {
        let deadline = Instant::now() + READY_WITHIN;
        let url = format!("{}/v2/", self.origin());
        while Instant::now() < deadline && self.process.ended().is_none() {
            if self.client.get(&url).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(RegistryError::NotReady(self.process.log_tail(20)))
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `oci://` and the address of a repository.
    pub fn url(&self, repository: &str) -> String {
        format!("oci://{}/{repository}", self.address)
    }

    /// The certificate of the authority that clients must trust; `None` without TLS.
    pub fn authority_pem(&self) -> Option<String> {
        self.authority.as_ref().map(Authority::certificate_pem)
    }

    /// A `.dockerconfigjson` with which clients may come in.
    pub fn docker_config(&self) -> String {
        let auth = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
        json!({ "auths": { &self.address: { "auth": auth } } }).to_string()
    }

    /// Ends the process; from now on nobody answers.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// Stores an artifact of these layers under a tag; gives its digest.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push(
        &self,
        repository: &str,
        tag: &str,
        layers: &[Layer],
        annotations: &[(&str, &str)],
    ) -> Result<String, RegistryError> {
        let mut descriptors = Vec::new();
        for layer in layers {
            let digest = self.push_blob(repository, &layer.content).await?;
            descriptors.push(json!({ "mediaType": layer.media_type, "digest": digest, "size": layer.content.len() }));
        }
        let config = self.push_blob(repository, b"{}").await?;
        let annotations: BTreeMap<_, _> = annotations.iter().copied().collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.cncf.flux.config.v1+json", "digest": config, "size": 2 },
            "layers": descriptors,
            "annotations": annotations,
        });
        self.push_manifest(repository, tag, &manifest).await
    }

    /// Stores a manifest under a tag, or without one where `tag` is empty; gives its digest.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push_manifest(&self, repository: &str, tag: &str, manifest: &Value) -> Result<String, RegistryError> {
        let bytes = manifest.to_string().into_bytes();
        let digest = digest(&bytes);
        let reference = if tag.is_empty() { &digest } else { tag };
        let url = format!("{}/v2/{repository}/manifests/{reference}", self.origin());
        let media_type = manifest["mediaType"].as_str().unwrap_or(MANIFEST);
        self.send(self.client.put(url).header("content-type", media_type).body(bytes)).await?;
        Ok(digest)
    }

    /// Stores content; gives its digest.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn push_blob(&self, repository: &str, content: &[u8]) -> Result<String, RegistryError> {
        let digest = digest(content);
        let started = self.send(self.client.post(format!("{}/v2/{repository}/blobs/uploads/", self.origin()))).await?;
        let location = started.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let absolute = if location.starts_with('/') { format!("{}{location}", self.origin()) } else { location.to_owned() };
        let separator = if absolute.contains('?') { '&' } else { '?' };
        let url = format!("{absolute}{separator}digest={digest}");
        self.send(self.client.put(url).header("content-type", "application/octet-stream").body(content.to_vec())).await?;
        Ok(digest)
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> Result<reqwest::Response, RegistryError> {
        if self.protection.password {
            request = request.basic_auth(USER, Some(PASSWORD));
        }
        let response = request.send().await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(RegistryError::Refused { status: response.status().as_u16(), body: response.text().await? })
    }

    fn origin(&self) -> String {
        format!("{}://{}", if self.protection.tls { "https" } else { "http" }, self.address)
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
