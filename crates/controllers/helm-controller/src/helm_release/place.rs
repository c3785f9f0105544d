//! Where a release lives, and as whom it is worked on: cluster, identity, records.

use api::helm::HelmRelease;
use cluster_client::{Cluster, Identity, LiveIndex};
use helm_client::{Helm, Storage};
use kube::ResourceExt;
use object_health::rules::HealthRules;
use runtime::error_chain::error_chain;
use tokio_util::sync::CancellationToken;

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
        Ok(Self { cluster, storage, index, interrupt: CancellationToken::new() })
    }

    /// Helm there.
    pub(crate) fn helm<'p>(&'p self, health: &'p HealthRules) -> Helm<'p> {
        Helm {
            cluster: &self.cluster,
            storage: &self.storage,
            index: self.index,
            health,
            interrupt: &self.interrupt,
            concurrency: CONCURRENCY,
        }
    }
}

/// The ServiceAccount that the object acts as.
pub(crate) fn service_account<'o>(object: &'o HelmRelease, context: &'o Context) -> Option<&'o str> {
    object.spec.service_account_name.as_deref().or(context.policy.default_service_account.as_deref())
}
