//! How the charts of a repository are reached, over HTTP or in a registry.

use super::decide;
use super::observe::Secrets;
use crate::identity::cloud_of;
use crate::secrets::{SecretRead, docker_config};
use crate::source::Failure;
use api::meta::{Artifact, Reason};
use api::source::HelmRepository;
use cloud_identity::Provider;
use helm_repository_client::Options;
use kube::ResourceExt;
use oci_client::{Credentials, DockerConfig, Repository};
use runtime::queue::ObjectKey;
use url::Url;

/// How a repository is reached.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// The object that says so; without a name where nobody declared the repository.
    pub(crate) owner: ObjectKey,
    /// Which one.
    pub(crate) target: Target,
    /// Its index, where it is stored.
    pub(crate) index: Option<Artifact>,
}

/// A repository and how it is reached.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Over HTTP.
    Http {
        /// Its address, with one slash at its end.
        repository: Url,
        /// How.
        options: Options,
    },
    /// In a registry.
    Registry {
        /// Host and path, without scheme.
        name: String,
        /// How.
        options: oci_client::Options,
        /// Whose identity of this process opens it, where nothing else does.
        login: Option<Provider>,
    },
}

impl Way {
    /// Whether it leads to a registry.
    pub(crate) fn is_registry(&self) -> bool {
        matches!(self.target, Target::Registry { .. })
    }
}

/// How the charts of a repository are reached.
pub(crate) fn way(object: &HelmRepository, secrets: &Secrets) -> Result<Way, Failure> {
    let target = if object.spec.is_registry() { registry(object, secrets)? } else { http(object, secrets)? };
    let owner = ObjectKey::new(object.namespace().unwrap_or_default(), object.metadata.name.clone().unwrap_or_default());
    Ok(Way { owner, target, index: None })
}

fn authentication(message: String) -> Failure {
    Failure::fetch(Reason::AuthenticationFailed, message)
}

fn http(object: &HelmRepository, secrets: &Secrets) -> Result<Target, Failure> {
    let question = decide::decide(object, secrets)?;
    Ok(Target::Http { repository: question.repository, options: question.options })
}

fn registry(object: &HelmRepository, secrets: &Secrets) -> Result<Target, Failure> {
    let url = &object.spec.url;
    let Some(name) = url.strip_prefix("oci://") else {
        let message = format!("failed to construct Helm client: invalid OCI registry URL: {url}");
        return Err(Failure::stalled(Reason::Failed, message));
    };
    let name = name.trim_end_matches('/').to_owned();
    let options = decide::options(object, secrets).map_err(authentication)?;
    let login = match &secrets.credentials {
        SecretRead::NotWanted => cloud_of(object.spec.provider.unwrap_or_default()),
        _ => None,
    };
    let credentials = match &secrets.credentials {
        SecretRead::NotWanted => Credentials::Anonymous,
        SecretRead::Found(data) => {
            let secret = object.spec.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
            let config = docker_config(data).map_err(|error| {
                authentication(format!("failed to configure OCI registry authentication: unable to load Docker config from Secret '{secret}': {error}"))
            })?;
            match options.credentials {
                _ if !config.is_empty() => from_config(&config, &name, secret)?,
                Some((username, password)) => Credentials::Basic { username, password },
                None => Credentials::Anonymous,
            }
        }
        SecretRead::Failed(error) => return Err(authentication(error.clone())),
    };
    let options = oci_client::Options {
        credentials,
        tls: options.tls,
        proxy: None,
        insecure: object.spec.insecure,
        timeout: options.timeout,
    };
    Ok(Target::Registry { name, options, login })
}

/// The credentials for the host of a repository, which have to be there.
fn from_config(config: &DockerConfig, name: &str, secret: &str) -> Result<Credentials, Failure> {
    let host = name.split('/').next().unwrap_or(name);
    // Charts are below the address, so that it is no whole repository yet.
    let repository = Repository::parse(&format!("{name}/charts")).ok();
    let found = repository.as_ref().and_then(|repository| config.credentials(repository));
    found.cloned().ok_or_else(|| {
        let message = format!("no auth config for '{host}' in the docker-registry Secret '{secret}'");
        authentication(format!("failed to configure OCI registry authentication: {message}"))
    })
}
