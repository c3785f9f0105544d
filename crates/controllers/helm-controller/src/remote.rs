//! Other clusters: what `spec.kubeConfig` refers to.

use api::helm::HelmRelease;
use api::meta::SecretKeyReference;
use cluster_client::{Cluster, RemoteClusters};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};
use runtime::error_chain::error_chain;

/// Why another cluster cannot be reached; a message in Flux's words, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemoteError {
    /// There is no such Secret, ConfigMap or ServiceAccount.
    #[error("{0}")]
    Missing(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<cluster_client::RemoteError> for RemoteError {
    fn from(error: cluster_client::RemoteError) -> Self {
        let message = error_chain(&error);
        if error.is_missing() { Self::Missing(message) } else { Self::Other(message) }
    }
}

/// The cluster that `object` names; `None` when it names none. What it refers to is read with the controller's rights.
///
/// # Errors
/// [`RemoteError`].
pub(crate) async fn cluster_of(
    object: &HelmRelease,
    clusters: &RemoteClusters,
    client: &Client,
) -> Result<Option<Cluster>, RemoteError> {
    let Some(reference) = &object.spec.kube_config else { return Ok(None) };
    let namespace = object.namespace().unwrap_or_default();
    match (&reference.secret_ref, &reference.config_map_ref) {
        (Some(secret), None) => by_secret(secret, &namespace, clusters, client).await.map(Some),
        (None, Some(description)) => Ok(Some(clusters.by_config_map(client, &namespace, &description.name).await?)),
        _ => Err(RemoteError::Other(
            "exactly one of .spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be set".to_owned(),
        )),
    }
}

async fn by_secret(
    secret: &SecretKeyReference,
    namespace: &str,
    clusters: &RemoteClusters,
    client: &Client,
) -> Result<Cluster, RemoteError> {
    let name = format!("{namespace}/{}", secret.name);
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let read = |message: &str| format!("could not get KubeConfig secret '{name}': {message}");
    let data = api.get(&secret.name).await.map_err(|error| match error {
        kube::Error::Api(status) if status.is_not_found() => RemoteError::Missing(read(&status.message)),
        kube::Error::Api(status) => RemoteError::Other(read(&status.message)),
        error => RemoteError::Other(read(&error_chain(&error))),
    })?;
    let data = data.data.unwrap_or_default();
    let lacks = |keys: &str| RemoteError::Other(format!("KubeConfig secret '{name}' does not contain a {keys} key with data"));
    let text = match &secret.key {
        Some(key) => data.get(key).ok_or_else(|| lacks(&format!("'{key}'")))?,
        None => data.get("value").or_else(|| data.get("value.yaml")).ok_or_else(|| lacks("'value' or 'value.yaml'"))?,
    };
    let connected = clusters.by_kubeconfig(&text.0).await;
    connected
        .map_err(|error| RemoteError::Other(format!("failed to load KubeConfig from secret '{name}': {}", error_chain(&error))))
}
