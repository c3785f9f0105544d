//! From what was seen to the wanted tag: pure, total, and every way to fail is a plan.

use super::observe::{Found, Observation};
use crate::registry::{self, Access};
use api::image::{ImagePolicy, ImageReference, ImageRepository, PolicyOrder, ReflectionPolicy};
use api::meta::Reason;
use image_policy::{Choice, DigestPlan, Filter, Known, Order, Policy, Reflection, plan_digest};
use kube::ResourceExt;
use oci_client::Repository;
use runtime::error_chain::error_chain;
use std::time::Duration;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Only a change of the policy helps.
    Stall(Reason, String),
    /// It does not work now.
    Fail(Reason, String),
    /// Tags have to become known first.
    Wait(String, Duration),
    /// The image is known.
    Done(ImageReference),
    /// The image is known but for its digest.
    Ask(Box<Question>),
}

/// The digest of which image to ask of which registry.
#[derive(Debug)]
pub(crate) struct Question {
    /// The image, without a digest.
    pub(crate) image: ImageReference,
    /// Its repository.
    pub(crate) repository: Repository,
    /// How that is reached; the failure in words.
    pub(crate) access: Result<Access, String>,
}

/// What to do.
pub(crate) fn decide(seen: &Observation) -> Plan {
    plan(seen).unwrap_or_else(|plan| plan)
}

fn plan(seen: &Observation) -> Result<Plan, Plan> {
    let spec = &seen.object.spec;
    let reflection = spec.digest_reflection_policy.unwrap_or_default();
    if reflection == ReflectionPolicy::Always && spec.interval.is_none() {
        let message = "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'";
        return Err(Plan::Stall(Reason::IntervalNotConfigured, message.to_owned()));
    }
    let object = repository(seen)?;
    let repository = registry::repository(&object.spec.image).map_err(|error| Plan::Stall(Reason::ImageUrlInvalid, error))?;
    if registry::wants_identity(object) && !seen.object_level_identity {
        let message = "to use spec.serviceAccountName in the ImageRepository for provider authentication please enable the \
                       ObjectLevelWorkloadIdentity feature gate in the controller";
        return Err(Plan::Stall(Reason::FeatureGateDisabled, message.to_owned()));
    }
    let image = ImageReference { name: object.spec.image.clone(), tag: latest(seen)?, digest: None };
    let known = seen.object.status.as_ref().and_then(|status| status.latest_ref.as_ref()).map(|known| Known {
        name: &known.name,
        tag: &known.tag,
        digest: known.digest.as_deref().unwrap_or_default(),
    });
    Ok(match (plan_digest(reflection_of(reflection), known, &image.name, &image.tag), &seen.secrets) {
        (DigestPlan::Keep(digest), _) => Plan::Done(ImageReference { digest: Some(digest), ..image }),
        (DigestPlan::Fetch, Some(secrets)) => {
            let access = registry::access(object, &repository, secrets);
            Plan::Ask(Box::new(Question { image, repository, access }))
        }
        _ => Plan::Done(image),
    })
}

fn reflection_of(policy: ReflectionPolicy) -> Reflection {
    match policy {
        ReflectionPolicy::Always => Reflection::Always,
        ReflectionPolicy::IfNotPresent => Reflection::IfNotPresent,
        ReflectionPolicy::Never => Reflection::Never,
    }
}

/// The repository, if the policy may refer to it.
fn repository(seen: &Observation) -> Result<&ImageRepository, Plan> {
    let refused = |reason, error: String| Plan::Fail(reason, format!("failed to get the referred ImageRepository: {error}"));
    let crosses = seen.crosses_namespaces();
    if crosses && seen.no_cross_namespace_refs {
        let message = format!("cannot access 'ImageRepository/{}', cross-namespace references have been blocked", seen.reference);
        return Err(refused(Reason::AccessDenied, message));
    }
    let repository = match &seen.repository {
        Found::Repository(repository) => repository,
        Found::Nothing => {
            let message = format!(
                "referenced ImageRepository does not exist: ImageRepository.image.toolkit.fluxcd.io \"{}\" not found",
                seen.reference.name
            );
            return Err(refused(Reason::DependencyNotReady, message));
        }
        Found::Failed(error) => return Err(refused(Reason::Failure, error.clone())),
    };
    if crosses {
        allowed(seen, repository)
            .map_err(|error| refused(Reason::AccessDenied, format!("access denied: '{}' {error}", seen.reference)))?;
    }
    Ok(repository)
}

/// Whether the repository may be referred to from the namespace of the policy.
fn allowed(seen: &Observation, repository: &ImageRepository) -> Result<(), String> {
    let Some(access) = &repository.spec.access_from else {
        return Err("can't be accessed due to missing ACL labels on 'accessFrom'".to_owned());
    };
    let labels = seen.labels.as_ref().map_err(|error| format!("can't be accessed: {error}"))?;
    let matches =
        |wanted: &api::meta::NamespaceSelector| wanted.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    if access.namespace_selectors.iter().any(matches) {
        return Ok(());
    }
    let namespace = seen.object.namespace().unwrap_or_default();
    Err(format!("can't be accessed due to ACL labels mismatch on namespace '{namespace}'"))
}

/// The wanted tag.
fn latest(seen: &Observation) -> Result<String, Plan> {
    let invalid = |error: String| Plan::Stall(Reason::InvalidPolicy, error);
    let choice = choice(&seen.object).map_err(|error| invalid(format!("invalid policy: {error}")))?;
    let tags = seen.tags.as_ref();
    let tags = tags.map_err(|error| Plan::Fail(Reason::Failure, format!("failed to read tags from database: {error}")))?;
    if tags.is_empty() {
        let delay = seen.requeue_dependency;
        let message = format!("retrying in {} error: no tags in database", api::meta::GoDuration::from(delay));
        return Err(Plan::Wait(message, delay));
    }
    let filter = seen.object.spec.filter_tags.as_ref().map(|filter| {
        Filter::compile(filter.pattern.as_deref().unwrap_or_default(), filter.extract.as_deref().unwrap_or_default())
    });
    let filter = filter.transpose().map_err(|error| invalid(format!("failed to filter tags: {}", error_chain(&error))))?;
    Policy { choice, filter }.latest(tags).map_err(|error| Plan::Fail(Reason::Failure, error.to_string()))
}

/// How tags are compared: of several ways, the first.
fn choice(object: &ImagePolicy) -> Result<Choice, String> {
    let order = |order: Option<PolicyOrder>| match order.unwrap_or_default() {
        PolicyOrder::Asc => Order::Ascending,
        PolicyOrder::Desc => Order::Descending,
    };
    let policy = &object.spec.policy;
    match (&policy.semver, &policy.alphabetical, &policy.numerical) {
        (Some(semver), _, _) => semver.range.parse().map(Choice::SemVer).map_err(|error| error_chain(&error)),
        (_, Some(alphabetical), _) => Ok(Choice::Alphabetical(order(alphabetical.order))),
        (_, _, Some(numerical)) => Ok(Choice::Numerical(order(numerical.order))),
        (None, None, None) => Err("given ImagePolicyChoice object is invalid".to_owned()),
    }
}
