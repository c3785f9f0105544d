//! HelmChart: a chart of a repository, or one in the content of another source, becomes an artifact.
//!
//! observe → decide → act; [`crate::source`] looks at the storage before and reports after.
//!
//! ```text
//!            ┌─ remote: find the version, download ──────────────────────┐
//!   decide ──┤                                                           ├──► values merged, version marked ──► storage
//!            └─ local: unpack the source, load, fetch its dependencies ──┘
//! ```

mod act;
mod build;
mod decide;
mod dependencies;
mod indexes;
mod local;
mod observe;
mod remote;
mod repository;
#[cfg(test)]
mod tests;
mod watches;

pub(crate) use indexes::{Caching, Indexes};
pub(crate) use repository::Limits;
pub(crate) use watches::wake_by_sources;

use crate::identity::Identification;
use crate::source::{Failure, Made, Seen, Source};
use crate::storage::Storage;
use api::meta::{ConditionType, Reason, SummaryRule};
use api::source::{Bucket, GitRepository, HelmChart, HelmChartStatus, HelmRepository};
use helm_repository_client::HelmRepositoryClient;
use kube::Client;
use oci_client::OciClient;
use runtime::store::Store;
use std::sync::Arc;

/// The ports that every reconcile needs.
pub(crate) struct HelmCharts {
    /// The API server, for Secrets.
    pub(crate) client: Client,
    /// The objects that charts come from.
    pub(crate) stores: Stores,
    /// Repositories over HTTP.
    pub(crate) repositories: HelmRepositoryClient,
    /// Repositories in registries.
    pub(crate) registries: OciClient,
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// Who the controller is to clouds.
    pub(crate) identification: Identification,
    /// Indexes that were read.
    pub(crate) indexes: Arc<Indexes>,
    /// How much may be downloaded and loaded.
    pub(crate) limits: Limits,
    /// What signatures without keys are verified with.
    pub(crate) trusted_root: Option<Arc<[u8]>>,
}

/// The objects that charts come from.
#[derive(Clone, Default)]
pub(crate) struct Stores {
    /// Repositories of charts.
    pub(crate) helm: Store<HelmRepository>,
    /// Git repositories.
    pub(crate) git: Store<GitRepository>,
    /// Buckets.
    pub(crate) buckets: Store<Bucket>,
}

impl Source for HelmCharts {
    type Kind = HelmChart;

    const KIND: &'static str = "HelmChart";
    const READY: SummaryRule = HelmChart::READY;
    const FAILURES: &'static [ConditionType] =
        &[ConditionType::BuildFailed, ConditionType::FetchFailed, ConditionType::StorageOperationFailed];
    const OWNED_CONDITIONS: &'static [ConditionType] = &[
        ConditionType::BuildFailed,
        ConditionType::FetchFailed,
        ConditionType::ArtifactOutdated,
        ConditionType::ArtifactInStorage,
        ConditionType::SourceVerified,
        ConditionType::StorageOperationFailed,
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];
    const LATEST: &'static str = "latest.tar.gz";
    const OUTDATED: Reason = Reason::NewChart;

    async fn make(&self, seen: &Seen<HelmChart>) -> Result<Made<HelmChartStatus>, Failure> {
        let observed = self.observe(&seen.object).await;
        let made = match decide::decide(seen, &observed, self.trusted_root.as_ref()) {
            Ok(plan) => self.act(plan, seen).await,
            Err(failure) => Err(failure),
        };
        made.map_err(|failure| failure.of_source(observed.revision().map(str::to_owned)))
    }
}
