//! Hands one HTTP request to `git http-backend` by the rules of CGI (RFC 3875) and reads its answer.

use super::command::ISOLATED;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use bytes::Bytes;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs the backend over the repositories below `root` and turns its output into a response; 500 with the cause where it breaks.
pub(super) async fn answer(root: &Path, method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Response<Body> {
    match run(root, method, uri, headers, body).await {
        Ok(output) => parse(output),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("git http-backend: {error}")),
    }
}

/// A response of one line of text.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response
}

async fn run(root: &Path, method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> std::io::Result<Vec<u8>> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut child = Command::new("git")
        .arg("http-backend")
        .envs(ISOLATED)
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", method.as_str())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env("GIT_PROTOCOL", text(HeaderName::from_static("git-protocol")))
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REMOTE_USER", "weir")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut pipe) = stdin {
            // A backend that refuses the request does not read its body: that is its answer, not a failure here.
            let _ = pipe.write_all(&body).await;
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    Ok(output?.stdout)
}

/// Splits CGI output into the `Status` line, the headers and the body.
fn parse(output: Vec<u8>) -> Response<Body> {
    let Some(end) = output.windows(4).position(|window| window == b"\r\n\r\n") else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "git http-backend printed no header");
    };
    let output = Bytes::from(output);
    let mut response = Response::new(Body::from(output.slice(end + 4..)));
    for line in String::from_utf8_lossy(&output[..end]).split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse::<u16>().ok());
            *response.status_mut() = code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or_default();
        } else if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
