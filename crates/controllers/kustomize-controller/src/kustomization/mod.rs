//! One Kustomization: observe, decide, act, report.

mod act;
mod apply;
mod build;
mod decide;
mod finalize;
mod health;
mod observe;
mod report;
mod target;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use api::kustomize::Kustomization;
use api::meta::ConditionType;
use kube::ResourceExt;
use runtime::queue::ObjectKey;
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;

pub(crate) use build::BuildCache;

use crate::context::Context;

/// Reconciles Kustomizations.
pub(crate) struct KustomizationReconciler {
    /// Ports and memory.
    pub(crate) context: Arc<Context>,
}

impl Reconciler for KustomizationReconciler {
    type Kind = Kustomization;

    const OWNED_CONDITIONS: &'static [ConditionType] =
        &[ConditionType::Ready, ConditionType::Reconciling, ConditionType::Stalled, ConditionType::Healthy];

    async fn reconcile(&self, run: Run<Kustomization>) -> Report<Kustomization> {
        self.context.dependents.depends_on(run.key(), dependencies(run.object()));
        let seen = observe::observe(&run, &self.context).await;
        let plan = decide::decide(&seen, &self.context.policy);
        let outcome = act::act(plan, &run, &self.context).await;
        let report =
            report::report(&seen.object, outcome, report::Clock { started: run.started(), now: run.now() }, &self.context.policy);
        self.wake_dependents(run.key(), &report);
        report
    }

    async fn finalize(&self, run: Run<Kustomization>) -> Finalized {
        finalize::finalize(&run, &self.context).await
    }

    fn forget(&self, key: &ObjectKey) {
        self.context.forget(key);
    }
}

impl KustomizationReconciler {
    /// Wakes those that wait for this object, once its success is recorded: they read the API server.
    fn wake_dependents(&self, key: &ObjectKey, report: &Report<Kustomization>) {
        let applied = report.status.last_applied_revision.clone();
        let dependents = self.context.dependents.of(key);
        if dependents.is_empty() || !report.status.conditions.is_true(ConditionType::Ready) {
            return;
        }
        let (context, key) = (Arc::clone(&self.context), key.clone());
        tokio::spawn(async move {
            let recorded = || {
                let object = context.objects.get(&key)?;
                let status = object.status.as_ref()?;
                let ready = status.conditions.is_ready() && status.last_applied_revision == applied;
                (ready && object.metadata.generation == Some(status.observed_generation)).then_some(())
            };
            // The status is written right after this run; where that fails, dependents come by themselves a little later.
            for _ in 0..100 {
                if recorded().is_some() {
                    return context.dependents.wake(dependents);
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
    }
}

/// What the spec names in `dependsOn`.
pub(crate) fn dependencies(object: &Kustomization) -> Vec<ObjectKey> {
    let own = object.namespace().unwrap_or_default();
    let key = |reference: &api::meta::DependencyReference| {
        ObjectKey::new(reference.namespace.clone().unwrap_or_else(|| own.clone()), reference.name.clone())
    };
    object.spec.depends_on.iter().map(key).collect()
}
