//! Other clusters: `spec.kubeConfig` to a connection, kept as long as the kubeconfig stays the same.

use std::collections::BTreeMap;
use std::sync::Mutex;

use api::helm::HelmRelease;
use cluster_client::{Cluster, KubeconfigPolicy, remote_config};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};
use runtime::client::{ClientOptions, build};
use runtime::error_chain::error_chain;
use sha2::{Digest, Sha256};

use crate::context::lock;

/// The most connections that are kept.
const MOST: usize = 64;

/// Connections to other clusters, by the checksum of their kubeconfig: a changed Secret is a new connection.
pub(crate) struct RemoteClusters {
    policy: KubeconfigPolicy,
    options: ClientOptions,
    known: Mutex<BTreeMap<[u8; 32], (Cluster, u64)>>,
}

/// Why another cluster cannot be reached; a message in Flux's words, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemoteError {
    /// There is no such Secret.
    #[error("{0}")]
    NoSecret(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl RemoteClusters {
    /// None yet; they will be made with `options`.
    pub(crate) fn new(policy: KubeconfigPolicy, options: ClientOptions) -> Self {
        Self { policy, options, known: Mutex::default() }
    }

    /// The cluster that `object` names; `None` when it names none. The Secret is read with the controller's rights.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub(crate) async fn of(&self, object: &HelmRelease, client: &kube::Client) -> Result<Option<Cluster>, RemoteError> {
        let Some(reference) = &object.spec.kube_config else { return Ok(None) };
        let Some(secret) = &reference.secret_ref else {
            return Err(RemoteError::Other("spec.kubeConfig.configMapRef is not supported yet".to_owned()));
        };
        let namespace = object.namespace().unwrap_or_default();
        let name = format!("{namespace}/{}", secret.name);
        let api: Api<Secret> = Api::namespaced(client.clone(), &namespace);
        let read = |message: &str| format!("could not get KubeConfig secret '{name}': {message}");
        let data = api.get(&secret.name).await.map_err(|error| match error {
            kube::Error::Api(status) if status.is_not_found() => RemoteError::NoSecret(read(&status.message)),
            kube::Error::Api(status) => RemoteError::Other(read(&status.message)),
            error => RemoteError::Other(read(&error_chain(&error))),
        })?;
        let data = data.data.unwrap_or_default();
        let lacks =
            |keys: &str| RemoteError::Other(format!("KubeConfig secret '{name}' does not contain a {keys} key with data"));
        let text = match &secret.key {
            Some(key) => data.get(key).ok_or_else(|| lacks(&format!("'{key}'")))?,
            None => data.get("value").or_else(|| data.get("value.yaml")).ok_or_else(|| lacks("'value' or 'value.yaml'"))?,
        };
        let connected = self.connect(&text.0).await;
        connected
            .map(Some)
            .map_err(|error| RemoteError::Other(format!("failed to load KubeConfig from secret '{name}': {error}")))
    }

    async fn connect(&self, kubeconfig: &[u8]) -> Result<Cluster, String> {
        let key: [u8; 32] = Sha256::digest(kubeconfig).into();
        if let Some((cluster, uses)) = lock(&self.known).get_mut(&key) {
            *uses += 1;
            return Ok(cluster.clone());
        }
        let config = remote_config(kubeconfig, self.policy).await.map_err(|error| error_chain(&error))?;
        let client = build(config, &self.options).map_err(|error| error_chain(&error))?;
        let cluster = Cluster::new(client);
        let mut known = lock(&self.known);
        if known.len() >= MOST
            && let Some(least) = known.iter().min_by_key(|(_, (_, uses))| *uses).map(|(key, _)| *key)
        {
            known.remove(&least);
        }
        known.insert(key, (cluster.clone(), 1));
        Ok(cluster)
    }
}
