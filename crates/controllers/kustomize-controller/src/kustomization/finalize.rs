//! Before a Kustomization goes: delete what it applied, if its policy says so.

use api::kustomize::{DeletionPolicy, Kustomization};
use api::meta::{ConditionType, Reason};
use apply_plan::Change;
use apply_plan::change::deletion_message;
use apply_plan::inventory::{Entry, all_for_deletion};
use cluster_client::Prune;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, ResourceExt};
use runtime::events::{Event, Severity};
use runtime::reconciler::Finalized;
use runtime::run::Run;

use super::act::event;
use super::apply::recorded_inventory;
use super::decide::Revisions;
use super::report::{Clock, finished};
use super::target::target;
use crate::context::Context;

/// What to do with the objects.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// They stay.
    Keep,
    /// They are deleted, as this ServiceAccount where one is given.
    Delete { entries: Vec<Entry>, service_account: Option<String>, waits: bool },
}

/// Undoes what the object stands for.
pub(crate) async fn finalize(run: &Run<Kustomization>, context: &Context) -> Finalized {
    let object = run.object();
    let Plan::Delete { entries, service_account, waits } = decide(object, context.policy.default_service_account.as_deref())
    else {
        return done(run, Vec::new());
    };
    if let Some(name) = &service_account
        && !exists(name, object, context).await
    {
        // Never with the controller's own rights instead.
        let subjects: Vec<String> = entries.iter().map(|entry| entry.id.to_string()).collect();
        let message = format!("unable to prune objects: \n{}", subjects.join("\n"));
        tracing::error!(error = "skipping pruning, failed to find account to impersonate", "{message}");
        return done(run, vec![about(object, Severity::Error, message)]);
    }
    let target = match target(service_account.as_deref(), object, context).await {
        Ok(target) => target,
        Err(error) => return Finalized::Retry { events: Vec::new(), error },
    };
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let prune = target.prune(&name, &namespace);
    match prune.delete(&entries).await {
        Ok(changes) => {
            let mut events = Vec::new();
            if let Some(message) = deletion_message(&changes) {
                run.emit(about(object, Severity::Info, message));
                if waits {
                    events.extend(await_gone(run, &prune, &changes).await);
                }
            }
            done(run, events)
        }
        Err(failure) => {
            let event = about(object, Severity::Error, "pruning for deleted resource failed".to_owned());
            Finalized::Retry { events: vec![event], error: failure.message }
        }
    }
}

fn decide(object: &Kustomization, default_service_account: Option<&str>) -> Plan {
    let entries = all_for_deletion(&recorded_inventory(object));
    let policy = object.spec.deletion_policy();
    let deletes = match policy {
        DeletionPolicy::MirrorPrune => object.spec.prune,
        DeletionPolicy::Delete | DeletionPolicy::WaitForTermination => true,
        DeletionPolicy::Orphan => false,
    };
    if object.spec.suspend || !deletes || entries.is_empty() {
        return Plan::Keep;
    }
    let service_account = object.spec.service_account_name.as_deref().or(default_service_account).map(str::to_owned);
    Plan::Delete { entries, service_account, waits: policy == DeletionPolicy::WaitForTermination }
}

async fn exists(service_account: &str, object: &Kustomization, context: &Context) -> bool {
    let api: Api<ServiceAccount> = Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default());
    api.get(service_account).await.is_ok()
}

/// Waits for termination as long as a reconcile may take, and lets go then.
async fn await_gone(run: &Run<Kustomization>, prune: &Prune<'_>, changes: &[Change]) -> Option<Event> {
    let gone = prune.await_gone(changes, run.object().spec.timeout().to_std());
    let waited = tokio::select! {
        waited = run.wait(gone) => waited,
        () = run.cancelled().cancelled() => return None,
    };
    let error = waited.err()?;
    let message = "failed to wait for resources termination";
    tracing::error!(error = error.to_string(), message);
    Some(about(run.object(), Severity::Error, message.to_owned()))
}

/// Done; a ready object says so a last time, as in Flux.
fn done(run: &Run<Kustomization>, mut events: Vec<Event>) -> Finalized {
    let object = run.object();
    if let Some(status) = object.status.as_ref().filter(|status| status.conditions.is_ready() && !object.spec.suspend) {
        events.push(finished(object, status, Clock { started: run.started(), now: run.now() }));
    }
    Finalized::Done { events }
}

fn about(object: &Kustomization, severity: Severity, message: String) -> Event {
    let status = object.status.clone().unwrap_or_default();
    let reason = match status.conditions.reason(ConditionType::Ready) {
        "" if severity == Severity::Error => "error",
        "" => "info",
        reason => reason,
    };
    let revisions =
        Revisions { revision: status.last_applied_revision.unwrap_or_default(), origin: status.last_applied_origin_revision };
    debug_assert_ne!(reason, Reason::Unknown.as_str());
    event(severity, reason, message, &revisions)
}
