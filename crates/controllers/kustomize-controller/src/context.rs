//! What a reconcile talks to, and what the process remembers between reconciles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::kustomize::Kustomization;
use apply_plan::GroupKind;
use cluster_client::{Allowed, Cluster, LiveIndex, Migration, Ownership, Remembered, RemoteClusters, RemotePolicy};
use object_health::summary::FailFast;
use runtime::artifact_fetch::ArtifactStore;
use runtime::client::{ClientOptions, build};
use runtime::flags::CommonFlags;
use runtime::process::Process;
use runtime::queue::{ObjectKey, Queue};
use runtime::store::Store;
use tokio::time::Instant;
use variable_substitution::Strictness;

use crate::kustomization::BuildCache;
use crate::options::Options;
use crate::source::Sources;

/// The group whose labels mark applied objects.
pub(crate) const GROUP: &str = "kustomize.toolkit.fluxcd.io";
/// The field manager of applied objects.
pub(crate) const FIELD_MANAGER: &str = "kustomize-controller";
/// The field manager of status and finalizers.
pub(crate) const STATUS_MANAGER: &str = "gotk-kustomize-controller";

/// What the operator allows and prefers.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Whether references to sources in other namespaces are refused.
    pub(crate) no_cross_namespace_refs: bool,
    /// Whether `ExternalArtifact` sources are allowed.
    pub(crate) external_artifact: bool,
    /// Whether sources are read from the API server each time.
    pub(crate) direct_source_fetch: bool,
    /// Whether `readyExpr` adds to the built-in check instead of replacing it.
    pub(crate) additive_dependency_check: bool,
    /// Whether objects may name ServiceAccounts to authenticate to clouds with.
    pub(crate) object_level_identity: bool,
    /// The ServiceAccount of objects that name none.
    pub(crate) default_service_account: Option<String>,
    /// How long to wait for a dependency or a missing artifact.
    pub(crate) requeue_dependency: Duration,
    /// What unset variables are.
    pub(crate) strictness: Strictness,
    /// Whether the first failed object ends a health check.
    pub(crate) fail_fast: FailFast,
    /// Whether a health check gives way to a new revision or request.
    pub(crate) cancels_health_checks: bool,
    /// Whether managed fields follow API versions.
    pub(crate) migration: Migration,
    /// Kinds of the third stage.
    pub(crate) custom_stage_kinds: BTreeSet<GroupKind>,
    /// Requests at a time within one Kustomization.
    pub(crate) concurrent_ssa: usize,
}

impl Policy {
    /// What the command line says.
    pub(crate) fn new(flags: &CommonFlags, options: &Options) -> Self {
        let gate = |name| flags.feature_gates.enabled(name);
        Self {
            no_cross_namespace_refs: flags.no_cross_namespace_refs,
            external_artifact: gate("ExternalArtifact"),
            direct_source_fetch: gate("DirectSourceFetch"),
            additive_dependency_check: gate("AdditiveCELDependencyCheck"),
            object_level_identity: gate("ObjectLevelWorkloadIdentity"),
            default_service_account: Some(flags.default_service_account.clone()).filter(|name| !name.is_empty()),
            requeue_dependency: flags.requeue_dependency,
            strictness: if gate("StrictPostBuildSubstitutions") { Strictness::Strict } else { Strictness::Lenient },
            fail_fast: if gate("DisableFailFastBehavior") { FailFast::WhenAllSettled } else { FailFast::AtOnce },
            cancels_health_checks: gate("CancelHealthCheckOnNewRevision"),
            migration: if gate("MigrateAPIVersion") { Migration::On } else { Migration::Off },
            custom_stage_kinds: GroupKind::parse_list(&options.custom_stage_kinds),
            concurrent_ssa: options.concurrent_ssa,
        }
    }
}

/// Ports and memory of the reconciler.
pub(crate) struct Context {
    /// The API server, with the controller's own rights.
    pub(crate) client: kube::Client,
    /// The same, for applied objects.
    pub(crate) cluster: Cluster,
    /// Other clusters.
    pub(crate) remote: RemoteClusters,
    /// What is live of applied objects.
    pub(crate) index: LiveIndex,
    /// How applied objects are marked.
    pub(crate) ownership: Ownership,
    /// The Kustomizations.
    pub(crate) objects: Store<Kustomization>,
    /// Their sources.
    pub(crate) sources: Sources,
    /// What the sources offer.
    pub(crate) artifacts: ArtifactStore,
    /// Recent builds.
    pub(crate) builds: BuildCache,
    /// What the operator allows.
    pub(crate) policy: Policy,
    /// Who waits for whom.
    pub(crate) dependents: Dependents,
    remembered: Mutex<BTreeMap<ObjectKey, Remembered>>,
    started: Mutex<BTreeMap<ObjectKey, Instant>>,
}

