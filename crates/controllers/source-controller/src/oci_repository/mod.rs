//! OCIRepository: an artifact of a registry becomes an artifact.
//!
//! observe → decide → act, in three files; [`crate::source`] looks at the storage before and reports after.

mod act;
mod decide;
mod observe;

use crate::identity::Identification;
use crate::source::{Failure, Made, Seen, Source};
use crate::storage::Storage;
use api::meta::{ConditionType, SummaryRule};
use api::source::{OciRepository, OciRepositoryStatus};
use kube::Client;
use oci_client::OciClient;
use std::sync::Arc;

/// The ports that every reconcile needs.
pub(crate) struct OciRepositories {
    /// The API server, for Secrets and ServiceAccounts.
    pub(crate) client: Client,
    /// Registries.
    pub(crate) registries: OciClient,
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// Who the controller is to clouds.
    pub(crate) identification: Identification,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
    /// What signatures without keys are verified with where an object names no trusted root.
    pub(crate) trusted_root: Option<Arc<[u8]>>,
}

impl Source for OciRepositories {
    type Kind = OciRepository;

    const KIND: &'static str = "OCIRepository";
    const READY: SummaryRule = OciRepository::READY;
    const FAILURES: &'static [ConditionType] = &[ConditionType::FetchFailed, ConditionType::StorageOperationFailed];
    const OWNED_CONDITIONS: &'static [ConditionType] = &[
        ConditionType::SourceVerified,
        ConditionType::FetchFailed,
        ConditionType::ArtifactOutdated,
        ConditionType::ArtifactInStorage,
        ConditionType::StorageOperationFailed,
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];
    const LATEST: &'static str = "latest.tar.gz";

    async fn make(&self, seen: &Seen<OciRepository>) -> Result<Made<OciRepositoryStatus>, Failure> {
        let secrets = self.observe(&seen.object).await;
        let signature = decide::signature(&seen.object, &secrets, self.trusted_root.as_ref());
        let question = decide::decide(&seen.object, &secrets, signature, self.object_level_identity)?;
        self.act(question, seen).await
    }
}
