//! Asks the registry, pulls what is new, stores it. What is wanted is decided elsewhere.

use super::OciRepositories;
use super::decide::{self, Question, Wanted};
use crate::source::{self, Failure, Made, Reached, Seen, Verified};
use crate::storage::{Content, Storage};
use crate::verification::{self, Subject, Verdict};
use api::meta::{Artifact, Reason};
use api::source::{OciLayerOperation, OciRepository, OciRepositoryStatus};
use artifact::ArtifactPath;
use artifact::archive;
use artifact::ignore::IgnoreRules;
use cloud_identity::Provider;
use kube::ResourceExt;
use oci_client::{Credentials, Descriptor, Manifest, Reference, Registry};
use runtime::error_chain::error_chain;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of a layer.
const LAYER_BYTES: u64 = 512 << 20;
/// Annotations of a manifest that say what it was made from.
const ORIGIN_SOURCE: &str = "org.opencontainers.image.source";
const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";

impl OciRepositories {
    pub(super) async fn act(
        &self,
        mut question: Question,
        seen: &Seen<OciRepository>,
    ) -> Result<Made<OciRepositoryStatus>, Failure> {
        let object = &seen.object;
        if let Some(provider) = question.login {
            question.options.credentials = self.log_in(provider, &question, object).await?;
        }
        let registry = self.registries.repository(&question.repository, &question.options).map_err(|error| {
            let message = format!("failed to generate transport for '{}': {}", object.spec.url, error_chain(&error));
            Failure::fetch(Reason::AuthenticationFailed, message)
        })?;
        let reference = tag(&registry, &question.wanted).await.map_err(|error| {
            let message = format!("failed to determine the artifact tag for '{}': {error}", object.spec.url);
            Failure::fetch(Reason::ReadOperationFailed, message)
        })?;
        let (revision, digest) = revision(&registry, &reference).await?;
        let outdated = (!seen.has_revision(&revision)).then(|| {
            let separator = if matches!(reference, Reference::Digest(_)) { '@' } else { ':' };
            format!("new revision '{revision}' for '{}{separator}{}'", question.repository, reference.as_str())
        });
        let reached = outdated.clone().map_or(Reached::Origin, Reached::New);
        let named = format!("{}:{}", question.repository, reference.as_str());
        let verified = match &question.signature {
            verification::Wanted::Nothing => Ok(Verified::NotWanted),
            verification::Wanted::Refused(why) => Err(why.clone()),
            _ if decide::is_verified(object, outdated.is_none()) => Ok(Verified::Before),
            wanted => {
                let subject = Subject { repository: &question.repository, digest: &digest, name: named, now: seen.now };
                verification::verify(&registry, &subject, wanted).await.map(|verdict| match verdict {
                    Verdict::Verified => Verified::Now(format!("verified signature of revision {revision}")),
                    Verdict::PassedOver => Verified::NotWanted,
                })
            }
        };
        let verified = verified.map_err(|why| decide::unverified(object, &why).at(reached.clone()))?;
        if outdated.is_none() && !content_changed(object) {
            return Ok(Made { verified, ..unchanged(seen, &revision) });
        }
        let (manifest, layer) = pull(&registry, object, &digest).await.map_err(|failure| failure.at(reached))?;
        let artifact = self.store(seen, (&revision, &digest), (manifest.annotations, layer)).await;
        let artifact = artifact.map_err(|failure| match failure.reached {
            Reached::Storage(_) => failure.at(Reached::Storage(outdated)),
            _ => failure.at(outdated.map_or(Reached::Origin, Reached::New)),
        })?;
        Ok(Made { verified, ..stored(object, artifact) })
    }

    /// Who this process is to the registry of a cloud.
    async fn log_in(&self, provider: Provider, question: &Question, object: &OciRepository) -> Result<Credentials, Failure> {
        let (registry, proxy) = (question.repository.registry(), question.options.proxy.as_ref());
        let identities = self.identification.of("OCIRepository", object);
        let (username, password) = identities.registry_login(provider, registry, proxy).await.map_err(|error| {
            let message = format!("failed to get credential from {}: {}", provider.as_str(), error_chain(&error));
            Failure::fetch(Reason::AuthenticationFailed, message)
        })?;
        Ok(Credentials::Basic { username, password })
    }

    /// Stores the layer: its files without those that are ignored, or its bytes.
    async fn store(
        &self,
        seen: &Seen<OciRepository>,
        (revision, digest): (&str, &str),
        (annotations, layer): (BTreeMap<String, String>, bytes::Bytes),
    ) -> Result<Artifact, Failure> {
        let (storage, object, now) = (Arc::clone(&self.storage), Arc::clone(&seen.object), seen.now);
        let (namespace, name) = (seen.namespace(), object.name_any());
        let path = ArtifactPath::new("OCIRepository", &namespace, &name, &format!("{digest}.tar.gz"))
            .map_err(|error| Failure::storage(Reason::ArchiveOperationFailed, error.to_string()))?;
        let revision = revision.to_owned();
        let work = move || store(&storage, &object, (&path, &revision, now), &layer);
        let artifact = tokio::task::spawn_blocking(work).await;
        let artifact =
            artifact.unwrap_or_else(|error| Err(Failure::storage(Reason::ArchiveOperationFailed, error.to_string())))?;
        Ok(Artifact { metadata: annotations, ..artifact })
    }
}

