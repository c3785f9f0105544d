//! Who may talk to a test's API server: its certificate, the key of service account tokens, one administrator, and their kubeconfig.

use crate::certificates::{Authority, TlsError};
use base64::Engine;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

/// Paths of the files that the components read.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) server_certificate: PathBuf,
    pub(super) server_key: PathBuf,
    pub(super) service_account_public: PathBuf,
    pub(super) service_account_private: PathBuf,
    pub(super) authority: PathBuf,
    pub(super) tokens: PathBuf,
    authority_pem: String,
    token: String,
}

/// Why credentials cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A key or a certificate cannot be made.
    #[error("make the API server's certificates")]
    Tls(#[from] TlsError),
    /// A file cannot be written.
    #[error("write {path}")]
    Write {
        /// Which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Credentials {
    /// Makes new ones in `directory`.
    pub(super) fn create(directory: &Path) -> Result<Self, CredentialsError> {
        let authority = Authority::new()?;
        let server = authority.issue(&[
            "localhost",
            "127.0.0.1",
            "10.0.0.1",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
        ])?;
        let accounts = authority.issue(&["service-accounts"])?;
        let token = random_token();
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            std::fs::write(&path, text)
                .map_err(|source| CredentialsError::Write { path: path.display().to_string(), source })
                .map(|()| path)
        };
        Ok(Self {
            server_certificate: write("server.crt", &server.certificate_pem)?,
            server_key: write("server.key", &server.key_pem)?,
            service_account_public: write("service-account.pub", &accounts.public_key_pem)?,
            service_account_private: write("service-account.key", &accounts.key_pem)?,
            authority: write("ca.crt", &authority.certificate_pem())?,
            tokens: write("tokens.csv", &format!("{token},admin,admin,system:masters\n"))?,
            authority_pem: authority.certificate_pem(),
            token,
        })
    }

    /// The text of a kubeconfig for the administrator that needs no other file.
    pub(super) fn kubeconfig(&self, server: &str) -> String {
        let authority = base64::engine::general_purpose::STANDARD.encode(&self.authority_pem);
        let value = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "weir", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "weir", "context": {"cluster": "weir", "user": "admin"}}],
            "current-context": "weir",
        });
        // JSON is YAML.
        format!("{value:#}\n")
    }
}

/// The standard library's hashers are seeded by the system's randomness: enough for a token that lives as long as a test.
fn random_token() -> String {
    (0..2).map(|part: u8| format!("{:016x}", RandomState::new().hash_one(part))).collect()
}
