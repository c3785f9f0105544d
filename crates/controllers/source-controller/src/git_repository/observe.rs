//! Reads once all that a decision needs: the object, its Secrets, its includes, its artifact on disk.

use super::GitRepositories;
use crate::secrets::{self, SecretRead};
use crate::storage::Stored;
use api::meta::{Artifact, LocalObjectReference};
use api::source::GitRepository;
use jiff::Timestamp;
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use runtime::run::Run;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What was seen.
pub(crate) struct Observation {
    /// The object.
    pub(crate) object: Arc<GitRepository>,
    /// When the run began.
    pub(crate) now: Timestamp,
    /// What became of the artifact in status.
    pub(crate) stored: Stored,
    /// The names of old files that were removed.
    pub(crate) collected: Vec<String>,
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// The Secret of `spec.proxySecretRef`.
    pub(crate) proxy: SecretRead,
    /// The Secret of `spec.verify`.
    pub(crate) keys: SecretRead,
    /// The artifacts of `spec.include`, in its order.
    pub(crate) includes: Vec<Include>,
    /// How long to wait for an include.
    pub(crate) requeue_dependency: Duration,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Observation {
    /// The artifact in status, if it is still what status says.
    pub(crate) fn artifact(&self) -> Option<&Artifact> {
        self.object.status.as_ref()?.artifact.as_ref().filter(|_| self.stored == Stored::Present)
    }
}

/// A GitRepository that is to be included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Include {
    /// There is none of that name.
    NotFound,
    /// It has no artifact.
    NoArtifact,
    /// Its artifact.
    Found(Artifact),
}

impl GitRepositories {
    pub(super) async fn observe(&self, run: &Run<GitRepository>) -> Observation {
        let object = Arc::clone(run.object());
        let namespace = object.namespace().unwrap_or_default();
        let spec = &object.spec;
        let read = |reference: Option<&LocalObjectReference>| {
            let (name, namespace) = (reference.map(|reference| reference.name.clone()), namespace.clone());
            async move { secrets::read(&self.client, &namespace, name.as_deref()).await }
        };
        let (stored, collected) = self.look_at_storage(&object).await;
        let (credentials, proxy, keys) = tokio::join!(
            read(spec.secret_ref.as_ref()),
            read(spec.proxy_secret_ref.as_ref()),
            read(spec.verification.as_ref().map(|verification| &verification.secret_ref)),
        );
        let includes = spec.include.iter().map(|include| self.include(&namespace, &include.git_repository_ref.name)).collect();
        Observation {
            now: run.started(),
            stored,
            collected,
            credentials,
            proxy,
            keys,
            includes,
            requeue_dependency: self.requeue_dependency,
            object_level_identity: self.object_level_identity,
            object,
        }
    }

    async fn look_at_storage(&self, object: &GitRepository) -> (Stored, Vec<String>) {
        let Some(artifact) = object.status.as_ref().and_then(|status| status.artifact.clone()) else {
            return (Stored::Nothing, Vec::new());
        };
        let storage = Arc::clone(&self.storage);
        let looked = tokio::task::spawn_blocking(move || {
            let collected = storage.collect(&artifact, SystemTime::now());
            (storage.check(&artifact), collected)
        });
        match looked.await {
            Ok((stored, Ok(collected))) => (stored, collected),
            Ok((stored, Err(error))) => {
                // As Flux: old files cost space, not correctness; the next run tries again.
                tracing::warn!(error = error_chain(&error), "failed to garbage collect artifacts");
                (stored, Vec::new())
            }
            Err(_) => (Stored::Missing, Vec::new()),
        }
    }

    fn include(&self, namespace: &str, name: &str) -> Include {
        match self.repositories.get(&ObjectKey::new(namespace, name)) {
            None => Include::NotFound,
            Some(found) => match found.status.as_ref().and_then(|status| status.artifact.clone()) {
                None => Include::NoArtifact,
                Some(artifact) => Include::Found(artifact),
            },
        }
    }
}
