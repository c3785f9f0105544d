//! A real Kubernetes API server for a test, in one line: `let cluster = Cluster::start().await?;`.
//!
//! etcd, kube-apiserver and kube-controller-manager run as children on free ports with a directory of their own; with nodes, also
//! kube-scheduler and kwok, which plays the kubelet. They end with the value, and also when the test is killed. Where `KUBECONFIG`
//! is set, that cluster is used instead and nothing is started; where `KUBEBUILDER_ASSETS` is set, its programs are.

mod components;
mod control_plane;
mod credentials;
mod namespace;
mod objects;

pub use control_plane::{ControlPlane, ControlPlaneError};
pub use credentials::CredentialsError;
pub use namespace::Namespace;

use crate::process::{ProcessError, Usage};
use components::{Components, StartError};
use kube::config::{KubeConfigOptions, Kubeconfig};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::sync::OnceCell;

/// How often a start is tried again when another process took a port in between.
const START_ATTEMPTS: usize = 3;

/// Why there is no cluster, or it does not do what a test wants.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// There are no programs to start.
    #[error("find the programs of the control plane")]
    ControlPlane(#[from] ControlPlaneError),
    /// Its certificates cannot be made.
    #[error("make credentials")]
    Credentials(#[from] CredentialsError),
    /// A process cannot be run.
    #[error("run a component")]
    Process(#[from] ProcessError),
    /// A component ended, or did not become ready in time.
    #[error("{component} {problem}; the end of its log:\n{log}")]
    Component {
        /// Which one.
        component: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The last lines that it wrote.
        log: String,
    },
    /// A directory or a port cannot be had.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The kubeconfig is of no use.
    #[error("read the kubeconfig {path}")]
    Kubeconfig {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// The API server refused a request.
    #[error("{operation}")]
    Api {
        /// What was tried.
        operation: String,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
    /// The operation needs a cluster that the test started itself.
    #[error("the cluster of KUBECONFIG cannot be stopped or started")]
    NotOurs,
}

impl ClusterError {
    pub(crate) fn api(operation: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let operation = operation.into();
        move |source| Self::Api { operation, source: Box::new(source) }
    }
}

/// What a cluster is to have beyond an API server and its controllers.
#[derive(Debug, Clone, Default)]
#[must_use = "a cluster is started by start()"]
pub struct ClusterBuilder {
    nodes: usize,
}

impl ClusterBuilder {
    /// Adds that many nodes on which pods are scheduled and become ready, without anything running in them.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Starts the cluster and waits until its API server is ready. Builds the control plane first if it is not in the cache.
    pub async fn start(self) -> Result<Cluster, ClusterError> {
        if let Some(kubeconfig) = std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()) {
            return Ok(Cluster { kubeconfig: PathBuf::from(kubeconfig), components: None });
        }
        let built = tokio::task::spawn_blocking(ControlPlane::build).await;
        let programs = built.map_err(|error| ClusterError::System {
            operation: "build the control plane",
            source: std::io::Error::other(error),
        })??;
        for attempt in 1.. {
            match Components::start(&programs, self.nodes).await {
                Ok(components) => {
                    return Ok(Cluster { kubeconfig: components.kubeconfig(), components: Some(Mutex::new(components)) });
                }
                Err(StartError::PortTaken) if attempt < START_ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ClusterError::NotOurs)
    }
}

/// A cluster. Dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    kubeconfig: PathBuf,
    components: Option<Mutex<Components>>,
}

static SHARED: OnceCell<Cluster> = OnceCell::const_new();

impl Cluster {
    /// Starts a cluster of the test's own.
    pub async fn start() -> Result<Self, ClusterError> {
        Self::builder().start().await
    }

    /// Starts from a cluster without nodes; see [`ClusterBuilder`].
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    /// The cluster that all tests of one binary share, with the workspace's CRDs installed; each test takes a namespace of its own.
    pub async fn shared() -> Result<&'static Self, ClusterError> {
        let start = async || {
            let cluster = Self::start().await?;
            cluster.apply_crds().await?;
            Ok(cluster)
        };
        SHARED.get_or_try_init(start).await
    }

    /// The shared cluster, or `None` where there is none at hand and a build of minutes would be needed. Says so on standard error;
    /// with `REQUIRE_APISERVER=1` the build takes place instead.
    pub async fn shared_if_at_hand() -> Result<Option<&'static Self>, ClusterError> {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if is_set("KUBECONFIG") || is_set("REQUIRE_APISERVER") || ControlPlane::at_hand()?.is_some() {
            return Self::shared().await.map(Some);
        }
        eprintln!("SKIPPED: no API server at hand; `cargo xtask test` builds one, or set KUBEBUILDER_ASSETS or KUBECONFIG");
        Ok(None)
    }

    /// A kubeconfig file of the cluster's administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A new client of the administrator. A client belongs to the runtime it was made on, hence one for each test.
    pub async fn client(&self) -> Result<kube::Client, ClusterError> {
        let unusable =
            |source| ClusterError::Kubeconfig { path: self.kubeconfig.display().to_string(), source: Box::new(source) };
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).map_err(unusable)?;
        let configuration =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(unusable)?;
        kube::Client::try_from(configuration).map_err(ClusterError::api("make a client"))
    }

    /// Creates a namespace with a new name that starts with `prefix`.
    pub async fn namespace(&self, prefix: &str) -> Result<Namespace, ClusterError> {
        Namespace::create(self, prefix).await
    }

    /// Whether the test started the cluster itself, so that it may stop parts of it.
    pub fn is_ours(&self) -> bool {
        self.components.is_some()
    }

    /// Kills the API server; connections break. Clients see refusals until [`Cluster::start_api_server`].
    pub fn stop_api_server(&self) -> Result<(), ClusterError> {
        let components = self.components.as_ref().ok_or(ClusterError::NotOurs)?;
        components.lock().unwrap_or_else(PoisonError::into_inner).stop_api_server();
        Ok(())
    }

    /// Starts the API server again at the same address and waits until it is ready.
    pub async fn start_api_server(&self) -> Result<(), ClusterError> {
        let components = self.components.as_ref().ok_or(ClusterError::NotOurs)?;
        components.lock().unwrap_or_else(PoisonError::into_inner).start_api_server()?;
        self.wait_until_ready().await
    }

    /// What the API server has cost so far.
    pub fn api_server_usage(&self) -> Result<Usage, ClusterError> {
        let components = self.components.as_ref().ok_or(ClusterError::NotOurs)?;
        Ok(components.lock().unwrap_or_else(PoisonError::into_inner).api_server_usage()?)
    }

    async fn wait_until_ready(&self) -> Result<(), ClusterError> {
        let client = self.client().await?;
        components::wait_until_ready(&client, || Ok(())).await.map_err(ClusterError::from)
    }
}
