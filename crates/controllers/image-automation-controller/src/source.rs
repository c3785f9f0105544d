//! The repository that an automation writes to: how it is reached, from which commit, and to which branch.

use api::image::GitSpec;
use api::meta::Reason;
use api::source::{GitProvider, GitRepository, GitRepositoryRef};
use cloud_identity::{GitLogin, GithubApp, Identities, Provider};
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

/// Who is asked for what opens a remote.
#[derive(Debug)]
pub(crate) enum Login {
    /// A cloud, by this process, for the repository at an address.
    Cloud(Provider, String),
    /// GitHub, by an app.
    GitHub(Box<GithubApp>),
}

impl Login {
    /// What opens the remote; the failure in words without any secret.
    pub(crate) async fn ask(&self, identities: &Identities, remote: &Remote) -> Result<Auth, String> {
        let proxy = remote.proxy.as_ref();
        let given = match self {
            Self::Cloud(provider, address) => identities.git_login(*provider, address, proxy).await,
            Self::GitHub(app) => {
                let given = identities.github(app, &remote.tls, proxy).await;
                given.map(|(username, password)| GitLogin::Basic(username, password))
            }
        };
        match given {
            Ok(GitLogin::Basic(username, password)) => Ok(Auth::Basic { username, password }),
            Ok(GitLogin::Bearer(token)) => Ok(Auth::Bearer(token)),
            Err(error) => Err(format!("failed to configure authentication options: {}", error_chain(&error))),
        }
    }
}

/// How a repository is reached.
#[derive(Debug)]
pub(crate) struct Access {
    /// What is known of it.
    pub(crate) remote: Remote,
    /// Who has to be asked first for what opens it, if anybody.
    pub(crate) login: Option<Login>,
}

/// How a repository is reached.
pub(crate) fn access(
    repository: &GitRepository,
    secrets: &SourceSecrets,
    object_level_identity: bool,
) -> Result<Access, SourceFailure> {
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
    let login = login(repository, data, object_level_identity)?;
    let data = data.unwrap_or(&none);
    let options = |error: &(dyn std::error::Error + 'static)| {
        retry(format!("failed to configure authentication options: {}", error_chain(error)))
    };
    let auth = Auth::from_secret(&url, data).map_err(|error| options(&error))?;
    let tls = Tls::from_secret(data).map_err(|error| options(&error))?;
    let timeout = repository.spec.timeout.as_ref().map_or(git_client::DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    Ok(Access { remote: Remote { url, auth, tls, proxy, timeout }, login })
}

/// Who has to be asked; what cannot work is said at once.
fn login(
    repository: &GitRepository,
    data: Option<&SecretData>,
    object_level_identity: bool,
) -> Result<Option<Login>, SourceFailure> {
    let options = |error: &str| SourceFailure::Retry(format!("failed to configure authentication options: {error}"));
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
        GitProvider::Generic => Ok(None),
        GitProvider::GitHub if !has_app => {
            invalid("secretRef with github app data must be specified when provider is set to github".to_owned())
        }
        GitProvider::Aws | GitProvider::Azure if repository.spec.service_account_name.is_some() && !object_level_identity => {
            let message = "to use spec.serviceAccountName for provider authentication please enable the \
                           ObjectLevelWorkloadIdentity feature gate in the controller";
            Err(SourceFailure::Stalled(Reason::FeatureGateDisabled, message.to_owned()))
        }
        GitProvider::Aws | GitProvider::Azure if repository.spec.service_account_name.is_some() => Err(options(
            "identities of ServiceAccounts that objects name are not supported; remove spec.serviceAccountName to use the \
             identity of the controller",
        )),
        GitProvider::Aws => Ok(Some(Login::Cloud(Provider::Aws, repository.spec.url.clone()))),
        GitProvider::Azure => Ok(Some(Login::Cloud(Provider::Azure, repository.spec.url.clone()))),
        GitProvider::GitHub => {
            let app = GithubApp::from_secret(data.unwrap_or(&SecretData::new()));
            app.map(|app| Some(Login::GitHub(Box::new(app)))).map_err(|error| options(&error.to_string()))
        }
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
