//! What to do about one Kustomization: pure, total, every detail in the plan.

use std::collections::BTreeMap;
use std::time::Duration;

use api::kustomize::{Kustomization, Selector, SourceKind, SubstituteStrategy};
use api::meta::{Artifact, ConditionType, GoDuration, Reason};
use apply_plan::ignore::{IgnoreRule, Target};
use kube::ResourceExt;
use kustomize_build::{MissingComponents, Overlay, OverlayImage, OverlayPatch, OverlaySelector};
use object_health::ready::ReadyExpression;
use object_health::rules::{HealthRule, HealthRules};
use runtime::artifact_fetch::ArtifactReference;
use runtime::error_chain::error_chain;

use super::observe::{DependencySeen, Observation, SourceSeen};
use crate::context::Policy;

/// What Flux puts before every message that only a new spec can change.
const TERMINAL: &str = "Reconciliation failed terminally due to configuration error";

/// What to do.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Nothing, until the object changes.
    Stall(Stall),
    /// Nothing now.
    Wait(Wait),
    /// Build and apply.
    Apply(Box<Work>),
}

/// Why only a new spec helps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    /// The revision that events name, where one is known.
    pub(crate) revisions: Revisions,
    /// Whether the generation counts as observed. Refused references are, in Flux, left unobserved.
    pub(crate) observed: Observed,
}

/// Whether `status.observedGeneration` follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observed {
    /// It does.
    Yes,
    /// It stays.
    No,
}

/// What is waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    /// An event to emit, and the revisions it names.
    pub(crate) event: Option<(String, Revisions)>,
    pub(crate) until: Until,
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    After(Duration),
    Backoff,
}

/// The revision of the artifact, and that of its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Revisions {
    pub(crate) revision: String,
    pub(crate) origin: Option<String>,
}

/// Everything about one build and apply.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) revisions: Revisions,
    pub(crate) artifact: ArtifactReference,
    /// `spec.path`, as written.
    pub(crate) path: String,
    pub(crate) overlay: Overlay,
    pub(crate) substitution: Option<Substitution>,
    /// The ServiceAccount to act as.
    pub(crate) service_account: Option<String>,
    pub(crate) timeout: GoDuration,
    pub(crate) common_metadata: apply_plan::ownership::CommonMetadata,
    pub(crate) ignore: Vec<IgnoreRule>,
    pub(crate) recreation: apply_plan::controls::Recreation,
    pub(crate) pruning: Pruning,
    pub(crate) health: HealthRules,
    pub(crate) checks: Checks,
}

/// Whether what has left the source is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pruning {
    On,
    Off,
}

/// Which objects must be healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checks {
    None,
    /// All that were applied.
    Applied,
    /// These.
    Listed(Vec<cluster_client::ObjectKey>),
}

/// Variables and when to substitute them.
#[derive(Debug, Clone)]
pub(crate) struct Substitution {
    pub(crate) from: Vec<api::kustomize::SubstituteReference>,
    pub(crate) inline: BTreeMap<String, String>,
    pub(crate) strategy: SubstituteStrategy,
}

/// Decides.
pub(crate) fn decide(seen: &Observation, policy: &Policy) -> Plan {
    let object = &*seen.object;
    let stall = |reason, message, observed| Plan::Stall(Stall { reason, message, revisions: Revisions::default(), observed });
    let health = match health_rules(object) {
        Ok(health) => health,
        Err(message) => return stall(Reason::InvalidCelExpression, format!("{TERMINAL}: {message}"), Observed::Yes),
    };
    if object.spec.decryption.as_ref().is_some_and(|decryption| decryption.service_account_name.is_some())
        && !policy.object_level_identity
    {
        let message = "to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller";
        return stall(Reason::FeatureGateDisabled, message.to_owned(), Observed::No);
    }
    if let Some(message) = policy.refuses_source(object) {
        return stall(Reason::AccessDenied, message, Observed::No);
    }
    let artifact = match artifact(seen, policy) {
        Ok(artifact) => artifact,
        Err(wait) => return Plan::Wait(wait),
    };
    let revisions = Revisions { revision: artifact.revision.clone(), origin: artifact.origin_revision().map(str::to_owned) };
    match check_dependencies(seen, artifact, policy) {
        Ok(()) => Plan::Apply(Box::new(work(object, artifact, revisions, health, policy))),
        Err(NotReady::Terminal(message)) => {
            let message = format!("{TERMINAL}: {message}");
            Plan::Stall(Stall { reason: Reason::InvalidCelExpression, message, revisions, observed: Observed::Yes })
        }
        Err(NotReady::Yet(message)) => {
            let event = format!("Dependencies do not meet ready condition, retrying in {}", policy.dependency_pause());
            Plan::Wait(Wait {
                reason: Reason::DependencyNotReady,
                message,
                event: Some((event, revisions)),
                until: Until::After(policy.requeue_dependency),
            })
        }
    }
}

