//! Stands where notification-controller would: takes what is posted to `--events-addr` and keeps it.

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// A running server. It lives on a thread of its own until the process ends, as the scenarios that share it have runtimes of their own.
#[derive(Debug)]
pub struct EventSink {
    address: SocketAddr,
    events: Arc<Mutex<Vec<Value>>>,
}

impl EventSink {
    /// Starts it on a free port of loopback.
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("listen for events")?;
        listener.set_nonblocking(true).context("listen for events")?;
        let address = listener.local_addr().context("listen for events")?;
        let events = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&events);
        let router = Router::new().fallback(async move |body: Bytes| match serde_json::from_slice(&body) {
            Ok(event) => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(event);
                StatusCode::ACCEPTED
            }
            Err(_) => StatusCode::BAD_REQUEST,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
        std::thread::Builder::new()
            .name("event-sink".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        let _ = axum::serve(listener, router).await;
                    }
                });
            })
            .context("start a thread")?;
        Ok(Self { address, events })
    }

    /// What goes into `--events-addr`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The events about objects of a namespace, in the order of their arrival.
    pub fn about(&self, namespace: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| event["involvedObject"]["namespace"] == namespace).cloned().collect()
    }
}
