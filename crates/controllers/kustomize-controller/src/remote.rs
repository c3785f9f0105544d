//! Other clusters: what `spec.kubeConfig` refers to.

use api::kustomize::Kustomization;
use api::meta::SecretKeyReference;
use cluster_client::{Cluster, RemoteClusters};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};
use runtime::error_chain::error_chain;

/// The cluster that `object` names; `None` when it names none. What it refers to is read with the controller's rights.
///
/// # Errors
/// A message in Flux's words, without credentials.
pub(crate) async fn cluster_of(
    object: &Kustomization,
    clusters: &RemoteClusters,
    client: &Client,
) -> Result<Option<Cluster>, String> {
    let Some(reference) = &object.spec.kube_config else { return Ok(None) };
    let namespace = object.namespace().unwrap_or_default();
    match (&reference.secret_ref, &reference.config_map_ref) {
        (Some(secret), None) => by_secret(secret, &namespace, clusters, client).await.map(Some),
        (None, Some(description)) => {
            let cluster = clusters.by_config_map(client, &namespace, &description.name).await;
            cluster.map(Some).map_err(|error| error_chain(&error))
        }
        _ => Err("invalid .spec.kubeConfig, neither .spec.kubeConfig.provider nor .spec.kubeConfig.secretRef is set".to_owned()),
    }
}

async fn by_secret(
    secret: &SecretKeyReference,
    namespace: &str,
    clusters: &RemoteClusters,
    client: &Client,
) -> Result<Cluster, String> {
    let name = format!("{namespace}/{}", secret.name);
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = api.get(&secret.name).await.map_err(|error| match error {
        kube::Error::Api(status) => format!("unable to read KubeConfig secret '{name}' error: {}", status.message),
        error => format!("unable to read KubeConfig secret '{name}' error: {}", error_chain(&error)),
    })?;
    let data = data.data.unwrap_or_default();
    let lacks = |key: &str| format!("KubeConfig secret '{name}' does not contain a '{key}' key with a kubeconfig");
    let text = match &secret.key {
        Some(key) => data.get(key).ok_or_else(|| lacks(key))?,
        None => data.get("value").or_else(|| data.get("value.yaml")).ok_or_else(|| lacks("value"))?,
    };
    clusters.by_kubeconfig(&text.0).await.map_err(|error| error_chain(&error))
}
