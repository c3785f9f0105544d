//! From how a run ended to its report: the last conditions, the error, the next wake.

use api::helm::{HelmRelease, HelmReleaseStatus, ReleaseAction};
use api::meta::{ConditionType, Reason};
use runtime::reconciler::{Next, Report};

use super::decide::{Obstacle, Until};
use super::ledger::Ledger;
use super::next::Stop;
use super::strategy::{Active, Strategies};

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
    let (action, failures) = match strategies.active(&ledger.status) {
        Some(Active { action: ReleaseAction::Install, failures, .. }) => ("install", failures),
        Some(Active { action: ReleaseAction::Upgrade, failures, .. }) => ("upgrade", failures),
        None => ("", 0),
    };
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

#[cfg(test)]
mod tests {
    use super::super::strategy::DefaultStrategy;
    use super::super::test_data::object;
    use super::*;
    use api::meta::GoDuration;
    use helm_release::observation::Algorithm;
    use runtime::events::Severity;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn reported(status: Value, ending: Ending) -> Report<HelmRelease> {
        let object = object(json!({}), status);
        let strategies = Strategies::of(&object.spec, DefaultStrategy::Remediate);
        let ledger = Ledger::new(&object, Algorithm::Sha256, jiff::Timestamp::UNIX_EPOCH);
        report(&object, ledger, ending, &strategies)
    }

    fn condition(kind: &str, status: &str, reason: &str) -> Value {
        json!({"type": kind, "status": status, "reason": reason, "message": "M", "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    fn said(report: &Report<HelmRelease>, kind: ConditionType) -> (String, String) {
        let conditions = &report.status.conditions;
        (conditions.reason(kind).to_owned(), conditions.message(kind).to_owned())
    }

    fn texts(reason: &str, message: &str) -> (String, String) {
        (reason.to_owned(), message.to_owned())
    }

    #[test]
    fn a_release_as_it_should_be_is_looked_at_after_its_interval() {
        let status = json!({"conditions": [condition("Released", "True", "InstallSucceeded"), condition("Reconciling", "True", "Progressing")]});
        let report = reported(status, Ending::Done);
        assert_eq!((report.next, report.error.clone()), (Next::Interval(Duration::from_secs(600)), None));
        assert_eq!(report.status.observed_generation, 2);
        assert_eq!(said(&report, ConditionType::Ready), texts("InstallSucceeded", "M"));
        assert!(!report.status.conditions.has(ConditionType::Reconciling));
    }

    #[test]
    fn what_goes_on_later_says_when() {
        let report = reported(json!({}), Ending::Stopped(Stop::After(GoDuration::from_seconds(120))));
        assert_eq!(report.next, Next::Interval(Duration::from_secs(120)));
        assert_eq!(said(&report, ConditionType::Reconciling), texts("ProgressingWithRetry", "retrying after 2m0s"));
        let soon = reported(json!({"conditions": [condition("Ready", "False", "UpgradeFailed")]}), Ending::Stopped(Stop::Soon));
        assert_eq!((soon.next, soon.status.observed_generation), (Next::Backoff, 0));
        assert_eq!(said(&soon, ConditionType::Reconciling), texts("ProgressingWithRetry", "M"));
    }

    #[test]
    fn what_was_tried_too_often_waits_for_a_change() {
        let status = json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": 3});
        for ending in [Ending::Exhausted("cannot upgrade release"), Ending::Stopped(Stop::Exhausted)] {
            let report = reported(status.clone(), ending);
            assert_eq!((report.next, report.status.observed_generation), (Next::WhenChanged, 2));
            assert_eq!(said(&report, ConditionType::Stalled), texts("RetriesExceeded", "Failed to upgrade after 3 attempt(s)"));
        }
        let report = reported(status, Ending::NoRollbackTarget);
        let message = "Failed to perform remediation: missing target release for rollback: cannot remediate failed release";
        assert_eq!(said(&report, ConditionType::Stalled), texts("MissingRollbackTarget", message));
    }

    #[test]
    fn a_failure_shows_in_ready_unless_that_says_more() {
        let plain =
            reported(json!({"conditions": [condition("Ready", "True", "InstallSucceeded")]}), Ending::Failed("no".to_owned()));
        assert_eq!((said(&plain, ConditionType::Ready), plain.next), (texts("ReconcileError", "no"), Next::Backoff));
        let told =
            reported(json!({"conditions": [condition("Ready", "False", "InstallFailed")]}), Ending::Failed("no".to_owned()));
        assert_eq!(said(&told, ConditionType::Ready), texts("InstallFailed", "M"));
        let unclear = reported(json!({}), Ending::Unclear("no".to_owned()));
        assert_eq!(said(&unclear, ConditionType::Ready), texts("StateError", "Could not determine release state: no"));
    }

    #[test]
    fn what_is_in_the_way_is_told_and_waited_for() {
        let obstacle = |until| Obstacle {
            reason: Reason::DependencyNotReady,
            message: "not yet".to_owned(),
            event: Some((Severity::Info, "not yet".to_owned())),
            until,
        };
        let waiting = reported(json!({}), Ending::Obstructed(obstacle(Until::After(Duration::from_secs(30)))));
        assert_eq!(
            (waiting.next, waiting.error.clone(), waiting.status.observed_generation),
            (Next::After(Duration::from_secs(30)), None, 0)
        );
        assert_eq!((waiting.events.len(), said(&waiting, ConditionType::Ready)), (1, texts("DependencyNotReady", "not yet")));
        let stalled = reported(json!({}), Ending::Obstructed(obstacle(Until::Changed)));
        assert_eq!((stalled.next, stalled.status.observed_generation), (Next::WhenChanged, 2));
        assert!(stalled.status.conditions.is_true(ConditionType::Stalled));
        let failing = reported(json!({}), Ending::Obstructed(obstacle(Until::Backoff)));
        assert_eq!((failing.next, failing.error.as_deref()), (Next::Backoff, Some("not yet")));
    }

    /// What Flux wrote in the recorded scenario `hr-suspended`.
    #[test]
    fn a_suspended_object_has_its_generation_observed() {
        let status = suspended(&object(json!({"suspend": true}), json!({})));
        assert_eq!(serde_json::to_value(status).expect("it has text as keys"), json!({"observedGeneration": 2}));
    }
}
