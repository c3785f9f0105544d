//! How the registry of an ImageRepository is reached: the Secrets that it names, read once, and what they mean for connections.

use api::image::ImageRepository;
use api::meta::LocalObjectReference;
use api::source::RegistryProvider;
use cloud_identity::{Identities, Provider};
use http_client::{Proxy, SecretData, Tls};
use kube::{Client, ResourceExt};
use oci_client::{Credentials, DockerConfig, Options, ReferenceError, Repository};
use runtime::error_chain::error_chain;
use runtime::secrets::{self, SecretRead};
use std::time::Duration;

/// The key of a Secret of type `kubernetes.io/dockerconfigjson`.
const DOCKER_CONFIG: &str = ".dockerconfigjson";
/// The shortest time that a request may take.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// What an ImageRepository names.
#[derive(Debug)]
pub(crate) struct RegistrySecrets {
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// The pull Secrets of `spec.serviceAccountName`; the failure in words.
    pub(crate) account: Result<Vec<SecretData>, String>,
    /// The Secret of `spec.certSecretRef`.
    pub(crate) certificates: SecretRead,
    /// The Secret of `spec.proxySecretRef`.
    pub(crate) proxy: SecretRead,
}

impl RegistrySecrets {
    /// Reads them, from the namespace of the object.
    pub(crate) async fn read(client: &Client, object: &ImageRepository) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        let spec = &object.spec;
        let read = async |reference: Option<&LocalObjectReference>| {
            secrets::read(client, &namespace, reference.map(|reference| reference.name.as_str())).await
        };
        let account = async {
            match &spec.service_account_name {
                Some(account) => secrets::pull_secrets(client, &namespace, account).await,
                None => Ok(Vec::new()),
            }
        };
        let (credentials, certificates, proxy, account) = tokio::join!(
            read(spec.secret_ref.as_ref()),
            read(spec.cert_secret_ref.as_ref()),
            read(spec.proxy_secret_ref.as_ref()),
            account,
        );
        Self { credentials, account, certificates, proxy }
    }
}

/// The repository that `spec.image` names, in Flux's words where it names none.
pub(crate) fn repository(image: &str) -> Result<Repository, String> {
    if let Some((scheme, _)) = image.split_once("://") {
        return Err(format!("image '{image}' should not include URL scheme; remove '{scheme}://'"));
    }
    Repository::parse(image).map_err(|error| match error {
        ReferenceError::Tag(tag) => format!("image '{image}' should not include a tag; remove ':{tag}'"),
        error => format!("could not parse reference: {image}: {error}"),
    })
}

/// Whether an object wants the identity of its ServiceAccount at a cloud, which the gate `ObjectLevelWorkloadIdentity` must allow.
pub(crate) fn wants_identity(object: &ImageRepository) -> bool {
    let provider = object.spec.provider.unwrap_or_default();
    provider != RegistryProvider::Generic && object.spec.service_account_name.as_ref().is_some_and(|name| !name.is_empty())
}

/// How a repository is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// What is known of it.
    pub(crate) options: Options,
    /// The cloud to which this process has to say who it is, since nothing else opens the registry.
    pub(crate) login: Option<Provider>,
}

impl Access {
    /// The options with which the registry opens; the failure in words without any secret.
    pub(crate) async fn log_in(&self, identities: &Identities, repository: &Repository) -> Result<Options, String> {
        let mut options = self.options.clone();
        if let Some(provider) = self.login {
            let login = identities.registry_login(provider, repository.registry(), options.proxy.as_ref()).await;
            let (username, password) =
                login.map_err(|error| format!("failed to get credential from {}: {}", provider.as_str(), error_chain(&error)))?;
            options.credentials = Credentials::Basic { username, password };
        }
        Ok(options)
    }
}

/// How to reach the repository; the failure in words without any secret.
pub(crate) fn access(object: &ImageRepository, repository: &Repository, secrets: &RegistrySecrets) -> Result<Access, String> {
    let spec = &object.spec;
    let proxy = secrets.proxy.data()?.map(Proxy::from_secret).transpose();
    let proxy = proxy.map_err(|error| format!("invalid proxy secret: {}", error_chain(&error)))?;
    let mut config = DockerConfig::default();
    let account = secrets.account.as_ref().map_err(Clone::clone)?;
    for data in secrets.credentials.data()?.into_iter().chain(account) {
        let Some(json) = data.get(DOCKER_CONFIG) else { continue };
        config.extend(DockerConfig::parse(json).map_err(|error| error.to_string())?);
    }
    let login = if config.is_empty() { cloud_of(spec.provider.unwrap_or_default()) } else { None };
    if login.is_some() && wants_identity(object) {
        let message = "identities of ServiceAccounts that objects name are not supported; remove spec.serviceAccountName to use the \
                       identity of the controller, or set spec.secretRef to a Secret of type kubernetes.io/dockerconfigjson";
        return Err(message.to_owned());
    }
    // Unlike for OCIRepository, `insecure` allows plain HTTP and no more: certificates are checked all the same.
    let tls = secrets.certificates.data()?.map(Tls::from_secret).transpose();
    let tls = tls.map_err(|error| error_chain(&error))?.unwrap_or_default();
    let credentials = config.credentials(repository).cloned().unwrap_or_default();
    let timeout = spec.timeout.as_ref().unwrap_or(&spec.interval).to_std().max(SHORTEST_TIMEOUT);
    Ok(Access { options: Options { credentials, tls, proxy, insecure: spec.insecure, timeout }, login })
}

