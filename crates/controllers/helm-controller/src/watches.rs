//! What wakes a HelmRelease besides itself: the source of its chart, and ConfigMaps and Secrets that it reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::helm::{ChartReferenceKind, HelmRelease, ValuesKind};
use api::meta::{Artifact, ConditionType};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use runtime::process::{Process, Scope};
use runtime::queue::{ObjectKey, Queue};
use runtime::store::{Change, Store, key_of};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::helm_release::{digest_of, source_of};
use crate::source::{Kind, Source};

/// Starts all watches; they end when the set is aborted or dropped.
pub(crate) fn start(process: &Process, context: &Arc<Context>, queue: &Queue) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    // The selector is for HelmReleases only.
    let scope = Scope { namespace: process.scope.namespace.clone(), label_selector: None };
    let sources = &context.sources;
    tasks.spawn(watch_sources(sources.charts.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    tasks.spawn(watch_sources(sources.oci.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    if context.policy.external_artifact {
        tasks.spawn(watch_sources(sources.external.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    }
    if !process.flags.feature_gates.enabled("DisableConfigWatchers") {
        let labels = process.flags.watch_configs_label_selector.clone();
        let configs = ConfigWatch { client: process.client.clone(), scope, labels };
        tasks.spawn(configs.clone().run::<ConfigMap>(ValuesKind::ConfigMap, Arc::clone(context), queue.clone()));
        tasks.spawn(configs.run::<Secret>(ValuesKind::Secret, Arc::clone(context), queue.clone()));
    }
    tasks
}

async fn watch_sources<K: Kind>(store: Store<Source<K>>, scope: Scope, context: Arc<Context>, queue: Queue) {
    let mut changes = std::pin::pin!(store.watch(context.client.clone(), &scope));
    while let Some(change) = changes.next().await {
        let Change::Applied { before, now } = change else { continue };
        let Some(artifact) = now.artifact() else { continue };
        if !is_news(before.as_deref(), &now) {
            continue;
        }
        let source = ObjectKey::new(now.namespace().unwrap_or_default(), now.name_any());
        for object in context.objects.all() {
            if wants(&object, K::KIND, &source, artifact) {
                queue.add(key_of(object.as_ref()));
            }
        }
    }
}

/// Whether a source has a new artifact, or has become ready. One that was not known counts: its first version may have been missed.
fn is_news<K: Kind>(before: Option<&Source<K>>, now: &Source<K>) -> bool {
    let Some(before) = before else { return true };
    let revision = |source: &Source<K>| source.artifact().map(|artifact| artifact.revision.clone());
    revision(before) != revision(now) || (!before.is_ready() && now.is_ready())
}

/// Whether an artifact of `source` is news to `object`.
fn wants(object: &HelmRelease, kind: ChartReferenceKind, source: &ObjectKey, artifact: &Artifact) -> bool {
    if source_of(object).is_none_or(|wanted| wanted != (kind, source.clone())) {
        return false;
    }
    let Some(status) = &object.status else { return true };
    let busy_or_done = status.conditions.is_ready() || status.conditions.is_true(ConditionType::Reconciling);
    let has_digest = kind == ChartReferenceKind::OciRepository
        || (kind == ChartReferenceKind::ExternalArtifact && artifact.revision.contains(':'));
    let attempted = if has_digest {
        status.last_attempted_revision_digest.as_deref() == digest_of(&artifact.revision)
    } else {
        status.last_attempted_revision.as_deref() == Some(artifact.revision.as_str())
    };
    !(busy_or_done && attempted)
}

#[derive(Clone)]
struct ConfigWatch {
    client: Client,
    scope: Scope,
    labels: String,
}

impl ConfigWatch {
    /// Wakes HelmReleases that refer to a labelled ConfigMap or Secret when it changes.
    async fn run<K>(self, kind: ValuesKind, context: Arc<Context>, queue: Queue)
    where
        K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned
            + Send
            + 'static,
    {
        let api: Api<PartialObjectMeta<K>> = match &self.scope.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let config = watcher::Config::default().labels(&self.labels).any_semantic();
        let mut events = std::pin::pin!(watcher(api, config).default_backoff());
        let mut versions: BTreeMap<ObjectKey, String> = BTreeMap::new();
        while let Some(event) = events.next().await {
            let object = match event {
                Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => object,
                Ok(watcher::Event::Delete(object)) => {
                    versions.remove(&key_of(&object));
                    continue;
                }
                Ok(_) => continue,
                Err(error) => {
                    tracing::debug!(error = runtime::error_chain::error_chain(&error), "watch of configuration failed, retrying");
                    continue;
                }
            };
            let key = key_of(&object);
            let version = object.resource_version().unwrap_or_default();
            if versions.insert(key.clone(), version.clone()).as_ref() == Some(&version) {
                continue;
            }
            for object in context.objects.all() {
                if reads(&object, kind, &key) {
                    queue.add(key_of(object.as_ref()));
                }
            }
        }
    }
}

/// Whether `object` refers to the ConfigMap or Secret `config`.
fn reads(object: &HelmRelease, kind: ValuesKind, config: &ObjectKey) -> bool {
    if object.namespace().as_deref() != Some(&*config.namespace) {
        return false;
    }
    let spec = &object.spec;
    let name: &str = &config.name;
    let kube_config = spec.kube_config.as_ref();
    let connects = match kind {
        ValuesKind::ConfigMap => {
            kube_config.and_then(|reference| reference.config_map_ref.as_ref()).is_some_and(|one| one.name == name)
        }
        ValuesKind::Secret => kube_config.and_then(|reference| reference.secret_ref.as_ref()).is_some_and(|one| one.name == name),
    };
    connects || spec.values_from.iter().any(|reference| reference.kind == kind && reference.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::object;
    use serde_json::{Value, json};

    fn artifact(revision: &str) -> Artifact {
        let artifact =
            json!({"path": "", "url": "", "revision": revision, "digest": "sha256:00", "lastUpdateTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(artifact).expect("because the literal is valid")
    }

    fn ready(fields: Value) -> Value {
        let mut status = fields;
        status["helmChart"] = json!("ns/ns-hr");
        status["conditions"] = json!([{"type": "Ready", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        status
    }

    #[test]
    fn only_news_of_the_own_chart_wakes() {
        let wakes = |status: Value, revision: &str, name: &str| {
            wants(&object(json!({}), status), ChartReferenceKind::HelmChart, &ObjectKey::new("ns", name), &artifact(revision))
        };
        assert!(!wakes(ready(json!({"lastAttemptedRevision": "1.0.0"})), "1.0.0", "ns-hr"));
        assert!(wakes(ready(json!({"lastAttemptedRevision": "1.0.0"})), "1.1.0", "ns-hr"));
        assert!(wakes(json!({"helmChart": "ns/ns-hr", "lastAttemptedRevision": "1.0.0"}), "1.0.0", "ns-hr"), "it failed");
        assert!(!wakes(ready(json!({})), "1.0.0", "other"));
    }

    #[test]
    fn tags_that_moved_are_news() {
        let spec = json!({"chartRef": {"kind": "OCIRepository", "name": "app"}});
        let wakes = |revision: &str| {
            let object = object(spec.clone(), ready(json!({"lastAttemptedRevisionDigest": "sha256:aa"})));
            wants(&object, ChartReferenceKind::OciRepository, &ObjectKey::new("ns", "app"), &artifact(revision))
        };
        assert!(!wakes("1.0.0@sha256:aa") && wakes("1.0.0@sha256:bb"));
    }

    #[test]
    fn references_to_configuration_are_found_in_the_own_namespace_only() {
        let spec =
            json!({"valuesFrom": [{"kind": "Secret", "name": "values"}], "kubeConfig": {"secretRef": {"name": "cluster"}}});
        let object = object(spec, json!({}));
        let key = |namespace: &str, name: &str| ObjectKey::new(namespace, name);
        assert!(
            reads(&object, ValuesKind::Secret, &key("ns", "values")) && reads(&object, ValuesKind::Secret, &key("ns", "cluster"))
        );
        assert!(
            !reads(&object, ValuesKind::ConfigMap, &key("ns", "values"))
                && !reads(&object, ValuesKind::Secret, &key("other", "values"))
        );
    }
}
