//! What is in the way of a release, if anything: pure, from what was read.

use std::time::Duration;

use api::helm::{ChartReferenceKind, HelmRelease};
use api::meta::{ConditionType, GoDuration, Reason};
use kube::ResourceExt;
use object_health::ready::ReadyExpression;
use object_health::rules::{HealthRule, HealthRules};
use runtime::error_chain::error_chain;
use runtime::events::Severity;
use runtime::queue::ObjectKey;
use serde_json::Value;

use super::chart_template::recorded;
use crate::context::Policy;

/// What Flux puts before every message that only a new spec can change.
const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// The reason of Ready.
    pub(crate) reason: Reason,
    /// Its message.
    pub(crate) message: String,
    /// The event, if there is one.
    pub(crate) event: Option<(Severity, String)>,
    /// What helps.
    pub(crate) until: Until,
}

/// When an obstacle may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Until {
    /// When the object changes, or what it refers to.
    Changed,
    /// After this time.
    After(Duration),
    /// After about this time: many may wait for the same.
    AfterAbout(Duration),
    /// Nobody knows: it is tried again, less and less often.
    Backoff,
}

impl Obstacle {
    /// One that only a new spec removes.
    fn terminal(reason: Reason, message: String, event: String) -> Self {
        Self { reason, message, event: Some((Severity::Error, event)), until: Until::Changed }
    }

    /// One that is told of by an event, too, and tried again.
    pub(crate) fn failure(reason: Reason, message: String) -> Self {
        Self { reason, event: Some((Severity::Error, message.clone())), message, until: Until::Backoff }
    }

    /// One that is tried again.
    pub(crate) fn quiet(reason: Reason, message: String) -> Self {
        Self { reason, message, event: None, until: Until::Backoff }
    }
}

/// Compiles the health expressions of the spec.
pub(crate) fn health_rules(object: &HelmRelease) -> Result<HealthRules, Obstacle> {
    let rules: Vec<HealthRule> = object
        .spec
        .health_check_exprs
        .iter()
        .map(|rule| HealthRule {
            api_version: rule.api_version.clone(),
            kind: rule.kind.clone().unwrap_or_default(),
            current: rule.current.clone(),
            in_progress: rule.in_progress.clone().unwrap_or_default(),
            failed: rule.failed.clone().unwrap_or_default(),
        })
        .collect();
    HealthRules::compile(&rules).map_err(|error| invalid_expression(error_chain(&error)))
}

fn invalid_expression(error: String) -> Obstacle {
    Obstacle::terminal(Reason::InvalidCelExpression, format!("{TERMINAL}: {error}"), error)
}

/// The object that has the chart: the one that is referred to, or the HelmChart that was made. `None` before that is.
pub(crate) fn source_of(object: &HelmRelease) -> Option<(ChartReferenceKind, ObjectKey)> {
    match &object.spec.chart_ref {
        Some(reference) => {
            let namespace = reference.namespace.clone().or_else(|| object.namespace()).unwrap_or_default();
            Some((reference.kind, ObjectKey::new(namespace, reference.name.clone())))
        }
        None => recorded(object).map(|key| (ChartReferenceKind::HelmChart, key)),
    }
}

/// Whether a source may be used.
pub(crate) fn check_access(
    object: &HelmRelease,
    kind: ChartReferenceKind,
    key: &ObjectKey,
    policy: &Policy,
) -> Result<(), Obstacle> {
    let denied = |message: String| Err(Obstacle::terminal(Reason::AccessDenied, message.clone(), message));
    let kind = kind.as_str();
    if policy.no_cross_namespace_refs && object.namespace().as_deref() != Some(&*key.namespace) {
        return denied(format!("cross-namespace references are not allowed: cannot access {kind} {key}"));
    }
    if kind == ChartReferenceKind::ExternalArtifact.as_str() && !policy.external_artifact {
        return denied(format!("can't access '{kind}/{key}', ExternalArtifact feature gate is disabled"));
    }
    Ok(())
}

/// What is known of one dependency.
#[derive(Debug)]
pub(crate) struct DependencySeen {
    /// Which one.
    pub(crate) key: ObjectKey,
    /// The object, or the API server's answer.
    pub(crate) object: Result<Box<HelmRelease>, String>,
    /// The same as a value, for expressions.
    pub(crate) value: Value,
}

/// Whether all dependencies are ready; `seen` are those of the spec in order.
pub(crate) fn check_dependencies(object: &HelmRelease, seen: &[DependencySeen], policy: &Policy) -> Result<(), Obstacle> {
    let not_yet = |message: String| Obstacle {
        reason: Reason::DependencyNotReady,
        event: Some((Severity::Info, message.clone())),
        message,
        until: Until::After(policy.requeue_dependency),
    };
    let myself = serde_json::to_value(object).unwrap_or_default();
    for (reference, dependency) in object.spec.depends_on.iter().zip(seen) {
        let key = &dependency.key;
        let found = match &dependency.object {
            Ok(found) => found,
            Err(error) => return Err(not_yet(format!("unable to get '{key}' dependency: {error}"))),
        };
        if let Some(expression) = &reference.ready_expr {
            let compiled = ReadyExpression::compile(expression).map_err(|error| {
                invalid_expression(format!("failed to evaluate dependency {}: {}", key.name, error_chain(&error)))
            })?;
            match compiled.evaluate(&myself, &dependency.value) {
                Ok(true) => {}
                Ok(false) => return Err(not_yet(format!("dependency '{key}' is not ready according to readyExpr eval"))),
                Err(error) => return Err(not_yet(error_chain(&error))),
            }
            if !policy.additive_dependency_check {
                continue;
            }
        }
        let status = found.status.clone().unwrap_or_default();
        let is_current = found.metadata.generation.unwrap_or_default() == status.observed_generation;
        if !is_current || !status.conditions.is_true(ConditionType::Ready) {
            return Err(not_yet(format!("dependency '{key}' is not ready")));
        }
    }
    Ok(())
}

/// The source is there and has nothing to offer yet; its change will tell.
pub(crate) fn source_not_ready(message: String, policy: &Policy) -> Obstacle {
    Obstacle { reason: Reason::SourceNotReady, message, event: None, until: Until::AfterAbout(policy.requeue_dependency) }
}

/// The artifact is gone from storage: its source will publish a new one soon.
pub(crate) fn artifact_gone(policy: &Policy) -> Obstacle {
    let pause = GoDuration::from(policy.requeue_dependency);
    let message = format!("Source not ready: artifact not found. Retrying in {pause}");
    Obstacle { reason: Reason::ArtifactFailed, message, event: None, until: Until::After(policy.requeue_dependency) }
}

#[cfg(test)]
mod tests;
