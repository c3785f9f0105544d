//! What a reconcile talks to, and what the process remembers between reconciles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::helm::HelmRelease;
use cluster_client::{Allowed, Cluster, LiveIndex, Ownership, RemoteClusters, RemotePolicy};
use helm_client::FIELD_MANAGER;
use helm_release::observation::Algorithm;
use runtime::artifact_fetch::ArtifactStore;
use runtime::client::{ClientOptions, build};
use runtime::flags::CommonFlags;
use runtime::process::Process;
use runtime::queue::ObjectKey;
use runtime::store::Store;

use crate::charts::Charts;
use crate::helm_release::{DefaultStrategy, Memory};
use crate::options::Options;
use crate::source::Sources;

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
    /// Whether versions of charts get the digest of their artifact.
    pub(crate) tracks_digests: bool,
    /// Whether templates may ask for addresses of hosts.
    pub(crate) dns: bool,
    /// Whether what the spec does not say is as in Helm 3.
    pub(crate) helm3_defaults: bool,
    /// Whether waits give way to a new revision or request.
    pub(crate) cancels_waits: bool,
    /// What is done about failures where the spec does not say.
    pub(crate) default_strategy: DefaultStrategy,
    /// The ServiceAccount of objects that name none.
    pub(crate) default_service_account: Option<String>,
    /// How long to wait for a dependency or a missing artifact.
    pub(crate) requeue_dependency: Duration,
    /// How digests of releases are made.
    pub(crate) digest_algorithm: Algorithm,
    /// Field managers whose fields are taken over before drift is looked for.
    pub(crate) override_managers: Vec<String>,
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
            tracks_digests: !gate("DisableChartDigestTracking"),
            dns: gate("AllowDNSLookups"),
            helm3_defaults: gate("UseHelm3Defaults"),
            cancels_waits: gate("CancelHealthCheckOnNewRevision"),
            default_strategy: if gate("DefaultToRetryOnFailure") { DefaultStrategy::Retry } else { DefaultStrategy::Remediate },
            default_service_account: Some(flags.default_service_account.clone()).filter(|name| !name.is_empty()),
            requeue_dependency: flags.requeue_dependency,
            digest_algorithm: options.digest_algorithm,
            override_managers: options.override_managers.clone(),
        }
    }
}

/// Ports and memory of the reconciler.
pub(crate) struct Context {
    /// The API server, with the controller's own rights.
    pub(crate) client: kube::Client,
    /// The same, for released objects.
    pub(crate) cluster: Cluster,
    /// Other clusters.
    pub(crate) remote: RemoteClusters,
    /// What is live of released objects.
    pub(crate) index: LiveIndex,
    /// The HelmReleases.
    pub(crate) objects: Store<HelmRelease>,
    /// Where their charts come from.
    pub(crate) sources: Sources,
    /// The charts.
    pub(crate) charts: Charts,
    /// What the operator allows.
    pub(crate) policy: Policy,
    memories: Mutex<BTreeMap<ObjectKey, Memory>>,
}

impl Context {
    /// Puts the ports together; nothing is remembered yet.
    pub(crate) fn new(process: &Process, objects: Store<HelmRelease>, artifacts: ArtifactStore, options: &Options) -> Self {
        let client = process.client.clone();
        let remote = remote_clusters(process, options);
        let cluster = Cluster::new(client.clone());
        let ownership = Ownership::new(api::helm::GROUP, FIELD_MANAGER, &options.override_managers);
        Self {
            index: LiveIndex::new(cluster.clone(), ownership),
            client,
            cluster,
            remote,
            objects,
            sources: Sources::default(),
            charts: Charts::new(artifacts),
            policy: Policy::new(&process.flags, options),
            memories: Mutex::default(),
        }
    }

    /// Takes what is remembered of an object; a run has it alone and puts it back.
    pub(crate) fn take_memory(&self, key: &ObjectKey) -> Memory {
        lock(&self.memories).remove(key).unwrap_or_default()
    }

    /// Puts back what [`Self::take_memory`] took.
    pub(crate) fn keep_memory(&self, key: &ObjectKey, memory: Memory) {
        lock(&self.memories).insert(key.clone(), memory);
    }

    /// Forgets an object that has gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        lock(&self.memories).remove(key);
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