/// Runs on a blocking thread.
fn store(
    storage: &Storage,
    object: &OciRepository,
    (path, revision, now): (&ArtifactPath, &str, jiff::Timestamp),
    layer: &[u8],
) -> Result<Artifact, Failure> {
    let operation = object.spec.layer_selector.as_ref().map(api::source::OciLayerSelector::operation).unwrap_or_default();
    let written = match operation {
        OciLayerOperation::Copy => storage.write(path, revision, Content::Bytes(layer), now),
        OciLayerOperation::Extract => {
            let files = archive::read(layer, &archive::Limits::default()).map_err(|error| {
                let message = format!("failed to extract layer contents from artifact: {}", error_chain(&error));
                Failure::fetch(Reason::OciArtifactLayerOperationFailed, message)
            })?;
            let rules = IgnoreRules::load(&files, object.spec.ignore.as_deref()).map_err(|error| {
                let message = format!("failed to load source ignore patterns from repository: {}", error_chain(&error));
                Failure::storage(Reason::SourceIgnoreError, message).under(None)
            })?;
            storage.write(path, revision, Content::Files(&files, &rules), now)
        }
    };
    let artifact = written.map_err(|error| Failure::of_storage(&error))?;
    source::link_latest::<OciRepositories>(storage, &artifact);
    Ok(artifact)
}

async fn tag(registry: &Registry, wanted: &Wanted) -> Result<Reference, String> {
    match wanted {
        Wanted::Reference(reference) => Ok(reference.clone()),
        Wanted::Highest(range) => {
            let tags = registry.list_tags().await.map_err(|error| error_chain(&error))?;
            let tag = range.highest(&tags).ok_or_else(|| format!("no match found for semver: {}", range.text))?;
            Reference::tag(&tag).map_err(|error| error.to_string())
        }
    }
}

/// The revision that status names, and the digest in it.
async fn revision(registry: &Registry, reference: &Reference) -> Result<(String, String), Failure> {
    let resolved = registry.resolve(reference).await.map_err(|error| {
        let message = format!("failed to determine artifact digest: {}", error_chain(&error));
        Failure::fetch(Reason::OciArtifactPullFailed, message)
    })?;
    let revision = match reference {
        Reference::Tag(tag) => format!("{tag}@{}", resolved.digest),
        Reference::Digest(digest) => digest.clone(),
    };
    Ok((revision, resolved.digest))
}

async fn pull(registry: &Registry, object: &OciRepository, digest: &str) -> Result<(Manifest, bytes::Bytes), Failure> {
    let failed = |reason, message| Failure::fetch(reason, message);
    let manifest = registry.manifest(&Reference::Digest(digest.to_owned())).await.map_err(|error| {
        let message = format!("failed to pull artifact from '{}': {}", object.spec.url, error_chain(&error));
        failed(Reason::OciArtifactPullFailed, message)
    })?;
    let layer = select(&manifest, object).map_err(|message| failed(Reason::OciArtifactLayerOperationFailed, message))?;
    let bytes = registry.blob(layer, LAYER_BYTES).await.map_err(|error| {
        let message = format!("failed to extract layer contents from artifact: {}", error_chain(&error));
        failed(Reason::OciArtifactLayerOperationFailed, message)
    })?;
    Ok((manifest, bytes))
}

fn select<'m>(manifest: &'m Manifest, object: &OciRepository) -> Result<&'m Descriptor, String> {
    let first = manifest.layers.first().ok_or("no layers found in artifact")?;
    match object.spec.layer_selector.as_ref().and_then(|selector| selector.media_type.as_deref()) {
        None => Ok(first),
        Some(wanted) => manifest
            .layers
            .iter()
            .find(|layer| layer.media_type == wanted)
            .ok_or_else(|| format!("failed to find layer with media type '{wanted}' in artifact")),
    }
}

/// Whether what makes up the content, besides the revision, differs from what the stored artifact was made of.
fn content_changed(object: &OciRepository) -> bool {
    let none = OciRepositoryStatus::default();
    let status = object.status.as_ref().unwrap_or(&none);
    object.spec.ignore != status.observed_ignore || object.spec.layer_selector != status.observed_layer_selector
}

fn unchanged(seen: &Seen<OciRepository>, revision: &str) -> Made<OciRepositoryStatus> {
    let event = seen.artifact().map(|artifact| event(&seen.object, artifact)).unwrap_or_default();
    Made {
        artifact: None,
        in_storage: (Reason::Succeeded, format!("stored artifact for digest '{revision}'")),
        event_reason: Reason::NewArtifact,
        event,
        unchanged: format!("artifact up-to-date with remote revision: '{revision}'"),
        verified: Verified::NotWanted,
        observe: Box::new(|_| {}),
    }
}

fn stored(object: &OciRepository, artifact: Artifact) -> Made<OciRepositoryStatus> {
    let (ignore, selector) = (object.spec.ignore.clone(), object.spec.layer_selector.clone());
    Made {
        in_storage: (Reason::Succeeded, format!("stored artifact for digest '{}'", artifact.revision)),
        event_reason: Reason::NewArtifact,
        event: event(object, &artifact),
        unchanged: format!("artifact up-to-date with remote revision: '{}'", artifact.revision),
        verified: Verified::NotWanted,
        observe: Box::new(move |status| (status.observed_ignore, status.observed_layer_selector) = (ignore, selector)),
        artifact: Some(artifact),
    }
}

fn event(object: &OciRepository, artifact: &Artifact) -> String {
    let mut message = format!("stored artifact with revision '{}' from '{}'", artifact.revision, object.spec.url);
    for (key, name) in [(ORIGIN_SOURCE, "source"), (ORIGIN_REVISION, "revision")] {
        if let Some(origin) = artifact.metadata.get(key) {
            message.push_str(&format!(", origin {name} '{origin}'"));
        }
    }
    message
}
