//! Signs artifacts as cosign does with a key; the key and the signatures are openssl's.

use crate::signatures::{BUNDLE, attach_payload, attach_referrer};
use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use std::process::Command;
use tempfile::TempDir;
use test_support::RegistryServer;

const STATEMENT: &str = "application/vnd.in-toto+json";

/// A key pair.
pub struct Signer {
    directory: TempDir,
}

impl Signer {
    /// A new one.
    pub fn new() -> anyhow::Result<Self> {
        let signer = Self { directory: tempfile::tempdir()? };
        signer.openssl(&["genpkey", "-out", "key", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])?;
        signer.openssl(&["pkey", "-in", "key", "-pubout", "-out", "key.pub"])?;
        Ok(signer)
    }

    /// The public key, PEM.
    pub fn public_key(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(self.directory.path().join("key.pub")).context("read the key")
    }

    /// Signs an artifact of a registry in the form before cosign 3.
    pub async fn sign(&self, registry: &RegistryServer, repository: &str, digest: &str) -> anyhow::Result<()> {
        let payload = json!({
            "critical": {
                "identity": { "docker-reference": repository },
                "image": { "docker-manifest-digest": digest },
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        let payload = payload.to_string();
        let annotations = json!({ "dev.cosignproject.cosign/signature": self.signature(payload.as_bytes())? });
        attach_payload(registry, (repository, digest), payload.as_bytes(), &annotations).await
    }

    /// Signs an artifact of a registry in the form since cosign 3, listed under the tag of its referrers.
    pub async fn sign_by_bundle(&self, registry: &RegistryServer, repository: &str, digest: &str) -> anyhow::Result<()> {
        let hex = digest.trim_start_matches("sha256:");
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "digest": { "sha256": hex } }],
            "predicateType": "https://sigstore.dev/cosign/sign/v1",
        });
        let statement = statement.to_string();
        let message = format!("DSSEv1 {} {STATEMENT} {} {statement}", STATEMENT.len(), statement.len());
        let signatures = json!([{ "sig": self.signature(message.as_bytes())? }]);
        let payload = BASE64_STANDARD.encode(&statement);
        let envelope = json!({ "payload": payload, "payloadType": STATEMENT, "signatures": signatures });
        let bundle = json!({ "mediaType": BUNDLE, "dsseEnvelope": envelope }).to_string();
        attach_referrer(registry, (repository, digest), BUNDLE, (BUNDLE, bundle.as_bytes())).await
    }

    /// In base64.
    fn signature(&self, message: &[u8]) -> anyhow::Result<String> {
        std::fs::write(self.directory.path().join("message"), message)?;
        self.openssl(&["dgst", "-sha256", "-sign", "key", "-out", "signature", "message"])?;
        Ok(BASE64_STANDARD.encode(std::fs::read(self.directory.path().join("signature"))?))
    }

    fn openssl(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output =
            Command::new("openssl").args(arguments).current_dir(self.directory.path()).output().context("run openssl")?;
        ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}
