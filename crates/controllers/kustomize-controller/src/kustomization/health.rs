//! Which objects of a Kustomization must be healthy, and the wait until they are.

use std::collections::BTreeSet;
use std::time::Duration;

use api::kustomize::Kustomization;
use api::meta::annotations::RECONCILE_REQUEST;
use api::meta::{ConditionType, Reason};
use apply_plan::inventory::Entry;
use apply_plan::{Action, Change};
use cluster_client::{ObjectKey, Remembered, Wait, Waited};
use jiff::Timestamp;
use kube::ResourceExt;
use object_health::job;
use runtime::run::Run;
use serde_json::Value;

use super::act::{Failure, Health, Progress, Retry, Step, since};
use super::decide::{Checks, Work};
use super::target::Target;

/// Which objects must be healthy: not those that were skipped, and never the Kustomization itself.
pub(crate) fn checked_objects(
    work: &Work,
    changes: &[Change],
    object: &Kustomization,
    expiring: &BTreeSet<ObjectKey>,
) -> Vec<Waited> {
    let keys: Vec<ObjectKey> = match &work.checks {
        Checks::None => Vec::new(),
        Checks::Listed(keys) => keys.clone(),
        Checks::Applied => changes
            .iter()
            .filter(|change| change.action != Action::Skipped)
            .map(|change| ObjectKey::of_entry(&Entry { id: change.id.clone(), version: change.version.clone() }))
            .collect(),
    };
    let is_self = |key: &ObjectKey| {
        key.kind == "Kustomization" && key.name == object.name_any() && key.namespace == object.namespace().unwrap_or_default()
    };
    keys.into_iter()
        .filter(|key| !is_self(key))
        .map(|key| Waited { removed_when_finished: expiring.contains(&key), key })
        .collect()
}

/// Jobs that remove themselves when finished.
pub(crate) fn expiring_jobs(objects: &[Value]) -> BTreeSet<ObjectKey> {
    objects.iter().filter(|object| job::is_removed_when_finished(object)).map(ObjectKey::of).collect()
}

/// Returns, as `Kind/namespace/name`, what makes this run outdated: the object itself or its source. Never, unless the gate
/// `CancelHealthCheckOnNewRevision` is open. Looks at what the watches know, so it costs no request.
async fn superseded(check: &Check<'_>, run: &Run<Kustomization>) -> String {
    const LOOK: Duration = Duration::from_millis(250);
    let context = check.target.context;
    if !context.policy.cancels_health_checks {
        return std::future::pending().await;
    }
    let reference = &run.object().spec.source_ref;
    let own = run.object().namespace().unwrap_or_default();
    let source = runtime::queue::ObjectKey::new(reference.namespace.clone().unwrap_or(own), reference.name.clone());
    loop {
        tokio::time::sleep(LOOK).await;
        if context.objects.get(run.key()).is_some_and(|now| wants_run(run.object(), &now)) {
            return format!("Kustomization/{}", run.key());
        }
        let offered = context.sources.artifact(reference.kind, &source);
        if offered.is_some_and(|artifact| {
            artifact.revision != check.work.artifact.revision || artifact.digest != check.work.artifact.digest
        }) {
            return format!("{}/{source}", reference.kind.as_str());
        }
    }
}

/// Whether the object has been changed, or asked to reconcile, since the run began.
fn wants_run(then: &Kustomization, now: &Kustomization) -> bool {
    let requested = |object: &Kustomization| object.annotations().get(RECONCILE_REQUEST).cloned();
    then.metadata.generation != now.metadata.generation || requested(then) != requested(now)
}

/// What a health check needs besides the objects.
pub(crate) struct Check<'a> {
    pub(crate) work: &'a Work,
    pub(crate) target: &'a Target<'a>,
    /// Whether this apply changed anything.
    pub(crate) drifted: bool,
}

/// Waits until the objects are healthy.
pub(crate) async fn check(
    check: &Check<'_>,
    checked: Vec<Waited>,
    progress: &mut Progress<'_>,
    remembered: &mut Remembered,
) -> Result<(), Failure> {
    let Check { work, target, drifted } = check;
    let started = progress.run.now();
    progress.attempt.health = Health::Checking;
    progress.begin(Step::Health);
    let assess = |object: &Value| work.health.assess(object, Timestamp::now());
    let wait =
        Wait { cluster: &target.cluster, index: target.index, assess: &assess, fail_fast: target.context.policy.fail_fast };
    // A waiting Kustomization keeps no worker from the others.
    let ready = wait.until_ready(checked, work.timeout.to_std(), remembered);
    let result = tokio::select! {
        result = progress.run.wait(ready) => result,
        trigger = superseded(check, progress.run) => {
            let message = format!("New reconciliation triggered by {trigger}");
            return Err(Failure { retry: Retry::AtOnce, ..Failure::new(Reason::HealthCheckCanceled, message) });
        }
    };
    let elapsed = since(started, progress.run.now());
    match result {
        Ok(()) => {
            progress.attempt.health = Health::Passed(elapsed.clone());
            let status = progress.run.object().status.clone().unwrap_or_default();
            let was_healthy = status.conditions.is_true(ConditionType::Healthy);
            let is_new = status.last_applied_revision.as_deref() != Some(work.revisions.revision.as_str());
            if !was_healthy || (is_new && *drifted) {
                progress.emit(format!("Health check passed in {elapsed}"));
            }
            Ok(())
        }
        Err(failed) => {
            progress.attempt.health = Health::Failed(failed.message.clone());
            Err(Failure::new(Reason::HealthCheckFailed, format!("health check failed after {elapsed}: {}", failed.message)))
        }
    }
}
