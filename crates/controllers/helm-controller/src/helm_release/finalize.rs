//! The end of a release: because its object goes, or because it is wanted elsewhere.

use api::helm::HelmRelease;
use api::meta::Reason;
use helm_client::ActionError;
use helm_release::HistoryError;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, ResourceExt};
use object_health::rules::HealthRules;
use runtime::error_chain::error_chain;
use runtime::reconciler::Finalized;
use runtime::run::Run;

use super::action::mismatch;
use super::ledger::{Ledger, Uninstalled};
use super::own_chart::delete_recorded;
use super::place::{Place, service_account};
use super::{Halt, settings};
use crate::context::Context;
use crate::remote::RemoteError;

/// Undoes what the object stands for. A suspended object goes alone.
pub(crate) async fn finalize(run: &Run<HelmRelease>, context: &Context) -> Finalized {
    let object = run.object();
    let mut ledger = Ledger::new(object, context.policy.digest_algorithm, run.now());
    if object.spec.suspend {
        return Finalized::Done { events: Vec::new() };
    }
    let mut outcome = uninstall_before_deletion(object, &mut ledger, context).await;
    if outcome.is_ok() {
        outcome = match delete_recorded(object, &mut ledger, context).await {
            Ok(()) => Ok(()),
            Err(Halt::Error(error)) => Err(error),
            Err(Halt::Obstacle(obstacle)) => Err(obstacle.message),
        };
    }
    let events = ledger.take_events();
    match outcome {
        Ok(()) => Finalized::Done { events },
        Err(error) => {
            if run.record(ledger.status).await.is_err() {
                tracing::debug!("the failure could not be written to the status");
            }
            Finalized::Retry { events, error }
        }
    }
}

async fn uninstall_before_deletion(object: &HelmRelease, ledger: &mut Ledger<'_>, context: &Context) -> Result<(), String> {
    let Some(storage_namespace) = ledger.status.storage_namespace.clone() else {
        tracing::info!("skipping Helm release uninstallation: no storage namespace configured");
        return Ok(());
    };
    let place = match Place::of(object, &storage_namespace, context).await {
        Ok(place) => place,
        Err(RemoteError::Missing(error)) => {
            tracing::error!(error, "skipping Helm release uninstallation");
            return Ok(());
        }
        Err(error) => {
            return Err(not_uninstalled(ledger, format!("failed to build REST client getter to uninstall release: {error}")));
        }
    };
    // Never with the controller's own rights instead; the namespace may be going, and its accounts with it.
    if let Some(name) = service_account(object, context).filter(|_| object.spec.kube_config.is_none()) {
        let api: Api<ServiceAccount> = Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default());
        match api.get_opt(name).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::error!(error = format!("serviceaccount {name} not found"), "skipping Helm release uninstallation");
                return Ok(());
            }
            Err(error) => {
                let error = error_chain(&error);
                let message = format!("failed to confirm ServiceAccount '{name}' can be used to uninstall release: {error}");
                return Err(not_uninstalled(ledger, message));
            }
        }
    }
    uninstall(object, &place, ledger).await?;
    tracing::info!("uninstalled Helm release for deleted resource");
    Ok(())
}

/// Says why the release is not even tried to be uninstalled.
fn not_uninstalled(ledger: &mut Ledger<'_>, message: String) -> String {
    ledger.not_ready(Reason::UninstallFailed, &message);
    message
}

/// Uninstalls the release that status knows; without one there is nothing to do.
///
/// # Errors
/// It could not be uninstalled, in part or at all.
pub(crate) async fn uninstall(object: &HelmRelease, place: &Place<'_>, ledger: &mut Ledger<'_>) -> Result<(), String> {
    let Some(current) = ledger.status.history.latest().cloned() else { return Ok(()) };
    let health = HealthRules::default();
    let options = settings::uninstall(object, &current.name);
    let helm = place.helm(&health);
    let log = || helm.log.to_string();
    let outcome = match helm.uninstall(&options).await {
        Ok(uninstalled) => match mismatch("uninstalled", &current, &uninstalled.release) {
            None => Uninstalled::Deleted(vec![uninstalled.release]),
            Some(error) => Uninstalled::Failed { written: vec![uninstalled.release], error, log: log() },
        },
        Err(failure) => match &failure.error {
            ActionError::History(HistoryError::NotFound) => Uninstalled::NotFound,
            ActionError::History(HistoryError::AlreadyDeleted(_)) if options.keep_history => Uninstalled::Already,
            _ => {
                let error = error_chain(&failure);
                Uninstalled::Failed { written: failure.record.map(|record| *record).into_iter().collect(), error, log: log() }
            }
        },
    };
    ledger.uninstalled(&outcome);
    match outcome {
        Uninstalled::Failed { error, .. } => Err(error),
        _ => Ok(()),
    }
}
