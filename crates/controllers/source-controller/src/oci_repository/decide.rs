//! From what was seen to what is asked of which registry: pure, and every way to fail is a plan.

use super::observe::Secrets;
use crate::identity::{NO_OBJECT_IDENTITY, cloud_of};
use crate::secrets::{SecretRead, docker_config, proxy};
use crate::source::Failure;
use crate::verification;
use api::meta::{ConditionStatus, ConditionType, Reason};
use api::source::OciRepository;
use cloud_identity::Provider;
use kube::ResourceExt;
use oci_client::{DockerConfig, Options, Reference, Repository, Tls};
use runtime::error_chain::error_chain;
use std::sync::Arc;
use std::time::Duration;
use version_select::Constraint;

/// The time that one operation may take where the object does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What is asked of which registry.
#[derive(Debug)]
pub(crate) struct Question {
    /// The repository.
    pub(crate) repository: Repository,
    /// How it is reached.
    pub(crate) options: Options,
    /// Whose identity of this process opens it, where nothing else does.
    pub(crate) login: Option<Provider>,
    /// What is wanted of it.
    pub(crate) wanted: Wanted,
    /// Which signature that has to have.
    pub(crate) signature: verification::Wanted,
}

/// What is wanted of a repository.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// What a tag or digest stands for.
    Reference(Reference),
    /// The tag of the highest version.
    Highest(Range),
}

/// A range of versions.
#[derive(Debug)]
pub(crate) struct Range {
    /// The range itself.
    pub(crate) constraint: Constraint,
    /// As it was written.
    pub(crate) text: String,
    /// What tags must match to be considered.
    pub(crate) filter: Option<go_regexp::Regexp>,
    /// Whether `_` stands for `+` in tags, as in those of charts.
    pub(crate) chart: bool,
}

