//! The one request that there is, with its redirects.

use crate::error::{Cause, Error};
use bytes::Bytes;
use http_client::{MOST_REDIRECTS, OptionError, Pool, Secret, Tls, check_address, is_same_party, read_body};
use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;
use url::Url;

/// How a repository is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// User and password.
    pub credentials: Option<(String, Secret)>,
    /// Whether other hosts that the index names are sent them too.
    pub pass_credentials: bool,
    /// Whom to trust.
    pub tls: Tls,
    /// The longest that one file may take.
    pub timeout: Duration,
}

/// Connections to repositories. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HelmRepositoryClient {
    pool: Pool,
}

impl HelmRepositoryClient {
    /// A client whose requests name `user_agent`.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self { pool: Pool::new(user_agent.into()).verbatim() }
    }

    /// The file at `address`, of at most `limit` bytes. `repository` is whose credentials the options hold.
    ///
    /// # Errors
    /// When it cannot be fetched, is longer, or takes too long.
    pub async fn fetch(&self, repository: &Url, address: &Url, options: &Options, limit: u64) -> Result<Bytes, Error> {
        let fetched = tokio::time::timeout(options.timeout, async {
            let response = self.follow(repository, address, options).await?;
            if response.status() != StatusCode::OK {
                return Err(Cause::Status { status: response.status().as_u16() });
            }
            read_body(response, limit).await.map_err(Cause::Body)
        });
        let fetched = fetched.await.unwrap_or(Err(Cause::Timeout(options.timeout)));
        fetched.map_err(|cause| Error { address: public(address), cause })
    }

    /// Whether the options can be used at all.
    ///
    /// # Errors
    /// When certificates or key cannot be used.
    pub fn check(&self, options: &Options) -> Result<(), OptionError> {
        self.pool.client(&options.tls, None).map(drop)
    }

    async fn follow(&self, repository: &Url, address: &Url, options: &Options) -> Result<Response, Cause> {
        let strange = Tls { client_certificate: None, client_key: None, ..options.tls.clone() };
        let client = |known: bool| self.pool.client(if known { &options.tls } else { &strange }, None).map_err(Cause::Option);
        let mut known = options.pass_credentials || is_same_origin(repository, address);
        let mut at = address.clone();
        for _ in 0..=MOST_REDIRECTS {
            check_address(&at)?;
            let response = self.request(&client(known)?, &at, options.credentials.as_ref().filter(|_| known)).await?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| at.join(location).ok()).ok_or(Cause::Redirect("malformed location"))?;
            if at.scheme() == "https" && next.scheme() != "https" {
                return Err(Cause::Redirect("from https to http"));
            }
            known = known && is_same_party(&at, &next);
            at = next;
        }
        Err(Cause::Redirect("too many in a row"))
    }

    async fn request(&self, client: &Client, at: &Url, credentials: Option<&(String, Secret)>) -> Result<Response, Cause> {
        let mut request = client.get(at.clone());
        if let Ok(name) = self.pool.user_agent() {
            request = request.header(reqwest::header::USER_AGENT, name);
        }
        // As Helm: half of the two is nothing.
        if let Some((user, password)) = credentials.filter(|(user, password)| !user.is_empty() && !password.is_empty()) {
            request = request.basic_auth(user, Some(password.expose_text().unwrap_or_default()));
        }
        request.send().await.map_err(|error| Cause::Connection(error.without_url()))
    }
}

fn is_same_origin(left: &Url, right: &Url) -> bool {
    let host = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    host(left) == host(right)
}

/// An address as it may be shown.
fn public(address: &Url) -> String {
    let mut shown = address.clone();
    shown.set_query(None);
    // These fail only for addresses without a host, which hold neither.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.to_string()
}
