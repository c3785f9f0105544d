//! What wakes a Kustomization besides itself: its source, ConfigMaps and Secrets it reads, and drift of what it applied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api::kustomize::{Kustomization, SourceKind, SubstituteKind};
use api::meta::{Artifact, ConditionType};
use cluster_client::{Drift, Owner};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use runtime::process::{Process, Scope};
use runtime::queue::{ObjectKey, Queue};
use runtime::store::{Change, Store};
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::context::Context;
use crate::kustomization::dependencies;
use crate::source::{Kind, Source};

/// Drift is acted on a moment later: changes come in bursts, and a run that has been asked for anyway repairs it.
const SETTLE: Duration = Duration::from_secs(2);
/// The first pause between two runs because of drift; it doubles, so that two writers who disagree do not keep each other busy.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Starts all watches; they end when the set is aborted or dropped.
pub(crate) fn start(process: &Process, context: &Arc<Context>, queue: &Queue) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    // The selector is for Kustomizations only.
    let scope = Scope { namespace: process.scope.namespace.clone(), label_selector: None };
    let sources = &context.sources;
    tasks.spawn(watch_sources(sources.git.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    tasks.spawn(watch_sources(sources.oci.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    tasks.spawn(watch_sources(sources.buckets.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    if context.policy.external_artifact {
        tasks.spawn(watch_sources(sources.external.clone(), scope.clone(), Arc::clone(context), queue.clone()));
    }
    if !process.flags.feature_gates.enabled("DisableConfigWatchers") {
        let labels = process.flags.watch_configs_label_selector.clone();
        let configs = ConfigWatch { client: process.client.clone(), scope, labels };
        tasks.spawn(configs.clone().run::<ConfigMap>(SubstituteKind::ConfigMap, Arc::clone(context), queue.clone()));
        tasks.spawn(configs.run::<Secret>(SubstituteKind::Secret, Arc::clone(context), queue.clone()));
    }
    tasks.spawn(watch_drift(context.index.drift(), Arc::clone(context), queue.clone()));
    tasks
}

async fn watch_sources<K: Kind>(store: Store<Source<K>>, scope: Scope, context: Arc<Context>, queue: Queue) {
    let mut changes = std::pin::pin!(store.watch(context.client.clone(), &scope));
    while let Some(change) = changes.next().await {
        let Change::Applied { before, now } = change else { continue };
        let Some(artifact) = now.artifact() else { continue };
        if before.as_ref().and_then(|before| before.artifact()).is_some_and(|before| before.same_content(artifact)) {
            continue;
        }
        let source = ObjectKey::new(now.namespace().unwrap_or_default(), now.name_any());
        let affected: Vec<Arc<Kustomization>> =
            context.objects.all().into_iter().filter(|object| wants(object, K::KIND, &source, artifact)).collect();
        add_in_order(&affected, &queue);
    }
}

/// Whether a new artifact of `source` is news to `object`.
fn wants(object: &Kustomization, kind: SourceKind, source: &ObjectKey, artifact: &Artifact) -> bool {
    let reference = &object.spec.source_ref;
    let namespace = reference.namespace.clone().or_else(|| object.namespace()).unwrap_or_default();
    if reference.kind != kind || ObjectKey::new(namespace, reference.name.clone()) != *source {
        return false;
    }
    let Some(status) = &object.status else { return true };
    let busy_or_done = status.conditions.is_ready() || status.conditions.is_true(ConditionType::Reconciling);
    !(busy_or_done && status.last_attempted_revision.as_deref() == Some(artifact.revision.as_str()))
}

/// Queues dependencies before those that depend on them. A cycle is logged and none of its objects is queued; unlike Flux, the
/// others are.
fn add_in_order(objects: &[Arc<Kustomization>], queue: &Queue) {
    let (ordered, cycle) = in_order(objects);
    if !cycle.is_empty() {
        let names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
        tracing::error!(error = "circular dependency", objects = names.join(", "), "failed to sort dependencies");
    }
    ordered.into_iter().for_each(|key| queue.add(key));
}

/// Topological order; what is in a cycle, or behind one, comes second.
fn in_order(objects: &[Arc<Kustomization>]) -> (Vec<ObjectKey>, Vec<ObjectKey>) {
    let keys: BTreeSet<ObjectKey> = objects.iter().map(|object| runtime::store::key_of(object.as_ref())).collect();
    let mut open: BTreeMap<ObjectKey, BTreeSet<ObjectKey>> = objects
        .iter()
        .map(|object| {
            let among_us = dependencies(object).into_iter().filter(|dependency| keys.contains(dependency)).collect();
            (runtime::store::key_of(object.as_ref()), among_us)
        })
        .collect();
    let mut ordered = Vec::with_capacity(open.len());
    loop {
        let ready: Vec<ObjectKey> = open.iter().filter(|(_, waits)| waits.is_empty()).map(|(key, _)| key.clone()).collect();
        if ready.is_empty() {
            return (ordered, open.into_keys().collect());
        }
        for key in ready {
            open.remove(&key);
            open.values_mut().for_each(|waits| {
                waits.remove(&key);
            });
            ordered.push(key);
        }
    }
}

#[derive(Clone)]
struct ConfigWatch {
    client: Client,
    scope: Scope,
    labels: String,
}

impl ConfigWatch {
    /// Wakes Kustomizations that refer to a labelled ConfigMap or Secret when it changes.
    async fn run<K>(self, kind: SubstituteKind, context: Arc<Context>, queue: Queue)
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
                    versions.remove(&runtime::store::key_of(&object));
                    continue;
                }
                Ok(_) => continue,
                Err(error) => {
                    tracing::debug!(error = runtime::error_chain::error_chain(&error), "watch of configuration failed, retrying");
                    continue;
                }
            };
            let key = runtime::store::key_of(&object);
            let version = object.resource_version().unwrap_or_default();
            if versions.insert(key.clone(), version.clone()).as_ref() == Some(&version) {
                continue;
            }
            let affected: Vec<Arc<Kustomization>> =
                context.objects.all().into_iter().filter(|object| reads(object, kind, &key)).collect();
            add_in_order(&affected, &queue);
        }
    }
}

/// Whether `object` refers to the ConfigMap or Secret `config`.
fn reads(object: &Kustomization, kind: SubstituteKind, config: &ObjectKey) -> bool {
    if object.namespace().as_deref() != Some(&*config.namespace) {
        return false;
    }
    let spec = &object.spec;
    let name: &str = &config.name;
    let substitutes = spec.post_build.iter().flat_map(|post_build| &post_build.substitute_from);
    let kube_config = spec.kube_config.as_ref();
    let refers = match kind {
        SubstituteKind::ConfigMap => {
            kube_config.and_then(|reference| reference.config_map_ref.as_ref()).is_some_and(|reference| reference.name == name)
        }
        SubstituteKind::Secret => {
            let decryption = spec.decryption.as_ref().and_then(|decryption| decryption.secret_ref.as_ref());
            kube_config.and_then(|reference| reference.secret_ref.as_ref()).is_some_and(|reference| reference.name == name)
                || decryption.is_some_and(|reference| reference.name == name)
        }
    };
    refers || substitutes.into_iter().any(|reference| reference.kind == kind && reference.name == name)
}

/// Wakes the owners of drifted objects, soon but not often.
async fn watch_drift(mut drifts: broadcast::Receiver<Drift>, context: Arc<Context>, queue: Queue) {
    let mut pauses: BTreeMap<Owner, Pause> = BTreeMap::new();
    let mut due: BTreeMap<Owner, (Instant, Instant)> = BTreeMap::new();
    loop {
        let next = due.values().map(|(at, _)| *at).min();
        let timer = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            drift = drifts.recv() => match drift {
                Ok(drift) => {
                    let now = Instant::now();
                    tracing::info!(object = %drift.object, owner = %format!("{}/{}", drift.owner.namespace, drift.owner.name), "drift detected");
                    let at = pauses.get(&drift.owner).map_or(now + SETTLE, |pause| pause.next.max(now + SETTLE));
                    due.entry(drift.owner).and_modify(|(_, noticed)| *noticed = now).or_insert((at, now));
                }
                // The regular reconcile finds what was missed.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            () = timer => {
                let now = Instant::now();
                let ready: Vec<Owner> = due.iter().filter(|(_, (at, _))| *at <= now).map(|(owner, _)| owner.clone()).collect();
                for owner in ready {
                    let Some((_, noticed)) = due.remove(&owner) else { continue };
                    let key = ObjectKey::new(owner.namespace.clone(), owner.name.clone());
                    let repaired = context.last_run(&key).is_some_and(|started| started > noticed);
                    if !repaired && context.objects.get(&key).is_some_and(|object| !object.spec.suspend) {
                        pauses.entry(owner).or_default().count(now);
                        queue.add(key);
                    }
                }
                pauses.retain(|_, pause| now < pause.next + LONGEST_PAUSE);
            }
        }
    }
}

