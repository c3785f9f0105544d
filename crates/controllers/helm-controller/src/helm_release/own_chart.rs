//! The HelmChart of a release: made, changed and deleted as `spec.chart` says.

use std::collections::BTreeMap;

use api::helm::HelmRelease;
use api::meta::Reason;
use api::source::HelmChart;
use cluster_client::{Mode, RequestError};
use helm_client::FIELD_MANAGER;
use kube::api::DeleteParams;
use kube::{Api, ResourceExt};
use runtime::error_chain::error_chain;
use runtime::events::Severity;
use runtime::queue::ObjectKey;
use serde_json::Value;

use super::Halt;
use super::chart_template::{ChartPlan, WantedChart, plan, recorded};
use super::decide::check_access;
use super::ledger::Ledger;
use super::observe::answer;
use crate::context::Context;
use crate::source::{Chart, Found, Source, Sources};

/// A HelmChart as it was after we last applied it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AppliedChart {
    /// What was applied.
    wanted: Value,
    /// What would be different if somebody changed it.
    state: ChartState,
}

/// What changes with a HelmChart's spec and metadata, but not with its status.
#[derive(Debug, Clone, PartialEq)]
struct ChartState {
    uid: Option<String>,
    generation: Option<i64>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl ChartState {
    fn of(chart: &Source<Chart>) -> Self {
        Self {
            uid: chart.uid(),
            generation: chart.metadata.generation,
            labels: chart.labels().clone(),
            annotations: chart.annotations().clone(),
        }
    }
}

/// Makes the HelmChart what the spec wants. One that is known to be so costs no request. Gives the chart if it was changed just now: no watch
/// knows that yet.
pub(crate) async fn apply(
    object: &HelmRelease,
    ledger: &mut Ledger<'_>,
    memory: &mut Option<AppliedChart>,
    context: &Context,
) -> Result<Option<Found>, Halt> {
    let ChartPlan { delete: obsolete, apply } = plan(object);
    if let Some(key) = obsolete {
        delete(object, &key, ledger, context).await?;
    }
    let Some(wanted) = apply else { return Ok(None) };
    check_access(object, api::helm::ChartReferenceKind::HelmChart, &wanted.key, &context.policy)?;
    let known = context.sources.charts.get(&wanted.key);
    let before = known.as_deref().map(ChartState::of);
    let is_there = memory.as_ref().is_some_and(|memory| memory.wanted == wanted.object && Some(&memory.state) == before.as_ref());
    let mut changed = None;
    if !is_there {
        let applied = write(&wanted, ledger, context).await?;
        let state = ChartState::of(&applied);
        // A watch that is behind makes a chart look new that is not; the generation tells.
        let is_new = before.is_none() && state.generation == Some(1);
        if before.as_ref() != Some(&state) {
            tell(&wanted, is_new, ledger);
            changed = Some(applied.found());
        }
        *memory = Some(AppliedChart { wanted: wanted.object, state });
    }
    ledger.status.helm_chart = Some(wanted.key.to_string());
    Ok(changed)
}

async fn write(wanted: &WantedChart, ledger: &mut Ledger<'_>, context: &Context) -> Result<Source<Chart>, Halt> {
    let answer = context.cluster.apply(&wanted.object, FIELD_MANAGER, Mode::Persist).await;
    let decoded = answer.and_then(|object| Sources::decode_chart(object).ok_or(RequestError::Decode));
    decoded.map_err(|error| {
        let message = format!("failed to run server-side apply: {}", error_chain(&error));
        ledger.emit(Severity::Trace, Reason::HelmChartSyncErr, message.clone());
        Halt::Error(message)
    })
}

fn tell(wanted: &WantedChart, is_new: bool, ledger: &mut Ledger<'_>) {
    let (verb, reason) = if is_new { ("Created", Reason::HelmChartCreated) } else { ("Configured", Reason::HelmChartConfigured) };
    let message = format!("{verb} HelmChart/{} with SourceRef '{}'", wanted.key, wanted.source);
    tracing::info!("{message}");
    ledger.emit(Severity::Trace, reason, message);
}

/// Deletes the HelmChart that status names, if it does.
pub(crate) async fn delete_recorded(object: &HelmRelease, ledger: &mut Ledger<'_>, context: &Context) -> Result<(), Halt> {
    match recorded(object) {
        Some(key) => delete(object, &key, ledger, context).await,
        None => Ok(()),
    }
}

async fn delete(object: &HelmRelease, key: &ObjectKey, ledger: &mut Ledger<'_>, context: &Context) -> Result<(), Halt> {
    check_access(object, api::helm::ChartReferenceKind::HelmChart, key, &context.policy)?;
    let api: Api<HelmChart> = Api::namespaced(context.client.clone(), &key.namespace);
    match api.delete(&key.name, &DeleteParams::default()).await {
        Ok(_) => ledger.emit(Severity::Trace, Reason::HelmChartDeleted, format!("deleted HelmChart '{key}'")),
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        Err(error) => return Err(Halt::Error(format!("failed to delete HelmChart '{key}': {}", answer(&error)))),
    }
    ledger.status.helm_chart = None;
    Ok(())
}
