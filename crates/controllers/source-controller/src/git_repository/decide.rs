//! From what was seen to what is to be done: pure, total, no way to fail but to plan the failure.

use super::observe::{Include, Observation};
use super::verification::Demand;
use crate::identity::NO_OBJECT_IDENTITY;
use crate::secrets::{self, SecretRead};
use api::meta::{Artifact, ConditionType, Reason};
use api::source::{GitProvider, GitRepository, GitRepositoryInclude, GitRepositoryStatus};
use cloud_identity::{GithubApp, Provider};
use git_client::{Auth, Proxy, Remote, SecretData, Tls};
use git_model::{Reference, RepositoryUrl, Wanted};
use runtime::error_chain::{error_chain, sanitize};
use std::time::Duration;

/// The key of a GitHub App's id in a Secret.
const GITHUB_APP_ID: &str = "githubAppID";

/// What is to be done.
pub(crate) enum Plan {
    /// Nothing can be done, and why.
    Fail(Failure),
    /// The remote is to be asked.
    Ask(Box<Question>),
}

/// What to ask of which remote, and what is already there.
pub(crate) struct Question {
    /// The remote.
    pub(crate) remote: Remote,
    /// Who is to be asked first for what opens it.
    pub(crate) login: Option<Login>,
    /// What is wanted of it.
    pub(crate) reference: Reference,
    /// The revision that is stored and needs no download if it is still the current one. `None` where the content has to be made
    /// anew in any case.
    pub(crate) unchanged: Option<String>,
    /// Artifacts to mount, with their places.
    pub(crate) includes: Vec<(GitRepositoryInclude, Artifact)>,
    /// Whether the included artifacts are others than before.
    pub(crate) includes_changed: bool,
    /// What has to be signed, if anything.
    pub(crate) signed: Option<Demand>,
}

/// Who is asked for what opens a remote.
pub(crate) enum Login {
    /// A cloud, by this process.
    Cloud(Provider),
    /// GitHub, by an app.
    GitHub(Box<GithubApp>),
}

/// A run that did not do its work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// What to do about it.
    pub(crate) class: FailureClass,
    /// The condition that says so; `None` where only Ready does.
    pub(crate) condition: Option<ConditionType>,
    /// The reason of the condition and of the event.
    pub(crate) reason: Reason,
    /// The message of both.
    pub(crate) message: String,
    /// How far the work had come.
    pub(crate) reached: Reached,
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureClass {
    /// Try again, each time later.
    Retry,
    /// Only a change of the object helps.
    Stalled,
    /// Something else has to become ready.
    Waiting(Duration),
}

/// The steps of the work, in their order. A later failure removes the conditions that earlier failures left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Credentials are being read.
    Configuration,
    /// Includes are being looked up.
    Includes,
    /// The remote is being asked; whether the includes are others than before.
    Remote {
        /// Whether the included artifacts are others than before.
        includes_changed: bool,
    },
    /// The commit is being verified.
    Verification,
    /// The artifact of this revision is being made.
    Archive {
        /// The new revision; `None` where it is the one before.
        new_revision: Option<String>,
    },
}

impl Failure {
    /// A failure to fetch that is tried again.
    pub(crate) fn fetch(reason: Reason, message: impl Into<String>, reached: Reached) -> Self {
        let condition = Some(ConditionType::FetchFailed);
        Self { class: FailureClass::Retry, condition, reason, message: message.into(), reached }
    }

    /// The remote did not give what was wanted.
    pub(crate) fn checkout(error: &str, reached: Reached) -> Self {
        Self::fetch(Reason::GitOperationFailed, format!("failed to checkout and determine revision: {error}"), reached)
    }

    fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self { class: FailureClass::Stalled, ..Self::fetch(reason, message, Reached::Configuration) }
    }
}

/// What to do.
pub(crate) fn decide(seen: &Observation) -> Plan {
    question(seen).map_or_else(Plan::Fail, |question| Plan::Ask(Box::new(question)))
}