/// When an owner may be woken because of drift again.
struct Pause {
    next: Instant,
    length: Duration,
}

impl Default for Pause {
    fn default() -> Self {
        Self { next: Instant::now(), length: FIRST_PAUSE }
    }
}

impl Pause {
    fn count(&mut self, now: Instant) {
        self.next = now + self.length;
        self.length = (self.length * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object(name: &str, spec: Value, status: Value) -> Arc<Kustomization> {
        let mut full = json!({"interval": "10m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "src"}});
        for (field, value) in spec.as_object().into_iter().flatten() {
            full[field] = value.clone();
        }
        let object = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "apps"}, "spec": full, "status": status});
        Arc::new(serde_json::from_value(object).expect("because the literals are valid"))
    }

    fn artifact(revision: &str) -> Artifact {
        let artifact =
            json!({"path": "", "url": "", "revision": revision, "digest": "sha256:00", "lastUpdateTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(artifact).expect("because the literal is valid")
    }

    #[test]
    fn only_news_wakes() {
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let source = ObjectKey::new("apps", "src");
        let cases = [
            (json!({}), json!({"conditions": [condition("Ready", "True")], "lastAttemptedRevision": "r1"}), false),
            (json!({}), json!({"conditions": [condition("Ready", "True")], "lastAttemptedRevision": "r0"}), true),
            (
                json!({}),
                json!({"conditions": [condition("Ready", "Unknown"), condition("Reconciling", "True")], "lastAttemptedRevision": "r1"}),
                false,
            ),
            (json!({}), json!({"conditions": [condition("Ready", "False")], "lastAttemptedRevision": "r1"}), true),
            (json!({"sourceRef": {"kind": "Bucket", "name": "src"}}), json!({}), false),
            (json!({"sourceRef": {"kind": "GitRepository", "name": "src", "namespace": "other"}}), json!({}), false),
        ];
        for (spec, status, expected) in cases {
            let object = object("ks", spec, status.clone());
            assert_eq!(wants(&object, SourceKind::GitRepository, &source, &artifact("r1")), expected, "{status}");
        }
    }

    #[test]
    fn dependencies_come_first_and_cycles_are_left_out() {
        let needs = |name: &str, dependencies: &[&str]| {
            let references: Vec<Value> = dependencies.iter().map(|name| json!({ "name": name })).collect();
            object(name, json!({ "dependsOn": references }), json!({}))
        };
        let all = [
            needs("a", &["c"]),
            needs("b", &["a", "absent"]),
            needs("c", &[]),
            needs("x", &["y"]),
            needs("y", &["x"]),
            needs("z", &["y"]),
        ];
        let (ordered, cycle) = in_order(&all);
        let names = |keys: Vec<ObjectKey>| keys.iter().map(|key| key.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(ordered), ["c", "a", "b"]);
        assert_eq!(names(cycle), ["x", "y", "z"]);
    }

    #[test]
    fn references_to_configuration_are_found_in_the_own_namespace_only() {
        let spec = json!({"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "vars"}]}, "kubeConfig": {"secretRef": {"name": "cluster"}}});
        let object = object("ks", spec, json!({}));
        let key = |namespace: &str, name: &str| ObjectKey::new(namespace, name);
        assert!(
            reads(&object, SubstituteKind::Secret, &key("apps", "vars"))
                && reads(&object, SubstituteKind::Secret, &key("apps", "cluster"))
        );
        assert!(
            !reads(&object, SubstituteKind::ConfigMap, &key("apps", "vars"))
                && !reads(&object, SubstituteKind::Secret, &key("other", "vars"))
        );
    }

    #[test]
    fn sec_l29_pauses_between_runs_because_of_drift_grow() {
        let mut pause = Pause::default();
        let now = Instant::now();
        let lengths: Vec<u64> = (0..7)
            .map(|_| {
                pause.count(now);
                (pause.next - now).as_secs()
            })
            .collect();
        assert_eq!(lengths, [30, 60, 120, 240, 480, 600, 600]);
    }
}
