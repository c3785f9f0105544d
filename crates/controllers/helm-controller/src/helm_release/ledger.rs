//! What a reconcile writes down on its way: status and events, in Flux's words. Pure: no request, no clock.

mod outcome;

use std::collections::BTreeMap;

use api::helm::{HelmRelease, HelmReleaseStatus, Snapshot};
use api::meta::{Condition, ConditionStatus, ConditionType, GoDuration, Reason, Stamp, Why};
use helm_release::observation::Algorithm;
use jiff::Timestamp;
use runtime::events::{Event, Severity};

use super::next::{Action, ActionKind};
use super::post_renderers::{common_metadata_digest, post_renderers_digest};

use outcome::names;
pub(crate) use outcome::{Done, Subject, Uninstalled};

/// Status and events of one reconcile.
pub(crate) struct Ledger<'o> {
    object: &'o HelmRelease,
    /// The status so far.
    pub(crate) status: HelmReleaseStatus,
    events: Vec<Event>,
    algorithm: Algorithm,
    now: Timestamp,
}

impl<'o> Ledger<'o> {
    /// Begins with the status that the object has.
    pub(crate) fn new(object: &'o HelmRelease, algorithm: Algorithm, now: Timestamp) -> Self {
        Self { object, status: object.status.clone().unwrap_or_default(), events: Vec::new(), algorithm, now }
    }

    /// From now on it is later.
    pub(crate) fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// What conditions are stamped with.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { generation: self.object.metadata.generation.unwrap_or_default(), now: self.now }
    }

    /// The events since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Adds an event without metadata.
    pub(crate) fn emit(&mut self, severity: Severity, reason: Reason, message: impl Into<String>) {
        self.event(severity, reason, message.into(), BTreeMap::new());
    }

    fn event(&mut self, severity: Severity, reason: Reason, message: String, metadata: BTreeMap<String, String>) {
        self.events.push(Event { severity, reason: reason.as_str().to_owned(), message, metadata });
    }

    fn mark(&mut self, condition: ConditionType, status: ConditionStatus, reason: Reason, message: &str) {
        let stamp = self.stamp();
        self.status.conditions.mark(condition, status, Why(reason.as_str(), message.to_owned()), &stamp);
    }

    /// Ready is False.
    pub(crate) fn not_ready(&mut self, reason: Reason, message: &str) {
        self.mark(ConditionType::Ready, ConditionStatus::False, reason, message);
    }

    /// Nothing more happens until the object changes.
    pub(crate) fn stalled(&mut self, reason: Reason, message: &str) {
        let stamp = self.stamp();
        self.status.conditions.mark_stalled(reason, message, &stamp);
    }

    /// Work goes on.
    pub(crate) fn reconciling(&mut self, reason: Reason, message: &str) {
        let stamp = self.stamp();
        self.status.conditions.mark_reconciling(reason, message, &stamp);
    }

    /// What was in the way before is not any more: a Ready that says so becomes Unknown.
    pub(crate) fn clear_obstacle(&mut self, reasons: &[Reason]) {
        let present = self.status.conditions.reason(ConditionType::Ready).to_owned();
        if reasons.iter().any(|reason| reason.as_str() == present) {
            self.mark(ConditionType::Ready, ConditionStatus::Unknown, Reason::Progressing, "reconciliation in progress");
        }
    }

    /// Forgets failures.
    pub(crate) fn forget_failures(&mut self) {
        self.status.failures = 0;
        self.status.install_failures = 0;
        self.status.upgrade_failures = 0;
    }

    /// An action begins.
    pub(crate) fn begin(&mut self, action: Action, timeout: &GoDuration) {
        let message = format!("Running '{}' action with timeout of {timeout}", action.name());
        self.reconciling(Reason::Progressing, &message);
        if action.kind() == ActionKind::Release {
            self.mark(ConditionType::Ready, ConditionStatus::Unknown, Reason::Progressing, &message);
            self.status.conditions.remove(ConditionType::TestSuccess);
            self.status.conditions.remove(ConditionType::Remediated);
        }
    }

    /// The release is as it should be without an action: what says otherwise is out of date.
    pub(crate) fn in_sync(&mut self, detects_drift: bool) {
        self.forget_remediation();
        let conditions = &self.status.conditions;
        let is_said = conditions.is_true(ConditionType::Ready) && conditions.is_true(ConditionType::Released);
        let reason = conditions.reason(ConditionType::Released);
        let restored = if reason == Reason::InstallFailed.as_str() {
            Some((Reason::InstallSucceeded, "install"))
        } else if reason == Reason::UpgradeFailed.as_str() {
            Some((Reason::UpgradeSucceeded, "upgrade"))
        } else {
            None
        };
        if let (false, Some((reason, what)), Some(current)) = (is_said, restored, self.status.history.latest().cloned()) {
            self.mark(ConditionType::Released, ConditionStatus::True, reason, &release_succeeded(what, &current));
        }
        if detects_drift {
            let message = "No drift detected against the cluster state";
            self.mark(ConditionType::Drifted, ConditionStatus::False, Reason::NoDriftDetected, message);
        }
    }

    /// What a rollback went back to is what is wanted now: that counts as an upgrade.
    pub(crate) fn forget_remediation(&mut self) {
        if self.status.conditions.is_true(ConditionType::Remediated)
            && let Some(current) = self.status.history.latest().cloned()
        {
            self.status.conditions.remove(ConditionType::Remediated);
            let message = release_succeeded("upgrade", &current);
            self.mark(ConditionType::Released, ConditionStatus::True, Reason::UpgradeSucceeded, &message);
        }
    }

    /// Nothing is left to do.
    pub(crate) fn finish(&mut self) {
        self.status.conditions.remove(ConditionType::Reconciling);
        self.summarize();
    }

    /// Makes Ready of the newest of Remediated, TestSuccess and Released, in that order.
    pub(crate) fn summarize(&mut self) {
        let test = self.object.spec.test();
        if !test.enable {
            self.status.conditions.remove(ConditionType::TestSuccess);
        }
        let tests_count = test.enable && !test.ignore_failures;
        let order = [ConditionType::Remediated, ConditionType::TestSuccess, ConditionType::Released];
        let counted = order.iter().filter(|condition| tests_count || **condition != ConditionType::TestSuccess);
        let present: Vec<&Condition> = counted.filter_map(|condition| self.status.conditions.get(condition)).collect();
        // Of equals the last is given: that is the first in order.
        let Some(winner) = present.into_iter().rev().max_by_key(|condition| condition.observed_generation).cloned() else {
            return;
        };
        let is_remediation = winner.r#type == ConditionType::Remediated.as_str();
        let status = if is_remediation { ConditionStatus::False } else { winner.status };
        if status == ConditionStatus::True {
            self.status.conditions.remove(ConditionType::Stalled);
        }
        let stamp = self.stamp();
        self.status.conditions.mark(ConditionType::Ready, status, Why(&winner.reason, winner.message), &stamp);
        self.status.observed_post_renderers_digest = post_renderers_digest(&self.object.spec);
        self.status.observed_common_metadata_digest = common_metadata_digest(&self.object.spec);
    }
}

fn release_succeeded(what: &str, current: &Snapshot) -> String {
    format!("Helm {what} succeeded for release {}", names(current))
}

#[cfg(test)]
mod tests;
