//! Carries a plan out: fetch, build, apply, prune, check health. Chooses nothing.

use std::collections::BTreeMap;

use api::kustomize::{Kustomization, KustomizationStatus};
use api::meta::{GoDuration, Reason};
use apply_plan::inventory::Entry;
use jiff::Timestamp;
use kube::ResourceExt;
use runtime::events::{Event, Severity};
use runtime::run::Run;

use super::decide::{Plan, Revisions, Stall, Wait, Work};
use super::{apply, build, report, target};
use crate::context::Context;

/// What came of a plan.
#[derive(Debug)]
pub(crate) enum Outcome {
    Stalled(Stall),
    Waited(Wait),
    Attempted(Box<Attempt>),
    /// The process ends: nothing is said about the object.
    Interrupted,
}

/// How far a build and apply came.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) revisions: Revisions,
    pub(crate) timeout: GoDuration,
    /// The last step that began.
    pub(crate) step: Step,
    /// Checksum of what was built.
    pub(crate) digest: Option<String>,
    /// What is applied now; `None` leaves the inventory as it was.
    pub(crate) inventory: Option<Vec<Entry>>,
    pub(crate) health: Health,
    pub(crate) failure: Option<Failure>,
}

/// The steps, in Flux's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Fetch,
    Build,
    Apply,
    Health,
}

/// The outcome of the health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// There is none, or it has not begun.
    Unchecked,
    /// It runs.
    Checking,
    /// All are healthy, after so long.
    Passed(GoDuration),
    /// Some are not; the message names them.
    Failed(String),
}

/// Why an attempt stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) retry: Retry,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// After `spec.retryInterval`.
    Later,
    /// The artifact is gone from storage: its source will publish a new one soon.
    WhenPublished,
    /// The health check gave way to what wants a new run.
    AtOnce,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retry: Retry::Later }
    }
}

/// One attempt on its way, which says how far it is.
pub(crate) struct Progress<'a> {
    pub(crate) run: &'a Run<Kustomization>,
    pub(crate) attempt: Attempt,
}

impl Progress<'_> {
    /// Begins a step.
    pub(crate) fn begin(&mut self, step: Step) {
        self.attempt.step = step;
        let clock = report::Clock { started: self.run.started(), now: self.run.now() };
        self.run.progress(report::progress(self.run.object(), &self.attempt, &clock));
    }

    /// The status of this attempt with another inventory.
    pub(crate) fn status_with(&self, inventory: &[Entry]) -> KustomizationStatus {
        let attempt = Attempt { inventory: Some(inventory.to_vec()), ..self.attempt.clone() };
        let clock = report::Clock { started: self.run.started(), now: self.run.now() };
        report::progress(self.run.object(), &attempt, &clock)
    }

    /// Emits an event about this attempt. Its reason is that of Ready, which is in progress.
    pub(crate) fn emit(&self, message: String) {
        self.run.emit(event(Severity::Info, Reason::Progressing.as_str(), message, &self.attempt.revisions));
    }
}

/// An event about revisions.
pub(crate) fn event(severity: Severity, reason: &str, message: String, revisions: &Revisions) -> Event {
    let mut metadata = BTreeMap::new();
    if !revisions.revision.is_empty() {
        metadata.insert(api::meta::annotations::EVENT_REVISION.to_owned(), revisions.revision.clone());
    }
    if let Some(origin) = &revisions.origin {
        metadata.insert(api::meta::annotations::EVENT_ORIGIN_REVISION.to_owned(), origin.clone());
    }
    Event { severity, reason: reason.to_owned(), message, metadata }
}

/// Carries `plan` out.
pub(crate) async fn act(plan: Plan, run: &Run<Kustomization>, context: &Context) -> Outcome {
    let work = match plan {
        Plan::Stall(stall) => return Outcome::Stalled(stall),
        Plan::Wait(wait) => return Outcome::Waited(wait),
        Plan::Apply(work) => work,
    };
    tokio::select! {
        biased;
        () = run.cancelled().cancelled() => Outcome::Interrupted,
        attempt = attempt(&work, run, context) => Outcome::Attempted(Box::new(attempt)),
    }
}

async fn attempt(work: &Work, run: &Run<Kustomization>, context: &Context) -> Attempt {
    let attempt = Attempt {
        revisions: work.revisions.clone(),
        timeout: work.timeout.clone(),
        step: Step::Fetch,
        digest: None,
        inventory: None,
        health: Health::Unchecked,
        failure: None,
    };
    let mut progress = Progress { run, attempt };
    if let Err(failure) = steps(work, &mut progress, context).await {
        progress.attempt.failure = Some(failure);
    }
    progress.attempt
}

async fn steps(work: &Work, progress: &mut Progress<'_>, context: &Context) -> Result<(), Failure> {
    progress.begin(Step::Fetch);
    let source = build::fetch(work, context).await?;
    progress.begin(Step::Build);
    let object = std::sync::Arc::clone(progress.run.object());
    let target = target::target(work.service_account.as_deref(), &object, context).await;
    let target = target.map_err(|message| Failure::new(Reason::ReconciliationFailed, message))?;
    let namespace = object.namespace().unwrap_or_default();
    let built = build::build(work, &source, &namespace, context).await?;
    progress.attempt.digest = Some(built.digest.clone());
    progress.begin(Step::Apply);
    let mut remembered = context.take_memory(progress.run.key());
    let result = apply::apply(work, &target, &built, progress, &mut remembered).await;
    context.keep_memory(progress.run.key(), remembered);
    result
}

/// The time since `started`, as messages print it.
pub(crate) fn since(started: Timestamp, now: Timestamp) -> GoDuration {
    GoDuration::from_nanoseconds(i64::try_from(now.duration_since(started).as_nanos()).unwrap_or(i64::MAX))
}
