//! Reads once all that a decision needs: the object, its Secrets, whether tags are known.

use super::ImageRepositories;
use crate::registry::{self, RegistrySecrets};
use api::image::ImageRepository;
use jiff::Timestamp;
use oci_client::Repository;
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use runtime::run::Run;
use std::sync::Arc;

/// What was seen.
pub(crate) struct Observation {
    /// The object.
    pub(crate) object: Arc<ImageRepository>,
    /// Its key.
    pub(crate) key: ObjectKey,
    /// When the run began.
    pub(crate) now: Timestamp,
    /// The value of `reconcile.fluxcd.io/requestedAt`.
    pub(crate) requested_at: Option<String>,
    /// The repository that it names; the failure in words.
    pub(crate) repository: Result<Repository, String>,
    /// The Secrets that it names.
    pub(crate) secrets: RegistrySecrets,
    /// Whether any of its tags are known; the failure in words.
    pub(crate) has_tags: Result<bool, String>,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl ImageRepositories {
    pub(super) async fn observe(&self, run: &Run<ImageRepository>) -> Observation {
        let object = Arc::clone(run.object());
        let repository = registry::repository(&object.spec.image);
        let secrets = RegistrySecrets::read(&self.client, &object).await;
        let has_tags = match &repository {
            Ok(repository) => self.has_tags(run.key().clone(), repository.to_string()).await,
            Err(_) => Ok(false),
        };
        Observation {
            key: run.key().clone(),
            now: run.started(),
            requested_at: run.requested_at().map(str::to_owned),
            repository,
            secrets,
            has_tags,
            object_level_identity: self.object_level_identity,
            object,
        }
    }

    async fn has_tags(&self, key: ObjectKey, image: String) -> Result<bool, String> {
        let tags = Arc::clone(&self.tags);
        let read = tokio::task::spawn_blocking(move || tags.has_tags(&key, &image)).await;
        read.map_err(|error| error.to_string())?.map_err(|error| error_chain(&error))
    }
}
