//! Identities of clouds, on behalf of objects.

use api::source::RegistryProvider;
use cloud_identity::{Identities, Looked, Provider};
use kube::ResourceExt;
use runtime::metrics::{CacheEvent, CacheRequest, Metrics, TokenUse};
use std::sync::Arc;

/// Identities of single objects are not known: the controller's own is never used in their stead.
pub(crate) const NO_OBJECT_IDENTITY: &str = "identities of ServiceAccounts that objects name are not supported; remove \
                                             spec.serviceAccountName to use the identity of the controller";

/// Who the controller is to clouds.
#[derive(Clone)]
pub(crate) struct Identification {
    /// The identities.
    pub(crate) identities: Identities,
    /// Where looks for credentials are counted.
    pub(crate) metrics: Arc<Metrics>,
}

impl Identification {
    /// The identities as they are used for an object.
    pub(crate) fn of(&self, kind: &'static str, object: &impl ResourceExt) -> Identities {
        let (metrics, name, namespace) = (Arc::clone(&self.metrics), object.name_any(), object.namespace().unwrap_or_default());
        self.identities.counted(move |looked, count| {
            let event = if looked == Looked::Hit { CacheEvent::Hit } else { CacheEvent::Miss };
            metrics.token_cache_event(event, &TokenUse { kind, name: &name, namespace: &namespace, operation: "reconcile" });
            metrics.token_cache_request(CacheRequest::Success);
            metrics.token_cache_items(count);
        })
    }
}

/// Whose registry a provider stands for.
pub(crate) fn cloud_of(provider: RegistryProvider) -> Option<Provider> {
    match provider {
        RegistryProvider::Generic => None,
        RegistryProvider::Aws => Some(Provider::Aws),
        RegistryProvider::Azure => Some(Provider::Azure),
        RegistryProvider::Gcp => Some(Provider::Gcp),
    }
}
