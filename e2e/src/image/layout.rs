//! An image of one layer, and its layout on disk. Format: OCI image specification 1.1. The same files give the same bytes.

use super::root::{Entry, USER};
use anyhow::Context;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A blob and its digest, `sha256:` and 64 hexadecimal digits.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) digest: String,
    pub(super) content: Vec<u8>,
}

impl Blob {
    fn new(content: Vec<u8>) -> Self {
        Self { digest: digest(&content), content }
    }

    fn json(value: &Value) -> Self {
        Self::new(value.to_string().into_bytes())
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({"mediaType": media_type, "digest": self.digest, "size": self.content.len()})
    }
}

/// An image.
#[derive(Debug)]
pub(super) struct Layout {
    /// What the manifest refers to.
    pub(super) blobs: [Blob; 2],
    /// The manifest.
    pub(super) manifest: Blob,
}

impl Layout {
    /// The image that runs `/NAME`.
    pub(super) fn new(name: &str, files: &BTreeMap<String, Entry>) -> anyhow::Result<Self> {
        let archive = archive(files)?;
        let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        gzip.write_all(&archive)?;
        let layer = Blob::new(gzip.finish()?);
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let config = Blob::json(&json!({
            "architecture": architecture,
            "os": "linux",
            "config": {
                "User": format!("{USER}:{USER}"),
                "Entrypoint": [format!("/{name}")],
                "Env": ["SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
                "WorkingDir": "/",
                "Labels": {
                    "org.opencontainers.image.title": name,
                    "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
                    "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
                },
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(&archive)]},
        }));
        let manifest = Blob::json(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(CONFIG),
            "layers": [layer.descriptor(LAYER)],
        }));
        Ok(Self { blobs: [config, layer], manifest })
    }

    /// The digest that names the image.
    pub(super) fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// What a registry keeps of it, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.blobs.iter().map(|blob| blob.content.len()).sum()
    }

    /// Writes the layout into a directory, the index last.
    pub(super) fn write(&self, directory: &Path, tag: &str) -> anyhow::Result<()> {
        let blobs = directory.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).context("make the directory")?;
        for blob in self.blobs.iter().chain([&self.manifest]) {
            let name = blob.digest.split(':').next_back().unwrap_or_default();
            std::fs::write(blobs.join(name), &blob.content).context("write a blob")?;
        }
        std::fs::write(directory.join("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}).to_string())?;
        let mut descriptor = self.manifest.descriptor(MANIFEST);
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        let index =
            json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [descriptor]});
        std::fs::write(directory.join("index.json"), index.to_string()).context("write the index")
    }
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The files as an archive: no times, no owners.
fn archive(files: &BTreeMap<String, Entry>) -> anyhow::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, entry) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        let content: &[u8] = match entry {
            Entry::Directory { mode } => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_mode(*mode);
                &[]
            }
            Entry::File { content, mode } => {
                header.set_entry_type(tar::EntryType::Regular);
                header.set_mode(*mode);
                content
            }
        };
        header.set_size(content.len() as u64);
        let path = if content.is_empty() && matches!(entry, Entry::Directory { .. }) { format!("{path}/") } else { path.clone() };
        archive.append_data(&mut header, path, content)?;
    }
    Ok(archive.into_inner()?)
}
