//! Connections to one API server.
//!
//! Over HTTP/2 all requests share one connection. Watches, which stay open for minutes, have connections of their own with a
//! limited number each, so that they cannot use up the streams that the server allows per connection (100 by default) and
//! leave none for requests.

use super::ClientError;
use super::body::WatchSeat;
use super::calls::is_watch;
use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::Config;
use kube::client::{Body, ConfigExt as _};
use rustls::pki_types::ServerName;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::BoxError;

type Connections = Client<HttpsConnector<HttpConnector>, Body>;

/// Watches per connection, well below what servers allow.
const WATCHES_PER_CONNECTION: usize = 60;

/// Flow control: what a stream may have in flight before it is read, and all streams of a connection together. The product of
/// streams and their window fits, so that a watch that is not read holds up no other.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// client-go's numbers: an idle connection is probed after 30 s and given up 15 s later.
const PROBE_AFTER: Duration = Duration::from_secs(30);
const PROBE_TIMEOUT: Duration = Duration::from_secs(15);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests over shared connections.
#[derive(Clone)]
pub(super) struct Transport {
    connector: HttpsConnector<HttpConnector>,
    requests: Connections,
    watches: Arc<Mutex<Vec<WatchConnection>>>,
}

struct WatchConnection {
    connections: Connections,
    open: Arc<AtomicUsize>,
}

impl Transport {
    /// A transport without open connections.
    pub(super) fn new(config: &Config) -> Result<Self, ClientError> {
        let fail = |error| ClientError::Build(config.cluster_url.to_string(), Box::new(error));
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(PROBE_AFTER));
        tcp.set_connect_timeout(Some(config.connect_timeout.unwrap_or(CONNECT_TIMEOUT)));
        let tls = config.rustls_client_config().map_err(fail)?;
        let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        if let Some(name) = &config.tls_server_name {
            let name = ServerName::try_from(name.clone()).map_err(|_| ClientError::ServerName(name.clone()))?;
            builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
        }
        let connector = builder.enable_all_versions().wrap_connector(tcp);
        Ok(Self { requests: connections(&connector), connector, watches: Arc::default() })
    }

    /// The connection with room for one more watch, and the seat on it.
    fn watch_connection(&self) -> Option<(Connections, WatchSeat)> {
        let mut all = self.watches.lock().ok()?;
        let free = all.iter().position(|one| one.open.load(Ordering::Relaxed) < WATCHES_PER_CONNECTION);
        let index = free.unwrap_or_else(|| {
            all.push(WatchConnection { connections: connections(&self.connector), open: Arc::default() });
            all.len() - 1
        });
        let chosen = all.get(index)?;
        Some((chosen.connections.clone(), WatchSeat::take(&chosen.open)))
    }
}

fn connections(connector: &HttpsConnector<HttpConnector>) -> Connections {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(90))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(PROBE_AFTER)
        .http2_keep_alive_timeout(PROBE_TIMEOUT)
        .build(connector.clone())
}

impl tower::Service<Request<Body>> for Transport {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (connections, seat) = match is_watch(request.uri()).then(|| self.watch_connection()).flatten() {
            Some((connections, seat)) => (connections, Some(seat)),
            None => (self.requests.clone(), None),
        };
        Box::pin(async move {
            let mut response = connections.request(request).await?;
            if let Some(seat) = seat {
                // The body takes it out and keeps it for as long as it is read.
                response.extensions_mut().insert(seat);
            }
            Ok(response)
        })
    }
}
