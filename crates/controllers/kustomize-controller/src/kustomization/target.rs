//! Where a Kustomization is applied, and as whom.

use api::kustomize::Kustomization;
use apply_plan::ownership;
use cluster_client::{Cluster, Identity, LiveIndex, Prune};
use kube::ResourceExt;
use runtime::error_chain::error_chain;

use crate::context::{Context, GROUP};
use crate::remote::cluster_of;

/// Where and as whom to apply.
pub(crate) struct Target<'a> {
    /// The cluster, seen with the identity that the object gives.
    pub(crate) cluster: Cluster,
    /// What is known to be live there; nothing is of other clusters.
    pub(crate) index: Option<&'a LiveIndex>,
    /// Settings and memory.
    pub(crate) context: &'a Context,
}

/// The owner that labels name.
pub(crate) fn owner<'a>(name: &'a str, namespace: &'a str) -> ownership::Owner<'a> {
    ownership::Owner { group: GROUP, name, namespace }
}

impl Target<'_> {
    /// Deletes on behalf of an owner.
    pub(crate) fn prune<'b>(&'b self, name: &'b str, namespace: &'b str) -> Prune<'b> {
        let concurrency = self.context.policy.concurrent_ssa;
        Prune { cluster: &self.cluster, index: self.index, owner: owner(name, namespace), concurrency }
    }
}

/// The cluster and identity that the object gives. Never more rights, or another cluster, than it asks for.
pub(crate) async fn target<'a>(
    service_account: Option<&str>,
    object: &Kustomization,
    context: &'a Context,
) -> Result<Target<'a>, String> {
    let target = match cluster_of(object, &context.remote, &context.client).await? {
        Some(cluster) => Target { cluster, index: None, context },
        None => Target { cluster: context.cluster.clone(), index: Some(&context.index), context },
    };
    let Some(name) = service_account else { return Ok(target) };
    let identity =
        Identity::service_account(&object.namespace().unwrap_or_default(), name).map_err(|error| error_chain(&error))?;
    Ok(Target { cluster: target.cluster.acting_as(&identity), ..target })
}
