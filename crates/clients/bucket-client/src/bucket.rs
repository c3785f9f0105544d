//! The entry point: shared connections, limits, and what can be asked of a bucket.

use crate::answer::{self, Explanation, Page};
use crate::error::{Cause, Error};
use crate::region::{DEFAULT_REGION, is_bucket_name, is_part_of_host, region_of};
use aws_signature::{Credentials, Request, Scope, path_and_query, sign};
use bytes::Bytes;
use http_client::{BodyError, Pool, Proxy, Redactor, Tls, check_address, read_body};
use jiff::Timestamp;
use reqwest::header::{ETAG, USER_AGENT};
use reqwest::{Client, Method, Response, StatusCode, Url};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a request is sent where the store is busy or the connection breaks.
const TRIES: u32 = 3;
/// How long to wait before the second try; each further one waits three times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// The most bytes of a page of objects or of an explanation.
const ANSWER_BYTES: u64 = 16 << 20;

/// The most that a store may make us receive and hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Objects of a bucket that are listed.
    pub objects: u64,
    /// Pages in which they come.
    pub pages: u64,
    /// Bytes of one object.
    pub object_bytes: u64,
}

impl Default for Limits {
    /// Far above what configuration is made of.
    fn default() -> Self {
        Self { objects: 500_000, pages: 20_000, object_bytes: 256 << 20 }
    }
}

/// How a bucket is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Host, with a port where it is not the scheme's own.
    pub endpoint: String,
    /// The name of the bucket.
    pub bucket: String,
    /// The region; found out where absent.
    pub region: Option<String>,
    /// Who we are; nobody where absent.
    pub credentials: Option<Credentials>,
    /// Whether the store is spoken to without TLS.
    pub insecure: bool,
    /// Whom to trust.
    pub tls: Tls,
    /// The way there. Without one, the proxy variables of the environment are obeyed.
    pub proxy: Option<Proxy>,
    /// The longest that one operation may take, with all its requests.
    pub timeout: Duration,
}

/// An object that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// What changes with its content, without quotes.
    pub etag: String,
}

/// Connections to object stores. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BucketClient {
    pool: Pool,
    limits: Limits,
}