/// The media type of a chart.
const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// What to ask.
pub(crate) fn decide(
    object: &OciRepository,
    secrets: &Secrets,
    signature: verification::Wanted,
    object_level_identity: bool,
) -> Result<Question, Failure> {
    let spec = &object.spec;
    let config = credentials(object, secrets)?;
    let proxy = proxy(&secrets.proxy).map_err(|error| authentication(format!("failed to get proxy address: {error}")))?;
    let login = if config.is_none() { provider(object, object_level_identity)? } else { None };
    let tls = tls(object, &secrets.certificates)?;
    let repository = repository(&spec.url)
        .map_err(|error| Failure::stalled(Reason::UrlInvalid, format!("URL validation failed for '{}': {error}", spec.url)))?;
    let wanted = wanted(object).map_err(|error| {
        let message = format!("failed to determine the artifact tag for '{}': {error}", spec.url);
        Failure::fetch(Reason::ReadOperationFailed, message)
    })?;
    let credentials = config.as_ref().and_then(|config| config.credentials(&repository)).cloned().unwrap_or_default();
    let timeout = spec.timeout.as_ref().map_or(DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    let options = Options { credentials, tls, proxy, insecure: spec.insecure, timeout };
    Ok(Question { repository, options, login, wanted, signature })
}

fn authentication(message: String) -> Failure {
    Failure::fetch(Reason::AuthenticationFailed, message)
}

/// What the object's Secret and the ServiceAccount's say; `None` where neither is named or has any.
fn credentials(object: &OciRepository, secrets: &Secrets) -> Result<Option<DockerConfig>, Failure> {
    let failed = |error: String| authentication(format!("failed to get credential: {error}"));
    let namespace = object.namespace().unwrap_or_default();
    let name = object.spec.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
    let mut config = match &secrets.credentials {
        SecretRead::NotWanted => DockerConfig::default(),
        SecretRead::Found(data) => docker_config(data).map_err(failed)?,
        SecretRead::Failed(error) => return Err(failed(format!("failed to get secret '{namespace}/{name}': {error}"))),
    };
    config.extend(secrets.account.clone().map_err(failed)?);
    let named = !matches!(secrets.credentials, SecretRead::NotWanted) || !config.is_empty();
    Ok(named.then_some(config))
}

/// Whose identity of this process opens the registry.
fn provider(object: &OciRepository, object_level_identity: bool) -> Result<Option<Provider>, Failure> {
    let provider = object.spec.provider.unwrap_or_default();
    let Some(cloud) = cloud_of(provider) else { return Ok(None) };
    if object.spec.service_account_name.is_none() {
        return Ok(Some(cloud));
    }
    if !object_level_identity {
        let message = "to use spec.serviceAccountName for provider authentication please enable the \
                       ObjectLevelWorkloadIdentity feature gate in the controller";
        return Err(Failure::stalled(Reason::FeatureGateDisabled, message).under(None));
    }
    Err(authentication(format!("failed to get credential from {}: {NO_OBJECT_IDENTITY}", provider.as_str())))
}

fn tls(object: &OciRepository, certificates: &SecretRead) -> Result<Tls, Failure> {
    let failed = |error: String| authentication(format!("failed to generate transport for '{}': {error}", object.spec.url));
    match certificates {
        SecretRead::NotWanted => Ok(Tls { accept_any_certificate: object.spec.insecure, ..Tls::default() }),
        SecretRead::Found(data) => Tls::from_secret(data).map_err(|error| failed(error_chain(&error))),
        SecretRead::Failed(error) => Err(failed(error.clone())),
    }
}

fn repository(url: &str) -> Result<Repository, String> {
    let name = url.strip_prefix("oci://").ok_or("URL must be in format 'oci://<domain>/<org>/<repo>'")?;
    Repository::parse(name).map_err(|error| error.to_string())
}

fn wanted(object: &OciRepository) -> Result<Wanted, String> {
    let none = api::source::OciRepositoryRef::default();
    let reference = object.spec.reference.as_ref().unwrap_or(&none);
    if let Some(digest) = &reference.digest {
        return Ok(Wanted::Reference(Reference::Digest(digest.clone())));
    }
    if let Some(range) = &reference.semver {
        let constraint = range.parse::<Constraint>().map_err(|error| format!("semver '{range}' parse error: {error}"))?;
        let filter =
            reference.semver_filter.as_deref().map(|pattern: &str| go_regexp::Regexp::compile(pattern.as_bytes())).transpose();
        let filter = filter.map_err(|error| error.to_string())?;
        let selector = object.spec.layer_selector.as_ref();
        let chart = selector.is_some_and(|selector| selector.media_type.as_deref() == Some(CHART_LAYER));
        return Ok(Wanted::Highest(Range { constraint, text: range.clone(), filter, chart }));
    }
    let tag = reference.tag.as_deref().unwrap_or("latest");
    Reference::tag(tag).map(Wanted::Reference).map_err(|error| error.to_string())
}

/// Which signature the content has to have.
pub(super) fn signature(object: &OciRepository, secrets: &Secrets, root: Option<&Arc<[u8]>>) -> verification::Wanted {
    let Some(wanted) = &object.spec.verification else { return verification::Wanted::Nothing };
    let namespace = object.namespace().unwrap_or_default();
    let read = (&secrets.keys, &secrets.trusted_root);
    verification::wanted(&verification::Demand::of_artifact(wanted, &namespace, read, root))
}

/// Whether the signature of content with this revision has been verified for the object as it is.
pub(super) fn is_verified(object: &OciRepository, is_stored: bool) -> bool {
    let verified = object.status.as_ref().and_then(|status| status.conditions.get(ConditionType::SourceVerified));
    let generation = object.metadata.generation.unwrap_or_default();
    is_stored
        && verified
            .is_some_and(|condition| condition.status == ConditionStatus::True && condition.observed_generation == generation)
}

/// Content that is not signed as wanted is not published.
pub(super) fn unverified(object: &OciRepository, why: &str) -> Failure {
    let wanted = object.spec.verification.as_ref();
    let provider = wanted.map(|wanted| verification::title(wanted.provider, wanted.secret_ref.is_some())).unwrap_or_default();
    let message = format!("failed to verify the signature using provider '{provider}': {why}");
    Failure::fetch(Reason::VerificationError, message).under(Some(ConditionType::SourceVerified))
}

impl Range {
    /// The tag of the highest version among `tags`.
    pub(super) fn highest(&self, tags: &[String]) -> Option<String> {
        let versions = tags
            .iter()
            .filter(|tag| self.filter.as_ref().is_none_or(|filter| filter.is_match(tag.as_bytes())))
            .map(|tag| if self.chart { tag.replace('_', "+") } else { tag.clone() })
            .collect::<Vec<_>>();
        let highest = version_select::highest(&self.constraint, versions.iter().map(String::as_str))?;
        Some(if self.chart { highest.replace('+', "_") } else { highest.to_owned() })
    }
}
