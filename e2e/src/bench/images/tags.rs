//! A registry that lists tags and does nothing else, so that it is never what is waited for.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The most tags in one answer, whatever is asked for.
const PAGE: usize = 1_000;

/// Any repository that is asked for is there, and all have the same tags. Dropping it stops it.
pub(super) struct TagServer {
    address: SocketAddr,
    tags: Tags,
    serving: JoinHandle<std::io::Result<()>>,
}

/// In the order of bytes, as registries list them.
type Tags = Arc<RwLock<Vec<String>>>;

impl TagServer {
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let tags = Tags::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&tags));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, tags, serving })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All repositories have these tags from now on.
    pub(super) fn set(&self, mut tags: Vec<String>) {
        tags.sort_unstable();
        *self.tags.write().unwrap_or_else(PoisonError::into_inner) = tags;
    }
}

impl Drop for TagServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(tags): State<Tags>, request: Request) -> (StatusCode, HeaderMap, String) {
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let path = request.uri().path();
    let Some(name) = path.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/tags/list")) else {
        let status = if path == "/v2/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        return (status, headers, "{}".to_owned());
    };
    let query = request.uri().query().unwrap_or_default();
    let parameter = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let tags = tags.read().unwrap_or_else(PoisonError::into_inner);
    let start = parameter("last").map_or(0, |last| tags.partition_point(|tag| tag.as_str() <= last));
    let size = parameter("n").and_then(|n| n.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let page = &tags[start..tags.len().min(start + size)];
    if let Some(last) = page.last().filter(|_| start + size < tags.len())
        && let Ok(link) = HeaderValue::try_from(format!("<{path}?n={size}&last={last}>; rel=\"next\""))
    {
        headers.insert(header::LINK, link);
    }
    // Neither names nor tags hold what JSON escapes.
    (StatusCode::OK, headers, format!("{{\"name\":\"{name}\",\"tags\":[\"{}\"]}}", page.join("\",\"")))
}
