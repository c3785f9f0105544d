//! One call to the API server: rate limit, count, time limit, careful retries.

use super::ClientOptions;
use super::body::{Silent, TimedBody, WatchSeat};
use crate::metrics::Metrics;
use crate::token_bucket::TokenBucket;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, Uri};
use kube::client::Body;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::{BoxError, Service, ServiceExt as _};

/// How long the server may take to answer; it ends its own requests after 60 s.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);
/// How long a body may pause.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// A watch is silent when nothing changes; the server is asked to end it after 290 s.
const WATCH_TIMEOUT: Duration = Duration::from_secs(330);
/// Tries after the first.
const RETRIES: u32 = 4;
/// The longest pause that a server can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Present in the answers of a server that shares its capacity out by itself (API Priority and Fairness).
const FLOW_CONTROL: &str = "x-kubernetes-pf-flowschema-uid";

/// Whether a request is a watch, which stays open.
pub(super) fn is_watch(uri: &Uri) -> bool {
    uri.query().unwrap_or_default().split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "follow=true"))
}

/// What all calls of a client share.
pub(super) struct CallPolicy {
    host: String,
    metrics: Arc<Metrics>,
    limit: Mutex<TokenBucket>,
    server_limits: AtomicBool,
}

impl CallPolicy {
    pub(super) fn new(options: &ClientOptions, host: String) -> Self {
        let bucket = TokenBucket::new(options.requests_per_second, options.burst as f64, Instant::now());
        Self { host, metrics: Arc::clone(&options.metrics), limit: Mutex::new(bucket), server_limits: AtomicBool::new(false) }
    }

    /// Waits for this call's turn. Without effect once the server was seen to limit by itself.
    async fn turn(&self) {
        if self.server_limits.load(Ordering::Relaxed) {
            return;
        }
        let wait = self.limit.lock().map_or(Duration::ZERO, |mut bucket| bucket.reserve(Instant::now()));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn saw<B>(&self, method: &Method, answer: Result<&Response<B>, ()>) {
        let code = answer.map_or("<error>".to_owned(), |response| response.status().as_u16().to_string());
        self.metrics.api_request(&code, method.as_str(), &self.host);
        if answer.is_ok_and(|response| response.headers().contains_key(FLOW_CONTROL)) {
            self.server_limits.store(true, Ordering::Relaxed);
        }
    }
}

/// Puts the policy around a service that sends.
pub(super) struct Calls<S> {
    service: S,
    policy: Arc<CallPolicy>,
}

impl<S> Calls<S> {
    pub(super) fn new(service: S, policy: Arc<CallPolicy>) -> Self {
        Self { service, policy }
    }
}

impl<S, B> Service<Request<Body>> for Calls<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<TimedBody<B>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Readiness is awaited per call, on a clone.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(send(self.service.clone(), Arc::clone(&self.policy), request))
    }
}

async fn send<S, B>(service: S, policy: Arc<CallPolicy>, request: Request<Body>) -> Result<Response<TimedBody<B>>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone,
{
    let watch = is_watch(request.uri());
    let method = request.method().clone();
    let mut request = Some(request);
    for retries_left in (0..=RETRIES).rev() {
        let Some(this) = request.take() else { break };
        request = if retries_left > 0 { copy(&this) } else { None };
        policy.turn().await;
        let answer = match tokio::time::timeout(ANSWER_TIMEOUT, service.clone().oneshot(this)).await {
            Ok(answer) => answer,
            Err(_) => Err(Silent(ANSWER_TIMEOUT).into()),
        };
        policy.saw(&method, answer.as_ref().map_err(drop));
        let tried = RETRIES - retries_left;
        let pause = match &answer {
            Ok(response) => pause_after_answer(&method, response, tried),
            Err(error) => pause_after_error(&method, error, tried),
        };
        if let (Some(pause), true) = (pause, request.is_some()) {
            drop(answer);
            tokio::time::sleep(pause).await;
            continue;
        }
        return answer.map(|response| timed(response, if watch { WATCH_TIMEOUT } else { BODY_TIMEOUT }));
    }
    Err("the request could not be repeated".into())
}

fn timed<B>(mut response: Response<B>, idle: Duration) -> Response<TimedBody<B>> {
    let seat = response.extensions_mut().remove::<WatchSeat>();
    response.map(|body| TimedBody::new(body, idle, seat))
}

/// A copy to send again; `None` for a body that can be read once only.
fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

fn can_be_repeated(method: &Method) -> bool {
    *method != Method::POST
}

fn backoff(tried: u32) -> Duration {
    let base = Duration::from_millis(100 << tried.min(6));
    base.mul_f64(0.5 + rand::random::<f64>())
}

/// How long to wait before the next try: the server refused the request without looking at it (429), or is not ready (503).
/// As in client-go, a server that does not say when to come back is not asked again.
fn pause_after_answer<B>(method: &Method, response: &Response<B>, tried: u32) -> Option<Duration> {
    let refused = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let unready = response.status() == StatusCode::SERVICE_UNAVAILABLE && can_be_repeated(method);
    if !(refused || unready) {
        return None;
    }
    let asked = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)?;
    Some(asked.max(backoff(tried)).min(LONGEST_PAUSE))
}

/// How long to wait before the next try: no connection came about, so nothing was sent; or one broke during a request that
/// may be sent twice.
fn pause_after_error(method: &Method, error: &BoxError, tried: u32) -> Option<Duration> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(this) = cause {
        if this.is::<Silent>() {
            return None;
        }
        if let Some(error) = this.downcast_ref::<hyper_util::client::legacy::Error>() {
            let repeat = error.is_connect() || can_be_repeated(method);
            return repeat.then(|| backoff(tried));
        }
        cause = this.source();
    }
    None
}
