//! ImageRepository: the tags of an image become known.
//!
//! observe → decide → act → report. `observe` reads the cluster and what is known of the tags, `decide` says whether to ask the
//! registry, `act` asks it and keeps what it says, `report` turns what came of it into status and events.

mod act;
mod decide;
mod observe;
mod report;

use crate::tag_store::TagStore;
use api::image::ImageRepository;
use api::meta::ConditionType;
use cloud_identity::Identities;
use kube::Client;
use oci_client::OciClient;
use runtime::finishing::{OWNED_CONDITIONS, in_progress, stamp, start_message};
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;
use std::sync::Arc;

/// The ports that every reconcile needs.
pub(crate) struct ImageRepositories {
    /// The API server, for Secrets and ServiceAccounts.
    pub(crate) client: Client,
    /// Registries.
    pub(crate) registries: OciClient,
    /// Where tags are kept.
    pub(crate) tags: Arc<TagStore>,
    /// Who this process is to clouds.
    pub(crate) identities: Identities,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Reconciler for ImageRepositories {
    type Kind = ImageRepository;

    const OWNED_CONDITIONS: &'static [ConditionType] = OWNED_CONDITIONS;

    async fn reconcile(&self, run: Run<ImageRepository>) -> Report<ImageRepository> {
        run.progress(in_progress(&**run.object(), &start_message(&**run.object()), &stamp(&run)));
        let seen = self.observe(&run).await;
        let plan = decide::decide(&seen);
        if let decide::Plan::Scan(scan) = &plan {
            run.progress(in_progress(&*seen.object, &scan.progress(), &stamp(&run)));
        }
        let outcome = self.act(plan, &seen).await;
        report::report(&seen, outcome, &stamp(&run))
    }

    async fn finalize(&self, run: Run<ImageRepository>) -> Finalized {
        let (tags, key) = (Arc::clone(&self.tags), run.key().clone());
        match tokio::task::spawn_blocking(move || tags.remove(&key)).await {
            Ok(Ok(())) => Finalized::Done { events: Vec::new() },
            Ok(Err(error)) => Finalized::Retry { events: Vec::new(), error: runtime::error_chain::error_chain(&error) },
            Err(error) => Finalized::Retry { events: Vec::new(), error: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests;
