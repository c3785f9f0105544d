use super::super::strategy::{DefaultStrategy, Strategies};
use super::super::test_data::object;
use super::*;
use api::helm::{HelmReleaseSpec, HelmReleaseStatus};
use serde_json::{Value, json};

struct Case {
    spec: HelmReleaseSpec,
    status: HelmReleaseStatus,
    forced: bool,
    target: RollbackTarget,
}

impl Case {
    fn new(spec: Value, status: Value) -> Self {
        let object = object(spec, status);
        let status = object.status.clone().unwrap_or_default();
        Self { spec: object.spec, status, forced: false, target: RollbackTarget::Good }
    }

    fn forced(self) -> Self {
        Self { forced: true, ..self }
    }

    fn target(self, target: RollbackTarget) -> Self {
        Self { target, ..self }
    }

    fn with<T>(&self, ask: impl FnOnce(&Situation<'_>) -> T) -> T {
        let strategies = Strategies::of(&self.spec, DefaultStrategy::Remediate);
        ask(&Situation {
            strategies: &strategies,
            active: strategies.active(&self.status),
            install_failures: self.status.install_failures,
            upgrade_failures: self.status.upgrade_failures,
            forced: self.forced,
            tests: FailedTests::ignored_if(strategies.ignores_test_failures(&self.spec, &self.status)),
            drift: self.spec.drift_mode(),
            rollback_target: self.target,
        })
    }

    fn next(&self, state: &State) -> Next {
        self.with(|situation| choose(state, situation).next)
    }
}

fn failed_upgrade(remediation: Value, failures: i64) -> Case {
    let status = json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": failures});
    Case::new(json!({"upgrade": {"remediation": remediation}}), status)
}

/// The table of the specification: state, then action.
#[test]
fn every_state_has_its_action() {
    let plain = || Case::new(json!({}), json!({}));
    assert_eq!(plain().next(&State::InSync), Next::Done);
    assert_eq!(plain().forced().next(&State::InSync), Next::Run(Action::Upgrade));
    assert_eq!(plain().next(&State::Locked("pending-upgrade".to_owned())), Next::Run(Action::Unlock));
    assert_eq!(plain().next(&State::Uninstalling), Next::Run(Action::FinishUninstall));
    assert_eq!(plain().next(&State::Absent("")), Next::Run(Action::Install));
    assert_eq!(plain().next(&State::OutOfSync("")), Next::Run(Action::Upgrade));
    assert_eq!(plain().next(&State::Untested), Next::Run(Action::Test));
    assert_eq!(plain().next(&State::Drifted), Next::Done);
    assert_eq!(plain().next(&State::Unknown("x".to_owned())), Next::Unclear("x".to_owned()));
    let unmanaged = plain().with(|situation| choose(&State::Unmanaged(""), situation));
    assert_eq!(unmanaged, Choice { keep: Keep::Nothing, next: Next::Run(Action::Upgrade) });
}

#[test]
fn drift_is_corrected_where_the_spec_says_so() {
    let drifted = |mode: &str| Case::new(json!({"driftDetection": {"mode": mode}}), json!({})).next(&State::Drifted);
    assert_eq!(drifted("enabled"), Next::Run(Action::CorrectDrift));
    assert_eq!(drifted("warn"), Next::Done);
}

#[test]
fn too_many_failures_end_it_unless_it_is_forced() {
    let absent = || Case::new(json!({}), json!({"lastAttemptedReleaseAction": "install", "installFailures": 1}));
    assert!(matches!(absent().next(&State::Absent("")), Next::Exhausted(_)));
    assert_eq!(absent().forced().next(&State::Absent("")), Next::Run(Action::Install));
    assert!(matches!(failed_upgrade(json!({}), 1).next(&State::OutOfSync("")), Next::Exhausted(_)));
    assert_eq!(failed_upgrade(json!({}), 1).forced().next(&State::OutOfSync("")), Next::Run(Action::Upgrade));
    assert!(matches!(failed_upgrade(json!({}), 1).next(&State::Failed("")), Next::Exhausted(_)));
    assert_eq!(failed_upgrade(json!({}), 1).forced().next(&State::Failed("")), Next::Run(Action::Upgrade));
}

#[test]
fn a_failed_upgrade_is_rolled_back_or_uninstalled() {
    let retries = json!({"retries": 2});
    assert_eq!(failed_upgrade(retries.clone(), 1).next(&State::Failed("")), Next::Run(Action::Rollback));
    // With retries the last failure is remediated, too.
    assert_eq!(failed_upgrade(retries.clone(), 3).next(&State::Failed("")), Next::Run(Action::Rollback));
    let missing = failed_upgrade(retries.clone(), 1).target(RollbackTarget::Missing);
    assert_eq!(missing.next(&State::Failed("")), Next::NoRollbackTarget);
    let corrupt = failed_upgrade(retries, 1).target(RollbackTarget::Corrupt);
    assert_eq!(corrupt.next(&State::Failed("")), Next::Run(Action::Upgrade));
    let uninstall = json!({"retries": 1, "strategy": "uninstall"});
    assert_eq!(failed_upgrade(uninstall, 1).next(&State::Failed("")), Next::Run(Action::Uninstall));
    let last = json!({"remediateLastFailure": true});
    assert_eq!(failed_upgrade(last, 1).next(&State::Failed("")), Next::Run(Action::Rollback));
}

#[test]
fn a_failed_install_is_uninstalled() {
    let spec = json!({"install": {"remediation": {"retries": 1}}});
    let status = json!({"lastAttemptedReleaseAction": "install", "installFailures": 1});
    assert_eq!(Case::new(spec, status).next(&State::Failed("")), Next::Run(Action::Uninstall));
}

#[test]
fn a_failure_without_count_is_tried_again() {
    assert_eq!(failed_upgrade(json!({}), 0).next(&State::Failed("")), Next::Run(Action::Upgrade), "the spec changed");
    assert_eq!(Case::new(json!({}), json!({})).next(&State::Failed("")), Next::Run(Action::Upgrade), "not our action");
}

#[test]
fn retrying_upgrades_what_failed_and_keeps_the_newest() {
    let spec = json!({"upgrade": {"strategy": {"name": "RetryOnFailure"}}});
    let case = Case::new(spec, json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": 7}));
    let choice = case.with(|situation| choose(&State::Failed(""), situation));
    assert_eq!(choice, Choice { keep: Keep::Newest, next: Next::Run(Action::Upgrade) });
    assert_eq!(case.with(|situation| choose(&State::InSync, situation).keep), Keep::Newest);
}

#[test]
fn each_kind_of_action_runs_once() {
    let fresh = Case::new(json!({}), json!({}));
    let before =
        |case: &Case, done: &[ActionKind]| case.with(|situation| stop_before(ActionKind::Release, done, situation.active));
    assert_eq!(before(&fresh, &[]), None);
    assert_eq!(before(&fresh, &[ActionKind::Test, ActionKind::Unlock]), None);
    assert_eq!(before(&fresh, &[ActionKind::Release]), Some(Stop::Soon));
    assert_eq!(before(&failed_upgrade(json!({"retries": 3}), 1), &[ActionKind::Release]), Some(Stop::Soon));
    assert_eq!(before(&failed_upgrade(json!({}), 1), &[ActionKind::Release]), Some(Stop::Quietly));
    let retrying = Case::new(
        json!({"upgrade": {"strategy": {"name": "RetryOnFailure", "retryInterval": "7m"}}}),
        json!({"lastAttemptedReleaseAction": "upgrade"}),
    );
    assert_eq!(before(&retrying, &[ActionKind::Release]), Some(Stop::After(GoDuration::from_seconds(420))));
}

#[test]
fn a_remediation_is_the_last_action() {
    let after = |case: &Case, kind| case.with(|situation| stop_after(kind, situation.active));
    assert_eq!(after(&failed_upgrade(json!({}), 1), ActionKind::Release), None);
    assert_eq!(after(&failed_upgrade(json!({"retries": 2}), 1), ActionKind::Remediate), Some(Stop::Soon));
    assert_eq!(after(&failed_upgrade(json!({"retries": 2}), 3), ActionKind::Remediate), Some(Stop::Exhausted));
    let uninstall = json!({"retries": 2, "strategy": "uninstall"});
    assert_eq!(after(&failed_upgrade(uninstall, 3), ActionKind::Remediate), Some(Stop::Soon), "it is installed again");
}
