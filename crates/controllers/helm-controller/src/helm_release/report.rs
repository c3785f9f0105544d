//! From how a run ended to its report: the last conditions, the error, the next wake.

use api::helm::{HelmRelease, HelmReleaseStatus};
use api::meta::{ConditionType, Reason};
use runtime::reconciler::{Next, Report};

use super::decide::{Obstacle, Until};
use super::ledger::Ledger;
use super::next::Stop;
use super::strategy::Strategies;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Something is in the way.
    Obstructed(Obstacle),
    /// The release is as it should be.
    Done,
    /// There is more to do, later or not at all.
    Stopped(Stop),
    /// It was tried too often; what was to be done.
    Exhausted(&'static str),
    /// There is no revision to go back to.
    NoRollbackTarget,
    /// The state of the release cannot be told.
    Unclear(String),
    /// Something failed, and is tried again.
    Failed(String),
    /// What was released before is gone: it begins anew.
    Anew,
    /// The process ends.
    Interrupted,
}

/// Reports how a run ended.
pub(crate) fn report(
    object: &HelmRelease,
    mut ledger: Ledger<'_>,
    ending: Ending,
    strategies: &Strategies,
) -> Report<HelmRelease> {
    let interval = Next::Interval(object.spec.interval.to_std());
    let mut observed = true;
    let (next, error) = match ending {
        Ending::Done => {
            ledger.finish();
            (interval, None)
        }
        Ending::Stopped(Stop::After(pause)) => {
            ledger.reconciling(Reason::ProgressingWithRetry, &format!("retrying after {pause}"));
            (Next::Interval(pause.to_std()), None)
        }
        Ending::Stopped(Stop::Quietly) => {
            ledger.status.conditions.remove(ConditionType::Reconciling);
            (interval, None)
        }
        Ending::Stopped(Stop::Soon) => {
            let message = ledger.status.conditions.message(ConditionType::Ready).to_owned();
            ledger.reconciling(Reason::ProgressingWithRetry, &message);
            observed = false;
            (Next::Backoff, None)
        }
        Ending::Stopped(Stop::Exhausted) => exhausted(&mut ledger, strategies, "exceeded maximum retries".to_owned()),
        Ending::Exhausted(what) => exhausted(&mut ledger, strategies, format!("exceeded maximum retries: {what}")),
        Ending::NoRollbackTarget => {
            let error = "missing target release for rollback: cannot remediate failed release";
            ledger.stalled(Reason::MissingRollbackTarget, &format!("Failed to perform remediation: {error}"));
            (Next::WhenChanged, Some(error.to_owned()))
        }
        Ending::Unclear(error) => {
            ledger.not_ready(Reason::StateError, &format!("Could not determine release state: {error}"));
            observed = false;
            (Next::Backoff, Some(format!("cannot determine release state: {error}")))
        }
        Ending::Failed(error) => {
            if ledger.status.conditions.is_true(ConditionType::Ready) {
                ledger.not_ready(Reason::ReconcileError, &error);
            }
            observed = false;
            (Next::Backoff, Some(error))
        }
        Ending::Anew => {
            observed = false;
            (Next::Immediately, None)
        }
        Ending::Interrupted => {
            observed = false;
            (Next::Immediately, None)
        }
        Ending::Obstructed(obstacle) => {
            observed = obstacle.until == Until::Changed;
            obstructed(&mut ledger, obstacle)
        }
    };
    let events = ledger.take_events();
    let mut status = ledger.status;
    if observed {
        status.observed_generation = object.metadata.generation.unwrap_or_default();
    }
    Report { status, events, next, error }
}

fn exhausted(ledger: &mut Ledger<'_>, strategies: &Strategies, error: String) -> (Next, Option<String>) {
    use api::helm::ReleaseAction::{Install, Upgrade};
    let active = strategies.active(&ledger.status);
    let (action, failures) = match active {
        Some(active) => (if active.action == Install { "install" } else { "upgrade" }, active.failures),
        None => ("", 0),
    };
    debug_assert!(active.is_none_or(|active| [Install, Upgrade].contains(&active.action)));
    ledger.stalled(Reason::RetriesExceeded, &format!("Failed to {action} after {failures} attempt(s)"));
    (Next::WhenChanged, Some(error))
}

fn obstructed(ledger: &mut Ledger<'_>, obstacle: Obstacle) -> (Next, Option<String>) {
    let Obstacle { reason, message, event, until } = obstacle;
    ledger.not_ready(reason, &message);
    if let Some((severity, message)) = event {
        ledger.emit(severity, reason, message);
    }
    match until {
        Until::Changed => {
            ledger.stalled(reason, &message);
            (Next::WhenChanged, Some(message))
        }
        Until::After(pause) => {
            tracing::info!(reason = reason.as_str(), "{message}");
            (Next::After(pause), None)
        }
        Until::AfterAbout(pause) => {
            tracing::info!(reason = reason.as_str(), "{message}");
            (Next::Interval(pause), None)
        }
        Until::Backoff => (Next::Backoff, Some(message)),
    }
}

/// The status of a suspended object.
pub(crate) fn suspended(object: &HelmRelease) -> HelmReleaseStatus {
    let mut status = object.status.clone().unwrap_or_default();
    status.observed_generation = object.metadata.generation.unwrap_or_default();
    status
}
