//! A Git server over smart HTTP: `git http-backend` behind an HTTP listener on loopback.
//!
//! It runs on its own thread, so that blocking and asynchronous tests can use it alike, and ends with the value.

use super::backend::{answer, plain};
use super::log::{Exchange, GitRequest, RequestLog, classify};
use super::{CommandError, Repository};
use crate::certificates::{Authority, TlsError, TlsListener};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use base64::Engine;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The largest request that the server reads, in bytes.
const LARGEST_REQUEST: usize = 256 << 20;

/// Why a Git server did not start.
#[derive(Debug, thiserror::Error)]
pub enum GitServerError {
    /// A directory, a socket or a thread cannot be had.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A program that it needs failed.
    #[error("prepare the server's files")]
    Command(#[from] CommandError),
    /// Its certificates cannot be made.
    #[error("prepare TLS")]
    Tls(#[from] TlsError),
}

/// How a server is to differ from an anonymous one over plain HTTP.
#[derive(Debug, Default)]
#[must_use = "a server is started by start()"]
pub struct GitServerBuilder {
    authorization: Option<String>,
    tls: Option<ClientCheck>,
}

#[derive(Debug, Clone, Copy)]
enum ClientCheck {
    Nobody,
    Certificate,
}

impl GitServerBuilder {
    /// Asks for a user name and a password.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.authorization = Some(format!("Basic {encoded}"));
        self
    }

    /// Asks for a bearer token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// Speaks TLS with a certificate of an authority of its own; see [`GitServer::authority_pem`].
    pub fn tls(mut self) -> Self {
        self.tls = Some(ClientCheck::Nobody);
        self
    }

    /// Speaks TLS and lets only clients in that show [`GitServer::client_certificate`].
    pub fn mutual_tls(mut self) -> Self {
        self.tls = Some(ClientCheck::Certificate);
        self
    }

    /// Starts the server on a free port of loopback.
    pub fn start(self) -> Result<GitServer, GitServerError> {
        let system = |operation| move |source| GitServerError::System { operation, source };
        let root = tempfile::Builder::new().prefix("weir-git-").tempdir().map_err(system("make a directory for repositories"))?;
        crate::process::remove_when_killed(root.path()).map_err(system("start the watchdog"))?;
        let authority = self.tls.map(|_| Authority::new()).transpose()?;
        let acceptor = match (&authority, self.tls) {
            (Some(authority), Some(ClientCheck::Nobody)) => Some(authority.server(None)?),
            (Some(authority), Some(ClientCheck::Certificate)) => Some(authority.server(Some(authority))?),
            _ => None,
        };
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(system("listen on loopback"))?;
        listener.set_nonblocking(true).map_err(system("listen on loopback"))?;
        let address = listener.local_addr().map_err(system("listen on loopback"))?;
        let shared = Shared {
            root: root.path().to_owned(),
            authorization: self.authorization,
            log: RequestLog::default(),
            faults: Arc::default(),
        };
        let router = Router::new().fallback(handle).with_state(shared.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(system("start the server's runtime"))?;
        let serve = async move {
            let listener = TcpListener::from_std(listener)?;
            match acceptor {
                None => axum::serve(listener, router).await,
                Some(acceptor) => axum::serve(TlsListener::new(listener, acceptor)?, router).await,
            }
        };
        let thread = std::thread::Builder::new().name("git-server".to_owned()).spawn(move || {
            // The end of the sender ends the server, also when the test panics.
            runtime.block_on(async {
                tokio::select! { _ = serve => {}, _ = stopped => {} }
            });
            runtime.shutdown_timeout(Duration::from_secs(1));
        });
        let thread = thread.map_err(system("start the server's thread"))?;
        Ok(GitServer { address, authority, root, shared, stop: Some(stop), thread: Some(thread) })
    }
}

/// A running Git server with its own directory of repositories. Dropping it stops it and removes them.
#[derive(Debug)]
pub struct GitServer {
    address: SocketAddr,
    authority: Option<Authority>,
    root: TempDir,
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl GitServer {
    /// Starts an anonymous server over plain HTTP.
    pub fn start() -> Result<Self, GitServerError> {
        Self::builder().start()
    }

    /// Starts from an anonymous server over plain HTTP; see [`GitServerBuilder`].
    pub fn builder() -> GitServerBuilder {
        GitServerBuilder::default()
    }

    /// Creates an empty repository that the server offers at [`GitServer::url`] of the same name.
    pub fn repository(&self, name: &str) -> Result<Repository, CommandError> {
        Repository::create(self.root.path().join(format!("{name}.git")))
    }

    /// Where a repository of that name is, or would be.
    pub fn url(&self, name: &str) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/{name}.git", self.address)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the server's authority, PEM; empty without TLS.
    pub fn authority_pem(&self) -> String {
        self.authority.as_ref().map(Authority::certificate_pem).unwrap_or_default()
    }

    /// A client's certificate and private key of the server's authority, PEM; `None` without TLS.
    pub fn client_certificate(&self) -> Result<Option<(String, String)>, TlsError> {
        let issued = self.authority.as_ref().map(|authority| authority.issue(&["client"])).transpose()?;
        Ok(issued.map(|issued| (issued.certificate_pem, issued.key_pem)))
    }

    /// Every request answered since the start or the last [`GitServer::forget_requests`].
    pub fn requests(&self) -> Vec<GitRequest> {
        self.shared.log.all()
    }

    /// How many answered requests were of that kind, refused ones (401) left out.
    pub fn count(&self, exchange: Exchange) -> usize {
        self.requests().iter().filter(|request| request.exchange == exchange && request.status != 401).count()
    }

    /// Starts counting anew.
    pub fn forget_requests(&self) {
        self.shared.log.clear();
    }

    /// Makes every further answer wait that long.
    pub fn delay(&self, delay: Duration) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).delay = delay;
    }

    /// Makes every further answer this status, until `None`.
    pub fn fail_with(&self, status: Option<u16>) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).status = status;
    }

    /// Makes every further request a redirect to the same path at another origin such as `http://127.0.0.1:1234`, until `None`.
    pub fn redirect_to(&self, origin: Option<&str>) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).redirect = origin.map(str::to_owned);
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the handlers share with the owner of the server.
#[derive(Debug, Clone)]
struct Shared {
    root: PathBuf,
    authorization: Option<String>,
    log: RequestLog,
    faults: Arc<Mutex<Faults>>,
}

