//! Brings a release to what is wanted: looks at its state, runs the action that is chosen for it, and looks again, until nothing is left to
//! do or it is time to stop.

use std::time::Instant;

use api::helm::{DriftDetectionMode, HelmRelease, ReleaseAction, RemediationStrategy, Snapshot};
use api::meta::Reason;
use helm_client::{Drift, Fingerprint, StorageError};
use helm_release::{Release, Values};
use object_health::rules::HealthRules;
use runtime::error_chain::error_chain;
use runtime::events::Severity;
use runtime::run::Run;

use super::history::{self, FailedTests, is_observed};
use super::ledger::{Done, Ledger, Subject};
use super::next::{Action, ActionKind, Choice, Next, RollbackTarget, Situation, Stop, choose, stop_after, stop_before};
use super::observe::Wanted;
use super::place::Place;
use super::post_renderers::{common_metadata_digest, post_renderers_digest};
use super::report::Ending;
use super::requests::{Requests, handle_force};
use super::state::{Desired, LastRecord, State, determine};
use super::strategy::Strategies;
use super::target::Target;
use super::{drift, inventory, settings};
use crate::context::Context;

/// The last record of a release as it was read last, and what tells whether it still is.
#[derive(Debug, Clone)]
pub(crate) struct ReadRecord {
    fingerprint: Fingerprint,
    /// The digest of the snapshot that it was compared with.
    snapshot: Option<String>,
    record: Option<LastRecord>,
}

/// One release that is worked on.
pub(crate) struct Work<'w> {
    /// The run.
    pub(crate) run: &'w Run<HelmRelease>,
    /// Ports.
    pub(crate) context: &'w Context,
    /// Where.
    pub(crate) place: Place<'w>,
    /// The release.
    pub(crate) target: Target,
    /// Its chart and values.
    pub(crate) wanted: Wanted,
    /// What the spec calls ready.
    pub(crate) health: HealthRules,
    /// What is done about failures.
    pub(crate) strategies: Strategies,
}

/// Why an action came to nothing: no record was written, so it does not count and is tried again.
struct NothingDone(String);

