//! Deletes what an owner has applied and no longer wants, and nothing else.
//!
//! Only a live object that carries the owner's labels is deleted, and only the very object that was looked at (by uid).

use std::time::Duration;

use apply_plan::controls::{self, Deletion};
use apply_plan::failure::{self, Step};
use apply_plan::inventory::Entry;
use apply_plan::ownership::Owner;
use apply_plan::{Action, Change};
use futures::StreamExt;
use thiserror::Error;
use tokio::time::Instant;

use crate::cluster::{Cluster, Detail};
use crate::live_index::LiveIndex;
use crate::object_key::ObjectKey;
use crate::request_error::RequestError;

const GONE_POLL: Duration = Duration::from_secs(1);

/// How to prune.
pub struct Prune<'a> {
    /// Where, and as whom.
    pub cluster: &'a Cluster,
    /// Learns that these deletions are ours; `None` for clusters that are not watched.
    pub index: Option<&'a LiveIndex>,
    /// Whose labels an object must carry.
    pub owner: Owner<'a>,
    /// Requests at a time.
    pub concurrency: usize,
}

/// Some objects could not be deleted; the others were.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct PruneFailure {
    /// All that failed, in Flux's words.
    pub message: String,
    /// What was done to each object, in order.
    pub changes: Vec<Change>,
}

/// Objects did not go away in time.
#[derive(Debug, Error)]
#[error("{subject} termination timeout: context deadline exceeded")]
pub struct TerminationTimeout {
    /// The first that is still there, as `Kind/namespace/name`.
    pub subject: String,
}

impl Prune<'_> {
    /// Deletes `entries` in their order, dependents in the background; objects of one kind in parallel. All are tried.
    ///
    /// # Errors
    /// What could not be deleted, with what was done to all of them.
    pub async fn delete(&self, entries: &[Entry]) -> Result<Vec<Change>, PruneFailure> {
        let mut changes = Vec::with_capacity(entries.len());
        let mut messages = Vec::new();
        for batch in entries.chunk_by(|left, right| left.id.kind == right.id.kind && left.id.group == right.id.group) {
            let deletions: Vec<_> = batch.iter().map(|entry| self.delete_one(entry)).collect();
            let mut results = futures::stream::iter(deletions).buffered(self.concurrency.max(1));
            while let Some((change, failure)) = results.next().await {
                changes.push(change);
                messages.extend(failure);
            }
        }
        if messages.is_empty() {
            Ok(changes)
        } else {
            Err(PruneFailure { message: failure::deletion_failure(&messages), changes })
        }
    }

    /// Waits until all that `changes` say was deleted is gone.
    ///
    /// # Errors
    /// The first object that is still there when `timeout` is over.
    pub async fn await_gone(&self, changes: &[Change], timeout: Duration) -> Result<(), TerminationTimeout> {
        let deadline = Instant::now() + timeout;
        for change in changes.iter().filter(|change| change.action == Action::Deleted) {
            let entry = Entry { id: change.id.clone(), version: change.version.clone() };
            let key = ObjectKey::of_entry(&entry);
            loop {
                let read = tokio::time::timeout_at(deadline, self.cluster.get(&key, Detail::Metadata)).await;
                match read {
                    Ok(Ok(None) | Err(RequestError::NoMatch { .. })) => break,
                    Ok(_) if Instant::now() + GONE_POLL < deadline => tokio::time::sleep(GONE_POLL).await,
                    _ => return Err(TerminationTimeout { subject: key.to_string() }),
                }
            }
        }
        Ok(())
    }

    async fn delete_one(&self, entry: &Entry) -> (Change, Option<String>) {
        let key = ObjectKey::of_entry(entry);
        let change = |action| Change { id: entry.id.clone(), version: entry.version.clone(), action };
        let identity = serde_json::json!({
            "apiVersion": entry.api_version(), "kind": key.kind, "metadata": {"name": key.name, "namespace": key.namespace},
        });
        let failed = |step, error: &RequestError| {
            (change(Action::Unknown), Some(failure::step_failure(&identity, step, &error.to_string())))
        };
        match self.cluster.canonical(&key).await {
            // An entry that names a namespace for a kind that has none is not the object that would be found.
            Ok(canonical) if canonical != key => return (change(Action::Skipped), None),
            _ => {}
        }
        let live = match self.cluster.get(&key, Detail::Metadata).await {
            Ok(Some(live)) => live,
            // A kind that is no longer served has no objects any more.
            Ok(None) | Err(RequestError::NoMatch { .. }) => return (change(Action::Deleted), None),
            Err(error) => return failed(Step::Query, &error),
        };
        match controls::deletion(&live, &self.owner) {
            Deletion::NotOwned | Deletion::Excluded => return (change(Action::Skipped), None),
            Deletion::Delete => {}
        }
        if let Some(index) = self.index {
            index.deletes(&key);
        }
        match self.cluster.delete(&key, live.pointer("/metadata/uid").and_then(serde_json::Value::as_str)).await {
            Ok(()) => (change(Action::Deleted), None),
            Err(error) if error.is_not_found() => (change(Action::Deleted), None),
            Err(error) => failed(Step::Delete, &error),
        }
    }
}
