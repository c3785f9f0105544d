//! Other clusters: by a kubeconfig, or by a ServiceAccount of this cluster that they trust. Connections are kept for as long as what they are
//! made of stays the same.

mod account;
mod parameters;
mod token;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, Config};
use serde_json::json;
use sha2::{Digest, Sha256};
use tower::BoxError;

use crate::cluster::Cluster;
use crate::kubeconfig::{Allowed, KubeconfigError, KubeconfigPolicy, remote_config, server_config};
use parameters::Parameters;
use token::{TokenSource, authorized};

pub use account::AccountError;
pub use parameters::ParametersError;

/// The most connections that are kept.
const MOST: usize = 64;

/// Makes a client of a configuration.
pub type Connect = Arc<dyn Fn(Config) -> Result<Client, BoxError> + Send + Sync>;

/// What the operator allows and prefers.
#[derive(Debug, Clone, Default)]
pub struct RemotePolicy {
    /// What kubeconfigs may do.
    pub kubeconfigs: KubeconfigPolicy,
    /// Whether ServiceAccounts other than the controller's own may be used (gate `ObjectLevelWorkloadIdentity`).
    pub accounts: Allowed,
    /// The ServiceAccount where none is named (`--default-kubeconfig-service-account`); `None` for the controller's own.
    pub default_account: Option<String>,
}

/// Why another cluster cannot be reached; in Flux's words where it has some, and without credentials.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The kubeconfig cannot be used.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// The ConfigMap cannot be read.
    #[error("failed to get configmap {namespace}/{name}: {}", answer(error))]
    ConfigMap {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Why not; its text is part of the message.
        error: Box<kube::Error>,
    },
    /// The ConfigMap does not say which cluster is meant.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// There is no token.
    #[error("failed to get access token for cluster: {0}")]
    Account(#[from] AccountError),
    /// No client can be made.
    #[error("{0}")]
    Connect(BoxError),
}

impl RemoteError {
    /// Whether what names the cluster, or the ServiceAccount, is not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::ConfigMap { error, .. } => is_missing(error),
            Self::Account(error) => error.is_missing(),
            _ => false,
        }
    }
}

/// Connections to other clusters.
pub struct RemoteClusters {
    policy: RemotePolicy,
    connect: Connect,
    known: Mutex<BTreeMap<[u8; 32], (Cluster, u64)>>,
}

impl RemoteClusters {
    /// None yet; they will be made with `connect`.
    #[must_use]
    pub fn new(policy: RemotePolicy, connect: Connect) -> Self {
        Self { policy, connect, known: Mutex::default() }
    }

    /// The cluster of a kubeconfig's current context.
    ///
    /// # Errors
    /// [`RemoteError::Kubeconfig`] and [`RemoteError::Connect`].
    pub async fn by_kubeconfig(&self, kubeconfig: &[u8]) -> Result<Cluster, RemoteError> {
        let key: [u8; 32] = Sha256::new().chain_update(b"kubeconfig\n").chain_update(kubeconfig).finalize().into();
        if let Some(cluster) = self.known(&key) {
            return Ok(cluster);
        }
        let config = remote_config(kubeconfig, self.policy.kubeconfigs).await?;
        Ok(self.keep(key, (self.connect)(config).map_err(RemoteError::Connect)?))
    }

    /// The cluster that a ConfigMap describes, as a ServiceAccount of `namespace` or of the controller. Both are read, and tokens made, with
    /// the rights of `client`. Tokens are renewed before they expire, also in the middle of a long wait.
    ///
    /// # Errors
    /// All others of [`RemoteError`].
    pub async fn by_config_map(&self, client: &Client, namespace: &str, name: &str) -> Result<Cluster, RemoteError> {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let found = api.get(name).await.map_err(|error| RemoteError::ConfigMap {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            error: Box::new(error),
        })?;
        let parameters = Parameters::read(&found.data.unwrap_or_default())?;
        // Each time: an account that is gone gives no rights any more.
        let account = account::choose(client, namespace, parameters.account.as_deref(), &self.policy).await?;
        let Parameters { server, authority, audiences, .. } = parameters;
        let described = json!([account.namespace, account.name, server, authority, audiences]);
        let key: [u8; 32] = Sha256::new().chain_update(b"account\n").chain_update(described.to_string()).finalize().into();
        if let Some(cluster) = self.known(&key) {
            return Ok(cluster);
        }
        let tokens = TokenSource::new(client.clone(), account, audiences);
        tokens.header().await?;
        let config = server_config(&server, authority.as_deref()).await?;
        let client = (self.connect)(config).map_err(RemoteError::Connect)?;
        Ok(self.keep(key, authorized(&client, tokens)))
    }

    fn known(&self, key: &[u8; 32]) -> Option<Cluster> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (cluster, uses) = known.get_mut(key)?;
        *uses += 1;
        Some(cluster.clone())
    }

    fn keep(&self, key: [u8; 32], client: Client) -> Cluster {
        let cluster = Cluster::new(client);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST
            && let Some(least) = known.iter().min_by_key(|(_, (_, uses))| *uses).map(|(key, _)| *key)
        {
            known.remove(&least);
        }
        known.insert(key, (cluster.clone(), 1));
        cluster
    }
}

/// What the API server says, or why it does not.
fn answer(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        error => error.to_string(),
    }
}

fn is_missing(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.is_not_found())
}
