//! Fetches the index, and stores it where it is new. What is fetched is decided elsewhere.

use super::HelmRepositories;
use super::decide::Question;
use super::size::human_size;
use crate::source::{self, Failure, Made, Reached, Seen, Verified};
use crate::storage::{Content, Storage};
use api::meta::{Artifact, Reason};
use api::source::{HelmRepository, HelmRepositoryStatus};
use artifact::{ArtifactPath, Digest};
use bytes::Bytes;
use helm_repository::Index;
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::sync::Arc;

impl HelmRepositories {
    pub(super) async fn act(
        &self,
        question: Question,
        seen: &Seen<HelmRepository>,
    ) -> Result<Made<HelmRepositoryStatus>, Failure> {
        let Question { repository, index, options } = question;
        self.repositories.check(&options).map_err(|error| {
            let message = format!("failed to construct Helm client's TLS config: {}", error_chain(&error));
            Failure::fetch(Reason::AuthenticationFailed, message)
        })?;
        let fetched = self.repositories.fetch(&repository, &index, &options, self.index_bytes).await.map_err(|error| {
            let message = format!("failed to fetch Helm repository index: {}", error_chain(&error));
            Failure::fetch(Reason::Failed, message)
        })?;
        if let Some(artifact) = seen.artifact().filter(|artifact| is_made_of(artifact, &fetched)) {
            return Ok(made(&seen.object, artifact, false));
        }
        let (storage, object, now) = (Arc::clone(&self.storage), Arc::clone(&seen.object), seen.now);
        let work = move || store(&storage, &object, now, &fetched);
        let artifact = tokio::task::spawn_blocking(work).await;
        let artifact =
            artifact.unwrap_or_else(|error| Err(Failure::storage(Reason::ArchiveOperationFailed, error.to_string())))?;
        Ok(made(&seen.object, &artifact, true))
    }
}

/// Whether an artifact was made of that index.
fn is_made_of(artifact: &Artifact, index: &[u8]) -> bool {
    artifact.revision.parse().is_ok_and(|revision: Digest| revision.verify(index).is_ok())
}

/// Runs on a blocking thread.
fn store(storage: &Storage, object: &HelmRepository, now: jiff::Timestamp, fetched: &Bytes) -> Result<Artifact, Failure> {
    let index = Index::parse(fetched).map_err(|error| {
        let message = format!("failed to load Helm repository from index YAML: failed to load index: {}", error_chain(&error));
        Failure::fetch(Reason::IndexationFailed, message)
    })?;
    let revision = storage.algorithm().digest(fetched);
    let reached = Reached::Storage(Some(format!("new index revision '{revision}'")));
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let path = ArtifactPath::new("HelmRepository", &namespace, &name, &format!("index-{}.yaml", revision.hex()))
        .map_err(|error| Failure::storage(Reason::ArchiveOperationFailed, error.to_string()).at(reached.clone()))?;
    let written = storage.write(&path, &revision.to_string(), Content::Bytes(&index.to_json()), now);
    let artifact = written.map_err(|error| Failure::of_storage(&error).at(reached))?;
    source::link_latest::<HelmRepositories>(storage, &artifact);
    Ok(artifact)
}

fn made(object: &HelmRepository, artifact: &Artifact, new: bool) -> Made<HelmRepositoryStatus> {
    let size = artifact.size.and_then(|size| u64::try_from(size).ok());
    let size = size.map_or_else(|| "unknown size".to_owned(), |size| format!("size {}", human_size(size)));
    Made {
        artifact: new.then(|| artifact.clone()),
        in_storage: (Reason::Succeeded, format!("stored artifact: revision '{}'", artifact.revision)),
        event_reason: Reason::NewArtifact,
        event: format!("stored fetched index of {size} from '{}'", object.spec.url),
        unchanged: format!("artifact up-to-date with remote revision: '{}'", artifact.revision),
        verified: Verified::NotWanted,
        observe: Box::new(|_| {}),
    }
}