/// The artifact to apply, or what to wait for.
fn artifact<'seen>(seen: &'seen Observation, policy: &Policy) -> Result<&'seen Artifact, Wait> {
    let spec = &seen.object.spec;
    let wait = |message: String, until| Wait { reason: Reason::ArtifactFailed, message, event: None, until };
    match &seen.source {
        SourceSeen::Found(found) => found.artifact.as_ref().ok_or_else(|| {
            let message = format!("Source artifact not found, retrying in {}", policy.dependency_pause());
            wait(message, Until::After(policy.requeue_dependency))
        }),
        SourceSeen::Missing | SourceSeen::NotRead => {
            let message =
                format!("{}.{} \"{}\" not found", spec.source_ref.kind.as_str(), api::source::GROUP, spec.source_ref.name);
            Err(wait(message, Until::After(spec.retry_interval().to_std())))
        }
        SourceSeen::Failed(message) => Err(wait(message.clone(), Until::Backoff)),
    }
}

enum NotReady {
    /// Only a new spec helps.
    Terminal(String),
    Yet(String),
}

fn check_dependencies(seen: &Observation, artifact: &Artifact, policy: &Policy) -> Result<(), NotReady> {
    let myself = serde_json::to_value(&*seen.object).unwrap_or_default();
    for (reference, dependency) in seen.object.spec.depends_on.iter().zip(&seen.dependencies) {
        let key = &dependency.key;
        let object = match &dependency.object {
            Ok(object) => object,
            Err(error) => return Err(NotReady::Yet(format!("dependency '{key}' not found: {error}"))),
        };
        if let Some(expression) = &reference.ready_expr {
            ready_by_expression(expression, &myself, dependency)?;
            if !policy.additive_dependency_check {
                continue;
            }
        }
        ready_by_status(&seen.object, object, artifact).map_err(|what| NotReady::Yet(format!("dependency '{key}' {what}")))?;
    }
    Ok(())
}

fn ready_by_expression(expression: &str, myself: &serde_json::Value, dependency: &DependencySeen) -> Result<(), NotReady> {
    let name = &dependency.key.name;
    let compiled = ReadyExpression::compile(expression)
        .map_err(|error| NotReady::Terminal(format!("failed to evaluate dependency {name}: {}", error_chain(&error))))?;
    match compiled.evaluate(myself, &dependency.value) {
        Ok(true) => Ok(()),
        Ok(false) => Err(NotReady::Yet(format!("dependency '{}' is not ready according to readyExpr eval", dependency.key))),
        Err(error) => Err(NotReady::Yet(error_chain(&error))),
    }
}

/// Flux's own rule: ready for its generation and, if it is built from the same source, for the same revision.
fn ready_by_status(dependent: &Kustomization, dependency: &Kustomization, artifact: &Artifact) -> Result<(), &'static str> {
    let status = dependency.status.clone().unwrap_or_default();
    let generation = dependency.metadata.generation.unwrap_or_default();
    if status.conditions.is_empty()
        || status.observed_generation != generation
        || !status.conditions.is_true(ConditionType::Ready)
    {
        return Err("is not ready");
    }
    let source = |object: &Kustomization| {
        let reference = &object.spec.source_ref;
        (reference.kind, reference.name.clone(), reference.namespace.clone().or_else(|| object.namespace()))
    };
    if source(dependent) == source(dependency) && status.last_applied_revision.as_deref() != Some(artifact.revision.as_str()) {
        return Err("revision is not up to date");
    }
    Ok(())
}

fn health_rules(object: &Kustomization) -> Result<HealthRules, String> {
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
    HealthRules::compile(&rules).map_err(|error| error_chain(&error))
}