fn question(seen: &Observation) -> Result<Question, Failure> {
    let proxy = proxy(seen)?;
    let url = &seen.object.spec.url;
    let address = RepositoryUrl::parse(url).map_err(|error| {
        let message = format!("failed to parse url '{url}': {error}");
        Failure::stalled(Reason::UrlInvalid, sanitize(&message))
    })?;
    let (auth, tls, login) = credentials(seen, &address)?;
    let includes = includes(seen)?;
    let signed = verification(seen)?;
    let status = seen.object.status.as_ref();
    let known: &[Artifact] = status.map_or(&[], |status| &status.included_artifacts);
    let includes_changed = !same_artifacts(known, includes.iter().map(|(_, artifact)| artifact));
    let reference = reference(&seen.object, Reached::Remote { includes_changed })?;
    let unchanged =
        seen.artifact().filter(|_| !includes_changed && !content_changed(&seen.object)).map(|artifact| artifact.revision.clone());
    let timeout = seen.object.spec.timeout.as_ref().map_or(git_client::DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    let remote = Remote { url: address, auth, tls, proxy, timeout };
    Ok(Question { remote, login, reference, unchanged, includes, includes_changed, signed })
}

/// What `spec.ref` wants.
fn reference(object: &GitRepository, reached: Reached) -> Result<Reference, Failure> {
    let wanted = object.spec.reference.as_ref().map_or_else(Wanted::default, |reference| Wanted {
        branch: reference.branch.as_deref(),
        tag: reference.tag.as_deref(),
        semver: reference.semver.as_deref(),
        name: reference.name.as_deref(),
        commit: reference.commit.as_deref(),
    });
    Reference::choose(&wanted).map_err(|error| Failure::checkout(&error_chain(&error), reached))
}

/// Whether what makes up the content, besides the commit, differs from what the stored artifact was made of.
fn content_changed(object: &GitRepository) -> bool {
    let none = GitRepositoryStatus::default();
    let status = object.status.as_ref().unwrap_or(&none);
    let spec = &object.spec;
    spec.ignore != status.observed_ignore
        || spec.recurse_submodules != status.observed_recurse_submodules
        || spec.include != status.observed_include
        || spec.sparse_checkout != status.observed_sparse_checkout
        || !is_verified(object)
}

/// Whether all that has to be signed was so when the stored artifact was made.
fn is_verified(object: &GitRepository) -> bool {
    let Some(wanted) = &object.spec.verification else { return true };
    let (mode, observed) = (wanted.mode.unwrap_or_default(), object.status.as_ref());
    let observed = observed.and_then(|status| status.source_verification_mode.as_deref());
    let tag = matches!(observed, Some("Tag" | "TagAndHEAD"));
    let commit = matches!(observed, Some("HEAD" | "TagAndHEAD"));
    (tag || !mode.verifies_tag()) && (commit || !mode.verifies_commit())
}

fn same_artifacts<'a>(known: &[Artifact], now: impl ExactSizeIterator<Item = &'a Artifact>) -> bool {
    known.len() == now.len() && known.iter().zip(now).all(|(known, now)| known.same_content(now))
}

fn proxy(seen: &Observation) -> Result<Option<Proxy>, Failure> {
    secrets::proxy(&seen.proxy).map_err(|error| {
        let message = format!("failed to configure proxy options: {error}");
        Failure::fetch(Reason::AuthenticationFailed, message, Reached::Configuration)
    })
}

fn credentials(seen: &Observation, address: &RepositoryUrl) -> Result<(Auth, Tls, Option<Login>), Failure> {
    let object = &seen.object;
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let secret = object.spec.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
    let failed = |reason, message: String| Failure::fetch(reason, message, Reached::Configuration);
    let none = SecretData::new();
    let data = match &seen.credentials {
        SecretRead::NotWanted => &none,
        SecretRead::Found(data) => data,
        SecretRead::Failed(error) => {
            let name = format!("failed to get secret '{namespace}/{secret}'");
            return Err(failed(Reason::AuthenticationFailed, format!("{name}: {name}: {error}")));
        }
    };
    let login = provider(seen, data, (namespace, secret))?;
    let options = |error: &(dyn std::error::Error + 'static)| {
        let message = format!("failed to configure authentication options: {}", error_chain(error));
        failed(Reason::AuthenticationFailed, message)
    };
    let auth = Auth::from_secret(address, data).map_err(|error| options(&error))?;
    let tls = Tls::from_secret(data).map_err(|error| options(&error))?;
    Ok((auth, tls, login))
}

