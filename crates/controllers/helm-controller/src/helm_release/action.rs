//! The actions on a release, one by one: carried out by Helm's client, and written down.

use std::sync::Arc;
use std::time::Instant;

use api::helm::{ReleaseAction, Snapshot};
use api::meta::{Reason, ResourceInventory};
use helm_chart::{Prepared, Values};
use helm_client::{Drift, Failure};
use helm_release::Release;
use runtime::error_chain::error_chain;
use runtime::events::Severity;

use super::act::Work;
use super::history::{self, FailedTests};
use super::ledger::{Done, Ledger, Subject};
use super::next::Action;
use super::{drift, inventory, settings};
use crate::context::Context;

/// Why an action came to nothing: no record was written, so it does not count and is tried again.
pub(super) struct NothingDone(pub(super) String);

/// The record that an action wrote, and why it failed.
fn parts(result: Result<Release, Failure>) -> (Option<Release>, Option<String>) {
    match result {
        Ok(record) => (Some(record), None),
        Err(failure) => {
            let error = error_chain(&failure);
            (failure.record.map(|record| *record), Some(error))
        }
    }
}

/// An action that failed without a record came to nothing.
fn judge(error: Option<String>, wrote: bool) -> Result<(), NothingDone> {
    match error {
        Some(error) if !wrote => Err(NothingDone(error)),
        _ => Ok(()),
    }
}

