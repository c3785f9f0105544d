//! Bucket: the objects of a bucket become an artifact.
//!
//! observe → decide → identify → act; [`crate::source`] looks at the storage before and reports after.

mod act;
mod azure;
mod decide;
mod identify;
mod observe;
#[cfg(test)]
mod tests;

pub(crate) use decide::Terms;

use crate::identity::Identification;
use crate::source::{Failure, Made, Seen, Source};
use crate::storage::Storage;
use api::meta::{ConditionType, SummaryRule};
use api::source::{Bucket, BucketStatus};
use bucket_client::BucketClient;
use kube::Client;
use std::sync::Arc;

/// The ports that every reconcile needs.
pub(crate) struct Buckets {
    /// The API server, for Secrets.
    pub(crate) client: Client,
    /// Object stores.
    pub(crate) stores: BucketClient,
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// Who the controller is to clouds.
    pub(crate) identification: Identification,
    /// What holds for all buckets.
    pub(crate) terms: Terms,
}

impl Source for Buckets {
    type Kind = Bucket;

    const KIND: &'static str = "Bucket";
    const READY: SummaryRule = Bucket::READY;
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
    const LATEST: &'static str = "latest.tar.gz";

    async fn make(&self, seen: &Seen<Bucket>) -> Result<Made<BucketStatus>, Failure> {
        let secrets = self.observe(&seen.object).await;
        let plan = decide::decide(&seen.object, &secrets, &self.terms)?;
        self.act(plan, seen).await
    }
}
