//! The connection to the API server.
//!
//! [`connect`] finds the cluster of this process and makes a [`kube::Client`] for it; [`build`] makes one for any other
//! configuration. In difference to kube's own client this one speaks HTTP/2 over few connections, limits its rate where the
//! server does not, counts `rest_client_requests_total`, gives up on answers that do not come, and retries only what is safe
//! to repeat. What is not here: what is asked of the server.

mod body;
mod calls;
mod transport;

use crate::metrics::Metrics;
use calls::{CallPolicy, Calls};
use kube::Config;
use kube::client::ConfigExt as _;
use kube::config::KubeConfigOptions;
use std::sync::Arc;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// KUBECONFIG names a file that cannot be used.
    #[error("read the kubeconfig")]
    Kubeconfig(#[source] Box<kube::config::KubeconfigError>),
    /// There is neither KUBECONFIG, nor a pod's service account, nor a kubeconfig in the home directory.
    #[error("find the cluster: KUBECONFIG is not set and this is not a pod")]
    NoCluster(#[source] Box<kube::config::InClusterError>),
    /// The configuration holds certificates or credentials that cannot be used.
    #[error("set up the client of {0}")]
    Build(String, #[source] Box<kube::Error>),
    /// The name to check the server's certificate for is not one.
    #[error("the TLS server name {0:?} is not valid")]
    ServerName(String),
    /// The user agent holds characters that a header may not have.
    #[error("the user agent {0:?} is not valid")]
    UserAgent(String),
}

/// How to talk to an API server.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// `<controller>/<version>`. The server takes the part before the slash for the field manager where none is given.
    pub user_agent: String,
    /// `--kube-api-qps`.
    pub requests_per_second: f64,
    /// `--kube-api-burst`.
    pub burst: usize,
    /// Counts the requests.
    pub metrics: Arc<Metrics>,
}

/// The client of the cluster that this process works for: KUBECONFIG, else the pod's service account, else the kubeconfig in
/// the home directory.
///
/// # Errors
/// No configuration was found, or it cannot be used. The server is not asked yet.
pub async fn connect(options: &ClientOptions) -> Result<kube::Client, ClientError> {
    build(find_cluster().await?, options)
}

async fn find_cluster() -> Result<Config, ClientError> {
    let from_file = || async {
        let found = Config::from_kubeconfig(&KubeConfigOptions::default()).await;
        found.map_err(|error| ClientError::Kubeconfig(Box::new(error)))
    };
    if std::env::var_os("KUBECONFIG").is_some_and(|value| !value.is_empty()) {
        return from_file().await;
    }
    match Config::incluster() {
        Ok(config) => Ok(config),
        Err(error) => from_file().await.map_err(|_| ClientError::NoCluster(Box::new(error))),
    }
}

/// A client for a configuration.
///
/// # Errors
/// The configuration cannot be used.
pub fn build(mut config: Config, options: &ClientOptions) -> Result<kube::Client, ClientError> {
    // Retries are ours: kube's go on for minutes inside of a single call.
    config.default_retry = false;
    let host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
    let fail = |error| ClientError::Build(host.clone(), Box::new(error));
    let agent =
        http::HeaderValue::from_str(&options.user_agent).map_err(|_| ClientError::UserAgent(options.user_agent.clone()))?;
    config.headers.push((http::header::USER_AGENT, agent));
    let policy = Arc::new(CallPolicy::new(options, host.clone()));
    let namespace = config.default_namespace.clone();
    if config.proxy_url.is_some() {
        // kube knows how to go through proxies; that path is HTTP/1.1.
        let proxied = kube::Client::try_from(config).map_err(fail)?;
        let service = tower::service_fn(move |request| {
            let client = proxied.clone();
            async move { client.send(request).await.map_err(BoxError::from) }
        });
        return Ok(kube::Client::new(Calls::new(service, policy), namespace));
    }
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(fail)?)
        .layer(config.extra_headers_layer().map_err(fail)?)
        .map_err(BoxError::from)
        .service(transport::Transport::new(&config)?);
    Ok(kube::Client::new(Calls::new(service.map_err(BoxError::from), policy), namespace))
}

#[cfg(test)]
mod tests;
