//! Pushing an image to a registry, as whom the Docker configuration says.

use super::layout::{Layout, MANIFEST};
use anyhow::Context;
use oci_client::{Content, Credentials, DockerConfig, Limits, OciClient, Options, Reference, Repository, Tls};
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take: layers have tens of megabytes.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Pushes what the registry does not have, the manifest last. `address` is `HOST[:PORT]/PATH`.
pub(super) async fn push(layout: &Layout, address: &str, tag: &str, insecure: bool) -> anyhow::Result<()> {
    let repository = Repository::parse(address).with_context(|| format!("read {address}"))?;
    let options =
        Options { credentials: credentials(&repository)?, tls: Tls::default(), proxy: None, insecure, timeout: TIMEOUT };
    let user_agent = concat!("weir/", env!("CARGO_PKG_VERSION"));
    let registry = OciClient::new(user_agent, Limits::default()).repository(&repository, &options)?;
    let manifest = Content { media_type: MANIFEST.to_owned(), bytes: layout.manifest.content.clone().into() };
    let blobs: Vec<Content> = layout.blobs.iter().map(|blob| Content::blob(blob.content.clone())).collect();
    registry.push(&Reference::tag(tag)?, &manifest, &blobs).await.map(drop).context("write to the registry")
}

/// What `docker login` left in `config.json` of `$DOCKER_CONFIG` or `~/.docker`; anonymous where it knows nothing of the registry.
fn credentials(repository: &Repository) -> anyhow::Result<Credentials> {
    let directory = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let directory = directory.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
    let Some(file) = directory.map(|directory| directory.join("config.json")).filter(|file| file.exists()) else {
        return Ok(Credentials::Anonymous);
    };
    let text = std::fs::read(&file).with_context(|| format!("read {}", file.display()))?;
    let config = DockerConfig::parse(&text).with_context(|| format!("read {}", file.display()))?;
    Ok(config.credentials(repository).cloned().unwrap_or(Credentials::Anonymous))
}