impl Work<'_> {
    /// Carries an action out.
    pub(super) async fn run_action(&self, action: Action, ledger: &mut Ledger<'_>, drifts: &[Drift]) -> Result<(), NothingDone> {
        match action {
            Action::Install => self.release(ReleaseAction::Install, ledger).await,
            Action::Upgrade => self.release(ReleaseAction::Upgrade, ledger).await,
            Action::Rollback => self.roll_back(ledger).await,
            Action::Uninstall => self.uninstall(ledger).await,
            Action::FinishUninstall => self.finish_uninstall(ledger).await,
            Action::Test => self.test(ledger).await,
            Action::Unlock => self.unlock(ledger).await,
            Action::CorrectDrift => {
                drift::correct(self, drifts, ledger).await;
                Ok(())
            }
        }
    }

    /// What is released, for messages.
    fn subject(&self) -> Subject {
        let chart = &self.wanted.chart;
        Subject {
            release: format!("{}/{}", self.target.namespace, self.target.name),
            chart: chart.name.clone(),
            version: chart.version.clone(),
            app_version: chart.app_version.clone(),
            config_digest: config_digest(&self.wanted.values, self.context),
        }
    }

    async fn release(&self, action: ReleaseAction, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let began = Instant::now();
        let (object, policy, values) = (self.object(), &self.context.policy, self.wanted.values.clone());
        let chart = self.context.charts.chart(&self.wanted.artifact, &self.wanted.chart.version).await;
        let chart = chart.map_err(|error| NothingDone(error_chain(&error)))?;
        let helm = self.place.helm(&self.health);
        let given = Arc::clone(&chart);
        let (record, error) = parts(match action {
            ReleaseAction::Install => helm.install(&settings::install(object, &self.target, given, values, policy)).await,
            ReleaseAction::Upgrade => helm.upgrade(&settings::upgrade(object, &self.target, given, values, policy)).await,
        });
        let listed = match &record {
            Some(record) => self.inventory(record, &chart, ledger).await,
            None => None,
        };
        let superseded = if error.is_none() { self.superseded(ledger).await } else { Vec::new() };
        let written: Vec<Release> = record.into_iter().chain(superseded).collect();
        let wrote = !written.is_empty();
        ledger.at(self.run.now());
        let done = Done { written, error: error.clone(), took: began.elapsed(), inventory: listed, log: helm.log.to_string() };
        ledger.released(action, &self.subject(), done, &self.strategies);
        judge(error, wrote)
    }

    async fn inventory(&self, record: &Release, chart: &Prepared, ledger: &mut Ledger<'_>) -> Option<ResourceInventory> {
        match inventory::list(&self.place.cluster, &record.manifest, &record.namespace, chart).await {
            Ok(listed) => {
                if !listed.warnings.is_empty() {
                    ledger.emit(Severity::Error, Reason::NamespaceCheckSkipped, listed.warnings.join("; "));
                }
                Some(listed.inventory)
            }
            Err(error) => {
                let message = format!("failed to build inventory for {}: {error}", self.run.key());
                ledger.emit(Severity::Error, Reason::InventoryBuildFailed, message);
                None
            }
        }
    }

    /// The records of revisions that status remembers as deployed, as they are now that another one is.
    async fn superseded(&self, ledger: &Ledger<'_>) -> Vec<Release> {
        let mut records = Vec::new();
        for known in ledger.status.history.0.iter().filter(|known| known.status == "deployed") {
            match self.place.storage.get(&known.name, known.version).await {
                Ok(record) => records.extend(record),
                // A rollback to it would find that it changed, and upgrade instead.
                Err(error) => tracing::debug!(error = error_chain(&error), "an earlier revision could not be read"),
            }
        }
        records
    }

    async fn roll_back(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let tests = self.strategies.upgrade.remediation.ignores_test_failures;
        let previous = history::previous(&ledger.status.history, FailedTests::ignored_if(tests)).cloned();
        let Some(previous) = previous else {
            return Err(NothingDone("missing target release for rollback: required to rollback".to_owned()));
        };
        let options = settings::rollback(self.object(), &previous.name, previous.version);
        let helm = self.place.helm(&self.health);
        let (record, error) = parts(helm.rollback(&options).await);
        let mut listed = None;
        if let Some(record) = &record {
            let chart = self.context.charts.chart(&self.wanted.artifact, &self.wanted.chart.version).await;
            if let Ok(chart) = chart {
                listed = self.inventory(record, &chart, ledger).await;
            }
        }
        let superseded = if error.is_none() { self.superseded(ledger).await } else { Vec::new() };
        let wrote = record.is_some();
        ledger.at(self.run.now());
        let written = record.into_iter().chain(superseded).collect();
        let done = Done { written, error: error.clone(), inventory: listed, log: helm.log.to_string(), ..Done::default() };
        ledger.rolled_back(&previous, &self.subject(), done);
        judge(error, wrote)
    }

    async fn uninstall(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let Some(current) = ledger.status.history.latest().cloned() else {
            return Err(NothingDone("no latest release: required to uninstall".to_owned()));
        };
        let uninstalled = self.run_uninstall(&current.name).await;
        self.uninstalled(uninstalled, |record| mismatch("uninstalled", &current, record), ledger)
    }

    /// The record says which revision it is: the process that began may have died before status knew it.
    async fn finish_uninstall(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let uninstalled = self.run_uninstall(&self.target.name).await;
        if let Some(record) = uninstalled.written.first() {
            ledger.adopt(record);
        }
        self.uninstalled(uninstalled, |_| None, ledger)
    }

    async fn run_uninstall(&self, name: &str) -> Done {
        let options = settings::uninstall(self.object(), name);
        let helm = self.place.helm(&self.health);
        let (record, error) = parts(helm.uninstall(&options).await.map(|uninstalled| uninstalled.release));
        Done { written: record.into_iter().collect(), error, log: helm.log.to_string(), ..Done::default() }
    }

    /// Writes an uninstall down; what `wrong` finds wrong with its record is an error, too.
    fn uninstalled(
        &self,
        mut done: Done,
        wrong: impl Fn(&Release) -> Option<String>,
        ledger: &mut Ledger<'_>,
    ) -> Result<(), NothingDone> {
        done.error = done.error.or_else(|| wrong(done.written.first()?));
        let judged = judge(done.error.clone(), !done.written.is_empty());
        ledger.at(self.run.now());
        ledger.uninstalled_as_remediation(done);
        judged
    }

    async fn test(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let Some(current) = ledger.status.history.latest().cloned() else {
            return Err(NothingDone("no latest release: required for test".to_owned()));
        };
        let options = settings::test(self.object(), &self.target.name);
        let (record, error) = parts(self.place.helm(&self.health).test(&options).await);
        let error = error.or_else(|| mismatch("tested", &current, record.as_ref()?));
        ledger.at(self.run.now());
        let done = Done { written: record.into_iter().collect(), error: error.clone(), ..Done::default() };
        ledger.tested(&done, |hook| settings::is_selected(&options, hook), &self.strategies);
        judge(error, ledger.status.history.latest().is_some_and(history::is_tested))
    }

    async fn unlock(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let (storage, name) = (&self.place.storage, &self.target.name);
        let before = storage.last(name).await.map_err(|error| NothingDone(error_chain(&error)))?;
        let Some(before) = before.filter(|before| before.status().is_pending()) else { return Ok(()) };
        let pending = before.status().to_string();
        match self.place.helm(&self.health).unlock(name).await {
            Ok(Some(record)) => {
                ledger.unlocked(&record, &pending, None);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                let error = error_chain(&error);
                ledger.unlocked(&before, &pending, Some(&error));
                Err(NothingDone(error))
            }
        }
    }
}

/// The digest of values, as conditions and events have it.
pub(crate) fn config_digest(values: &Values, context: &Context) -> String {
    helm_release::observation::config_digest(values, context.policy.digest_algorithm)
}

/// An action of Helm's is on the last revision: an error where that is not the one that status knows.
pub(crate) fn mismatch(what: &str, current: &Snapshot, record: &Release) -> Option<String> {
    (!history::targets(current, record)).then(|| {
        let Release { namespace, name, version, .. } = record;
        format!(
            "release mismatch: {what} release {namespace}/{name}.v{version} != current release {}",
            current.full_release_name()
        )
    })
}
