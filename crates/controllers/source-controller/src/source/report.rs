//! What came of a run, as conditions, events and the next wake. Status is decided nowhere else.

use super::{Failure, FailureClass, Made, Reached, Seen, Source, SourceStatus, event};
use crate::storage::{Storage, Stored};
use api::meta::annotations::{EVENT_DIGEST, EVENT_REVISION};
use api::meta::{Artifact, ConditionStatus, ConditionType, Conditions, Reason, ReconciledObject, ReconciledStatus, Stamp, Why};
use kube::core::object::HasStatus;
use runtime::events::{Event, Severity};
use runtime::reconciler::{Next, Report, StatusOf};

/// The status while a run goes on.
pub(super) fn in_progress<K: ReconciledObject>(object: &K, stamp: &Stamp) -> StatusOf<K> {
    let mut status = object.status().cloned().unwrap_or_default();
    let message = start_message(object);
    let conditions = status.conditions_mut();
    conditions.mark_reconciling(Reason::Progressing, message.clone(), stamp);
    if conditions.is_unknown(ConditionType::Ready) {
        conditions.mark_unknown(ConditionType::Ready, Reason::Progressing, message, stamp);
    }
    status
}

fn start_message<K: ReconciledObject>(object: &K) -> String {
    let generation = object.meta().generation.unwrap_or_default();
    let observed = object.status().map_or(0, ReconciledStatus::observed_generation);
    if generation == observed {
        "reconciliation in progress".to_owned()
    } else {
        format!("processing object: new generation {observed} -> {generation}")
    }
}

/// One run, to be reported.
pub(super) struct Reporter<'r, S: Source> {
    pub(super) source: &'r S,
    pub(super) storage: &'r Storage,
    pub(super) seen: &'r Seen<S::Kind>,
    pub(super) stamp: &'r Stamp,
}

