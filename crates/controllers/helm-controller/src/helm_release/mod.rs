//! One HelmRelease: observe, decide, act, report.
//!
//! ```text
//!  own_chart ──► observe ──► moved? ──► act: state ──► next ──► action ──┐ ──► report
//!  (HelmChart)   (decide: what is in    uninstall  ▲                    │
//!                 the way?)                        └──── ledger ◄───────┘
//! ```

mod act;
mod action;
mod chart_template;
mod chart_version;
mod decide;
mod drift;
mod finalize;
mod history;
mod inventory;
mod ledger;
mod next;
mod observe;
mod own_chart;
mod place;
mod post_renderers;
mod report;
mod requests;
mod settings;
mod state;
mod strategy;
mod supersede;
mod target;
#[cfg(test)]
pub(crate) mod test_data;
mod values;

use std::sync::Arc;

use api::helm::{HelmRelease, HelmReleaseStatus};
use api::meta::{ConditionType, Reason};
use runtime::queue::ObjectKey;
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;

use act::{ReadRecord, Work};
use action::config_digest;
use decide::{Obstacle, health_rules};
use ledger::Ledger;
use observe::Wanted;
use own_chart::AppliedChart;
use place::Place;
use report::Ending;
use requests::{Requests, handle_reset};
use strategy::Strategies;
use target::{Target, moved};

pub(crate) use chart_version::digest_of;
pub(crate) use decide::source_of;
pub(crate) use strategy::DefaultStrategy;

use crate::context::Context;

/// What is remembered of an object between runs, so that an unchanged one costs little.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    chart: Option<AppliedChart>,
    record: Option<ReadRecord>,
}

/// Why a run goes no further.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Something is in the way.
    Obstacle(Obstacle),
    /// Something failed, and is tried again; nothing is said of it in the conditions.
    Error(String),
}

impl From<Obstacle> for Halt {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

/// Reconciles HelmReleases.
pub(crate) struct HelmReleaseReconciler {
    /// Ports and memory.
    pub(crate) context: Arc<Context>,
}

impl Reconciler for HelmReleaseReconciler {
    type Kind = HelmRelease;

    const OWNED_CONDITIONS: &'static [ConditionType] = &[
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
        ConditionType::Released,
        ConditionType::TestSuccess,
        ConditionType::Remediated,
        ConditionType::Drifted,
    ];

    async fn reconcile(&self, run: Run<HelmRelease>) -> Report<HelmRelease> {
        let object = Arc::clone(run.object());
        let policy = &self.context.policy;
        let strategies = Strategies::of(&object.spec, policy.default_strategy);
        let mut ledger = Ledger::new(&object, policy.digest_algorithm, run.now());
        let mut memory = self.context.take_memory(run.key());
        let ending = match self.steps(&run, &strategies, &mut ledger, &mut memory).await {
            Ok(ending) => ending,
            Err(Halt::Obstacle(obstacle)) => Ending::Obstructed(obstacle),
            Err(Halt::Error(error)) => Ending::Failed(error),
        };
        self.context.keep_memory(run.key(), memory);
        ledger.at(run.now());
        report::report(&object, ledger, ending, &strategies)
    }

    async fn finalize(&self, run: Run<HelmRelease>) -> Finalized {
        finalize::finalize(&run, &self.context).await
    }

    fn suspended(&self, object: &HelmRelease) -> HelmReleaseStatus {
        report::suspended(object)
    }

    fn forget(&self, key: &ObjectKey) {
        self.context.forget(key);
    }
}

impl HelmReleaseReconciler {
    async fn steps(
        &self,
        run: &Run<HelmRelease>,
        strategies: &Strategies,
        ledger: &mut Ledger<'_>,
        memory: &mut Memory,
    ) -> Result<Ending, Halt> {
        let (object, context) = (run.object(), &*self.context);
        let health = health_rules(object)?;
        let changed = own_chart::apply(object, ledger, &mut memory.chart, context).await?;
        if object.spec.rollback().recreate {
            tracing::info!("warning: the .spec.rollback.recreate field is deprecated and has no effect");
        }
        ledger.reconciling(Reason::Progressing, "Fulfilling prerequisites");
        run.progress(ledger.status.clone());
        let wanted = tokio::select! {
            biased;
            // A source that does not answer must not hold the process.
            () = run.cancelled().cancelled() => return Ok(Ending::Interrupted),
            wanted = observe::observe(object, changed, ledger, context) => wanted?,
        };
        let target = Target::of(object);
        let recorded = ledger.status.storage_namespace.clone();
        if let Some(what) = moved(object, &target, &wanted.chart.name) {
            tracing::info!("release target configuration changed ({what}): running uninstall for current release");
            let place = self.place(object, recorded.as_deref().unwrap_or(&target.storage_namespace)).await?;
            finalize::uninstall(object, &place, ledger).await.map_err(Halt::Error)?;
            ledger.status.history.0.clear();
            ledger.forget_failures();
            ledger.status.storage_namespace = None;
            return Ok(Ending::Anew);
        }
        let place = self.place(object, &target.storage_namespace).await?;
        ledger.clear_obstacle(&[Reason::RestClientError]);
        self.attempt(object, &target, &wanted, ledger);
        let work = Work { run, context, place, target, wanted, health, strategies: strategies.clone() };
        Ok(work.act(ledger, &mut memory.record).await)
    }

    async fn place(&self, object: &HelmRelease, storage_namespace: &str) -> Result<Place<'_>, Halt> {
        let place = Place::of(object, storage_namespace, &self.context).await;
        place.map_err(|error| Halt::Obstacle(Obstacle::quiet(Reason::RestClientError, error.to_string())))
    }

    /// Writes down what is about to be tried. Failures of something else are forgotten.
    fn attempt(&self, object: &HelmRelease, target: &Target, wanted: &Wanted, ledger: &mut Ledger<'_>) {
        let requests = Requests::of(object);
        handle_reset(object, &mut ledger.status);
        let status = &mut ledger.status;
        let generation = object.metadata.generation.unwrap_or_default();
        let other_values = status
            .last_attempted_config_digest
            .as_deref()
            .map(|digest| !history::is_digest_of(digest, &wanted.values))
            .unwrap_or(status.last_attempted_values_checksum.is_some());
        let is_other = status.last_attempted_generation != generation
            || status.last_attempted_revision.as_deref() != Some(wanted.chart.version.as_str())
            || other_values;
        status.storage_namespace = Some(target.storage_namespace.clone());
        status.last_attempted_generation = generation;
        status.last_attempted_revision = Some(wanted.chart.version.clone());
        status.last_attempted_revision_digest.clone_from(&wanted.digest);
        status.last_attempted_config_digest = Some(config_digest(&wanted.values, &self.context));
        status.last_attempted_values_checksum = None;
        status.last_release_revision = 0;
        if is_other || requests.reset {
            ledger.forget_failures();
        }
    }
}
