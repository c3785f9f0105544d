//! Serves the storage: the files that statuses name, no listing, nothing else.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::path::Path;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::services::ServeDir;

/// The routes: `/` answers probes with nothing, every other path is a file below `root`, with ranges.
pub(crate) fn routes(root: &Path) -> Router {
    let files = ServeDir::new(root).append_index_html_on_directories(false);
    Router::new().route("/", get(|| async {})).fallback_service(files).layer(middleware::from_fn(only_artifacts))
}

/// Serves until shutdown.
pub(crate) async fn serve(listener: TcpListener, root: &Path, shutdown: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, routes(root)).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// Locks, temporary files and directories are not there for anybody outside.
async fn only_artifacts(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let hidden = path.contains('%') && path.to_ascii_lowercase().contains("%2e")
        || path.len() > 1 && path.ends_with('/')
        || path.ends_with(".lock")
        || path.split('/').any(|component| component.starts_with('.'));
    if hidden {
        return StatusCode::NOT_FOUND.into_response();
    }
    let response = next.run(request).await;
    // A directory without its slash would be answered with a redirect, which tells that it is there.
    if response.status().is_redirection() { StatusCode::NOT_FOUND.into_response() } else { response }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    async fn status(root: &Path, method: &str, path: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("the request is valid");
        routes(root).oneshot(request).await.expect("routes do not fail").status()
    }

    #[tokio::test]
    async fn sec_a10_a11_only_artifacts_are_served() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let object = folder.path().join("storage/gitrepository/ns/name");
        std::fs::create_dir_all(&object).expect("the directory is made");
        for name in ["abc.tar.gz", "abc.tar.gz.lock", ".abc.tar.gz.1.tmp"] {
            std::fs::write(object.join(name), "content").expect("the file is written");
        }
        std::fs::write(folder.path().join("outside"), "secret").expect("the file is written");
        let root = folder.path().join("storage");
        let file = "/gitrepository/ns/name/abc.tar.gz";
        assert_eq!(status(&root, "GET", file).await, StatusCode::OK);
        assert_eq!(status(&root, "HEAD", file).await, StatusCode::OK);
        assert_eq!(status(&root, "GET", "/").await, StatusCode::OK, "the readiness probe asks for the root");
        for path in [
            "/gitrepository",
            "/gitrepository/",
            "/gitrepository/ns/name",
            "/gitrepository/ns/name/abc.tar.gz.lock",
            "/gitrepository/ns/name/.abc.tar.gz.1.tmp",
            "/../outside",
            "/gitrepository/../../outside",
            "/%2e%2e/outside",
            "/gitrepository/%2E%2e/..%2foutside",
            "//etc/passwd",
            "/gitrepository/ns/name/abc.tar.gz.",
        ] {
            assert_eq!(status(&root, "GET", path).await, StatusCode::NOT_FOUND, "{path}");
        }
        for method in ["PUT", "DELETE", "POST"] {
            assert_eq!(status(&root, method, file).await, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
    }
}