impl Context {
    /// Puts the ports together; nothing is remembered yet.
    pub(crate) fn new(process: &Process, objects: Store<Kustomization>, artifacts: ArtifactStore, options: &Options) -> Self {
        let client = process.client.clone();
        let policy = Policy::new(&process.flags, options);
        let remote = remote_clusters(process, options);
        let cluster = Cluster::new(client.clone());
        let ownership = Ownership::new(GROUP, FIELD_MANAGER, &options.override_managers);
        Self {
            index: LiveIndex::new(cluster.clone(), ownership.clone()),
            client,
            cluster,
            remote,
            ownership,
            objects,
            sources: Sources::default(),
            artifacts,
            builds: BuildCache::default(),
            policy,
            dependents: Dependents::default(),
            remembered: Mutex::default(),
            started: Mutex::default(),
        }
    }

    /// Takes what is remembered of an object's last apply; a run has it alone and puts it back.
    pub(crate) fn take_memory(&self, key: &ObjectKey) -> Remembered {
        lock(&self.started).insert(key.clone(), Instant::now());
        lock(&self.remembered).remove(key).unwrap_or_default()
    }

    /// Puts back what [`Self::take_memory`] took.
    pub(crate) fn keep_memory(&self, key: &ObjectKey, remembered: Remembered) {
        lock(&self.remembered).insert(key.clone(), remembered);
    }

    /// When the object was last worked on.
    pub(crate) fn last_run(&self, key: &ObjectKey) -> Option<Instant> {
        lock(&self.started).get(key).copied()
    }

    /// Forgets an object that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        lock(&self.remembered).remove(key);
        lock(&self.started).remove(key);
        self.dependents.forget(key);
    }
}

/// Which objects name which others in `dependsOn`, as of their last reconcile, and the queue to wake them in.
#[derive(Default)]
pub(crate) struct Dependents {
    state: Mutex<BTreeMap<ObjectKey, Vec<ObjectKey>>>,
    queue: std::sync::OnceLock<Queue>,
}

impl Dependents {
    /// Wakes through `queue` from now on.
    pub(crate) fn wake_through(&self, queue: Queue) {
        // A second queue is never given: there is one controller.
        let _ = self.queue.set(queue);
    }

    /// Takes in what `object` depends on.
    pub(crate) fn depends_on(&self, object: &ObjectKey, dependencies: Vec<ObjectKey>) {
        let mut state = lock(&self.state);
        if dependencies.is_empty() {
            state.remove(object);
        } else {
            state.insert(object.clone(), dependencies);
        }
    }

    /// Those that depend on `object`.
    pub(crate) fn of(&self, object: &ObjectKey) -> Vec<ObjectKey> {
        lock(&self.state)
            .iter()
            .filter(|(_, dependencies)| dependencies.contains(object))
            .map(|(dependent, _)| dependent.clone())
            .collect()
    }

    /// Wakes objects.
    pub(crate) fn wake(&self, dependents: Vec<ObjectKey>) {
        if let Some(queue) = self.queue.get() {
            dependents.into_iter().for_each(|dependent| queue.add(dependent));
        }
    }

    fn forget(&self, object: &ObjectKey) {
        lock(&self.state).remove(object);
    }
}

/// Connections to other clusters, as the command line allows them.
fn remote_clusters(process: &Process, options: &Options) -> RemoteClusters {
    let connections = ClientOptions {
        user_agent: format!("{}/v{}", process.program.name, process.program.version),
        requests_per_second: process.flags.kube_api_qps,
        burst: process.flags.kube_api_burst,
        metrics: Arc::clone(&process.metrics),
    };
    let accounts = process.flags.feature_gates.enabled("ObjectLevelWorkloadIdentity");
    let policy = RemotePolicy {
        kubeconfigs: options.kubeconfigs,
        accounts: if accounts { Allowed::Yes } else { Allowed::No },
        default_account: options.default_kubeconfig_account.clone(),
    };
    RemoteClusters::new(policy, Arc::new(move |config| Ok(build(config, &connections)?)))
}

/// A poisoned lock only means that another task panicked; the maps are whole between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
