//! A server over TLS whose certificate is as a test wants it: of another authority, for another name, expired.

use crate::certificates::{Authority, TlsError, TlsListener, Validity, acceptor};
use axum::Router;
use axum::http::{StatusCode, Uri, header::LOCATION};
use axum::response::IntoResponse;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// Why there is no such server.
#[derive(Debug, thiserror::Error)]
pub enum TlsServerError {
    /// Its certificate cannot be made.
    #[error("certify the server")]
    Certificate(#[from] TlsError),
    /// It cannot listen.
    #[error("listen")]
    Listen(#[from] std::io::Error),
}

/// A server on loopback that answers whoever gets so far. It ends with the runtime of the test.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Starts on a free port with a certificate for `names`. It answers `200 OK`, or leads everybody to `location`.
    ///
    /// # Errors
    /// When it has no certificate or no port.
    pub async fn start(
        authority: &Authority,
        (names, validity): (&[&str], Validity),
        location: Option<String>,
    ) -> Result<Self, TlsServerError> {
        let acceptor = acceptor(authority.issue_for(names, validity)?, None)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&received);
        let answer = move |uri: Uri| {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(uri.to_string());
            let location = location.clone();
            async move {
                match location {
                    Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response(),
                    None => (StatusCode::OK, "{}").into_response(),
                }
            }
        };
        let listener = TlsListener::new(listener, acceptor)?;
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Ok(Self { address, received })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Path and query of all requests so far.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
