//! Reads once the Secrets and the ServiceAccount that an object names.

use super::OciRepositories;
use crate::secrets::{self, SecretRead};
use api::source::OciRepository;
use kube::ResourceExt;
use oci_client::DockerConfig;

/// What an object names.
pub(crate) struct Secrets {
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// What the pull Secrets of `spec.serviceAccountName` say; the failure in words.
    pub(crate) account: Result<DockerConfig, String>,
    /// The Secret of `spec.certSecretRef`.
    pub(crate) certificates: SecretRead,
    /// The Secret of `spec.proxySecretRef`.
    pub(crate) proxy: SecretRead,
    /// The Secret of `spec.verify.secretRef`.
    pub(crate) keys: SecretRead,
    /// The Secret of `spec.verify.trustedRootSecretRef`.
    pub(crate) trusted_root: SecretRead,
}

impl OciRepositories {
    pub(super) async fn observe(&self, object: &OciRepository) -> Secrets {
        let namespace = object.namespace().unwrap_or_default();
        let spec = &object.spec;
        let read = |reference: Option<&api::meta::LocalObjectReference>| {
            let name = reference.map(|reference| reference.name.clone());
            let namespace = namespace.clone();
            async move { secrets::read(&self.client, &namespace, name.as_deref()).await }
        };
        let account = async {
            match &spec.service_account_name {
                Some(account) => secrets::pull_secrets(&self.client, &namespace, account).await,
                None => Ok(DockerConfig::default()),
            }
        };
        let verification = spec.verification.as_ref();
        let (credentials, certificates, proxy, keys, trusted_root, account) = tokio::join!(
            read(spec.secret_ref.as_ref()),
            read(spec.cert_secret_ref.as_ref()),
            read(spec.proxy_secret_ref.as_ref()),
            read(verification.and_then(|wanted| wanted.secret_ref.as_ref())),
            read(verification.and_then(|wanted| wanted.trusted_root_secret_ref.as_ref())),
            account,
        );
        Secrets { credentials, account, certificates, proxy, keys, trusted_root }
    }
}