impl<S: Source> Reporter<'_, S> {
    /// Everything that the run leaves behind.
    pub(super) fn report(&self, made: Result<Made<StatusOf<S::Kind>>, Failure>) -> Report<S::Kind> {
        let (seen, stamp) = (self.seen, self.stamp);
        let mut status = seen.object.status().cloned().unwrap_or_default();
        let mut events = self.storage_events();
        status.set_artifact(
            seen.artifact().cloned().map(|artifact| Artifact { url: self.storage.url(&artifact.path), ..artifact }),
        );
        let conditions = status.conditions_mut();
        conditions.remove(ConditionType::StorageOperationFailed);
        if seen.artifact().is_none() {
            conditions.remove(ConditionType::ArtifactInStorage);
        }
        if conditions.is_false(ConditionType::SourceVerified) {
            conditions.remove(ConditionType::SourceVerified);
        }
        let (next, error) = match made {
            Err(mut failure) => {
                if let Some(revision) = failure.source_revision.take() {
                    status.set_source_revision(Some(revision));
                }
                self.fail(status.conditions_mut(), &mut events, failure)
            }
            Ok(made) => {
                events.push(self.success_event(&made));
                self.succeed(&mut status, made);
                (self.source.next(&seen.object), None)
            }
        };
        let latest = |artifact: &Artifact| Some(format!("{}/{}", artifact.path.rsplit_once('/')?.0, S::LATEST));
        let latest: Option<String> = status.artifact().and_then(latest);
        status.set_url(latest.map(|path| self.storage.url(&path)));
        if error.is_none() || next == Next::WhenChanged {
            status.set_observed_generation(stamp.generation);
        }
        S::READY.apply(status.conditions_mut(), stamp);
        Report { status, events, next, error }
    }

    fn succeed(&self, status: &mut StatusOf<S::Kind>, made: Made<StatusOf<S::Kind>>) {
        let conditions = status.conditions_mut();
        let settled = [ConditionType::ArtifactOutdated, ConditionType::Reconciling, ConditionType::Stalled];
        for settled in S::FAILURES.iter().chain(&settled) {
            conditions.remove(settled);
        }
        conditions.remove(ConditionType::SourceVerified);
        let (reason, message) = made.in_storage;
        conditions.mark_true(ConditionType::ArtifactInStorage, reason, message, self.stamp);
        if let Some(artifact) = made.artifact {
            status.set_artifact(Some(artifact));
        }
        (made.observe)(status);
    }

    fn fail(&self, conditions: &mut Conditions, events: &mut Vec<Event>, failure: Failure) -> (Next, Option<String>) {
        self.settle_earlier_steps(conditions, &failure.reached);
        match failure.condition {
            Some(ConditionType::FetchFailed) => conditions.remove(ConditionType::BuildFailed),
            Some(ConditionType::BuildFailed) => conditions.remove(ConditionType::FetchFailed),
            _ => {}
        }
        if let Some(condition) = failure.condition {
            let bad = if condition == ConditionType::SourceVerified { ConditionStatus::False } else { ConditionStatus::True };
            conditions.mark(condition, bad, Why(failure.reason.as_ref(), failure.message.clone()), self.stamp);
        }
        let severity = if failure.class == FailureClass::Waiting { Severity::Trace } else { Severity::Error };
        events.push(event(severity, failure.reason, failure.message.clone()));
        let next = match failure.class {
            FailureClass::Stalled => Next::WhenChanged,
            FailureClass::Retry | FailureClass::Waiting => Next::Backoff,
        };
        if failure.class == FailureClass::Stalled {
            conditions.mark_stalled(failure.reason, failure.message.clone(), self.stamp);
        } else {
            conditions.mark_reconciling(Reason::ProgressingWithRetry, self.progress_message(&failure.reached), self.stamp);
        }
        (next, Some(failure.message))
    }

    /// Removes what failures of the steps before left, since those steps have now been passed.
    fn settle_earlier_steps(&self, conditions: &mut Conditions, reached: &Reached) {
        let outdated = match reached {
            Reached::Origin => return,
            Reached::New(outdated) => Some(outdated),
            Reached::Storage(outdated) => {
                conditions.remove(ConditionType::FetchFailed);
                conditions.remove(ConditionType::BuildFailed);
                outdated.as_ref()
            }
        };
        if let Some(outdated) = outdated
            && self.seen.artifact().is_some()
        {
            conditions.mark_true(ConditionType::ArtifactOutdated, S::OUTDATED, outdated.clone(), self.stamp);
        }
    }

    /// The last thing that Flux says of its progress before it fails at that step.
    fn progress_message(&self, reached: &Reached) -> String {
        if let Reached::New(outdated) | Reached::Storage(Some(outdated)) = reached {
            return format!("building artifact: {outdated}");
        }
        match self.seen.stored {
            Stored::Present => start_message(&*self.seen.object),
            Stored::Nothing => "building artifact".to_owned(),
            Stored::Missing | Stored::Corrupt(_) => "building artifact: disappeared from storage".to_owned(),
        }
    }

    fn storage_events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.seen.collected.is_empty() {
            let message = format!("garbage collected {} artifacts", self.seen.collected.len());
            events.push(event(Severity::Trace, Reason::GarbageCollectionSucceeded, message));
        }
        if let Stored::Corrupt(reason) = &self.seen.stored {
            let message = format!("failed to verify integrity of artifact: {reason}");
            events.push(event(Severity::Error, Reason::ArtifactVerificationFailed, message));
        }
        events
    }

    /// A new artifact, a recovery, or nothing new.
    fn success_event(&self, made: &Made<StatusOf<S::Kind>>) -> Event {
        let status = self.seen.object.status();
        let failed_before = status.is_some_and(|status| S::FAILURES.iter().any(|failed| status.conditions().is_true(failed)));
        let before = status.and_then(SourceStatus::artifact);
        let current = made.artifact.as_ref().or(before);
        let new = made.artifact.as_ref().filter(|new| before.is_none_or(|before| before.digest != new.digest));
        let (reason, artifact) = match (new, current) {
            (Some(new), _) => (made.event_reason, new),
            (None, Some(current)) if failed_before => {
                let reason = if made.event_reason == Reason::NewArtifact { Reason::Succeeded } else { made.event_reason };
                (reason, current)
            }
            _ => return event(Severity::Trace, Reason::ArtifactUpToDate, made.unchanged.clone()),
        };
        let mut event = event(Severity::Info, reason, made.event.clone());
        event.metadata.insert(EVENT_REVISION.to_owned(), artifact.revision.clone());
        event.metadata.insert(EVENT_DIGEST.to_owned(), artifact.digest.clone());
        event
    }
}
