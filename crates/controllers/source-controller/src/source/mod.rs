//! What kinds of source have in common: the artifact in storage, the steps and how they are reported.
//!
//! A kind says with [`Source`] how its content is made; [`Sources`] does the rest. GitRepository, whose steps differ, has its own.

mod failure;
mod report;

pub(crate) use failure::{Failure, FailureClass, Reached};

use crate::storage::{Storage, Stored};
use api::meta::{Artifact, ConditionType, Reason, ReconciledObject, ReconciledStatus, Stamp, SummaryRule};
use jiff::Timestamp;
use kube::core::object::HasStatus;
use kube::{Resource, ResourceExt};
use runtime::events::{Event, Severity};
use runtime::reconciler::{Finalized, Next, Reconciler, Report, StatusOf};
use runtime::run::Run;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

/// The status of a kind of source.
pub(crate) trait SourceStatus: ReconciledStatus {
    /// The artifact of the last success.
    fn artifact(&self) -> Option<&Artifact>;
    /// Writes the artifact.
    fn set_artifact(&mut self, artifact: Option<Artifact>);
    /// Writes the address of the latest artifact, whatever its name.
    fn set_url(&mut self, url: Option<String>);
    /// Writes the revision of the source that was used, or was to be.
    fn set_source_revision(&mut self, revision: Option<String>) {
        let _ = revision;
    }
}

/// Implements [`SourceStatus`] for a status with the usual two fields, and what else is given.
macro_rules! source_status {
    ($($status:ty $(: $more:item)?),+) => {
        $(impl SourceStatus for $status {
            $($more)?
            fn artifact(&self) -> Option<&Artifact> {
                self.artifact.as_ref()
            }
            fn set_artifact(&mut self, artifact: Option<Artifact>) {
                self.artifact = artifact;
            }
            fn set_url(&mut self, url: Option<String>) {
                self.url = url;
            }
        })+
    };
}

source_status!(
    api::source::BucketStatus,
    api::source::HelmChartStatus: fn set_source_revision(&mut self, revision: Option<String>) {
        self.observed_source_artifact_revision = revision;
    },
    api::source::HelmRepositoryStatus,
    api::source::OciRepositoryStatus
);

/// How the content of one kind of source is made.
pub(crate) trait Source: Send + Sync + 'static {
    /// The kind.
    type Kind: ReconciledObject + HasStatus<Status: SourceStatus>;

    /// Its name.
    const KIND: &'static str;
    /// How Ready follows from the other conditions.
    const READY: SummaryRule;
    /// The conditions whose presence means that the last run failed.
    const FAILURES: &'static [ConditionType];
    /// The condition types that this controller writes.
    const OWNED_CONDITIONS: &'static [ConditionType];
    /// The name beside the artifacts that always leads to the latest; its address is in `status.url`.
    const LATEST: &'static str;
    /// The reason of ArtifactOutdated.
    const OUTDATED: Reason = Reason::NewRevision;

    /// Asks the origin, and stores what is new.
    fn make(&self, seen: &Seen<Self::Kind>) -> impl Future<Output = Result<Made<StatusOf<Self::Kind>>, Failure>> + Send;

    /// Whether an object only says something to others, so that there is nothing to make.
    fn is_static(&self, object: &Self::Kind) -> bool {
        let _ = object;
        false
    }

    /// When a run that succeeded is followed by the next.
    fn next(&self, object: &Self::Kind) -> Next {
        object.interval().map_or(Next::WhenChanged, |interval| Next::Interval(interval.to_std()))
    }
}

/// What was seen of an object before its origin was asked.
pub(crate) struct Seen<K> {
    /// The object.
    pub(crate) object: Arc<K>,
    /// When the run began.
    pub(crate) now: Timestamp,
    /// What became of the artifact in status.
    pub(crate) stored: Stored,
    /// The names of old files that were removed.
    pub(crate) collected: Vec<String>,
}

impl<K: ReconciledObject + HasStatus<Status: SourceStatus>> Seen<K> {
    /// The artifact in status, if it is still what status says.
    pub(crate) fn artifact(&self) -> Option<&Artifact> {
        self.object.status()?.artifact().filter(|_| self.stored == Stored::Present)
    }

    /// Whether the stored artifact is of that revision.
    pub(crate) fn has_revision(&self, revision: &str) -> bool {
        self.artifact().is_some_and(|artifact| artifact.revision == revision)
    }

    pub(crate) fn namespace(&self) -> String {
        self.object.namespace().unwrap_or_default()
    }
}