impl BucketClient {
    /// A client whose requests name `user_agent`.
    pub fn new(user_agent: impl Into<String>, limits: Limits) -> Self {
        Self { pool: Pool::new(user_agent.into()).verbatim(), limits }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A bucket with the given options. Nothing is sent yet.
    ///
    /// # Errors
    /// When the endpoint, certificates, key or proxy cannot be used.
    pub fn bucket(&self, options: Options) -> Result<Bucket, Error> {
        let failed = |cause| Error { method: "GET", address: options.endpoint.clone(), cause };
        if !is_bucket_name(&options.bucket) {
            let message = "Bucket name contains invalid characters".to_owned();
            return Err(failed(Cause::Store { status: 0, code: "InvalidBucketName".to_owned(), message }));
        }
        let scheme = if options.insecure { "http" } else { "https" };
        let endpoint = Url::parse(&format!("{scheme}://{}", options.endpoint)).ok();
        // A host and a port, nothing else.
        let plain =
            |url: &Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let endpoint = endpoint.filter(plain).ok_or_else(|| failed(Cause::Endpoint))?;
        let host = endpoint.host_str().ok_or_else(|| failed(Cause::Endpoint))?.to_owned();
        let host =
            if is_part_of_host(&host, &options.bucket, !options.insecure) { format!("{}.{host}", options.bucket) } else { host };
        let host = endpoint.port().map_or(host.clone(), |port| format!("{host}:{port}"));
        let mut redactor = Redactor::default();
        if let Some(credentials) = &options.credentials {
            redactor.add(&credentials.secret_key);
            redactor.add(credentials.session_token.as_deref().unwrap_or_default().as_bytes());
        }
        let client = self.pool.client(&options.tls, options.proxy.as_ref()).map_err(|error| failed(Cause::Option(error)))?;
        let region = options.region.clone().filter(|region| !region.is_empty());
        let region = region.or_else(|| region_of(endpoint.host_str().unwrap_or_default()).map(str::to_owned));
        Ok(Bucket {
            client,
            limits: self.limits,
            scheme,
            host,
            region: Mutex::new(region),
            redactor,
            options,
            pool: self.pool.clone(),
        })
    }
}

/// A bucket of an object store.
#[derive(Debug)]
pub struct Bucket {
    client: Client,
    pool: Pool,
    limits: Limits,
    scheme: &'static str,
    host: String,
    /// What the options or the store said of it.
    region: Mutex<Option<String>>,
    redactor: Redactor,
    options: Options,
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Question<'q> {
    method: &'static str,
    /// The key of an object; empty for the bucket itself.
    key: &'q str,
    query: &'q [(&'q str, &'q str)],
}

impl Bucket {
    /// Whether the bucket is there.
    ///
    /// # Errors
    /// When the store does not say.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.in_time(self.ask(Question { method: "HEAD", key: "", query: &[] })).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All objects whose key begins with `prefix`, in the order of the store.
    ///
    /// # Errors
    /// When the store does not give them, gives too many, or never ends.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, Error> {
        self.in_time(async {
            let (mut objects, mut token) = (Vec::new(), String::new());
            for _ in 0..self.limits.pages {
                let mut query = vec![("list-type", "2"), ("prefix", prefix)];
                if !token.is_empty() {
                    query.push(("continuation-token", &token));
                }
                let question = Question { method: "GET", key: "", query: &query };
                let response = self.ask(question).await?;
                let body = self.body(&question, response, ("bytes of objects in one answer", ANSWER_BYTES)).await?;
                let page: Page = answer::read(&body).map_err(|error| self.failed(&question, Cause::Content(error)))?;
                let entries = page.contents.into_iter();
                objects.extend(entries.map(|entry| Object { key: entry.key, etag: entry.etag.trim_matches('"').to_owned() }));
                if objects.len() as u64 > self.limits.objects {
                    return Err(self.failed(&question, Cause::Limit { what: "objects", limit: self.limits.objects }));
                }
                match page.next_continuation_token.filter(|_| page.is_truncated) {
                    None => return Ok(objects),
                    Some(next) if next == token || next.is_empty() => {
                        let message = "the pages of objects lead in a circle".to_owned();
                        return Err(self.failed(&question, Cause::Content(message)));
                    }
                    Some(next) => token = next,
                }
            }
            let question = Question { method: "GET", key: "", query: &[] };
            Err(self.failed(&question, Cause::Limit { what: "pages of objects", limit: self.limits.pages }))
        })
        .await
    }

