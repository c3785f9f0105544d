//! Reads once where a chart comes from: the object that it names, that one's artifact and Secrets.

use super::HelmCharts;
use crate::helm_repository::{self, Secrets};
use crate::storage::Stored;
use api::meta::Artifact;
use api::source::{HelmChart, HelmChartSourceKind, HelmRepository};
use kube::ResourceExt;
use runtime::queue::ObjectKey;
use std::sync::Arc;

/// Where a chart comes from.
pub(super) enum Origin {
    /// From an object that is not there.
    Missing,
    /// From an object that has no artifact, or whose artifact is not in storage.
    WithoutArtifact,
    /// From a repository of charts.
    Repository {
        /// The repository.
        repository: Arc<HelmRepository>,
        /// What it names.
        secrets: Secrets,
        /// Its index; a registry has none.
        index: Option<Artifact>,
    },
    /// From the content of another source.
    Content(Artifact),
}

impl Origin {
    /// The revision of the source, if it has one.
    pub(super) fn revision(&self) -> Option<&str> {
        match self {
            Self::Missing | Self::WithoutArtifact => None,
            Self::Repository { index, .. } => index.as_ref().map(|index| index.revision.as_str()),
            Self::Content(artifact) => Some(&artifact.revision),
        }
    }
}

impl HelmCharts {
    pub(super) async fn observe(&self, object: &HelmChart) -> Origin {
        let reference = &object.spec.source_ref;
        let key = ObjectKey::new(object.namespace().unwrap_or_default(), reference.name.clone());
        let artifact = match reference.kind {
            HelmChartSourceKind::HelmRepository => {
                self.stores.helm.synced().await;
                let Some(repository) = self.stores.helm.get(&key) else { return Origin::Missing };
                return self.observe_repository(repository).await;
            }
            HelmChartSourceKind::GitRepository => {
                self.stores.git.synced().await;
                let Some(repository) = self.stores.git.get(&key) else { return Origin::Missing };
                repository.status.as_ref().and_then(|status| status.artifact.clone())
            }
            HelmChartSourceKind::Bucket => {
                self.stores.buckets.synced().await;
                let Some(bucket) = self.stores.buckets.get(&key) else { return Origin::Missing };
                bucket.status.as_ref().and_then(|status| status.artifact.clone())
            }
        };
        self.stored(artifact).await.map_or(Origin::WithoutArtifact, Origin::Content)
    }

    async fn observe_repository(&self, repository: Arc<HelmRepository>) -> Origin {
        let index = self.stored(repository.status.as_ref().and_then(|status| status.artifact.clone())).await;
        if index.is_none() && !repository.spec.is_registry() {
            return Origin::WithoutArtifact;
        }
        let secrets = helm_repository::read_secrets(&self.client, &repository).await;
        Origin::Repository { repository, secrets, index }
    }

    /// The artifact, if it is in storage.
    pub(super) async fn stored(&self, artifact: Option<Artifact>) -> Option<Artifact> {
        let artifact = artifact?;
        let storage = Arc::clone(&self.storage);
        let looked = tokio::task::spawn_blocking(move || (storage.check(&artifact) == Stored::Present).then_some(artifact));
        looked.await.ok().flatten()
    }
}
