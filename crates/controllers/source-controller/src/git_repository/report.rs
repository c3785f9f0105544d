//! What came of a run, as conditions, events and the next wake. Status is decided nowhere else.

use super::decide::{Failure, FailureClass, Reached};
use super::event;
use super::observe::Observation;
use super::verification::Verified;
use crate::storage::Stored;
use api::meta::annotations::{EVENT_DIGEST, EVENT_REVISION};
use api::meta::{Artifact, ConditionStatus, ConditionType, Conditions, Reason, Stamp};
use api::source::{GitRepository, GitRepositoryStatus};
use runtime::events::{Event, Severity};
use runtime::reconciler::{Next, Report};

/// What came of a plan.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It did not work.
    Failed(Failure),
    /// The remote has nothing new; nothing was downloaded.
    Unchanged {
        /// The revision that it still has.
        revision: String,
        /// Whether Flux would have known that by comparing refs, before it checks anything out.
        compared_first: bool,
    },
    /// A new artifact is stored.
    Stored(Box<NewArtifact>),
}

/// An artifact and what it was made of.
#[derive(Debug)]
pub(crate) struct NewArtifact {
    /// The artifact.
    pub(crate) artifact: Artifact,
    /// The artifacts that were included.
    pub(crate) includes: Vec<Artifact>,
    /// The first line of the commit's message, cut as Flux cuts it.
    pub(crate) subject: String,
    /// What was found to be signed.
    pub(crate) verified: Option<Verified>,
}

/// The conditions whose presence means that the last run failed.
const FAIL_CONDITIONS: [ConditionType; 3] =
    [ConditionType::FetchFailed, ConditionType::IncludeUnavailable, ConditionType::StorageOperationFailed];

/// The status while a run goes on.
pub(crate) fn in_progress(object: &GitRepository, stamp: &Stamp) -> GitRepositoryStatus {
    let mut status = object.status.clone().unwrap_or_default();
    let message = start_message(object);
    status.conditions.mark_reconciling(Reason::Progressing, message.clone(), stamp);
    if status.conditions.is_unknown(ConditionType::Ready) {
        status.conditions.mark_unknown(ConditionType::Ready, Reason::Progressing, message, stamp);
    }
    status
}

/// Everything that a run leaves behind.
pub(crate) fn report(seen: &Observation, outcome: Outcome, stamp: &Stamp) -> Report<GitRepository> {
    let mut status = seen.object.status.clone().unwrap_or_default();
    let mut events = storage_events(seen);
    status.artifact = seen.artifact().cloned();
    let conditions = &mut status.conditions;
    conditions.remove(ConditionType::StorageOperationFailed);
    if status.artifact.is_none() {
        conditions.remove(ConditionType::ArtifactInStorage);
    }
    if conditions.is_false(ConditionType::SourceVerified) || seen.object.spec.verification.is_none() {
        conditions.remove(ConditionType::SourceVerified);
    }
    if seen.object.spec.verification.is_none() {
        status.source_verification_mode = None;
    }
    let interval = Next::Interval(seen.object.spec.interval.to_std());
    let (next, error) = match outcome {
        Outcome::Failed(failure) => fail(seen, &mut status, &mut events, (failure, stamp)),
        Outcome::Unchanged { revision, compared_first } => {
            events.extend(recovery(seen, &status, &format!("stored artifact for commit '{revision}'")));
            events.push(unchanged_event(&revision, compared_first));
            succeed(&mut status.conditions, &revision, stamp);
            (interval, None)
        }
        Outcome::Stored(new) => {
            if let Some(verified) = &new.verified {
                let message = verified.message.clone();
                events.push(event(Severity::Trace, Reason::Succeeded, message.clone()));
                status.conditions.mark_true(ConditionType::SourceVerified, Reason::Succeeded, message, stamp);
                status.source_verification_mode = Some(verified.mode.as_str().to_owned());
            }
            events.extend(stored_events(seen, &new));
            succeed(&mut status.conditions, &new.artifact.revision, stamp);
            observe_content(&mut status, &seen.object, *new);
            (interval, None)
        }
    };
    if error.is_none() {
        status.observed_generation = stamp.generation;
    }
    GitRepository::READY.apply(&mut status.conditions, stamp);
    Report { status, events, next, error }
}

fn observe_content(status: &mut GitRepositoryStatus, object: &GitRepository, new: NewArtifact) {
    status.artifact = Some(new.artifact);
    status.included_artifacts = new.includes;
    status.observed_ignore.clone_from(&object.spec.ignore);
    status.observed_recurse_submodules = object.spec.recurse_submodules;
    status.observed_include.clone_from(&object.spec.include);
    status.observed_sparse_checkout.clone_from(&object.spec.sparse_checkout);
}

fn succeed(conditions: &mut Conditions, revision: &str, stamp: &Stamp) {
    for settled in
        FAIL_CONDITIONS.iter().chain(&[ConditionType::ArtifactOutdated, ConditionType::Reconciling, ConditionType::Stalled])
    {
        conditions.remove(settled);
    }
    let message = format!("stored artifact for revision '{revision}'");
    conditions.mark_true(ConditionType::ArtifactInStorage, Reason::Succeeded, message, stamp);
}

