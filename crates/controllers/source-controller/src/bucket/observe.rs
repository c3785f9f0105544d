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
    /// The Secret of `spec.sts.secretRef`.
    pub(super) user: SecretRead,
    /// The Secret of `spec.sts.certSecretRef`.
    pub(super) user_certificates: SecretRead,
}

impl Buckets {
    pub(super) async fn observe(&self, object: &Bucket) -> Secrets {
        let namespace = object.namespace().unwrap_or_default();
        let read = |reference: Option<&LocalObjectReference>| {
            let name = reference.map(|reference| reference.name.clone());
            let namespace = namespace.clone();
            async move { secrets::read(&self.client, &namespace, name.as_deref()).await }
        };
        let spec = &object.spec;
        let sts = spec.sts.as_ref();
        let (credentials, certificates, proxy, user, user_certificates) = tokio::join!(
            read(spec.secret_ref.as_ref()),
            read(spec.cert_secret_ref.as_ref()),
            read(spec.proxy_secret_ref.as_ref()),
            read(sts.and_then(|sts| sts.secret_ref.as_ref())),
            read(sts.and_then(|sts| sts.cert_secret_ref.as_ref())),
        );
        Secrets { credentials, certificates, proxy, user, user_certificates }
    }
}
