//! Where actions take place.

use cluster_client::{Cluster, LiveIndex};
use helm_release::{Release, Status};
use object_health::HealthRules;
use tokio_util::sync::CancellationToken;

use crate::error::{ActionError, Failure};
use crate::log::ActionLog;
use crate::options::Waiter;
use crate::storage::{Storage, StorageError};

/// A cluster as somebody, the records of its releases, and how to wait. Its methods are the actions.
///
/// One `Helm` may carry out several actions, one after the other; two at a time are safe only on different releases, which the storage makes
/// sure of: the second one fails before it touches anything.
pub struct Helm<'a> {
    /// Where, and as whom.
    pub cluster: &'a Cluster,
    /// The records.
    pub storage: &'a Storage,
    /// Wakes waits; it must index the labels that the objects get. `None` for clusters that are not watched: then waits poll.
    pub index: Option<&'a LiveIndex>,
    /// Rules of the owner for what is ready (`healthCheckExprs`). They also decide for hooks, as in Helm 4; not where the waiter is `Legacy`.
    pub health: &'a HealthRules,
    /// By which rules objects are ready.
    pub waiter: Waiter,
    /// Ends waits for objects, and only those: the action then fails and says so in the record.
    pub interrupt: &'a CancellationToken,
    /// Requests at a time.
    pub concurrency: usize,
    /// What the actions did last.
    pub log: ActionLog,
}

impl Helm<'_> {
    /// Makes a pending record a failed one: the process that wrote it is gone. `None` when the last record is not pending.
    ///
    /// The caller must know that nobody else is at work on the release.
    ///
    /// # Errors
    /// [`ActionError::Storage`].
    pub async fn unlock(&self, name: &str) -> Result<Option<Release>, ActionError> {
        let Some(mut last) = self.storage.last(name).await? else { return Ok(None) };
        let status = last.status();
        if !status.is_pending() {
            return Ok(None);
        }
        let info = last.info.get_or_insert_default();
        info.description = format!("Release unlocked from stale '{status}' state");
        info.status = Status::Failed;
        self.storage.update(&last).await?;
        Ok(Some(last))
    }

    /// Stores the record of a failure, as far as possible.
    pub(crate) async fn failed(&self, record: Release, error: ActionError) -> Failure {
        self.record(&record).await;
        Failure { record: Some(Box::new(record)), error }
    }

    /// Stores a record where Helm goes on when that fails: the next action, or the unlocking, repairs it.
    pub(crate) async fn record(&self, record: &Release) {
        if let Err(error) = self.storage.update(record).await {
            let error: &StorageError = &error;
            tracing::warn!(release = record.name, revision = record.version, %error, "failed to update release");
        }
    }
}