    /// The content of an object and its ETag without quotes; `None` where it is not there.
    ///
    /// # Errors
    /// When the store does not give it, or it is too large.
    pub async fn get(&self, key: &str) -> Result<Option<(Bytes, String)>, Error> {
        let question = Question { method: "GET", key, query: &[] };
        let got = self.in_time(async {
            let response = self.ask(question).await?;
            let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let etag = etag.trim_matches('"').to_owned();
            let body = self.body(&question, response, ("bytes of an object", self.limits.object_bytes)).await?;
            Ok((body, etag))
        });
        match got.await {
            Ok(got) => Ok(Some(got)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks, in another region where the store says so, and again where it is busy.
    async fn ask(&self, question: Question<'_>) -> Result<Response, Error> {
        let mut pause = FIRST_PAUSE;
        let mut moved = false;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let error = match self.send(&question).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let (error, region) = self.explain(&question, response).await;
                    if let Some(region) = region.filter(|_| !moved) {
                        self.known_region().replace(region);
                        (moved, tries) = (true, tries + 1);
                        continue;
                    }
                    error
                }
                Err(error) => error,
            };
            let passing = match &error.cause {
                Cause::Store { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
                Cause::Connection(_) => true,
                _ => false,
            };
            if !passing || tries == 0 {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause *= 3;
        }
    }

    async fn send(&self, question: &Question<'_>) -> Result<Response, Error> {
        let path = if self.host.starts_with(&format!("{}.", self.options.bucket)) {
            format!("/{}", question.key)
        } else if question.key.is_empty() {
            format!("/{}/", self.options.bucket)
        } else {
            format!("/{}/{}", self.options.bucket, question.key)
        };
        let request =
            Request { method: question.method, host: &self.host, path: &path, query: question.query, headers: &[], body: b"" };
        let method = if question.method == "HEAD" { Method::HEAD } else { Method::GET };
        let url = |path: &str| {
            let url = format!("{}://{}{path}", self.scheme, self.host);
            let url = Url::parse(&url).map_err(|_| self.failed(question, Cause::Endpoint))?;
            check_address(&url).map_err(|error| self.failed(question, error.into()))?;
            Ok(url)
        };
        let mut builder = match &self.options.credentials {
            None => self.client.request(method, url(&path_and_query(&request))?),
            Some(credentials) => {
                let region = self.known_region().clone().unwrap_or_else(|| DEFAULT_REGION.to_owned());
                let scope = Scope { region: &region, service: "s3", time: Timestamp::now() };
                let signed = sign(&request, credentials, &scope);
                let builder = self.client.request(method, url(&signed.path_and_query)?);
                signed.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
            }
        };
        if let Ok(name) = self.pool.user_agent() {
            builder = builder.header(USER_AGENT, name);
        }
        builder.send().await.map_err(|error| self.failed(question, Cause::Connection(error.without_url())))
    }

    /// What the store says of a failure, and the region in which the bucket is if that is why.
    async fn explain(&self, question: &Question<'_>, response: Response) -> (Error, Option<String>) {
        let status = response.status();
        let header = response.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = read_body(response, ANSWER_BYTES).await.unwrap_or_default();
        let explained: Explanation = answer::read(&body).unwrap_or_default();
        let wrong = status.is_redirection()
            || matches!(explained.code.as_str(), "AuthorizationHeaderMalformed" | "PermanentRedirect")
            || status == StatusCode::BAD_REQUEST && question.method == "HEAD";
        let known = self.known_region().clone().unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let region = explained.region.or(header).filter(|region| wrong && *region != known);
        // Answers to HEAD have no body.
        let message = match (explained.message.as_str(), status) {
            ("", StatusCode::FORBIDDEN) => "Access Denied.".to_owned(),
            ("", status) => status.to_string(),
            (message, _) => self.redactor.clean(message),
        };
        let cause = Cause::Store { status: status.as_u16(), code: self.redactor.clean(&explained.code), message };
        (self.failed(question, cause), region)
    }

    async fn body(&self, question: &Question<'_>, response: Response, limit: (&'static str, u64)) -> Result<Bytes, Error> {
        read_body(response, limit.1).await.map_err(|error| {
            let cause = match error {
                BodyError::TooLarge { limit: most } => Cause::Limit { what: limit.0, limit: most },
                BodyError::Broken(error) => Cause::Connection(error),
            };
            self.failed(question, cause)
        })
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = Question { method: "GET", key: "", query: &[] };
        tokio::time::timeout(self.options.timeout, work)
            .await
            .unwrap_or_else(|_| Err(self.failed(&late, Cause::Timeout(self.options.timeout))))
    }

    fn known_region(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.region.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, question: &Question<'_>, cause: Cause) -> Error {
        let address = format!("{}://{}/{}", self.scheme, self.options.endpoint, self.options.bucket);
        let address = if question.key.is_empty() { address } else { format!("{address}/{}", question.key) };
        Error { method: question.method, address, cause }
    }
}
