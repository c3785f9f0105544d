//! The repository that an automation writes to: how it is reached, from which commit, and to which branch.

use api::image::GitSpec;
use api::meta::Reason;
use api::source::{GitProvider, GitRepository, GitRepositoryRef};
use git_client::{Auth, Proxy, Remote, SecretData, Tls};
use git_model::{Reference, RepositoryUrl, Wanted, check_ref_name};
use kube::ResourceExt;
use runtime::error_chain::{error_chain, sanitize};
use runtime::secrets::SecretRead;

/// The key of a GitHub App's id in a Secret.
const GITHUB_APP_ID: &str = "githubAppID";

/// Why a repository cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceFailure {
    /// Only a change of the automation helps.
    Stalled(Reason, String),
    /// It may work later.
    Retry(String),
}

/// The Secrets that a GitRepository names.
#[derive(Debug)]
pub(crate) struct SourceSecrets {
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// The Secret of `spec.proxySecretRef`.
    pub(crate) proxy: SecretRead,
}

/// How a repository is reached.
pub(crate) fn remote(
    repository: &GitRepository,
    secrets: &SourceSecrets,
    object_level_identity: bool,
) -> Result<Remote, SourceFailure> {
    let retry = |message: String| SourceFailure::Retry(message);
    let proxy = secrets.proxy.data().map_err(retry)?.map(Proxy::from_secret).transpose();
    let proxy = proxy.map_err(|error| retry(format!("invalid proxy secret: {}", error_chain(&error))))?;
    let url = &repository.spec.url;
    let url = RepositoryUrl::parse(url)
        .map_err(|error| retry(sanitize(&format!("failed to parse URL '{url}': {error}")).into_owned()))?;
    let none = SecretData::new();
    let data = secrets.credentials.data().map_err(|error| {
        let name = repository.spec.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
        retry(format!("failed to get auth secret '{}/{name}': {error}", repository.namespace().unwrap_or_default()))
    })?;
    provider(repository, data, object_level_identity)?;
    let data = data.unwrap_or(&none);
    let options = |error: &(dyn std::error::Error + 'static)| {
        retry(format!("failed to configure authentication options: {}", error_chain(error)))
    };
    let auth = Auth::from_secret(&url, data).map_err(|error| options(&error))?;
    let tls = Tls::from_secret(data).map_err(|error| options(&error))?;
    let timeout = repository.spec.timeout.as_ref().map_or(git_client::DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    Ok(Remote { url, auth, tls, proxy, timeout })
}

/// Identities of cloud providers are not known yet; what cannot work is said at once.
fn provider(repository: &GitRepository, data: Option<&SecretData>, object_level_identity: bool) -> Result<(), SourceFailure> {
    let has_app = data.and_then(|data| data.get(GITHUB_APP_ID)).is_some_and(|id| !id.is_empty());
    let invalid = |message: String| {
        let message = format!("{message}: invalid source configuration");
        Err(SourceFailure::Stalled(Reason::InvalidSourceConfiguration, message))
    };
    match repository.spec.provider.unwrap_or_default() {
        GitProvider::Generic if has_app => {
            let name = repository.spec.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
            let namespace = repository.namespace().unwrap_or_default();
            invalid(format!("secretRef '{namespace}/{name}' has github app data but provider is not set to github"))
        }
        GitProvider::Generic => Ok(()),
        GitProvider::GitHub if !has_app => {
            invalid("secretRef with github app data must be specified when provider is set to github".to_owned())
        }
        GitProvider::Aws | GitProvider::Azure if repository.spec.service_account_name.is_some() && !object_level_identity => {
            let message = "to use spec.serviceAccountName for provider authentication please enable the \
                           ObjectLevelWorkloadIdentity feature gate in the controller";
            Err(SourceFailure::Stalled(Reason::FeatureGateDisabled, message.to_owned()))
        }
        GitProvider::GitHub | GitProvider::Aws | GitProvider::Azure => Err(SourceFailure::Retry(
            "failed to configure authentication options: identities of the providers aws, azure and github are not supported; \
             use a Secret with username and password or a bearerToken and the provider generic"
                .to_owned(),
        )),
    }
}

/// Where commits come from and go to.
#[derive(Debug)]
pub(crate) struct Branches {
    /// What is checked out.
    pub(crate) checkout: Reference,
    /// The short name of the branch that is pushed.
    pub(crate) push: String,
    /// Whether that is another branch than the one that is checked out.
    pub(crate) switches: bool,
}

/// Chooses them: `spec.git` before `spec.ref` of the repository.
pub(crate) fn branches(git: &GitSpec, repository: &GitRepository) -> Result<Branches, String> {
    let none = GitRepositoryRef::default();
    let checkout = git.checkout.as_ref().map(|checkout| &checkout.reference).or(repository.spec.reference.as_ref());
    let checkout_branch = match checkout {
        Some(reference) => reference.branch.clone().filter(|branch| !branch.is_empty()),
        None => None,
    };
    let wanted = checkout.unwrap_or(&none);
    let reference = Reference::choose(&Wanted {
        branch: wanted.branch.as_deref(),
        tag: wanted.tag.as_deref(),
        semver: wanted.semver.as_deref(),
        name: wanted.name.as_deref(),
        commit: wanted.commit.as_deref(),
    })
    .map_err(|error| error_chain(&error))?;
    let push = git.push.as_ref().and_then(|push| push.branch.clone()).filter(|branch| !branch.is_empty());
    let (push, switches) = match (push, checkout, checkout_branch) {
        (Some(push), Some(_), branch) => (push.clone(), branch.as_ref() != Some(&push)),
        (Some(push), None, _) => {
            let switches = !matches!(&reference, Reference::Branch(branch) if *branch == push);
            (push, switches)
        }
        (None, _, Some(branch)) => (branch, false),
        (None, _, None) => {
            let message = "push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref";
            return Err(message.to_owned());
        }
    };
    check_ref_name(&push).map_err(|error| error_chain(&error))?;
    Ok(Branches { checkout: reference, push, switches })
}
