//! What to do next about a release in a state, and when to stop: data in, data out.

use api::helm::{DriftDetectionMode, RemediationStrategy};
use api::meta::GoDuration;

use super::history::{FailedTests, Keep};
use super::state::State;
use super::strategy::{Active, Strategies};

/// An action on a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Install,
    Upgrade,
    Test,
    Unlock,
    Rollback,
    Uninstall,
    /// An uninstall that was interrupted goes on.
    FinishUninstall,
    CorrectDrift,
}

/// Of each kind one action is run in a reconcile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ActionKind {
    Release,
    Remediate,
    Test,
    Unlock,
    DriftCorrection,
}

impl Action {
    /// What Flux calls it in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Test => "test",
            Self::Unlock => "unlock",
            Self::Rollback => "rollback",
            Self::Uninstall | Self::FinishUninstall => "uninstall",
            Self::CorrectDrift => "correct cluster drift",
        }
    }

    /// Its kind.
    pub(crate) fn kind(self) -> ActionKind {
        match self {
            Self::Install | Self::Upgrade => ActionKind::Release,
            Self::Test => ActionKind::Test,
            Self::Unlock => ActionKind::Unlock,
            Self::Rollback | Self::Uninstall | Self::FinishUninstall => ActionKind::Remediate,
            Self::CorrectDrift => ActionKind::DriftCorrection,
        }
    }
}

/// Whether the revision to go back to is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RollbackTarget {
    /// It is, and nobody changed it.
    Good,
    /// Its record is gone, or was changed.
    Corrupt,
    /// No good revision is remembered.
    Missing,
}

/// What a choice depends on besides the state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'s> {
    /// What is done about failures.
    pub(crate) strategies: &'s Strategies,
    /// The strategy of the action that was tried last.
    pub(crate) active: Option<Active<'s>>,
    /// How often installs failed.
    pub(crate) install_failures: i64,
    /// How often upgrades failed.
    pub(crate) upgrade_failures: i64,
    /// Whether an annotation asks for an action in any case.
    pub(crate) forced: bool,
    /// Whether failed tests matter.
    pub(crate) tests: FailedTests,
    /// What is done about drift.
    pub(crate) drift: DriftDetectionMode,
    /// Whether there is a revision to go back to; matters to failed releases only.
    pub(crate) rollback_target: RollbackTarget,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the release is as it should be, or drift is told of only.
    Done,
    /// An action.
    Run(Action),
    /// It was tried too often; what was to be done.
    Exhausted(&'static str),
    /// There is no revision to go back to.
    NoRollbackTarget,
    /// Nothing can be done about a release with that status.
    Unclear(String),
}

/// What comes next, and what is dropped from the history before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is kept of the history.
    pub(crate) keep: Keep,
    /// What comes next.
    pub(crate) next: Next,
}

impl Choice {
    fn keeping(keep: Keep, next: Next) -> Self {
        Self { keep, next }
    }

    fn run(action: Action) -> Self {
        Self { keep: Keep::All, next: Next::Run(action) }
    }
}

/// Chooses.
pub(crate) fn choose(state: &State, situation: &Situation<'_>) -> Choice {
    match state {
        State::InSync => {
            let retries = situation.active.is_some_and(|active| active.strategy.retry.is_some());
            let keep = if retries { Keep::Newest } else { Keep::ToPrevious(situation.tests) };
            Choice::keeping(keep, if situation.forced { Next::Run(Action::Upgrade) } else { Next::Done })
        }
        State::Locked(_) => Choice::run(Action::Unlock),
        State::Uninstalling => Choice::run(Action::FinishUninstall),
        State::Absent(_) => {
            let exhausted = situation.strategies.install.remediation.exhausted(situation.install_failures);
            unless_exhausted(Action::Install, exhausted, situation, "cannot install release")
        }
        State::Unmanaged(_) => Choice::keeping(Keep::Nothing, Next::Run(Action::Upgrade)),
        State::OutOfSync(_) => {
            let exhausted = situation.strategies.upgrade.remediation.exhausted(situation.upgrade_failures);
            unless_exhausted(Action::Upgrade, exhausted, situation, "cannot upgrade release")
        }
        State::Drifted if situation.drift == DriftDetectionMode::Enabled => Choice::run(Action::CorrectDrift),
        State::Drifted => Choice::keeping(Keep::All, Next::Done),
        State::Untested => Choice::run(Action::Test),
        State::Failed(_) => after_failure(situation),
        State::Unknown(status) => Choice::keeping(Keep::All, Next::Unclear(status.clone())),
    }
}