/// Whose registry a provider stands for.
fn cloud_of(provider: RegistryProvider) -> Option<Provider> {
    match provider {
        RegistryProvider::Generic => None,
        RegistryProvider::Aws => Some(Provider::Aws),
        RegistryProvider::Azure => Some(Provider::Azure),
        RegistryProvider::Gcp => Some(Provider::Gcp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object(spec: Value) -> ImageRepository {
        let mut full = json!({"image": "ghcr.io/org/app", "interval": "1m"});
        if let (Some(full), Value::Object(spec)) = (full.as_object_mut(), spec) {
            full.extend(spec);
        }
        let object = json!({"apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageRepository",
            "metadata": {"name": "app", "namespace": "ns"}, "spec": full});
        serde_json::from_value(object).expect("because the literal is valid")
    }

    fn docker(user: &str) -> SecretData {
        let config = json!({"auths": {"ghcr.io": {"username": user, "password": "S3NTINEL"}}});
        SecretData::from([(DOCKER_CONFIG.to_owned(), config.to_string().into_bytes())])
    }

    fn secrets(credentials: SecretRead, account: Vec<SecretData>) -> RegistrySecrets {
        RegistrySecrets { credentials, account: Ok(account), certificates: SecretRead::NotWanted, proxy: SecretRead::NotWanted }
    }

    fn options(object: &ImageRepository, repository: &Repository, secrets: &RegistrySecrets) -> Result<Options, String> {
        access(object, repository, secrets).map(|access| access.options)
    }

    #[test]
    fn names_of_images_are_checked_in_the_words_of_flux() {
        let canonical = repository("podinfo").map(|found| found.to_string());
        assert_eq!(canonical.as_deref(), Ok("index.docker.io/library/podinfo"));
        for (image, expect) in [
            ("https://ghcr.io/a/b", "image 'https://ghcr.io/a/b' should not include URL scheme; remove 'https://'"),
            ("ghcr.io/a/b:1.0", "image 'ghcr.io/a/b:1.0' should not include a tag; remove ':1.0'"),
        ] {
            assert_eq!(repository(image), Err(expect.to_owned()));
        }
        assert!(repository("ghcr.io/A").is_err());
    }

    #[test]
    fn credentials_come_from_the_secret_before_the_account() {
        let (object, repository) = (object(json!({})), repository("ghcr.io/org/app").expect("a name"));
        let user = |secrets: &RegistrySecrets| match options(&object, &repository, secrets).expect("options").credentials {
            Credentials::Basic { username, .. } => username,
            _ => String::new(),
        };
        assert_eq!(user(&secrets(SecretRead::Found(docker("secret")), vec![docker("account")])), "secret");
        assert_eq!(user(&secrets(SecretRead::NotWanted, vec![docker("account")])), "account");
        assert_eq!(user(&secrets(SecretRead::NotWanted, Vec::new())), "");
        let missing = options(&object, &repository, &secrets(SecretRead::Failed("not found".to_owned()), Vec::new()));
        assert_eq!(missing.map(drop), Err("not found".to_owned()));
    }

    #[test]
    fn clouds_are_asked_where_nothing_else_opens_the_registry() {
        let repository = repository("ghcr.io/org/app").expect("a name");
        let login = |spec: Value, secret: SecretRead| {
            access(&object(spec), &repository, &secrets(secret, Vec::new())).map(|access| access.login)
        };
        assert_eq!(login(json!({"provider": "aws"}), SecretRead::NotWanted), Ok(Some(Provider::Aws)));
        assert_eq!(login(json!({"provider": "aws"}), SecretRead::Found(docker("u"))), Ok(None));
        assert_eq!(login(json!({}), SecretRead::NotWanted), Ok(None));
        let of_account = login(json!({"provider": "gcp", "serviceAccountName": "tenant"}), SecretRead::NotWanted);
        assert!(of_account.is_err_and(|error| error.contains("ServiceAccounts that objects name are not supported")));
    }

    #[test]
    fn one_secret_may_hold_credentials_and_certificates() {
        let repository = repository("ghcr.io/org/app").expect("a name");
        let both = || {
            SecretRead::Found(SecretData::from([("ca.crt".to_owned(), b"PEM".to_vec())]).into_iter().chain(docker("u")).collect())
        };
        let secrets = RegistrySecrets { certificates: both(), ..secrets(both(), Vec::new()) };
        let options = options(&object(json!({})), &repository, &secrets).expect("options");
        assert_eq!(options.tls.ca.as_deref(), Some(&b"PEM"[..]));
        assert!(matches!(options.credentials, Credentials::Basic { username, .. } if username == "u"));
    }

    #[test]
    fn an_insecure_registry_still_has_to_show_a_good_certificate() {
        let repository = repository("ghcr.io/org/app").expect("a name");
        let object = object(json!({"insecure": true, "timeout": "100ms"}));
        let options = options(&object, &repository, &secrets(SecretRead::NotWanted, Vec::new())).expect("options");
        assert!(options.insecure && !options.tls.accept_any_certificate);
        assert_eq!(options.timeout, SHORTEST_TIMEOUT);
    }
}
