//! Reads once the Secrets that an object names.

use super::Buckets;
use crate::secrets::{self, SecretRead};
use api::meta::LocalObjectReference;
use api::source::Bucket;
use kube::ResourceExt;

/// What an object names.
pub(super) struct Secrets {
    /// The Secret of `spec.secretRef`.
    pub(super) credentials: SecretRead,
    /// The Secret of `spec.certSecretRef`.
    pub(super) certificates: SecretRead,
    /// The Secret of `spec.proxySecretRef`.
    pub(super) proxy: SecretRead,
}

impl Buckets {
    pub(super) async fn observe(&self, object: &Bucket) -> Secrets {
        let namespace = object.namespace().unwrap_or_default();
        let read = |reference: &Option<LocalObjectReference>| {
            let name = reference.as_ref().map(|reference| reference.name.clone());
            let namespace = namespace.clone();
            async move { secrets::read(&self.client, &namespace, name.as_deref()).await }
        };
        let (credentials, certificates, proxy) =
            tokio::join!(read(&object.spec.secret_ref), read(&object.spec.cert_secret_ref), read(&object.spec.proxy_secret_ref));
        Secrets { credentials, certificates, proxy }
    }
}
