//! The HTTP servers of every controller: `/metrics` on one port, `/healthz` and `/readyz` on another.
//!
//! What is not here: the artifact server of source-controller, and notification-controller's.

mod health;

pub use health::{HealthChecks, Probe};

use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address of that flag cannot be bound.
    #[error("listen on {flag}={address}")]
    Bind {
        /// The flag, with its dashes.
        flag: &'static str,
        /// Its value.
        address: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Where it listens; the port is the real one where the flag said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for open requests after the token was cancelled, at most for `grace`.
    pub async fn finished(mut self, grace: Duration) {
        if tokio::time::timeout(grace, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Binds an address as Go writes it: `:8080` is every interface, of both IP versions where the host has them. `None` for `0`
/// and the empty text, which turn a server off.
///
/// # Errors
/// The address cannot be bound; the error names the flag.
pub async fn bind(flag: &'static str, address: &str) -> Result<Option<TcpListener>, ServeError> {
    if matches!(address, "" | "0") {
        return Ok(None);
    }
    let fail = |source| ServeError::Bind { flag, address: address.to_owned(), source };
    let Some(port) = address.strip_prefix(':') else {
        return TcpListener::bind(address).await.map(Some).map_err(fail);
    };
    // A bad port is reported by the second try.
    if let Ok(listener) = TcpListener::bind(format!("[::]:{port}")).await {
        return Ok(Some(listener));
    }
    TcpListener::bind(format!("0.0.0.0:{port}")).await.map(Some).map_err(fail)
}

/// Serves `routes` until `shutdown` is cancelled.
///
/// # Errors
/// The listener has no address, which does not happen to a bound one.
pub fn serve(listener: TcpListener, routes: Router, shutdown: CancellationToken) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(shutdown.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(logger = "servers", error = %error, "a server stopped");
        }
    });
    Ok(Server { address, task })
}

/// `/metrics`.
pub fn metrics_routes(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(metrics_text)).with_state(metrics)
}

async fn metrics_text(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    match metrics.text() {
        Ok(text) => (StatusCode::OK, kind, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, kind, error.to_string()),
    }
}

/// `/healthz` and `/readyz`.
pub fn health_routes(checks: HealthChecks) -> Router {
    health::routes(checks)
}

#[cfg(test)]
mod tests;
