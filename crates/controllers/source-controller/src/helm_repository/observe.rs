//! Reads once the Secrets that an object names.

use super::HelmRepositories;
use crate::secrets::{self, SecretRead};
use api::source::HelmRepository;
use kube::ResourceExt;

/// What an object names.
pub(crate) struct Secrets {
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// The Secret of `spec.certSecretRef`.
    pub(crate) certificates: SecretRead,
}

impl HelmRepositories {
    pub(super) async fn observe(&self, object: &HelmRepository) -> Secrets {
        let namespace = object.namespace().unwrap_or_default();
        let name = |reference: &Option<api::meta::LocalObjectReference>| reference.as_ref().map(|named| named.name.clone());
        let (credentials, certificates) = (name(&object.spec.secret_ref), name(&object.spec.cert_secret_ref));
        let (credentials, certificates) = tokio::join!(
            secrets::read(&self.client, &namespace, credentials.as_deref()),
            secrets::read(&self.client, &namespace, certificates.as_deref()),
        );
        Secrets { credentials, certificates }
    }
}