/// Who is asked for what opens the remote, if anybody.
fn provider(seen: &Observation, data: &SecretData, secret: (&str, &str)) -> Result<Option<Login>, Failure> {
    let spec = &seen.object.spec;
    let app_data = "secretRef with github app data must be specified when provider is set to github";
    match spec.provider.unwrap_or_default() {
        GitProvider::Generic => match data.get(GITHUB_APP_ID) {
            Some(id) if !id.is_empty() => {
                let (namespace, name) = secret;
                let message = format!("secretRef '{namespace}/{name}' has github app data but provider is not set to github");
                Err(Failure::fetch(Reason::InvalidProviderConfiguration, message, Reached::Configuration))
            }
            _ => Ok(None),
        },
        GitProvider::GitHub if matches!(seen.credentials, SecretRead::NotWanted) => {
            Err(Failure::stalled(Reason::InvalidProviderConfiguration, app_data))
        }
        GitProvider::GitHub if data.get(GITHUB_APP_ID).is_none_or(Vec::is_empty) => {
            Err(Failure::fetch(Reason::InvalidProviderConfiguration, app_data, Reached::Configuration))
        }
        GitProvider::Aws | GitProvider::Azure if spec.service_account_name.is_some() && !seen.object_level_identity => {
            let message = "to use spec.serviceAccountName for provider authentication please enable the \
                           ObjectLevelWorkloadIdentity feature gate in the controller";
            Err(Failure::stalled(Reason::FeatureGateDisabled, message))
        }
        GitProvider::Aws | GitProvider::Azure if spec.service_account_name.is_some() => {
            let message = format!("failed to configure authentication options: {NO_OBJECT_IDENTITY}");
            Err(Failure::fetch(Reason::AuthenticationFailed, message, Reached::Configuration))
        }
        GitProvider::Aws => Ok(Some(Login::Cloud(Provider::Aws))),
        GitProvider::Azure => Ok(Some(Login::Cloud(Provider::Azure))),
        GitProvider::GitHub => match GithubApp::from_secret(data) {
            Ok(app) => Ok(Some(Login::GitHub(Box::new(app)))),
            Err(error) => {
                let message = format!("failed to configure authentication options: {error}");
                Err(Failure::fetch(Reason::AuthenticationFailed, message, Reached::Configuration))
            }
        },
    }
}

fn includes(seen: &Observation) -> Result<Vec<(GitRepositoryInclude, Artifact)>, Failure> {
    let waiting = |reason, message| Failure {
        class: FailureClass::Waiting(seen.requeue_dependency),
        condition: Some(ConditionType::IncludeUnavailable),
        reason,
        message,
        reached: Reached::Includes,
    };
    let pairs = seen.object.spec.include.iter().zip(&seen.includes);
    pairs
        .map(|(include, found)| {
            let name = &include.git_repository_ref.name;
            match found {
                Include::Found(artifact) => Ok((include.clone(), artifact.clone())),
                Include::NotFound => Err(waiting(
                    Reason::NotFound,
                    format!(
                        "could not get resource for include '{name}': GitRepository.source.toolkit.fluxcd.io \"{name}\" not found"
                    ),
                )),
                Include::NoArtifact => Err(waiting(Reason::NoArtifact, format!("no artifact available for include '{name}'"))),
            }
        })
        .collect()
}

/// What has to be signed, if anything: without its keys nothing is asked for.
fn verification(seen: &Observation) -> Result<Option<Demand>, Failure> {
    let Some(wanted) = &seen.object.spec.verification else { return Ok(None) };
    let message = match &seen.keys {
        SecretRead::Found(keys) => return Ok(Some(Demand::new(wanted, keys))),
        SecretRead::Failed(error) => format!("public keys secret error: {error}"),
        SecretRead::NotWanted => "public keys secret error: none is named".to_owned(),
    };
    let condition = Some(ConditionType::SourceVerified);
    let reached = Reached::Verification;
    Err(Failure { class: FailureClass::Retry, condition, reason: Reason::VerificationError, message, reached })
}