fn unless_exhausted(action: Action, exhausted: bool, situation: &Situation<'_>, what: &'static str) -> Choice {
    if exhausted && !situation.forced { Choice::keeping(Keep::All, Next::Exhausted(what)) } else { Choice::run(action) }
}

fn after_failure(situation: &Situation<'_>) -> Choice {
    let Some(active) = situation.active else { return Choice::run(Action::Upgrade) };
    if active.strategy.retry.is_some() {
        return Choice::keeping(Keep::Newest, Next::Run(Action::Upgrade));
    }
    // No failure counts any more when what it came of has changed.
    if active.failures <= 0 || situation.forced {
        return Choice::run(Action::Upgrade);
    }
    let remediation = &active.strategy.remediation;
    if active.exhausted() && !remediation.remediates_last {
        return Choice::keeping(Keep::All, Next::Exhausted("cannot remediate failed release"));
    }
    let keep = Keep::ToPrevious(FailedTests::ignored_if(remediation.ignores_test_failures));
    let next = match (remediation.by, situation.rollback_target) {
        (RemediationStrategy::Uninstall, _) => Next::Run(Action::Uninstall),
        (RemediationStrategy::Rollback, RollbackTarget::Good) => Next::Run(Action::Rollback),
        (RemediationStrategy::Rollback, RollbackTarget::Corrupt) => Next::Run(Action::Upgrade),
        (RemediationStrategy::Rollback, RollbackTarget::Missing) => Next::NoRollbackTarget,
    };
    Choice::keeping(keep, next)
}

/// Why a reconcile stops though there is more to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It goes on after this time.
    After(GoDuration),
    /// It goes on soon.
    Soon,
    /// It waits for its interval: what would come next ran already, and may not be tried again.
    Quietly,
    /// It does not go on: no attempt is left.
    Exhausted,
}

/// Whether an action of that kind may not run any more in this reconcile.
pub(crate) fn stop_before(kind: ActionKind, done: &[ActionKind], active: Option<Active<'_>>) -> Option<Stop> {
    done.contains(&kind).then(|| match active {
        Some(Active { strategy, .. }) if strategy.retry.is_some() => Stop::After(strategy.retry.clone().unwrap_or_default()),
        Some(active) if active.exhausted() => Stop::Quietly,
        _ => Stop::Soon,
    })
}

/// Whether a reconcile ends after an action of that kind: a remediation is its last.
pub(crate) fn stop_after(kind: ActionKind, active: Option<Active<'_>>) -> Option<Stop> {
    (kind == ActionKind::Remediate).then(|| match active {
        Some(Active { strategy, .. }) if strategy.retry.is_some() => Stop::After(strategy.retry.clone().unwrap_or_default()),
        Some(active) if active.exhausted() && !uninstalls_after_upgrade(&active) => Stop::Exhausted,
        _ => Stop::Soon,
    })
}

/// After an uninstall the release is installed again: that one counts by itself.
fn uninstalls_after_upgrade(active: &Active<'_>) -> bool {
    active.action == api::helm::ReleaseAction::Upgrade && active.strategy.remediation.by == RemediationStrategy::Uninstall
}

#[cfg(test)]
mod tests;