/// How the server is to misbehave for now.
#[derive(Debug, Clone, Default)]
struct Faults {
    delay: Duration,
    status: Option<u16>,
    redirect: Option<String>,
}

async fn handle(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default().to_owned();
    let exchange = classify(parts.uri.path(), &text(header::CONTENT_ENCODING), &body);
    let faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    tokio::time::sleep(faults.delay).await;
    let response = match (&faults, refusal(&shared, &parts.headers)) {
        (Faults { status: Some(status), .. }, _) => {
            plain(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "the test said so")
        }
        (Faults { redirect: Some(origin), .. }, _) => redirect(origin, &parts.uri),
        (_, Some(refused)) => refused,
        _ => answer(&shared.root, &parts.method, &parts.uri, &parts.headers, body).await,
    };
    let status = response.status().as_u16();
    shared.log.add(GitRequest { path: parts.uri.path().to_owned(), exchange, status, user_agent: text(header::USER_AGENT) });
    response
}

/// A 401 unless the request carries what the server asks for.
fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Response<Body>> {
    let wanted = shared.authorization.as_deref()?;
    if headers.get(header::AUTHORIZATION).is_some_and(|value| value == wanted) {
        return None;
    }
    let mut response = plain(StatusCode::UNAUTHORIZED, "Authentication required");
    let challenge = if wanted.starts_with("Basic") { "Basic realm=\"weir\"" } else { "Bearer realm=\"weir\"" };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    Some(response)
}

fn redirect(origin: &str, uri: &axum::http::Uri) -> Response<Body> {
    let mut response = plain(StatusCode::FOUND, "moved");
    if let Ok(value) = HeaderValue::try_from(format!("{origin}{uri}")) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