/// What came of asking the origin.
pub(crate) struct Made<S> {
    /// The new artifact; `None` where the stored one is still right.
    pub(crate) artifact: Option<Artifact>,
    /// Why the condition ArtifactInStorage is true.
    pub(crate) in_storage: (Reason, String),
    /// The reason of the event about a new artifact.
    pub(crate) event_reason: Reason,
    /// What the event about a new artifact says, or one about a recovery.
    pub(crate) event: String,
    /// What the event says where nothing is new.
    pub(crate) unchanged: String,
    /// Writes into status what the artifact was made from.
    pub(crate) observe: Box<dyn FnOnce(&mut S) + Send>,
}

/// The reconciler of one kind of source.
pub(crate) struct Sources<S> {
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// How content is made.
    pub(crate) source: S,
}

impl<S: Source> Reconciler for Sources<S> {
    type Kind = S::Kind;

    const OWNED_CONDITIONS: &'static [ConditionType] = S::OWNED_CONDITIONS;

    async fn reconcile(&self, run: Run<S::Kind>) -> Report<S::Kind> {
        let stamp = Stamp { generation: run.object().meta().generation.unwrap_or_default(), now: run.started() };
        run.progress(report::in_progress(&**run.object(), &stamp));
        let seen = self.look(&run).await;
        let made = self.source.make(&seen).await;
        report::Reporter { source: &self.source, storage: &self.storage, seen: &seen, stamp: &stamp }.report(made)
    }

    async fn finalize(&self, run: Run<S::Kind>) -> Finalized {
        let key = run.key().clone();
        let storage = Arc::clone(&self.storage);
        let removed = tokio::task::spawn_blocking(move || storage.remove_all(S::KIND, &key.namespace, &key.name)).await;
        match removed {
            Ok(Ok(was_stored)) => Finalized::Done { events: was_stored.then(collected).into_iter().collect() },
            Ok(Err(error)) => {
                let error = runtime::error_chain::error_chain(&error);
                let message = format!("garbage collection for deleted resource failed: {error}");
                let events = vec![event(Severity::Error, Reason::GarbageCollectionFailed, message.clone())];
                Finalized::Retry { events, error: message }
            }
            Err(error) => Finalized::Retry { events: Vec::new(), error: error.to_string() },
        }
    }

    fn is_static(&self, object: &S::Kind) -> bool {
        self.source.is_static(object)
    }

    fn suspended(&self, object: &S::Kind) -> StatusOf<S::Kind> {
        let mut status = object.status().cloned().unwrap_or_default();
        if !status.conditions().is_empty() {
            status.set_observed_generation(object.meta().generation.unwrap_or_default());
        }
        status
    }
}

impl<S: Source> Sources<S> {
    /// Collects old files and checks the artifact in status.
    async fn look(&self, run: &Run<S::Kind>) -> Seen<S::Kind> {
        let (object, now) = (Arc::clone(run.object()), run.started());
        let Some(artifact) = object.status().and_then(|status| status.artifact().cloned()) else {
            return Seen { object, now, stored: Stored::Nothing, collected: Vec::new() };
        };
        let storage = Arc::clone(&self.storage);
        let looked = tokio::task::spawn_blocking(move || {
            let collected = storage.collect(&artifact, SystemTime::now());
            (storage.check(&artifact), collected)
        });
        let (stored, collected) = match looked.await {
            Ok((stored, Ok(collected))) => (stored, collected),
            Ok((stored, Err(error))) => {
                // As Flux: old files cost space, not correctness; the next run tries again.
                tracing::warn!(error = runtime::error_chain::error_chain(&error), "failed to garbage collect artifacts");
                (stored, Vec::new())
            }
            Err(_) => (Stored::Missing, Vec::new()),
        };
        Seen { object, now, stored, collected }
    }
}

/// Makes the kind's name for the latest artifact lead to this one. Without it only `status.url` leads nowhere, so that a failure is
/// no more than logged.
pub(crate) fn link_latest<S: Source>(storage: &Storage, artifact: &Artifact) {
    if let Err(error) = storage.link(artifact, S::LATEST) {
        tracing::warn!(error = runtime::error_chain::error_chain(&error), "failed to update status URL symlink");
    }
}

/// What is said when the artifacts of a deleted object are gone.
pub(crate) fn collected() -> Event {
    event(Severity::Trace, Reason::GarbageCollectionSucceeded, "garbage collected artifacts for deleted resource")
}

/// An event without metadata.
pub(crate) fn event(severity: Severity, reason: impl AsRef<str>, message: impl Into<String>) -> Event {
    Event { severity, reason: reason.as_ref().to_owned(), message: message.into(), metadata: BTreeMap::new() }
}
