//! Files over HTTP from memory: a Helm repository, as one puts it behind any web server.

use crate::certificates::{Authority, TlsError, TlsListener};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use base64::Engine;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum FileServerError {
    /// A socket cannot be had.
    #[error("listen on loopback")]
    Listen(#[from] std::io::Error),
    /// Its certificates cannot be made.
    #[error("prepare TLS")]
    Tls(#[from] TlsError),
}

/// What a server asks of its clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Protection<'p> {
    /// The user and password that it wants.
    pub user: Option<(&'p str, &'p str)>,
    /// Whether it speaks TLS, with a certificate of [`FileServer::authority_pem`].
    pub tls: bool,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct FileServer {
    address: SocketAddr,
    authority: Option<Authority>,
    shared: Shared,
    serving: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug, Clone, Default)]
struct Shared {
    authorization: Option<String>,
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    files: BTreeMap<String, Vec<u8>>,
    requests: Vec<String>,
}

impl FileServer {
    /// Starts a server without files on a free port of loopback.
    ///
    /// # Errors
    /// When it cannot listen, or have a certificate.
    pub async fn start(protection: Protection<'_>) -> Result<Self, FileServerError> {
        let authority = protection.tls.then(Authority::new).transpose()?;
        let acceptor = authority.as_ref().map(|authority| authority.server(None)).transpose()?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let encode = |(user, password)| base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
        let authorization = protection.user.map(encode).map(|encoded| format!("Basic {encoded}"));
        let shared = Shared { authorization, content: Arc::default() };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            match acceptor {
                None => axum::serve(listener, router).await,
                Some(acceptor) => axum::serve(TlsListener::new(listener, acceptor)?, router).await,
            }
        });
        Ok(Self { address, authority, shared, serving })
    }

    /// Where a path such as `charts/index.yaml` is.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/{path}", self.address)
    }

    /// The certificate of the server's authority, PEM; empty without TLS.
    pub fn authority_pem(&self) -> String {
        self.authority.as_ref().map(Authority::certificate_pem).unwrap_or_default()
    }

    /// Offers a file, instead of an earlier one at that path.
    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.content().files.insert(path.to_owned(), content.into());
    }

    /// The paths that clients who were let in have asked for.
    pub fn requests(&self) -> Vec<String> {
        self.content().requests.clone()
    }

    fn content(&self) -> std::sync::MutexGuard<'_, Content> {
        self.shared.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let sent = request.headers().get(header::AUTHORIZATION);
    if shared.authorization.as_ref().is_some_and(|wanted| sent.is_none_or(|sent| sent != wanted.as_str())) {
        let mut refused = status(StatusCode::UNAUTHORIZED);
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"weir\""));
        return refused;
    }
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let mut content = shared.content.lock().unwrap_or_else(PoisonError::into_inner);
    content.requests.push(path.clone());
    content.files.get(&path).map_or_else(|| status(StatusCode::NOT_FOUND), |file| Response::new(Body::from(file.clone())))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
