//! Brings a release to what is wanted: looks at its state, runs the action that is chosen for it, and looks again, until nothing is left to
//! do or it is time to stop.

use api::helm::{DriftDetectionMode, HelmRelease, RemediationStrategy};
use helm_client::{Drift, Fingerprint, StorageError};
use object_health::rules::HealthRules;
use runtime::error_chain::error_chain;
use runtime::run::Run;

use super::action::NothingDone;
use super::history::{self, FailedTests, is_good_still};
use super::ledger::Ledger;
use super::next::{Action, ActionKind, Choice, Next, RollbackTarget, Situation, Stop, choose, stop_after, stop_before};
use super::observe::Wanted;
use super::place::Place;
use super::post_renderers::{common_metadata_digest, post_renderers_digest};
use super::report::Ending;
use super::requests::{Requests, handle_force};
use super::state::{Desired, LastRecord, State, determine};
use super::strategy::Strategies;
use super::supersede::superseded;
use super::target::Target;
use super::{drift, settings};
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

impl Work<'_> {
    pub(super) fn object(&self) -> &HelmRelease {
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
            if action.kind() == ActionKind::Remediate && done.contains(&ActionKind::Release) {
                self.record_failure(ledger).await;
            }
            self.begin(action, ledger);
            *memory = None;
            let (outcome, superseded) = self.run_unless_superseded(action, ledger, &drifts).await;
            ledger.take_events().into_iter().for_each(|event| self.run.emit(event));
            if let Some(trigger) = superseded {
                return Ending::Superseded(trigger);
            }
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
            Some(record) if is_good_still(previous, &record) => RollbackTarget::Good,
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

    /// Carries an action out. Where the operator wants that, its waits end when something asks for a new run: what that is.
    async fn run_unless_superseded(
        &self,
        action: Action,
        ledger: &mut Ledger<'_>,
        drifts: &[Drift],
    ) -> (Result<(), NothingDone>, Option<String>) {
        let mut acting = std::pin::pin!(self.run_action(action, ledger, drifts));
        tokio::select! {
            outcome = &mut acting => (outcome, None),
            trigger = superseded(self), if self.context.policy.cancels_waits => {
                self.place.interrupt.cancel();
                (acting.await, Some(trigger))
            }
        }
    }

    /// Makes sure that the failure is known, and what was good before it, should this process not see the end of the remediation.
    async fn record_failure(&self, ledger: &Ledger<'_>) {
        if self.run.record(ledger.status.clone()).await.is_err() {
            tracing::debug!("the failure could not be written to the status");
        }
    }

    fn begin(&self, action: Action, ledger: &mut Ledger<'_>) {
        let timeout = settings::timeout(&self.object().spec, action);
        ledger.begin(action, &timeout);
        tracing::info!("running '{}' action with timeout of {timeout}", action.name());
        self.run.progress(ledger.status.clone());
    }
}
