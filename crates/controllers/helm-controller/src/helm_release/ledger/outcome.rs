//! What is written down when an action has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use api::helm::{ReleaseAction, Snapshot};
use api::meta::annotations::{EVENT_REVISION, EVENT_TOKEN};
use api::meta::{ConditionStatus, ConditionType, GoDuration, Reason, ResourceInventory};
use helm_release::Release;
use runtime::events::Severity;

use super::super::history::{self, Made, is_tested};
use super::super::strategy::Strategies;
use super::{Ledger, release_succeeded};

/// Metadata key of events: the version of the application.
const EVENT_APP_VERSION: &str = "app-version";
/// Metadata key of events: the digest of the artifact that the chart came in.
const EVENT_OCI_DIGEST: &str = "oci-digest";

/// The chart and values that are released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Namespace and name of the release, as in `ns/name`.
    pub(crate) release: String,
    /// The chart's name.
    pub(crate) chart: String,
    /// The chart's version.
    pub(crate) version: String,
    /// The version of the application.
    pub(crate) app_version: String,
    /// The digest of the values.
    pub(crate) config_digest: String,
}

/// What came of an action.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// Records that it wrote, as they are now.
    pub(crate) written: Vec<Release>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// How long it took.
    pub(crate) took: Duration,
    /// The objects of the release now; `None` leaves the inventory as it was.
    pub(crate) inventory: Option<ResourceInventory>,
    /// The last lines of Helm's log.
    pub(crate) log: String,
}

/// What came of an uninstall.
#[derive(Debug, Clone)]
pub(crate) enum Uninstalled {
    /// There was nothing.
    NotFound,
    /// It was uninstalled before, and its history kept.
    Already,
    /// It is gone; the records as they were written last.
    Deleted(Vec<Release>),
    /// It is not.
    Failed {
        /// Records that were written.
        written: Vec<Release>,
        /// Why.
        error: String,
        /// The last lines of Helm's log.
        log: String,
    },
}

