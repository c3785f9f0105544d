//! Reads once the Secrets that an object names.

use crate::secrets::{self, SecretRead};
use api::source::HelmRepository;
use kube::{Client, ResourceExt};

/// What an object names.
pub(crate) struct Secrets {
    /// The Secret of `spec.secretRef`.
    pub(crate) credentials: SecretRead,
    /// The Secret of `spec.certSecretRef`.
    pub(crate) certificates: SecretRead,
}

impl Secrets {
    /// Of an object that names none.
    pub(crate) fn none() -> Self {
        Self { credentials: SecretRead::NotWanted, certificates: SecretRead::NotWanted }
    }
}

/// Reads what an object names.
pub(crate) async fn read_secrets(client: &Client, object: &HelmRepository) -> Secrets {
    let namespace = object.namespace().unwrap_or_default();
    let name = |reference: &Option<api::meta::LocalObjectReference>| reference.as_ref().map(|named| named.name.clone());
    let (credentials, certificates) = (name(&object.spec.secret_ref), name(&object.spec.cert_secret_ref));
    let (credentials, certificates) = tokio::join!(
        secrets::read(client, &namespace, credentials.as_deref()),
        secrets::read(client, &namespace, certificates.as_deref()),
    );
    Secrets { credentials, certificates }
}
