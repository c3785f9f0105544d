//! Fetches what a source has published, as a consumer does.

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;

/// The files of an artifact, by path.
pub type Files = BTreeMap<String, String>;

/// Downloads the artifact that a source's status names, checks size and digest, and unpacks its files.
pub async fn download(source: &Value) -> anyhow::Result<Files> {
    unpack(&fetch(source).await?)
}

/// Downloads the artifact that a source's status names, and checks size and digest.
pub async fn fetch(source: &Value) -> anyhow::Result<Vec<u8>> {
    let artifact = &source["status"]["artifact"];
    let url = artifact["url"].as_str().with_context(|| format!("there is no artifact: {source:#}"))?;
    let response = reqwest::get(url).await.with_context(|| format!("download {url}"))?;
    let bytes = response.error_for_status().context("download the artifact")?.bytes().await.context("download the artifact")?;
    check(artifact, &bytes)?;
    Ok(bytes.to_vec())
}

/// Fails unless the bytes are what `status.artifact` says.
pub fn check(artifact: &Value, bytes: &[u8]) -> anyhow::Result<()> {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(artifact["digest"] == format!("sha256:{digest}"), "the file has the digest {digest}, status says {artifact}");
    ensure!(artifact["size"] == bytes.len(), "the file has {} bytes, status says {artifact}", bytes.len());
    Ok(())
}

/// The files of an archive.
pub fn unpack(bytes: &[u8]) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    for entry in archive.entries().context("read the archive")? {
        let mut entry = entry.context("read the archive")?;
        if entry.header().entry_type().is_file() {
            let path = entry.path().context("read the archive")?.display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).context("read the archive")?;
            files.insert(path, text);
        }
    }
    Ok(files)
}
