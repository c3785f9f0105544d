//! Where a release lives, and as whom it is worked on: cluster, identity, records.

use api::helm::HelmRelease;
use cluster_client::{Cluster, Identity, LiveIndex};
use helm_client::{ActionLog, Helm, Storage, Waiter};
use kube::ResourceExt;
use object_health::rules::HealthRules;
use runtime::error_chain::error_chain;
use tokio_util::sync::CancellationToken;

use super::settings;
use crate::context::Context;
use crate::remote::{RemoteError, cluster_of};

/// Requests at a time within one release.
const CONCURRENCY: usize = 4;

/// A cluster, seen with the identity that an object gives, and the records in one of its namespaces.
pub(crate) struct Place<'c> {
    /// The cluster.
    pub(crate) cluster: Cluster,
    /// The records.
    pub(crate) storage: Storage,
    /// What is known to be live there; nothing is of other clusters.
    index: Option<&'c LiveIndex>,
    /// By which rules objects are ready.
    waiter: Waiter,
    /// Ends waits, and with them the action.
    pub(crate) interrupt: CancellationToken,
}

impl<'c> Place<'c> {
    /// The place that the object gives, with its records in `storage_namespace`. Never more rights, or another cluster, than it asks for.
    ///
    /// # Errors
    /// The other cluster cannot be reached, or the ServiceAccount has a name that none can have.
    pub(crate) async fn of(object: &HelmRelease, storage_namespace: &str, context: &'c Context) -> Result<Self, RemoteError> {
        let (cluster, index) = match cluster_of(object, &context.remote, &context.client).await? {
            Some(cluster) => (cluster, None),
            None => (context.cluster.clone(), Some(&context.index)),
        };
        let cluster = match service_account(object, context) {
            None => cluster,
            Some(name) => {
                let identity = Identity::service_account(&object.namespace().unwrap_or_default(), name);
                cluster.acting_as(&identity.map_err(|error| RemoteError::Other(error_chain(&error)))?)
            }
        };
        let storage = Storage::new(cluster.clone(), storage_namespace);
        let waiter = settings::waiter(&object.spec, &context.policy);
        Ok(Self { cluster, storage, index, waiter, interrupt: CancellationToken::new() })
    }

    /// Helm there, for one action.
    pub(crate) fn helm<'p>(&'p self, health: &'p HealthRules) -> Helm<'p> {
        Helm {
            cluster: &self.cluster,
            storage: &self.storage,
            index: self.index,
            health,
            waiter: self.waiter,
            interrupt: &self.interrupt,
            concurrency: CONCURRENCY,
            log: ActionLog::default(),
        }
    }
}

/// The ServiceAccount that the object acts as.
pub(crate) fn service_account<'o>(object: &'o HelmRelease, context: &'o Context) -> Option<&'o str> {
    object.spec.service_account_name.as_deref().or(context.policy.default_service_account.as_deref())
}
