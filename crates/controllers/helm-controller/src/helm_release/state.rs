//! In which state a release is: from the last record in Helm's storage, what status remembers and what is wanted.

use api::helm::HelmReleaseStatus;
use helm_release::{Release, Status, Values};

use super::history::{FailedTests, has_failed_test, is_digest_of, is_observed, is_tested};

/// The state of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// There is no release, or it was uninstalled.
    Absent(&'static str),
    /// An action began and did not end; the status of the record.
    Locked(String),
    /// An uninstall began and did not end.
    Uninstalling,
    /// There is a release, and it is not the one that we made.
    Unmanaged(&'static str),
    /// The last action failed, or a test did.
    Failed(&'static str),
    /// The release is not what is wanted now.
    OutOfSync(&'static str),
    /// Tests are wanted and did not run.
    Untested,
    /// Live objects differ from the release.
    Drifted,
    /// Nothing is to be done.
    InSync,
    /// The record has a status that says nothing.
    Unknown(String),
}

impl State {
    /// The name and the reason, for logs.
    pub(crate) fn describe(&self) -> (&'static str, &str) {
        match self {
            Self::Absent(why) => ("release not installed", why),
            Self::Locked(status) => ("release locked", status),
            Self::Uninstalling => ("release uninstall was interrupted", ""),
            Self::Unmanaged(why) => ("release not managed by controller", why),
            Self::Failed(why) => ("release is in a failed state", why),
            Self::OutOfSync(why) => ("release out-of-sync with desired state", why),
            Self::Untested => ("release has not been tested", ""),
            Self::Drifted => ("detected changes in cluster state", ""),
            Self::InSync => ("release in-sync with desired state", ""),
            Self::Unknown(status) => ("release has an unknown status", status),
        }
    }
}

/// What matters of the last record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastRecord {
    /// Its status.
    pub(crate) status: Status,
    /// Name and version of its chart.
    pub(crate) chart: (String, String),
    /// Whether it is the one that status remembers as the latest.
    pub(crate) is_observed: bool,
}

impl LastRecord {
    /// Looks at a record, knowing what status remembers.
    pub(crate) fn of(record: &Release, status: &HelmReleaseStatus) -> Self {
        let metadata = record.chart.as_ref().and_then(|chart| chart.metadata.as_ref());
        Self {
            status: record.status(),
            chart: metadata.map(|metadata| (metadata.name.clone(), metadata.version.clone())).unwrap_or_default(),
            is_observed: status.history.latest().is_some_and(|latest| is_observed(latest, record)),
        }
    }
}

/// What the release should be.
#[derive(Debug, Clone)]
pub(crate) struct Desired {
    /// Name and version of the chart.
    pub(crate) chart: (String, String),
    /// The values.
    pub(crate) values: Values,
    /// The generation of the object.
    pub(crate) generation: i64,
    /// The digest of the post-renderers.
    pub(crate) post_renderers: Option<String>,
    /// The digest of the common metadata.
    pub(crate) common_metadata: Option<String>,
    /// Whether the release is tested.
    pub(crate) tests: bool,
}

/// Tells the state, but for drift: [`State::InSync`] is what is left when no live object differs.
pub(crate) fn determine(
    last: Option<&LastRecord>,
    status: &HelmReleaseStatus,
    desired: &Desired,
    tests: Option<FailedTests>,
) -> State {
    let Some(last) = last else { return State::Absent("no release in storage for object") };
    if last.status.is_pending() {
        return State::Locked(last.status.to_string());
    }
    // Whoever began it: half of a release is of use to nobody, and no other action could go on from there.
    if last.status == Status::Uninstalling {
        return State::Uninstalling;
    }
    let uninstalled = State::Absent("found uninstalled release in storage");
    let Some(latest) = status.history.latest() else {
        return if last.status == Status::Uninstalled {
            uninstalled
        } else {
            State::Unmanaged("found existing release in storage")
        };
    };
    if !last.is_observed {
        return State::Unmanaged("release not observed to be made for object");
    }
    match &last.status {
        Status::Failed => return State::Failed(""),
        Status::Uninstalled => return uninstalled,
        Status::Deployed => {}
        other => return State::Unknown(other.to_string()),
    }
    if last.chart != desired.chart {
        return State::OutOfSync("release chart changed");
    }
    if !is_digest_of(&latest.config_digest, &desired.values) {
        return State::OutOfSync("release config values changed");
    }
    // Within a generation the digests are those of the last success; only a new one can have others.
    if status.observed_generation != desired.generation {
        if status.observed_post_renderers_digest != desired.post_renderers {
            return State::OutOfSync("postrenderers digest has changed");
        }
        if status.observed_common_metadata_digest != desired.common_metadata {
            return State::OutOfSync("common metadata digest has changed");
        }
    }
    if desired.tests && !is_tested(latest) {
        return State::Untested;
    }
    if desired.tests && tests == Some(FailedTests::Count) && has_failed_test(latest) {
        return State::Failed("release has test in failed phase");
    }
    State::InSync
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::snapshot;
    use serde_json::{Value, json};

    const NOTHING: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn desired() -> Desired {
        Desired {
            chart: ("app".to_owned(), "1.2.3".to_owned()),
            values: Values::new(),
            generation: 2,
            post_renderers: None,
            common_metadata: None,
            tests: false,
        }
    }

    fn last(status: &str) -> LastRecord {
        LastRecord { status: Status::from(status), chart: ("app".to_owned(), "1.2.3".to_owned()), is_observed: true }
    }

    fn status(hooks: Value) -> HelmReleaseStatus {
        let mut latest = snapshot(1, "deployed");
        latest["configDigest"] = json!(NOTHING);
        latest["testHooks"] = hooks;
        serde_json::from_value(json!({"observedGeneration": 1, "history": [latest]})).expect("because the literal is valid")
    }

    fn in_state(last: &LastRecord, status: &HelmReleaseStatus, desired: &Desired) -> State {
        determine(Some(last), status, desired, Some(FailedTests::Count))
    }

    /// One release in sync; each case changes one thing. The cases of `Test_DetermineReleaseState` of Flux.
    #[test]
    fn one_difference_makes_another_state() {
        let known = status(json!(null));
        let empty = HelmReleaseStatus::default();
        assert_eq!(in_state(&last("deployed"), &known, &desired()), State::InSync);
        assert!(matches!(determine(None, &known, &desired(), None), State::Absent(_)));
        assert!(matches!(in_state(&last("uninstalled"), &empty, &desired()), State::Absent(_)));
        assert!(matches!(in_state(&last("uninstalled"), &known, &desired()), State::Absent(_)));
        for pending in ["pending-install", "pending-upgrade", "pending-rollback"] {
            assert_eq!(in_state(&last(pending), &empty, &desired()), State::Locked(pending.to_owned()));
        }
        assert!(matches!(in_state(&last("deployed"), &empty, &desired()), State::Unmanaged(_)));
        let foreign = LastRecord { is_observed: false, ..last("deployed") };
        assert!(matches!(in_state(&foreign, &known, &desired()), State::Unmanaged(_)));
        assert_eq!(in_state(&last("failed"), &known, &desired()), State::Failed(""));
        for status in [&known, &empty] {
            let unobserved = LastRecord { is_observed: false, ..last("uninstalling") };
            assert_eq!(in_state(&unobserved, status, &desired()), State::Uninstalling);
        }
        for unclear in ["superseded", "unknown"] {
            assert_eq!(in_state(&last(unclear), &known, &desired()), State::Unknown(unclear.to_owned()));
        }
    }

    #[test]
    fn another_chart_other_values_and_other_post_renderers_are_out_of_sync() {
        let known = status(json!(null));
        let newer = Desired { chart: ("app".to_owned(), "1.3.0".to_owned()), ..desired() };
        assert_eq!(in_state(&last("deployed"), &known, &newer), State::OutOfSync("release chart changed"));
        let values = Desired { values: Values::from_iter([("a".to_owned(), json!(1.0))]), ..desired() };
        assert_eq!(in_state(&last("deployed"), &known, &values), State::OutOfSync("release config values changed"));
        let rendered = Desired { post_renderers: Some("sha256:01".to_owned()), ..desired() };
        assert!(matches!(in_state(&last("deployed"), &known, &rendered), State::OutOfSync(_)));
        let marked = Desired { common_metadata: Some("sha256:01".to_owned()), ..desired() };
        assert!(matches!(in_state(&last("deployed"), &known, &marked), State::OutOfSync(_)));
        let same_generation = Desired { generation: 1, ..rendered };
        assert_eq!(in_state(&last("deployed"), &known, &same_generation), State::InSync);
    }

    #[test]
    fn tests_matter_where_they_are_wanted() {
        let tested = Desired { tests: true, ..desired() };
        let state = |hooks, tests| determine(Some(&last("deployed")), &status(hooks), &tested, tests);
        assert_eq!(state(json!(null), Some(FailedTests::Count)), State::Untested);
        assert_eq!(state(json!({}), Some(FailedTests::Count)), State::InSync);
        let failed = json!({"t": {"phase": "Failed"}});
        assert!(matches!(state(failed.clone(), Some(FailedTests::Count)), State::Failed(_)));
        assert_eq!(state(failed.clone(), Some(FailedTests::Ignored)), State::InSync);
        assert_eq!(state(failed, None), State::InSync, "no action of ours made that release");
    }
}