impl Ledger<'_> {
    /// An install or upgrade has ended.
    pub(crate) fn released(&mut self, action: ReleaseAction, subject: &Subject, done: Done, strategies: &Strategies) {
        let (made, [good, bad], what) = match action {
            ReleaseAction::Install => (Made::Install, [Reason::InstallSucceeded, Reason::InstallFailed], "install"),
            ReleaseAction::Upgrade => (Made::Upgrade, [Reason::UpgradeSucceeded, Reason::UpgradeFailed], "upgrade"),
        };
        self.status.last_attempted_release_action = Some(action);
        self.status.last_attempted_release_action_duration = Some(GoDuration::from(done.took));
        if action == ReleaseAction::Install {
            self.status.history.0.clear();
        }
        let digest = self.status.last_attempted_revision_digest.clone();
        history::record_release(&mut self.status.history, &done.written, (made, digest.as_deref()), self.algorithm);
        if done.inventory.is_some() {
            self.status.inventory = done.inventory;
        }
        if let Some(error) = &done.error {
            let Subject { release, chart, version, .. } = subject;
            let message = format!("Helm {what} failed for release {release} with chart {chart}@{version}: {}", error.trim());
            self.status.failures += 1;
            self.mark(ConditionType::Released, ConditionStatus::False, bad, &message);
            let metadata = metadata(version, &subject.config_digest, &subject.app_version, digest.as_deref());
            self.event(Severity::Error, bad, with_log(message, &done.log), metadata);
            // Only what is in storage can be remediated; what is not is just tried again.
            if !done.written.is_empty() {
                self.count_failure(action);
            }
        } else if let Some(current) = self.status.history.latest().cloned() {
            let message = release_succeeded(what, &current);
            self.mark(ConditionType::Released, ConditionStatus::True, good, &message);
            if self.object.spec.test().enable && !is_tested(&current) {
                let name = names(&current);
                self.mark(
                    ConditionType::TestSuccess,
                    ConditionStatus::Unknown,
                    Reason::AwaitingTests,
                    &format!("Helm release {name} is awaiting tests"),
                );
            }
            let strategy = if action == ReleaseAction::Install { &strategies.install } else { &strategies.upgrade };
            if strategy.retry.is_some() {
                self.forget_failures();
            }
            self.event(Severity::Info, good, message, of(&current));
        }
        self.summarize();
    }

    fn count_failure(&mut self, action: ReleaseAction) {
        match action {
            ReleaseAction::Install => self.status.install_failures += 1,
            ReleaseAction::Upgrade => self.status.upgrade_failures += 1,
        }
    }

    /// A rollback to `previous` has ended.
    pub(crate) fn rolled_back(&mut self, previous: &Snapshot, subject: &Subject, done: Done) {
        history::record_rollback(&mut self.status.history, &done.written, self.algorithm);
        if done.inventory.is_some() {
            self.status.inventory = done.inventory;
        }
        let metadata = metadata(
            &previous.chart_version,
            &subject.config_digest,
            previous.app_version.as_deref().unwrap_or_default(),
            previous.oci_digest.as_deref(),
        );
        let what = format!("Helm rollback to previous release {}", names(previous));
        self.remediated(what, (done.error, &done.log), [Reason::RollbackSucceeded, Reason::RollbackFailed], metadata);
        self.summarize();
    }

    /// An action wrote this record that did not live to say so.
    pub(crate) fn adopt(&mut self, record: &Release) {
        let digest = self.status.last_attempted_revision_digest.clone();
        history::adopt(&mut self.status.history, record, digest.as_deref(), self.algorithm);
    }

    /// An uninstall that remediates has ended.
    pub(crate) fn uninstalled_as_remediation(&mut self, done: Done) {
        history::record_uninstall(&mut self.status.history, &done.written, Made::UninstallRemediation, self.algorithm);
        if let Some(current) = self.status.history.latest().cloned() {
            let what = format!("Helm uninstall remediation for release {}", names(&current));
            let reasons = [Reason::UninstallSucceeded, Reason::UninstallFailed];
            self.remediated(what, (done.error, &done.log), reasons, of(&current));
        }
        self.summarize();
    }

    fn remediated(
        &mut self,
        what: String,
        (error, log): (Option<String>, &str),
        [good, bad]: [Reason; 2],
        metadata: BTreeMap<String, String>,
    ) {
        match error {
            None => {
                let message = format!("{what} succeeded");
                self.mark(ConditionType::Remediated, ConditionStatus::True, good, &message);
                self.event(Severity::Info, good, message, metadata);
            }
            Some(error) => {
                let message = format!("{what} failed: {}", error.trim());
                self.status.failures += 1;
                self.mark(ConditionType::Remediated, ConditionStatus::False, bad, &message);
                self.event(Severity::Error, bad, with_log(message, log), metadata);
            }
        }
    }

    /// An uninstall because the release is wanted no more has ended.
    pub(crate) fn uninstalled(&mut self, outcome: &Uninstalled) {
        if let Uninstalled::Deleted(written) | Uninstalled::Failed { written, .. } = outcome {
            history::record_uninstall(&mut self.status.history, written, Made::Uninstall, self.algorithm);
        }
        let Some(current) = self.status.history.latest().cloned() else { return };
        let (good, bad) = (Reason::UninstallSucceeded, Reason::UninstallFailed);
        let release = current.full_release_name();
        match outcome {
            Uninstalled::NotFound => {
                let message = format!("Release {release} was not found, assuming it is uninstalled");
                self.mark(ConditionType::Released, ConditionStatus::False, good, &message);
            }
            Uninstalled::Already => {
                let message = format!("Release {release} was already uninstalled");
                self.mark(ConditionType::Released, ConditionStatus::False, good, &message);
            }
            Uninstalled::Deleted(_) => {
                let message = format!("Helm uninstall succeeded for release {}", names(&current));
                self.status.inventory = None;
                self.mark(ConditionType::Released, ConditionStatus::False, good, &message);
                self.event(Severity::Info, good, message, of(&current));
            }
            Uninstalled::Failed { error, log, .. } => {
                let message = format!("Helm uninstall failed for release {}: {}", names(&current), error.trim());
                self.status.failures += 1;
                self.mark(ConditionType::Released, ConditionStatus::False, bad, &message);
                self.event(Severity::Error, bad, with_log(message, log), of(&current));
            }
        }
        self.summarize();
    }

    /// Tests have ended. `selected` says which of the record's tests those were.
    pub(crate) fn tested(&mut self, done: &Done, selected: impl Fn(&str) -> bool, strategies: &Strategies) {
        if let Some(record) = done.written.first() {
            history::record_test(&mut self.status.history, record, selected, self.algorithm);
        }
        let Some(current) = self.status.history.latest().cloned() else { return };
        let name = names(&current);
        if let Some(error) = &done.error {
            let message = format!("Helm test failed for release {name}: {}", error.trim());
            self.status.failures += 1;
            self.mark(ConditionType::TestSuccess, ConditionStatus::False, Reason::TestFailed, &message);
            self.event(Severity::Error, Reason::TestFailed, message, of(&current));
            let active = strategies.active(&self.status).filter(|active| !active.strategy.remediation.ignores_test_failures);
            if let Some(action) = active.map(|active| active.action)
                && is_tested(&current)
            {
                self.count_failure(action);
            }
        } else {
            let hooks = match current.test_hooks.as_ref().map_or(0, BTreeMap::len) {
                0 => "no test hooks".to_owned(),
                1 => "1 test hook completed successfully".to_owned(),
                count => format!("{count} test hooks completed successfully"),
            };
            let message = format!("Helm test succeeded for release {name}: {hooks}");
            self.mark(ConditionType::TestSuccess, ConditionStatus::True, Reason::TestSucceeded, &message);
            self.event(Severity::Info, Reason::TestSucceeded, message, of(&current));
        }
        self.summarize();
    }

    /// A pending record was made a failed one, or could not be.
    pub(crate) fn unlocked(&mut self, record: &Release, pending: &str, error: Option<&str>) {
        let known = self.status.history.0.iter().find(|known| history::targets(known, record));
        let digest = known.and_then(|known| known.oci_digest.clone());
        let before = history::snapshot(record, digest.as_deref(), self.algorithm);
        let name = names(&before);
        match error {
            None => {
                let digest = self.status.last_attempted_revision_digest.clone();
                history::record_unlock(&mut self.status.history, record, digest.as_deref(), self.algorithm);
                let message = format!("Unlocked Helm release {name} in {pending} state");
                self.mark(ConditionType::Released, ConditionStatus::False, Reason::PendingRelease, &message);
                self.event(Severity::Info, Reason::PendingRelease, message, of(&before));
            }
            Some(error) => {
                let message = format!("Unlock of Helm release {name} in {pending} state failed: {}", error.trim());
                self.status.failures += 1;
                self.mark(ConditionType::Released, ConditionStatus::False, Reason::PendingRelease, &message);
                self.event(Severity::Error, Reason::PendingRelease, message, of(&before));
            }
        }
        self.summarize();
    }

    /// Live objects differ from the release; one line for each.
    pub(crate) fn drifted(&mut self, lines: &[String]) {
        let Some(current) = self.status.history.latest() else { return };
        let release = current.full_release_name();
        let message = format!("Cluster state of release {release} has drifted from the desired state:\n{}", lines.join("\n"));
        self.mark(ConditionType::Drifted, ConditionStatus::True, Reason::DriftDetected, &message);
        self.emit(Severity::Error, Reason::DriftDetected, message);
    }

    /// Live objects were changed back, as far as that was possible: one line for each change, and one for each failure.
    pub(crate) fn corrected(&mut self, changes: &[String], errors: &[String]) {
        self.mark(ConditionType::Ready, ConditionStatus::Unknown, Reason::Progressing, "correcting cluster drift");
        let Some(current) = self.status.history.latest().cloned() else { return };
        let (release, done) = (current.full_release_name(), changes.join("\n"));
        if !errors.is_empty() {
            let partially = if changes.is_empty() { "" } else { "partially " };
            let mut message = format!("Failed to {partially}correct cluster state of release {release}:\n{}", errors.join("\n"));
            if !changes.is_empty() {
                message.push_str(&format!("\n\nSuccessful corrections:\n{done}"));
            }
            self.event(Severity::Error, Reason::DriftCorrectionFailed, message, of(&current));
        } else if !changes.is_empty() {
            let message = format!("Cluster state of release {release} has been corrected:\n{done}");
            self.event(Severity::Info, Reason::DriftCorrected, message, of(&current));
        }
    }
}

/// The message of an event with what Helm did last, as Flux adds it.
fn with_log(message: String, log: &str) -> String {
    if log.is_empty() { message } else { format!("{message}\n\nLast Helm logs:\n\n{log}") }
}

/// Release and chart as messages name them.
pub(super) fn names(snapshot: &Snapshot) -> String {
    format!("{} with chart {}", snapshot.full_release_name(), snapshot.versioned_chart_name())
}

/// The metadata of events about a revision.
fn of(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let app_version = snapshot.app_version.as_deref().unwrap_or_default();
    metadata(&snapshot.chart_version, &snapshot.config_digest, app_version, snapshot.oci_digest.as_deref())
}

fn metadata(revision: &str, token: &str, app_version: &str, oci_digest: Option<&str>) -> BTreeMap<String, String> {
    let entries = [
        (EVENT_REVISION, revision),
        (EVENT_TOKEN, token),
        (EVENT_APP_VERSION, app_version),
        (EVENT_OCI_DIGEST, oci_digest.unwrap_or_default()),
    ];
    entries.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
