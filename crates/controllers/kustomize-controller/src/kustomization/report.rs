//! From an outcome to status, events and the next wake. Status is composed here and nowhere else.

use std::collections::BTreeMap;

use api::kustomize::{Kustomization, KustomizationStatus};
use api::meta::{ConditionStatus, ConditionType, Reason, ResourceInventory, ResourceRef, Snapshot, Stamp, Why};
use jiff::Timestamp;
use kube::Resource;
use runtime::events::{Event, Severity};
use runtime::reconciler::{Next, Report};

use super::act::{Attempt, Failure, Health, Outcome, Retry, Step, event, since};
use super::decide::{Observed, Revisions, Stall, Until, Wait};
use crate::context::Policy;

/// When the run began, and now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) started: Timestamp,
    pub(crate) now: Timestamp,
}

/// Reports what came of a run.
pub(crate) fn report(object: &Kustomization, outcome: Outcome, clock: Clock, policy: &Policy) -> Report<Kustomization> {
    let status = object.status.clone().unwrap_or_default();
    match outcome {
        Outcome::Stalled(stall) => stalled(object, status, stall, clock),
        Outcome::Waited(wait) => waited(object, status, wait, clock),
        Outcome::Attempted(attempt) => attempted(object, &attempt, clock, policy),
        Outcome::Interrupted => Report { status, events: Vec::new(), next: Next::Immediately, error: None },
    }
}

/// The status while an attempt is at its present step.
pub(crate) fn progress(object: &Kustomization, attempt: &Attempt, clock: &Clock) -> KustomizationStatus {
    let mut status = object.status.clone().unwrap_or_default();
    let stamp = stamp(object, clock);
    let Revisions { revision, .. } = &attempt.revisions;
    let doing = match attempt.step {
        Step::Fetch => "Fetching manifests",
        Step::Build => "Building manifests",
        Step::Apply => "Detecting drift",
        Step::Health => "Running health checks",
    };
    let message = format!("{doing} for revision {revision} with a timeout of {}", attempt.timeout);
    status.conditions.mark_unknown(ConditionType::Ready, Reason::Progressing, "Reconciliation in progress", &stamp);
    status.conditions.mark_reconciling(Reason::Progressing, message.clone(), &stamp);
    if attempt.step >= Step::Build {
        status.last_attempted_revision = Some(revision.clone());
    }
    if let Some(entries) = &attempt.inventory {
        let entry =
            |entry: &apply_plan::inventory::Entry| ResourceRef { id: entry.id.inventory_id(), version: entry.version.clone() };
        status.inventory = Some(ResourceInventory { entries: entries.iter().map(entry).collect() });
    }
    if attempt.step == Step::Health {
        status.conditions.mark_unknown(ConditionType::Healthy, Reason::Progressing, message, &stamp);
    }
    status
}

fn stalled(object: &Kustomization, mut status: KustomizationStatus, stall: Stall, clock: Clock) -> Report<Kustomization> {
    let stamp = stamp(object, &clock);
    status.conditions.mark_false(ConditionType::Ready, stall.reason, stall.message.clone(), &stamp);
    status.conditions.mark_stalled(stall.reason, stall.message.clone(), &stamp);
    if stall.observed == Observed::Yes {
        status.observed_generation = stamp.generation;
    }
    let event = event(Severity::Error, stall.reason.as_str(), stall.message.clone(), &stall.revisions);
    // Flux keeps quiet to the log where a gate is closed; to the metrics every stall is an error.
    Report { status, events: vec![event], next: Next::WhenChanged, error: Some(stall.message) }
}

fn waited(object: &Kustomization, mut status: KustomizationStatus, wait: Wait, clock: Clock) -> Report<Kustomization> {
    status.conditions.mark_false(ConditionType::Ready, wait.reason, wait.message.clone(), &stamp(object, &clock));
    retrying(&mut status, &stamp(object, &clock));
    let events = wait.event.map(|(message, revisions)| event(Severity::Info, wait.reason.as_str(), message, &revisions));
    let (next, error) = match wait.until {
        Until::After(pause) => (Next::After(pause), None),
        Until::Backoff => (Next::Backoff, Some(wait.message.clone())),
    };
    tracing::info!(reason = wait.reason.as_str(), "{}", wait.message);
    Report { status, events: events.into_iter().collect(), next, error }
}

fn attempted(object: &Kustomization, attempt: &Attempt, clock: Clock, policy: &Policy) -> Report<Kustomization> {
    let mut status = progress(object, attempt, &clock);
    let stamp = stamp(object, &clock);
    let cancelled = attempt.failure.as_ref().is_some_and(|failure| failure.retry == Retry::AtOnce);
    if let Some(digest) = attempt.digest.as_ref().filter(|_| attempt.step >= Step::Apply && !cancelled) {
        let reason = attempt.failure.as_ref().map_or(Reason::ReconciliationSucceeded, |failure| failure.reason);
        status.history.upsert(snapshot(attempt, digest, reason, &clock));
    }
    match &attempt.health {
        Health::Unchecked if attempt.failure.is_none() => status.conditions.remove(ConditionType::Healthy),
        Health::Unchecked | Health::Checking => {}
        Health::Passed(elapsed) => {
            status.conditions.mark_true(
                ConditionType::Healthy,
                Reason::Succeeded,
                format!("Health check passed in {elapsed}"),
                &stamp,
            );
        }
        Health::Failed(message) => {
            status.conditions.mark_false(ConditionType::Healthy, Reason::HealthCheckFailed, message.clone(), &stamp);
        }
    }
    match &attempt.failure {
        None => succeeded(object, attempt, status, clock),
        Some(failure) => failed(object, attempt, failure, status, (clock, policy)),
    }
}

