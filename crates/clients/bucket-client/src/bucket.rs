//! The entry point: shared connections, limits, and what can be asked of a bucket.

use crate::azure::Azure;
use crate::dialect::{Attributes, Dialect, Question, Refusal};
use crate::error::{Cause, Error};
use crate::google::Google;
use crate::s3::S3;
use bytes::Bytes;
use http_client::{BodyError, Pool, Proxy, Redactor, Tls, read_body};
use reqwest::header::{ETAG, USER_AGENT};
use reqwest::{Client, Response, StatusCode};
use std::future::Future;
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
    /// The name of the bucket.
    pub bucket: String,
    /// The store that it is in.
    pub store: Store,
    /// Whom to trust.
    pub tls: Tls,
    /// The way there. Without one, the proxy variables of the environment are obeyed.
    pub proxy: Option<Proxy>,
    /// The longest that one operation may take, with all its requests.
    pub timeout: Duration,
}

/// A store, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// One that speaks S3.
    S3(S3),
    /// Google's.
    Google(Google),
    /// Azure's.
    Azure(Azure),
}

/// An object that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// What changes with its content, as it makes up the revision.
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
        let Options { bucket, store, tls, proxy, timeout } = options;
        let address = match &store {
            Store::S3(s3) => s3.address(&bucket),
            Store::Google(google) => google.address(&bucket),
            Store::Azure(azure) => azure.address(&bucket),
        };
        let failed = |cause| Error { method: "GET", address: address.clone(), cause };
        let mut redactor = Redactor::default();
        let dialect: Result<Box<dyn Dialect>, Cause> = match store {
            Store::S3(s3) => s3.dialect(&bucket, &mut redactor),
            Store::Google(google) => google.dialect(&bucket, &mut redactor),
            Store::Azure(azure) => azure.dialect(&bucket, &mut redactor),
        };
        let dialect = dialect.map_err(failed)?;
        let client = self.pool.client(&tls, proxy.as_ref()).map_err(|error| failed(Cause::Option(error)))?;
        Ok(Bucket { client, pool: self.pool.clone(), limits: self.limits, dialect, redactor, address, timeout })
    }
}

/// A bucket of an object store.
#[derive(Debug)]
pub struct Bucket {
    client: Client,
    pool: Pool,
    limits: Limits,
    dialect: Box<dyn Dialect>,
    redactor: Redactor,
    /// As errors name it.
    address: String,
    timeout: Duration,
}

impl Bucket {
    /// Whether the bucket is there.
    ///
    /// # Errors
    /// When the store does not say.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.in_time(self.ask(Question::Bucket)).await {
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
                let question = Question::Page { prefix, token: &token };
                let response = self.ask(question).await?;
                let body = self.body(&question, response, ("bytes of objects in one answer", ANSWER_BYTES)).await?;
                let page = self.dialect.page(&body).map_err(|error| self.failed(&question, Cause::Content(error)))?;
                objects.extend(page.objects);
                if objects.len() as u64 > self.limits.objects {
                    return Err(self.failed(&question, Cause::Limit { what: "objects", limit: self.limits.objects }));
                }
                match page.next {
                    None => return Ok(objects),
                    Some(next) if next == token || next.is_empty() => {
                        let message = "the pages of objects lead in a circle".to_owned();
                        return Err(self.failed(&question, Cause::Content(message)));
                    }
                    Some(next) => token = next,
                }
            }
            Err(self.failed(&Question::Bucket, Cause::Limit { what: "pages of objects", limit: self.limits.pages }))
        })
        .await
    }

    /// The content of an object and what changes with it; `None` where it is not there.
    ///
    /// # Errors
    /// When the store does not give it, or it is too large.
    pub async fn get(&self, key: &str) -> Result<Option<(Bytes, String)>, Error> {
        let got = self.in_time(async {
            let known = if self.dialect.asks_for_attributes() { Some(self.attributes(key).await?) } else { None };
            let question = Question::Object { key, version: known.as_ref().map(|known| known.version.as_str()) };
            let response = self.ask(question).await?;
            let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let etag = self.dialect.etag(etag);
            let body = self.body(&question, response, ("bytes of an object", self.limits.object_bytes)).await?;
            Ok((body, known.map_or(etag, |known| known.etag)))
        });
        match got.await {
            Ok(got) => Ok(Some(got)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn attributes(&self, key: &str) -> Result<Attributes, Error> {
        let question = Question::Attributes(key);
        let response = self.ask(question).await?;
        let body = self.body(&question, response, ("bytes of what is known of an object", ANSWER_BYTES)).await?;
        let read = self.dialect.attributes(&body).unwrap_or_else(|| Err("it has no attributes".to_owned()));
        read.map_err(|error| self.failed(&question, Cause::Content(error)))
    }

    /// Asks, once more where the store said how to ask, and again where it is busy.
    async fn ask(&self, question: Question<'_>) -> Result<Response, Error> {
        let mut pause = FIRST_PAUSE;
        let mut has_learnt = false;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let error = match self.send(&question).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let (error, learnt) = self.explain(&question, response).await;
                    if learnt && !has_learnt {
                        (has_learnt, tries) = (true, tries + 1);
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
        let mut request = self.dialect.request(&self.client, question).map_err(|cause| self.failed(question, cause))?;
        if let Ok(name) = self.pool.user_agent() {
            request = request.header(USER_AGENT, name);
        }
        request.send().await.map_err(|error| self.failed(question, Cause::Connection(error.without_url())))
    }

    /// What the store says of a failure, and whether anything was learnt from it.
    async fn explain(&self, question: &Question<'_>, response: Response) -> (Error, bool) {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response, ANSWER_BYTES).await.unwrap_or_default();
        let explained = self.dialect.explain(question, &Refusal { status, headers: &headers, body: &body });
        // Answers to HEAD have no body.
        let message = match (explained.message.as_str(), status) {
            ("", StatusCode::FORBIDDEN) => "Access Denied.".to_owned(),
            ("", status) => status.to_string(),
            (message, _) => self.redactor.clean(message),
        };
        let cause = Cause::Store { status: status.as_u16(), code: self.redactor.clean(&explained.code), message };
        (self.failed(question, cause), explained.learnt)
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
        tokio::time::timeout(self.timeout, work)
            .await
            .unwrap_or_else(|_| Err(self.failed(&Question::Page { prefix: "", token: "" }, Cause::Timeout(self.timeout))))
    }

    fn failed(&self, question: &Question<'_>, cause: Cause) -> Error {
        let key = question.key();
        let address = if key.is_empty() { self.address.clone() } else { format!("{}/{key}", self.address) };
        Error { method: self.dialect.method(question), address, cause }
    }
}
