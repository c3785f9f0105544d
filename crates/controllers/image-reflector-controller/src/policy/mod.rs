//! ImagePolicy: which tag of an ImageRepository is wanted.
//!
//! observe → decide → act → report. `observe` reads the cluster and the tags, `decide` chooses one, `act` asks the registry for a
//! digest where one is wanted, `report` turns what came of it into status and events. Nothing here is periodic, unless a digest is
//! followed: new tags of the repository wake its policies.

mod act;
mod decide;
mod observe;
mod report;

use crate::tag_store::TagStore;
use api::image::{ImagePolicy, ImageRepository};
use api::meta::ConditionType;
use cloud_identity::Identities;
use kube::Client;
use oci_client::OciClient;
use runtime::finishing::{OWNED_CONDITIONS, in_progress, stamp, start_message};
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;
use runtime::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// The ports and settings that every reconcile needs.
pub(crate) struct ImagePolicies {
    /// The API server, for Secrets, ServiceAccounts and labels of namespaces.
    pub(crate) client: Client,
    /// The ImageRepositories, as last seen.
    pub(crate) repositories: Store<ImageRepository>,
    /// Registries, for digests.
    pub(crate) registries: OciClient,
    /// Where tags are kept.
    pub(crate) tags: Arc<TagStore>,
    /// `--no-cross-namespace-refs`.
    pub(crate) no_cross_namespace_refs: bool,
    /// How long to wait for tags: `--requeue-dependency`.
    pub(crate) requeue_dependency: Duration,
    /// Who this process is to clouds.
    pub(crate) identities: Identities,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Reconciler for ImagePolicies {
    type Kind = ImagePolicy;

    const OWNED_CONDITIONS: &'static [ConditionType] = OWNED_CONDITIONS;

    async fn reconcile(&self, run: Run<ImagePolicy>) -> Report<ImagePolicy> {
        run.progress(in_progress(&**run.object(), &start_message(&**run.object()), &stamp(&run)));
        let seen = Arc::new(self.observe(&run).await);
        let plan = tokio::task::spawn_blocking({
            // Expressions over many tags take their time.
            let seen = Arc::clone(&seen);
            move || decide::decide(&seen)
        });
        let outcome = match plan.await {
            Ok(plan) => self.act(plan).await,
            Err(error) => report::Outcome::Failed(api::meta::Reason::Failed, error.to_string()),
        };
        report::report(&seen, outcome, &stamp(&run))
    }

    async fn finalize(&self, _run: Run<ImagePolicy>) -> Finalized {
        Finalized::Done { events: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