fn succeeded(object: &Kustomization, attempt: &Attempt, mut status: KustomizationStatus, clock: Clock) -> Report<Kustomization> {
    let stamp = stamp(object, &clock);
    let revision = &attempt.revisions.revision;
    status.last_applied_revision = Some(revision.clone());
    status.last_applied_origin_revision = attempt.revisions.origin.clone();
    let message = format!("Applied revision: {revision}");
    status.conditions.mark_true(ConditionType::Ready, Reason::ReconciliationSucceeded, message, &stamp);
    status.conditions.remove(ConditionType::Reconciling);
    status.observed_generation = stamp.generation;
    let interval = &object.spec.interval;
    let event = finished(object, &status, clock);
    tracing::info!(revision = revision.as_str(), "{}", event.message);
    Report { status, events: vec![event], next: Next::Interval(interval.to_std()), error: None }
}

fn failed(
    object: &Kustomization,
    attempt: &Attempt,
    failure: &Failure,
    mut status: KustomizationStatus,
    (clock, policy): (Clock, &Policy),
) -> Report<Kustomization> {
    let stamp = stamp(object, &clock);
    status.conditions.mark_false(ConditionType::Ready, failure.reason, failure.message.clone(), &stamp);
    retrying(&mut status, &stamp);
    if failure.retry == Retry::AtOnce {
        let message = failure.message.replacen('N', "n", 1);
        let event = event(
            Severity::Info,
            failure.reason.as_str(),
            format!("Health checks canceled due to {message}"),
            &attempt.revisions,
        );
        return Report { status, events: vec![event], next: Next::Immediately, error: None };
    }
    if failure.retry == Retry::WhenPublished {
        tracing::info!("{}", failure.message);
        return Report { status, events: Vec::new(), next: Next::After(policy.requeue_dependency), error: None };
    }
    let retry = object.spec.retry_interval();
    let elapsed = since(clock.started, clock.now);
    tracing::error!(
        revision = attempt.revisions.revision.as_str(),
        error = failure.message.as_str(),
        "Reconciliation failed after {elapsed}, next try in {retry}"
    );
    let event = event(Severity::Error, failure.reason.as_str(), failure.message.clone(), &attempt.revisions);
    Report { status, events: vec![event], next: Next::After(retry.to_std()), error: None }
}

/// A failure that is tried again: Reconciling stays, with another reason.
fn retrying(status: &mut KustomizationStatus, stamp: &Stamp) {
    if status.conditions.has(ConditionType::Reconciling) {
        let message = status.conditions.message(ConditionType::Reconciling).to_owned();
        let why = Why(Reason::ProgressingWithRetry.as_str(), message);
        status.conditions.mark(ConditionType::Reconciling, ConditionStatus::True, why, stamp);
    }
}

/// The event after every run that leaves the object ready.
pub(crate) fn finished(object: &Kustomization, status: &KustomizationStatus, clock: Clock) -> Event {
    let elapsed = since(clock.started, clock.now);
    let message = format!("Reconciliation finished in {elapsed}, next run in {}", object.spec.interval);
    let revisions = Revisions {
        revision: status.last_applied_revision.clone().unwrap_or_default(),
        origin: status.last_applied_origin_revision.clone(),
    };
    let mut event = event(Severity::Info, status.conditions.reason(ConditionType::Ready), message, &revisions);
    let (key, value) = (api::meta::annotations::EVENT_COMMIT_STATUS, api::meta::annotations::EVENT_COMMIT_STATUS_UPDATE);
    event.metadata.insert(key.to_owned(), value.to_owned());
    event
}

fn snapshot(attempt: &Attempt, digest: &str, reason: Reason, clock: &Clock) -> Snapshot {
    let time = Stamp { generation: 0, now: clock.now }.time();
    let mut metadata = BTreeMap::from([("revision".to_owned(), attempt.revisions.revision.clone())]);
    if let Some(origin) = &attempt.revisions.origin {
        metadata.insert("originRevision".to_owned(), origin.clone());
    }
    Snapshot {
        digest: digest.to_owned(),
        first_reconciled: time.clone(),
        last_reconciled: time,
        last_reconciled_duration: since(clock.started, clock.now),
        last_reconciled_status: reason.as_str().to_owned(),
        total_reconciliations: 1,
        metadata,
    }
}

fn stamp(object: &Kustomization, clock: &Clock) -> Stamp {
    Stamp { generation: object.meta().generation.unwrap_or_default(), now: clock.now }
}
