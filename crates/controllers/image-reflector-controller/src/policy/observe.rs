//! Reads once all that a decision needs: the policy, its repository, whether it may refer to that, the tags.

use super::ImagePolicies;
use crate::registry::{self, RegistrySecrets};
use crate::watches::repository_of;
use api::image::{ImagePolicy, ImageRepository, ReflectionPolicy};
use image_policy::Tags;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt};
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use runtime::run::Run;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What was seen.
pub(crate) struct Observation {
    /// The object.
    pub(crate) object: Arc<ImagePolicy>,
    /// The name of its repository.
    pub(crate) reference: ObjectKey,
    /// Its repository.
    pub(crate) repository: Found,
    /// The labels of its namespace, where the repository is in another one; the failure in words.
    pub(crate) labels: Result<BTreeMap<String, String>, String>,
    /// The tags that are known of the repository; the failure in words.
    pub(crate) tags: Result<Tags, String>,
    /// The Secrets that the repository names; only where a digest may be wanted.
    pub(crate) secrets: Option<RegistrySecrets>,
    /// `--no-cross-namespace-refs`.
    pub(crate) no_cross_namespace_refs: bool,
    /// How long to wait for tags.
    pub(crate) requeue_dependency: Duration,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Observation {
    /// Whether the repository is in another namespace.
    pub(crate) fn crosses_namespaces(&self) -> bool {
        self.object.namespace().as_deref() != Some(&*self.reference.namespace)
    }
}

/// The repository that a policy names.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// It is there.
    Repository(Arc<ImageRepository>),
    /// It is not.
    Nothing,
    /// It cannot be read; in words.
    Failed(String),
}

impl ImagePolicies {
    pub(super) async fn observe(&self, run: &Run<ImagePolicy>) -> Observation {
        let object = Arc::clone(run.object());
        let reference = repository_of(&object);
        let mut seen = Observation {
            reference,
            repository: Found::Nothing,
            labels: Ok(BTreeMap::new()),
            tags: Ok(Tags::default()),
            secrets: None,
            no_cross_namespace_refs: self.no_cross_namespace_refs,
            requeue_dependency: self.requeue_dependency,
            object_level_identity: self.object_level_identity,
            object,
        };
        if seen.crosses_namespaces() {
            if self.no_cross_namespace_refs {
                return seen;
            }
            seen.labels = self.labels(&seen.object).await;
        }
        seen.repository = self.repository(&seen.reference).await;
        if let Found::Repository(repository) = &seen.repository {
            seen.tags = self.tags_of(repository, seen.reference.clone()).await;
            if seen.object.spec.digest_reflection_policy.unwrap_or_default() != ReflectionPolicy::Never {
                seen.secrets = Some(RegistrySecrets::read(&self.client, repository).await);
            }
        }
        seen
    }

    /// From the watch; from the API server where the watch does not know it, as it may not have come that far.
    async fn repository(&self, key: &ObjectKey) -> Found {
        if let Some(known) = self.repositories.get(key) {
            return Found::Repository(known);
        }
        let api = Api::<ImageRepository>::namespaced(self.client.clone(), &key.namespace);
        match api.get_opt(&key.name).await {
            Ok(Some(found)) => Found::Repository(Arc::new(found)),
            Ok(None) => Found::Nothing,
            Err(error) => Found::Failed(error_chain(&error)),
        }
    }

    async fn labels(&self, object: &ImagePolicy) -> Result<BTreeMap<String, String>, String> {
        let name = object.namespace().unwrap_or_default();
        let namespace = Api::<Namespace>::all(self.client.clone()).get(&name).await.map_err(|error| error_chain(&error))?;
        Ok(namespace.metadata.labels.unwrap_or_default())
    }

    async fn tags_of(&self, repository: &ImageRepository, key: ObjectKey) -> Result<Tags, String> {
        let Ok(image) = registry::repository(&repository.spec.image) else { return Ok(Tags::default()) };
        let store = Arc::clone(&self.tags);
        let read = tokio::task::spawn_blocking(move || store.read(&key, &image.to_string())).await;
        read.map_err(|error| error.to_string())?.map_err(|error| error_chain(&error))
    }
}