fn fail(
    seen: &Observation,
    status: &mut GitRepositoryStatus,
    events: &mut Vec<Event>,
    (failure, stamp): (Failure, &Stamp),
) -> (Next, Option<String>) {
    let conditions = &mut status.conditions;
    settle_earlier_steps(conditions, &failure.reached, stamp);
    if let Some(condition) = failure.condition {
        let bad = if condition == ConditionType::SourceVerified { ConditionStatus::False } else { ConditionStatus::True };
        let why = api::meta::Why(failure.reason.as_ref(), failure.message.clone());
        conditions.mark(condition, bad, why, stamp);
    }
    let severity = match failure.class {
        FailureClass::Waiting(_) => Severity::Trace,
        FailureClass::Retry | FailureClass::Stalled => Severity::Error,
    };
    events.push(event(severity, failure.reason, failure.message.clone()));
    match failure.class {
        FailureClass::Stalled => {
            conditions.mark_stalled(failure.reason, failure.message.clone(), stamp);
            status.observed_generation = stamp.generation;
            (Next::WhenChanged, Some(failure.message))
        }
        FailureClass::Retry => {
            conditions.mark_reconciling(Reason::ProgressingWithRetry, progress_message(seen, &failure.reached), stamp);
            (Next::Backoff, Some(failure.message))
        }
        FailureClass::Waiting(delay) => {
            conditions.mark_reconciling(Reason::ProgressingWithRetry, progress_message(seen, &failure.reached), stamp);
            (Next::After(delay), Some(failure.message))
        }
    }
}

/// Removes what failures of the steps before left, since those steps have now been passed.
fn settle_earlier_steps(conditions: &mut Conditions, reached: &Reached, stamp: &Stamp) {
    match reached {
        Reached::Configuration | Reached::Includes => {}
        Reached::Remote { .. } => {
            conditions.remove(ConditionType::IncludeUnavailable);
            conditions.remove(ConditionType::ArtifactOutdated);
        }
        Reached::Verification | Reached::Archive { .. } => {
            for settled in [ConditionType::IncludeUnavailable, ConditionType::FetchFailed, ConditionType::ArtifactOutdated] {
                conditions.remove(settled);
            }
        }
    }
    if let Reached::Archive { new_revision: Some(revision) } = reached
        && conditions.has(ConditionType::ArtifactInStorage)
    {
        let message = format!("new upstream revision '{revision}'");
        conditions.mark_true(ConditionType::ArtifactOutdated, Reason::NewRevision, message, stamp);
    }
}

fn start_message(object: &GitRepository) -> String {
    let generation = object.metadata.generation.unwrap_or_default();
    let observed = object.status.as_ref().map_or(0, |status| status.observed_generation);
    if generation == observed {
        "reconciliation in progress".to_owned()
    } else {
        format!("processing object: new generation {observed} -> {generation}")
    }
}

/// The last thing that Flux says of its progress before it fails at that step.
fn progress_message(seen: &Observation, reached: &Reached) -> String {
    match reached {
        Reached::Archive { new_revision: Some(revision) } => {
            return format!("building artifact: new upstream revision '{revision}'");
        }
        Reached::Remote { includes_changed: true } => {
            return "building artifact: included artifacts differ from last observed includes".to_owned();
        }
        _ => {}
    }
    match seen.stored {
        Stored::Present => start_message(&seen.object),
        Stored::Nothing => "building artifact".to_owned(),
        Stored::Missing | Stored::Corrupt(_) => "building artifact: disappeared from storage".to_owned(),
    }
}

fn storage_events(seen: &Observation) -> Vec<Event> {
    let mut events = Vec::new();
    if !seen.collected.is_empty() {
        let message = format!("garbage collected {} artifacts", seen.collected.len());
        events.push(event(Severity::Trace, "GarbageCollectionSucceeded", message));
    }
    if let Stored::Corrupt(reason) = &seen.stored {
        let message = format!("failed to verify integrity of artifact: {reason}");
        events.push(event(Severity::Error, "ArtifactVerificationFailed", message));
    }
    events
}

fn stored_events(seen: &Observation, new: &NewArtifact) -> Vec<Event> {
    let message = format!("stored artifact for commit '{}'", new.subject);
    let before = seen.object.status.as_ref().and_then(|status| status.artifact.as_ref());
    if before.is_some_and(|before| before.digest == new.artifact.digest) {
        let failed_before = failed_before(seen);
        return failed_before.then(|| about_artifact(Reason::Succeeded, &message, &new.artifact)).into_iter().collect();
    }
    vec![about_artifact(Reason::NewArtifact, &message, &new.artifact)]
}

fn unchanged_event(revision: &str, compared_first: bool) -> Event {
    if compared_first {
        let message = format!("no changes since last reconciliation: observed revision '{revision}'");
        event(Severity::Trace, Reason::GitOperationSucceeded, message)
    } else {
        let message = format!("artifact up-to-date with remote revision: '{revision}'");
        event(Severity::Trace, Reason::ArtifactUpToDate, message)
    }
}

/// A run that found nothing new after one that failed says that all is well again.
fn recovery(seen: &Observation, status: &GitRepositoryStatus, message: &str) -> Option<Event> {
    let artifact = status.artifact.as_ref()?;
    failed_before(seen).then(|| about_artifact(Reason::Succeeded, message, artifact))
}

fn failed_before(seen: &Observation) -> bool {
    seen.object.status.as_ref().is_some_and(|status| FAIL_CONDITIONS.iter().any(|failed| status.conditions.is_true(failed)))
}

fn about_artifact(reason: Reason, message: &str, artifact: &Artifact) -> Event {
    let mut event = event(Severity::Info, reason, message);
    event.metadata.insert(EVENT_REVISION.to_owned(), artifact.revision.clone());
    event.metadata.insert(EVENT_DIGEST.to_owned(), artifact.digest.clone());
    event
}
