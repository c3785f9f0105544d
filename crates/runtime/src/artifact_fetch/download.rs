//! Bytes over HTTP, with retries and bounds.

use super::{ArtifactStoreOptions, FetchError};
use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, StatusCode, Url};
use std::sync::Arc;

/// Downloads whole artifacts.
pub(super) struct Downloader {
    client: Client,
    options: ArtifactStoreOptions,
}

/// How a try ended that gave no bytes.
enum Failure {
    /// It may work later.
    Again(FetchError),
    /// It will not.
    Final(FetchError),
}

impl Downloader {
    pub(super) fn new(options: ArtifactStoreOptions) -> Result<Self, reqwest::Error> {
        // The archive is compressed already: what the server calls its encoding must not be undone, or the digest differs.
        let client = Client::builder()
            .no_gzip()
            .connect_timeout(options.idle_timeout)
            .read_timeout(options.idle_timeout)
            .timeout(options.total_timeout)
            .build()?;
        Ok(Self { client, options })
    }

    /// The body behind a URL. Dropping the future stops it.
    pub(super) async fn download(&self, address: &str) -> Result<Bytes, FetchError> {
        let url = self.target(address)?;
        let shown = shown(&url);
        let mut pause = self.options.first_pause;
        for tries_left in (0..=self.options.retries).rev() {
            match self.attempt(&url, &shown).await {
                Ok(bytes) => return Ok(bytes),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(error)) if tries_left == 0 => return Err(error),
                Err(Failure::Again(error)) => {
                    tracing::debug!(error = crate::error_chain::error_chain(&error), "the download is tried again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.options.longest_pause);
        }
        Err(FetchError::Cancelled)
    }

    fn target(&self, address: &str) -> Result<Url, FetchError> {
        let invalid = || FetchError::Url(crate::error_chain::sanitize(address).into_owned());
        let mut url = Url::parse(address).map_err(|_| invalid())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid());
        }
        if let Some(host) = &self.options.host_override {
            let other = Url::parse(&format!("{}://{host}", url.scheme())).map_err(|_| invalid())?;
            url.set_host(other.host_str()).map_err(|_| invalid())?;
            url.set_port(other.port()).map_err(|()| invalid())?;
        }
        Ok(url)
    }

    async fn attempt(&self, url: &Url, shown: &str) -> Result<Bytes, Failure> {
        let broken =
            |source: reqwest::Error| FetchError::Download { url: shown.to_owned(), source: Arc::new(source.without_url()) };
        let response = self.client.get(url.clone()).send().await.map_err(|error| Failure::Again(broken(error)))?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(judge(status, shown));
        }
        self.body(response, shown, broken).await
    }

    async fn body(
        &self,
        mut response: Response,
        shown: &str,
        broken: impl Fn(reqwest::Error) -> FetchError,
    ) -> Result<Bytes, Failure> {
        let limit = self.options.limits.compressed;
        let too_large = || Failure::Final(FetchError::TooLarge { url: shown.to_owned(), limit });
        let announced = response.content_length().unwrap_or(0);
        if announced > limit {
            return Err(too_large());
        }
        // What the server announces may be a lie, so it buys at most a modest allocation.
        let mut bytes = BytesMut::with_capacity(announced.min(1024 * 1024) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Again(broken(error)))? {
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

fn judge(status: StatusCode, shown: &str) -> Failure {
    let error = || FetchError::Status { url: shown.to_owned(), status: status.to_string() };
    match status {
        StatusCode::NOT_FOUND => Failure::Final(FetchError::NotFound { url: shown.to_owned() }),
        StatusCode::NOT_IMPLEMENTED => Failure::Final(error()),
        StatusCode::TOO_MANY_REQUESTS => Failure::Again(error()),
        status if status.is_server_error() => Failure::Again(error()),
        _ => Failure::Final(error()),
    }
}

/// The URL as messages show it.
fn shown(url: &Url) -> String {
    crate::error_chain::sanitize(url.as_str()).into_owned()
}