fn work(object: &Kustomization, artifact: &Artifact, revisions: Revisions, health: HealthRules, policy: &Policy) -> Work {
    let spec = &object.spec;
    let common = spec.common_metadata.clone().unwrap_or_default();
    Work {
        revisions,
        artifact: ArtifactReference {
            url: artifact.url.clone(),
            digest: artifact.digest.clone(),
            revision: artifact.revision.clone(),
        },
        path: spec.path.clone().unwrap_or_default(),
        overlay: overlay(object),
        substitution: spec.post_build.as_ref().map(|post_build| Substitution {
            from: post_build.substitute_from.clone(),
            inline: post_build.substitute.clone(),
            strategy: post_build.substitute_strategy.unwrap_or_default(),
        }),
        service_account: spec.service_account_name.clone().or_else(|| policy.default_service_account.clone()),
        timeout: spec.timeout(),
        common_metadata: apply_plan::ownership::CommonMetadata { labels: common.labels, annotations: common.annotations },
        ignore: spec
            .ignore
            .iter()
            .map(|rule| IgnoreRule { paths: rule.paths.clone(), target: rule.target.as_ref().map(target) })
            .collect(),
        recreation: if spec.force {
            apply_plan::controls::Recreation::Everywhere
        } else {
            apply_plan::controls::Recreation::WhereEnabled
        },
        pruning: if spec.prune { Pruning::On } else { Pruning::Off },
        health,
        checks: checks(object),
    }
}

fn checks(object: &Kustomization) -> Checks {
    let spec = &object.spec;
    if spec.wait {
        return Checks::Applied;
    }
    if spec.health_checks.is_empty() {
        return Checks::None;
    }
    let key = |reference: &api::meta::NamespacedObjectKindReference| {
        // Flux's default: workloads are what is usually checked.
        let api_version = reference.api_version.as_deref().unwrap_or("apps/v1");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        cluster_client::ObjectKey {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: reference.kind.clone(),
            namespace: reference.namespace.clone().unwrap_or_default(),
            name: reference.name.clone(),
        }
    };
    Checks::Listed(spec.health_checks.iter().map(key).collect())
}

fn overlay(object: &Kustomization) -> Overlay {
    let spec = &object.spec;
    Overlay {
        namespace: spec.target_namespace.clone(),
        name_prefix: spec.name_prefix.clone(),
        name_suffix: spec.name_suffix.clone(),
        patches: spec
            .patches
            .iter()
            .map(|patch| OverlayPatch { patch: patch.patch.clone(), target: patch.target.as_ref().map(selector) })
            .collect(),
        components: spec.components.clone(),
        missing_components: if spec.ignore_missing_components { MissingComponents::Ignore } else { MissingComponents::Fail },
        images: spec
            .images
            .iter()
            .map(|image| OverlayImage {
                name: image.name.clone(),
                new_name: image.new_name.clone().unwrap_or_default(),
                new_tag: image.new_tag.clone().unwrap_or_default(),
                digest: image.digest.clone().unwrap_or_default(),
            })
            .collect(),
        build_metadata: spec.build_metadata.iter().map(|option| option.as_str().to_owned()).collect(),
        ..Overlay::default()
    }
}

fn selector(selector: &Selector) -> OverlaySelector {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    OverlaySelector {
        group: text(&selector.group),
        version: text(&selector.version),
        kind: text(&selector.kind),
        name: text(&selector.name),
        namespace: text(&selector.namespace),
        annotation_selector: text(&selector.annotation_selector),
        label_selector: text(&selector.label_selector),
    }
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

impl Policy {
    /// How long a dependency or a missing artifact is waited for, as messages print it.
    pub(crate) fn dependency_pause(&self) -> GoDuration {
        GoDuration::from_nanoseconds(i64::try_from(self.requeue_dependency.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Why the source may not be used, if it may not.
    pub(crate) fn refuses_source(&self, object: &Kustomization) -> Option<String> {
        let reference = &object.spec.source_ref;
        let own = object.namespace().unwrap_or_default();
        let namespace = reference.namespace.clone().unwrap_or_else(|| own.clone());
        let source = format!("{}/{namespace}/{}", reference.kind.as_str(), reference.name);
        if self.no_cross_namespace_refs && namespace != own {
            return Some(format!("can't access '{source}', cross-namespace references have been blocked"));
        }
        if reference.kind == SourceKind::ExternalArtifact && !self.external_artifact {
            return Some(format!("can't access '{source}', ExternalArtifact feature gate is disabled"));
        }
        None
    }
}
