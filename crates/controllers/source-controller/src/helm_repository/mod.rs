//! HelmRepository: the index of an HTTP repository becomes an artifact. One of type `oci` only says where charts are.
//!
//! observe → decide → act, in three files; [`crate::source`] looks at the storage before and reports after.

mod act;
mod decide;
mod observe;
mod size;
#[cfg(test)]
mod tests;
mod way;

pub(crate) use observe::{Secrets, read_secrets};
pub(crate) use way::{Target, Way, way};

use crate::source::{Failure, Made, Seen, Source};
use crate::storage::Storage;
use api::meta::{ConditionType, SummaryRule};
use api::source::{HelmRepository, HelmRepositoryStatus};
use helm_repository_client::HelmRepositoryClient;
use kube::Client;
use runtime::reconciler::Next;
use std::sync::Arc;
use std::time::Duration;

/// How often the index is fetched where the object does not say.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// The ports that every reconcile needs.
pub(crate) struct HelmRepositories {
    /// The API server, for Secrets.
    pub(crate) client: Client,
    /// Repositories.
    pub(crate) repositories: HelmRepositoryClient,
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// The most bytes of an index.
    pub(crate) index_bytes: u64,
}

impl Source for HelmRepositories {
    type Kind = HelmRepository;

    const KIND: &'static str = "HelmRepository";
    const READY: SummaryRule = HelmRepository::READY;
    const FAILURES: &'static [ConditionType] = &[ConditionType::FetchFailed, ConditionType::StorageOperationFailed];
    const OWNED_CONDITIONS: &'static [ConditionType] = &[
        ConditionType::StorageOperationFailed,
        ConditionType::FetchFailed,
        ConditionType::ArtifactOutdated,
        ConditionType::ArtifactInStorage,
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];
    const LATEST: &'static str = "index.yaml";

    fn is_static(&self, object: &HelmRepository) -> bool {
        object.spec.is_registry()
    }

    fn next(&self, object: &HelmRepository) -> Next {
        Next::Interval(object.spec.interval.as_ref().map_or(DEFAULT_INTERVAL, |interval| interval.to_std()))
    }

    async fn make(&self, seen: &Seen<HelmRepository>) -> Result<Made<HelmRepositoryStatus>, Failure> {
        let secrets = read_secrets(&self.client, &seen.object).await;
        let question = decide::decide(&seen.object, &secrets)?;
        self.act(question, seen).await
    }
}
