//! What the spec says about failures: how often an action is tried, and what is done between two tries.

use api::helm::{
    HelmReleaseSpec, HelmReleaseStatus, InstallStrategy, ReleaseAction, RemediationStrategy, StrategyName, UpgradeStrategy,
};
use api::meta::GoDuration;

/// How long `RetryOnFailure` waits where the spec does not say.
const RETRY_INTERVAL: GoDuration = GoDuration::from_seconds(300);

/// Which strategy holds where the spec names none (gate `DefaultToRetryOnFailure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DefaultStrategy {
    /// Failures are remediated.
    #[default]
    Remediate,
    /// Failures are tried again after a time.
    Retry,
}

/// What is done about failures of one release action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// After what time the action is tried again, without remediation; `None` where failures are remediated.
    pub(crate) retry: Option<GoDuration>,
    /// How they are remediated.
    pub(crate) remediation: Remediation,
}

/// How failures are remediated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remediation {
    /// How often the action is tried again; for ever where negative.
    retries: i64,
    /// Whether failed tests count as failures.
    pub(crate) ignores_test_failures: bool,
    /// Whether the last failure is remediated too.
    pub(crate) remediates_last: bool,
    /// By which action.
    pub(crate) by: RemediationStrategy,
}

impl Remediation {
    /// Whether so many failures are more than may be.
    pub(crate) fn exhausted(&self, failures: i64) -> bool {
        self.retries >= 0 && failures > self.retries
    }
}

/// The strategies of both release actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strategies {
    /// For installs.
    pub(crate) install: Strategy,
    /// For upgrades.
    pub(crate) upgrade: Strategy,
}

impl Strategies {
    /// What the spec says.
    pub(crate) fn of(spec: &HelmReleaseSpec, default: DefaultStrategy) -> Self {
        let (install, upgrade, test) = (spec.install(), spec.upgrade(), spec.test());
        let of_install = install.remediation.clone().unwrap_or_default();
        let of_upgrade = upgrade.remediation.clone().unwrap_or_default();
        Self {
            install: Strategy {
                retry: retry(
                    install.strategy.as_ref().map(|InstallStrategy { name, retry_interval }| (*name, retry_interval)),
                    default,
                ),
                remediation: Remediation {
                    retries: of_install.retries,
                    ignores_test_failures: of_install.ignore_test_failures.unwrap_or(test.ignore_failures),
                    remediates_last: of_install.remediate_last_failure.unwrap_or(false),
                    by: RemediationStrategy::Uninstall,
                },
            },
            upgrade: Strategy {
                retry: retry(
                    upgrade.strategy.as_ref().map(|UpgradeStrategy { name, retry_interval }| (*name, retry_interval)),
                    default,
                ),
                remediation: Remediation {
                    retries: of_upgrade.retries,
                    ignores_test_failures: of_upgrade.ignore_test_failures.unwrap_or(test.ignore_failures),
                    remediates_last: of_upgrade.remediate_last_failure.unwrap_or(of_upgrade.retries > 0),
                    by: of_upgrade.strategy.unwrap_or_default(),
                },
            },
        }
    }

    /// The strategy of the action that was tried last; `None` before the first.
    pub(crate) fn active(&self, status: &HelmReleaseStatus) -> Option<Active<'_>> {
        let action = status.last_attempted_release_action?;
        let (strategy, failures) = match action {
            ReleaseAction::Install => (&self.install, status.install_failures),
            ReleaseAction::Upgrade => (&self.upgrade, status.upgrade_failures),
        };
        Some(Active { action, strategy, failures })
    }

    /// Whether failed tests do not matter to the action that was tried last.
    pub(crate) fn ignores_test_failures(&self, spec: &HelmReleaseSpec, status: &HelmReleaseStatus) -> bool {
        let active = self.active(status);
        active.map_or(spec.test().ignore_failures, |active| active.strategy.remediation.ignores_test_failures)
    }
}

/// The strategy of the action that was tried last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Active<'s> {
    /// The action.
    pub(crate) action: ReleaseAction,
    /// What is done about its failures.
    pub(crate) strategy: &'s Strategy,
    /// How often it failed.
    pub(crate) failures: i64,
}

impl Active<'_> {
    /// Whether it failed more often than it may.
    pub(crate) fn exhausted(&self) -> bool {
        self.strategy.remediation.exhausted(self.failures)
    }
}

fn retry(strategy: Option<(StrategyName, &Option<GoDuration>)>, default: DefaultStrategy) -> Option<GoDuration> {
    match (strategy, default) {
        (Some((StrategyName::RetryOnFailure, interval)), _) => Some(interval.clone().unwrap_or(RETRY_INTERVAL)),
        (None, DefaultStrategy::Retry) => Some(RETRY_INTERVAL),
        (Some((StrategyName::RemediateOnFailure, _)), _) | (None, DefaultStrategy::Remediate) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::object;
    use serde_json::{Value, json};

    fn strategies(spec: Value) -> Strategies {
        Strategies::of(&object(spec, json!({})).spec, DefaultStrategy::Remediate)
    }

    #[test]
    fn one_failure_is_too_many_by_default() {
        let Strategies { install, upgrade } = strategies(json!({}));
        assert!(!install.remediation.exhausted(0) && install.remediation.exhausted(1));
        assert!(!upgrade.remediation.remediates_last && upgrade.remediation.by == RemediationStrategy::Rollback);
        assert_eq!((install.retry, upgrade.retry), (None, None));
    }

    #[test]
    fn negative_retries_never_end() {
        let spec = json!({"upgrade": {"remediation": {"retries": -1}}});
        assert!(!strategies(spec).upgrade.remediation.exhausted(1_000_000));
    }

    #[test]
    fn retries_of_upgrades_remediate_the_last_failure_too() {
        let spec = json!({"install": {"remediation": {"retries": 2}}, "upgrade": {"remediation": {"retries": 2}}});
        let Strategies { install, upgrade } = strategies(spec);
        assert!(!install.remediation.remediates_last && upgrade.remediation.remediates_last);
    }

    #[test]
    fn retrying_waits_five_minutes_unless_told_otherwise() {
        let spec = json!({"install": {"strategy": {"name": "RetryOnFailure"}},
            "upgrade": {"strategy": {"name": "RetryOnFailure", "retryInterval": "1m"}}});
        let Strategies { install, upgrade } = strategies(spec);
        assert_eq!(install.retry, Some(GoDuration::from_seconds(300)));
        assert_eq!(upgrade.retry, Some(GoDuration::from_seconds(60)));
        let remediates = json!({"install": {"strategy": {"name": "RemediateOnFailure"}}});
        let gated = Strategies::of(&object(remediates, json!({})).spec, DefaultStrategy::Retry);
        assert_eq!(gated.install.retry, None, "what the spec says goes before the gate");
        assert_eq!(gated.upgrade.retry, Some(RETRY_INTERVAL));
    }

    #[test]
    fn failed_tests_are_ignored_as_the_tests_say_unless_the_action_says_otherwise() {
        let spec =
            json!({"test": {"enable": true, "ignoreFailures": true}, "upgrade": {"remediation": {"ignoreTestFailures": false}}});
        let object = object(spec, json!({"lastAttemptedReleaseAction": "upgrade"}));
        let strategies = Strategies::of(&object.spec, DefaultStrategy::Remediate);
        assert!(strategies.install.remediation.ignores_test_failures);
        assert!(!strategies.ignores_test_failures(&object.spec, &object.status.clone().unwrap_or_default()));
        assert!(strategies.ignores_test_failures(&object.spec, &HelmReleaseStatus::default()));
    }
}
