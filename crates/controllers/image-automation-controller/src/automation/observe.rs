//! Reads once all that a decision needs: the automation, the policies of its namespace, its repository, the Secrets of both.

use super::{Automations, Rules};
use crate::source::SourceSecrets;
use crate::watches::repository_of;
use api::image::{ImagePolicy, ImageUpdateAutomation};
use api::source::GitRepository;
use jiff::Timestamp;
use kube::{Api, ResourceExt};
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use runtime::run::Run;
use runtime::secrets::{self, SecretRead};
use std::sync::Arc;

/// What was seen.
pub(crate) struct Observation {
    /// The object.
    pub(crate) object: Arc<ImageUpdateAutomation>,
    /// When the run began.
    pub(crate) now: Timestamp,
    /// The policies of its namespace, by name.
    pub(crate) policies: Vec<Arc<ImagePolicy>>,
    /// The name of its repository.
    pub(crate) source: ObjectKey,
    /// Its repository.
    pub(crate) repository: Found,
    /// The Secrets that the repository names.
    pub(crate) secrets: SourceSecrets,
    /// The Secret with the key that signs.
    pub(crate) signing: SecretRead,
    /// What the operator decided.
    pub(crate) rules: Rules,
}

impl Observation {
    /// Whether the repository is in another namespace and may not be.
    pub(crate) fn is_blocked(&self) -> bool {
        self.rules.no_cross_namespace_refs && self.object.namespace().as_deref() != Some(&*self.source.namespace)
    }
}

/// The repository that an automation names.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// It is there.
    Repository(Arc<GitRepository>),
    /// It is not.
    Nothing,
    /// It cannot be read; in words.
    Failed(String),
}

impl Automations {
    pub(super) async fn observe(&self, run: &Run<ImageUpdateAutomation>) -> Observation {
        let object = Arc::clone(run.object());
        self.policies.synced().await;
        let mut policies = self.policies.all();
        policies.retain(|policy| policy.namespace() == object.namespace());
        let mut seen = Observation {
            now: run.started(),
            policies,
            source: repository_of(&object),
            repository: Found::Nothing,
            secrets: SourceSecrets { credentials: SecretRead::NotWanted, proxy: SecretRead::NotWanted },
            signing: SecretRead::NotWanted,
            rules: self.rules,
            object,
        };
        if seen.is_blocked() {
            return seen;
        }
        seen.repository = self.repository(&seen.source).await;
        if let Found::Repository(repository) = &seen.repository {
            let spec = &repository.spec;
            let read = |reference: Option<&api::meta::LocalObjectReference>| {
                let name = reference.map(|reference| reference.name.clone());
                let namespace = seen.source.namespace.clone();
                async move { secrets::read(&self.client, &namespace, name.as_deref()).await }
            };
            let (credentials, proxy) = tokio::join!(read(spec.secret_ref.as_ref()), read(spec.proxy_secret_ref.as_ref()));
            seen.secrets = SourceSecrets { credentials, proxy };
        }
        let key = seen.object.spec.git.as_ref().and_then(|git| git.commit.signing_key.as_ref());
        if let Some(name) = key.map(|key| key.secret_ref.name.clone()) {
            let namespace = seen.object.namespace().unwrap_or_default();
            seen.signing = secrets::read(&self.client, &namespace, Some(&name)).await;
        }
        seen
    }

    async fn repository(&self, key: &ObjectKey) -> Found {
        match Api::<GitRepository>::namespaced(self.client.clone(), &key.namespace).get_opt(&key.name).await {
            Ok(Some(found)) => Found::Repository(Arc::new(found)),
            Ok(None) => Found::Nothing,
            Err(error) => Found::Failed(error_chain(&error)),
        }
    }
}