impl Work<'_> {
    fn object(&self) -> &HelmRelease {
        self.run.object()
    }

    /// Works until there is nothing to do.
    pub(crate) async fn act(&self, ledger: &mut Ledger<'_>, memory: &mut Option<ReadRecord>) -> Ending {
        let desired = self.desired();
        let mut requests = Requests::of(self.object());
        let mut done: Vec<ActionKind> = Vec::new();
        loop {
            if self.run.cancelled().is_cancelled() {
                return Ending::Interrupted;
            }
            ledger.at(self.run.now());
            let (state, drifts) = match self.state(&desired, ledger, memory).await {
                Ok(found) => found,
                Err(error) => return Ending::Unclear(error),
            };
            let (what, why) = state.describe();
            tracing::info!("{what}{}{why}", if why.is_empty() { "" } else { ": " });
            let rollback_target = match self.rollback_target(&state, ledger).await {
                Ok(target) => target,
                Err(error) => return Ending::Failed(format!("cannot verify previous release to roll back to: {error}")),
            };
            let forced = std::mem::take(&mut requests.force);
            handle_force(self.object(), &mut ledger.status);
            let Choice { keep, next } = choose(&state, &self.situation(ledger, forced, rollback_target));
            history::trim(&mut ledger.status.history, keep);
            self.mark_state(&state, &next, &drifts, ledger);
            let action = match next {
                Next::Run(action) => action,
                Next::Done => return Ending::Done,
                Next::Exhausted(what) => return Ending::Exhausted(what),
                Next::NoRollbackTarget => return Ending::NoRollbackTarget,
                Next::Unclear(status) => {
                    return Ending::Unclear(format!("unable to determine state for release with status '{status}'"));
                }
            };
            if let Some(stop) = stop_before(action.kind(), &done, self.strategies.active(&ledger.status)) {
                return Ending::Stopped(stop);
            }
            self.begin(action, ledger);
            *memory = None;
            let outcome = self.run_action(action, ledger, &drifts).await;
            ledger.take_events().into_iter().for_each(|event| self.run.emit(event));
            let active = self.strategies.active(&ledger.status);
            if let Err(NothingDone(error)) = outcome {
                return match active.and_then(|active| active.strategy.retry.clone()) {
                    Some(pause) => Ending::Stopped(Stop::After(pause)),
                    None => Ending::Failed(error),
                };
            }
            if let Some(stop) = stop_after(action.kind(), active) {
                return Ending::Stopped(stop);
            }
            done.push(action.kind());
            self.run.progress(ledger.status.clone());
        }
    }

    fn desired(&self) -> Desired {
        let object = self.object();
        Desired {
            chart: (self.wanted.chart.name.clone(), self.wanted.chart.version.clone()),
            values: self.wanted.values.clone(),
            generation: object.metadata.generation.unwrap_or_default(),
            post_renderers: post_renderers_digest(&object.spec),
            common_metadata: common_metadata_digest(&object.spec),
            tests: object.spec.test().enable,
        }
    }

    /// The state of the release; and, where it is looked for, what drifted.
    async fn state(
        &self,
        desired: &Desired,
        ledger: &mut Ledger<'_>,
        memory: &mut Option<ReadRecord>,
    ) -> Result<(State, Vec<Drift>), String> {
        let last = self
            .last_record(ledger, memory)
            .await
            .map_err(|error| format!("failed to retrieve last release from storage: {}", error_chain(&error)))?;
        let active = self.strategies.active(&ledger.status);
        let tests = active.map(|active| FailedTests::ignored_if(active.strategy.remediation.ignores_test_failures));
        let state = determine(last.as_ref(), &ledger.status, desired, tests);
        if state != State::InSync || self.object().spec.drift_mode() == DriftDetectionMode::Disabled {
            return Ok((state, Vec::new()));
        }
        let drifts = drift::detect(self, ledger.status.history.latest()).await?;
        Ok((if drifts.is_empty() { State::InSync } else { State::Drifted }, drifts))
    }

    /// The last record. One that was read before, and did not change since, costs a look at names and versions.
    async fn last_record(
        &self,
        ledger: &Ledger<'_>,
        memory: &mut Option<ReadRecord>,
    ) -> Result<Option<LastRecord>, StorageError> {
        let (storage, name) = (&self.place.storage, &self.target.name);
        let fingerprint = storage.fingerprint(name).await?;
        let snapshot = ledger.status.history.latest().map(|latest| latest.digest.clone());
        if let Some(read) = memory.as_ref().filter(|read| read.fingerprint == fingerprint && read.snapshot == snapshot) {
            return Ok(read.record.clone());
        }
        let record = match fingerprint == Fingerprint::default() {
            true => None,
            false => storage.last(name).await?.map(|record| LastRecord::of(&record, &ledger.status)),
        };
        *memory = Some(ReadRecord { fingerprint, snapshot, record: record.clone() });
        Ok(record)
    }

    /// Whether there is a good revision to go back to; asked only of a release that failed.
    async fn rollback_target(&self, state: &State, ledger: &Ledger<'_>) -> Result<RollbackTarget, String> {
        let remediation = self.strategies.active(&ledger.status).map(|active| active.strategy.remediation);
        let Some(remediation) = remediation.filter(|remediation| remediation.by == RemediationStrategy::Rollback) else {
            return Ok(RollbackTarget::Missing);
        };
        let tests = FailedTests::ignored_if(remediation.ignores_test_failures);
        let Some(previous) = history::previous(&ledger.status.history, tests) else { return Ok(RollbackTarget::Missing) };
        if !matches!(state, State::Failed(_)) {
            return Ok(RollbackTarget::Good);
        }
        let record = self.place.storage.get(&previous.name, previous.version).await;
        let record = record.map_err(|error| error_chain(&error))?;
        Ok(match record {
            Some(record) if is_observed(previous, &record) => RollbackTarget::Good,
            _ => RollbackTarget::Corrupt,
        })
    }

    fn situation<'s>(&'s self, ledger: &Ledger<'_>, forced: bool, rollback_target: RollbackTarget) -> Situation<'s> {
        let (spec, status) = (&self.object().spec, &ledger.status);
        Situation {
            strategies: &self.strategies,
            active: self.strategies.active(status),
            install_failures: status.install_failures,
            upgrade_failures: status.upgrade_failures,
            forced,
            tests: FailedTests::ignored_if(self.strategies.ignores_test_failures(spec, status)),
            drift: spec.drift_mode(),
            rollback_target,
        }
    }

    /// Writes down what the state says before anything is done about it.
    fn mark_state(&self, state: &State, next: &Next, drifts: &[Drift], ledger: &mut Ledger<'_>) {
        match state {
            State::InSync if *next == Next::Done => {
                ledger.in_sync(self.object().spec.drift_mode() != DriftDetectionMode::Disabled);
            }
            State::Untested => ledger.forget_remediation(),
            State::Drifted => ledger.drifted(&drifts.iter().map(ToString::to_string).collect::<Vec<_>>()),
            _ => {}
        }
    }

    fn begin(&self, action: Action, ledger: &mut Ledger<'_>) {
        let timeout = settings::timeout(&self.object().spec, action);
        ledger.begin(action, &timeout);
        tracing::info!("running '{}' action with timeout of {timeout}", action.name());
        self.run.progress(ledger.status.clone());
    }

    async fn run_action(&self, action: Action, ledger: &mut Ledger<'_>, drifts: &[Drift]) -> Result<(), NothingDone> {
        match action {
            Action::Install => self.release(ReleaseAction::Install, ledger).await,
            Action::Upgrade => self.release(ReleaseAction::Upgrade, ledger).await,
            Action::Rollback => self.roll_back(ledger).await,
            Action::Uninstall => self.uninstall(ledger).await,
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
        let result = match action {
            ReleaseAction::Install => {
                helm.install(&settings::install(object, &self.target, std::sync::Arc::clone(&chart), values, policy)).await
            }
            ReleaseAction::Upgrade => {
                helm.upgrade(&settings::upgrade(object, &self.target, std::sync::Arc::clone(&chart), values, policy)).await
            }
        };
        let (record, error) = match result {
            Ok(record) => (Some(record), None),
            Err(failure) => {
                let error = error_chain(&failure);
                (failure.record.map(|record| *record), Some(error))
            }
        };
        let listed = match &record {
            Some(record) => self.inventory(record, &chart, ledger).await,
            None => None,
        };
        let superseded = if error.is_none() { self.superseded(ledger).await } else { Vec::new() };
        let written: Vec<Release> = record.into_iter().chain(superseded).collect();
        let nothing = written.is_empty();
        ledger.at(self.run.now());
        let done = Done { written, error: error.clone(), took: began.elapsed(), inventory: listed };
        ledger.released(action, &self.subject(), done, &self.strategies);
        match error {
            Some(error) if nothing => Err(NothingDone(error)),
            _ => Ok(()),
        }
    }

    async fn inventory(
        &self,
        record: &Release,
        chart: &helm_chart::Prepared,
        ledger: &mut Ledger<'_>,
    ) -> Option<api::meta::ResourceInventory> {
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
                // It is read again before it is needed.
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
        let result = self.place.helm(&self.health).rollback(&options).await;
        let (record, error) = match result {
            Ok(record) => (Some(record), None),
            Err(failure) => {
                let error = error_chain(&failure);
                (failure.record.map(|record| *record), Some(error))
            }
        };
        let mut listed = None;
        if let Some(record) = &record {
            let chart = self.context.charts.chart(&self.wanted.artifact, &self.wanted.chart.version).await;
            if let Ok(chart) = chart {
                listed = self.inventory(record, &chart, ledger).await;
            }
        }
        let superseded = if error.is_none() { self.superseded(ledger).await } else { Vec::new() };
        let nothing = record.is_none();
        ledger.at(self.run.now());
        let written = record.into_iter().chain(superseded).collect();
        let done = Done { written, error: error.clone(), inventory: listed, ..Done::default() };
        ledger.rolled_back(&previous, &self.subject(), done);
        match error {
            Some(error) if nothing => Err(NothingDone(error)),
            _ => Ok(()),
        }
    }

    async fn uninstall(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let Some(current) = ledger.status.history.latest().cloned() else {
            return Err(NothingDone("no latest release: required to uninstall".to_owned()));
        };
        let options = settings::uninstall(self.object(), &current.name);
        let (written, error) = match self.place.helm(&self.health).uninstall(&options).await {
            Ok(uninstalled) => {
                let error = mismatch("uninstalled", &current, &uninstalled.release);
                (vec![uninstalled.release], error)
            }
            Err(failure) => {
                let error = error_chain(&failure);
                (failure.record.map(|record| *record).into_iter().collect(), Some(error))
            }
        };
        let nothing = written.is_empty();
        ledger.at(self.run.now());
        ledger.uninstalled_as_remediation(Done { written, error: error.clone(), ..Done::default() });
        match error {
            Some(error) if nothing => Err(NothingDone(error)),
            _ => Ok(()),
        }
    }

    async fn test(&self, ledger: &mut Ledger<'_>) -> Result<(), NothingDone> {
        let Some(current) = ledger.status.history.latest().cloned() else {
            return Err(NothingDone("no latest release: required for test".to_owned()));
        };
        let options = settings::test(self.object(), &self.target.name);
        let (written, error) = match self.place.helm(&self.health).test(&options).await {
            Ok(record) => {
                let error = mismatch("tested", &current, &record);
                (vec![record], error)
            }
            Err(failure) => {
                let error = error_chain(&failure);
                (failure.record.map(|record| *record).into_iter().collect(), Some(error))
            }
        };
        ledger.at(self.run.now());
        let done = Done { written, error: error.clone(), ..Done::default() };
        ledger.tested(&done, |hook| settings::is_selected(&options, hook), &self.strategies);
        match error {
            Some(error) if !ledger.status.history.latest().is_some_and(history::is_tested) => Err(NothingDone(error)),
            _ => Ok(()),
        }
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
