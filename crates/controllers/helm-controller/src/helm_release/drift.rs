//! Drift: what of a release was changed in the cluster, and changing it back.

use api::helm::Snapshot;
use api::kustomize::Selector;
use apply_plan::ignore::{IgnoreRule, IgnoreRules, Target};
use helm_client::{Drift, DriftRules};
use runtime::error_chain::error_chain;

use super::act::Work;
use super::ledger::Ledger;
use super::next::Action;
use super::settings;

/// The label or annotation of objects that may drift.
const EXCLUSION: (&str, &str) = ("helm.toolkit.fluxcd.io/driftDetection", "disabled");

/// Compares the objects of the latest revision with those of the cluster.
///
/// # Errors
/// The record cannot be read; nothing could be compared.
pub(crate) async fn detect(work: &Work<'_>, latest: Option<&Snapshot>) -> Result<Vec<Drift>, String> {
    let unknown = |error: String| format!("unable to determine cluster state: {error}");
    let Some(latest) = latest else { return Ok(Vec::new()) };
    let record = work.place.storage.get(&latest.name, latest.version).await;
    let record = record.map_err(|error| unknown(error_chain(&error)))?;
    let record = record.ok_or_else(|| unknown("release: not found".to_owned()))?;
    let ignore = rules(work).map_err(unknown)?;
    let rules = DriftRules { ignore: &ignore, exclusion: EXCLUSION, overridden: &work.context.policy.override_managers };
    let found = work.place.helm(&work.health).drift(&record, &rules).await;
    let found = found.map_err(|error| unknown(error_chain(&error)))?;
    if !found.errors.is_empty() {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        if found.objects.is_empty() {
            return Err(unknown(errors.join(", ")));
        }
        tracing::error!(error = errors.join(", "), "diff of release against cluster state completed with error");
    }
    Ok(found.objects)
}

fn rules(work: &Work<'_>) -> Result<IgnoreRules, String> {
    let spec = &work.run.object().spec;
    let rules: Vec<IgnoreRule> = spec
        .drift_detection
        .iter()
        .flat_map(|detection| &detection.ignore)
        .map(|rule| IgnoreRule { paths: rule.paths.clone(), target: rule.target.as_ref().map(target) })
        .collect();
    IgnoreRules::compile(&rules).map_err(|error| error_chain(&error))
}

fn target(selector: &Selector) -> Target {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    Target {
        group: text(&selector.group),
        version: text(&selector.version),
        kind: text(&selector.kind),
        name: text(&selector.name),
        namespace: text(&selector.namespace),
        label_selector: text(&selector.label_selector),
        annotation_selector: text(&selector.annotation_selector),
    }
}

/// Changes back what drifted. What cannot be is told of, and found again by the next run.
pub(crate) async fn correct(work: &Work<'_>, drifts: &[Drift], ledger: &mut Ledger<'_>) {
    let timeout = settings::timeout(&work.run.object().spec, Action::CorrectDrift).to_std();
    let helm = work.place.helm(&work.health);
    let (changes, errors) = match tokio::time::timeout(timeout, helm.correct(drifts)).await {
        Ok(corrected) => {
            let changes = corrected.changes.iter().map(ToString::to_string).collect();
            (changes, corrected.errors.iter().map(ToString::to_string).collect())
        }
        Err(_) => (Vec::new(), vec!["context deadline exceeded".to_owned()]),
    };
    ledger.at(work.run.now());
    ledger.corrected(&changes, &errors);
}
