//! The entry point: shared connections, limits, and what can be asked of a repository.

use crate::credentials::Credentials;
use crate::error::{Cause, Class, Error};
use crate::manifest::{Descriptor, Manifest};
use crate::reference::{Reference, Repository};
use crate::request::{Known, Question, Session, failure};
use bytes::Bytes;
use http_client::{OptionError, Pool, Proxy, Redactor, Tls};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LINK};
use reqwest::{Method, Response};
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The most that a registry may make us receive and hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Tags of a repository.
    pub tags: u64,
    /// Pages in which they come.
    pub pages: u64,
    /// Tags asked for at once; a registry may give fewer.
    pub page_tags: u64,
    /// Bytes of one page.
    pub page_bytes: u64,
    /// Bytes of a manifest.
    pub manifest_bytes: u64,
}

impl Default for Limits {
    /// Far above what real repositories have.
    fn default() -> Self {
        Self { tags: 1_000_000, pages: 20_000, page_tags: 1_000, page_bytes: 16 << 20, manifest_bytes: 8 << 20 }
    }
}

/// How a repository is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Options {
    /// Who we are.
    pub credentials: Credentials,
    /// Whom to trust.
    pub tls: Tls,
    /// The way there. Without one, the proxy variables of the environment are obeyed.
    pub proxy: Option<Proxy>,
    /// Whether the registry may be spoken to without TLS.
    pub insecure: bool,
    /// The longest that one operation may take, with all its requests.
    pub timeout: Duration,
}

/// Connections to registries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OciClient {
    pool: Pool,
    limits: Limits,
    sessions: Arc<Mutex<Sessions>>,
}

/// What was learned of each repository with each set of options.
type Sessions = BTreeMap<(Repository, Options), Arc<Session>>;

/// Most sessions kept, for the tokens in them; beyond this all start anew.
const MOST_SESSIONS: usize = 4096;
/// Manifests that we understand.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                         application/vnd.docker.distribution.manifest.v2+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, */*;q=0.1";

/// Lists of manifests that we understand.
const INDEXES: &str = "application/vnd.oci.image.index.v1+json";

impl OciClient {
    /// A client whose requests name `user_agent`.
    pub fn new(user_agent: impl Into<String>, limits: Limits) -> Self {
        Self { pool: Pool::new(user_agent.into()).verbatim(), limits, sessions: Arc::default() }
    }

    /// A repository with the given options. Nothing is sent yet. What is learned on the way, such as a token, is remembered for
    /// the same repository with the same options only.
    ///
    /// # Errors
    /// When certificates, key or proxy cannot be used.
    pub fn repository(&self, repository: &Repository, options: &Options) -> Result<Registry, OptionError> {
        let key = (repository.clone(), options.clone());
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(&key) {
            return Ok(Registry { session: Arc::clone(session), limits: self.limits, timeout: options.timeout });
        }
        let session = Arc::new(self.session(repository, options)?);
        if sessions.len() >= MOST_SESSIONS {
            sessions.clear();
        }
        sessions.insert(key, Arc::clone(&session));
        Ok(Registry { session, limits: self.limits, timeout: options.timeout })
    }

    fn session(&self, repository: &Repository, options: &Options) -> Result<Session, OptionError> {
        let mut redactor = Redactor::default();
        options.credentials.hide_in(&mut redactor);
        if let Some((_, password)) = options.proxy.as_ref().and_then(|proxy| proxy.credentials.as_ref()) {
            redactor.add(password.expose());
        }
        let mut strange = options.tls.clone();
        (strange.client_certificate, strange.client_key) = (None, None);
        // Whom the registry names has to prove who it is, even where the registry itself does not.
        strange.accept_any_certificate = false;
        let clear_text = options.insecure || repository.is_local();
        Ok(Session {
            client: self.pool.client(&options.tls, options.proxy.as_ref())?,
            stranger: self.pool.client(&strange, options.proxy.as_ref())?,
            repository: repository.clone(),
            credentials: options.credentials.clone(),
            user_agent: self.pool.user_agent()?,
            redactor,
            schemes: if clear_text { &["https", "http"] } else { &["https"] },
            known: Mutex::new(Known::default()),
        })
    }
}

/// A repository of a registry.
#[derive(Debug, Clone)]
pub struct Registry {
    pub(crate) session: Arc<Session>,
    limits: Limits,
    timeout: Duration,
}

/// What a reference stands for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The digest, as `algorithm:hex`.
    pub digest: String,
    /// The media type of the manifest.
    pub media_type: String,
    /// The manifest itself, where it had to be fetched.
    pub manifest: Option<Bytes>,
}

#[derive(Deserialize)]
struct TagPage {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags, in the order of the registry.
    ///
    /// # Errors
    /// When the registry does not give them, gives too many, or never ends.
    pub async fn list_tags(&self) -> Result<Vec<String>, Error> {
        self.in_time(async {
            let path = format!("tags/list?n={}", self.limits.page_tags);
            let question = Question { method: Method::GET, path: &path, accept: Some("application/json"), content: None };
            let mut response = self.session.ask(&question).await?;
            let (mut tags, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
            for _ in 0..self.limits.pages {
                let (url, next) = (response.url().clone(), next_page(response.headers()));
                let failed = |cause| failure(&Method::GET, &url, cause);
                let body = self.session.body(response, ("bytes of tags in one answer", self.limits.page_bytes)).await?;
                let page: TagPage = serde_json::from_slice(&body)
                    .map_err(|error| failed(Cause::Content(format!("the list of tags is not JSON: {error}"))))?;
                tags.extend(page.tags.unwrap_or_default());
                if tags.len() as u64 > self.limits.tags {
                    return Err(failed(Cause::Limit { what: "tags", limit: self.limits.tags }));
                }
                let Some(next) = next else { return Ok(tags) };
                if !seen.insert(next.clone()) {
                    return Err(failed(Cause::Content("the pages of tags lead in a circle".to_owned())));
                }
                response = self.session.ask_link(&url, &next, &question).await?;
            }
            let address = self.session.repository.to_string();
            Err(Error { method: "GET", address, cause: Cause::Limit { what: "pages of tags", limit: self.limits.pages } })
        })
        .await
    }

    /// The digest that a reference stands for now, with as little transfer as the registry allows. For a digest, that is itself,
    /// without any request.
    ///
    /// # Errors
    /// When the registry does not have it.
    pub async fn resolve(&self, reference: &Reference) -> Result<Resolved, Error> {
        if let Reference::Digest(digest) = reference {
            return Ok(Resolved { digest: digest.clone(), media_type: String::new(), manifest: None });
        }
        let path = format!("manifests/{}", reference.as_str());
        let question = Question { method: Method::HEAD, path: &path, accept: Some(MANIFESTS), content: None };
        let answered = self.in_time(self.session.ask(&question)).await;
        if let Ok(response) = answered
            && let Some(digest) = response.headers().get("docker-content-digest").and_then(|value| value.to_str().ok())
            && response.headers().contains_key(CONTENT_LENGTH)
        {
            let (digest, media_type) = (digest.to_owned(), media_type(&response));
            return Ok(Resolved { digest, media_type, manifest: None });
        }
        // Some registries answer HEAD badly; what they say to GET counts, failures too.
        let (bytes, media_type) = self.fetch_manifest(reference).await?;
        Ok(Resolved { digest: digest_of("sha256", &bytes), media_type, manifest: Some(bytes) })
    }

    /// A manifest, checked against its digest where the reference is one. Of an index, the image for `linux/amd64`.
    ///
    /// # Errors
    /// When the registry does not have it, or it is not a manifest.
    pub async fn manifest(&self, reference: &Reference) -> Result<Manifest, Error> {
        let mut reference = reference.clone();
        for _ in 0..2 {
            let (bytes, _) = self.fetch_manifest(&reference).await?;
            let manifest: Manifest =
                serde_json::from_slice(&bytes).map_err(|error| self.content(&reference, &error.to_string()))?;
            if manifest.manifests.is_empty() {
                return Ok(manifest);
            }
            let image = manifest.default_image();
            let image = image.ok_or_else(|| self.content(&reference, "no child with platform linux/amd64 in index"))?;
            reference = Reference::Digest(image.digest.clone());
        }
        Err(self.content(&reference, "an index of indexes"))
    }

    /// What refers to the artifact with a digest: signatures and the like. Where the registry keeps no such list, the one under the
    /// tag that stands for it; nothing where there is none either.
    ///
    /// # Errors
    /// When the registry does not answer, or with something else.
    pub async fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, Error> {
        let listed = self.in_time(async {
            let path = format!("referrers/{digest}");
            let question = Question { method: Method::GET, path: &path, accept: Some(INDEXES), content: None };
            let response = self.session.ask(&question).await?;
            self.session.body(response, ("bytes of referrers", self.limits.manifest_bytes)).await
        });
        let reference = Reference::tag(&digest.replace(':', "-")).unwrap_or_else(|_| Reference::Digest(digest.to_owned()));
        let list = match listed.await {
            Err(error) if error.class() == Class::NotFound => match self.fetch_manifest(&reference).await {
                Ok((list, _)) => list,
                Err(error) if error.class() == Class::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error),
            },
            listed => listed?,
        };
        let list: Manifest = serde_json::from_slice(&list).map_err(|error| self.content(&reference, &error.to_string()))?;
        Ok(list.manifests)
    }

    /// The bytes of a manifest and its media type.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub async fn fetch_manifest(&self, reference: &Reference) -> Result<(Bytes, String), Error> {
        self.in_time(async {
            let path = format!("manifests/{}", reference.as_str());
            let question = Question { method: Method::GET, path: &path, accept: Some(MANIFESTS), content: None };
            let response = self.session.ask(&question).await?;
            let (url, media_type) = (response.url().clone(), media_type(&response));
            let bytes = self.session.body(response, ("bytes of a manifest", self.limits.manifest_bytes)).await?;
            if let Reference::Digest(digest) = reference {
                verify(digest, &bytes).map_err(|cause| failure(&Method::GET, &url, cause))?;
            }
            Ok((bytes, media_type))
        })
        .await
    }

    /// The content of a layer or configuration, of at most `limit` bytes, checked against its digest.
    ///
    /// # Errors
    /// When the registry does not have it, it is larger, or it is something else.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, Error> {
        self.in_time(async {
            let path = format!("blobs/{}", descriptor.digest);
            let question = Question { method: Method::GET, path: &path, accept: None, content: None };
            let response = self.session.ask(&question).await?;
            let url = response.url().clone();
            let bytes = self.session.body(response, ("bytes of a layer", limit)).await?;
            verify(&descriptor.digest, &bytes).map_err(|cause| failure(&Method::GET, &url, cause))?;
            Ok(bytes)
        })
        .await
    }

    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| {
            Err(Error { method: "GET", address: self.session.repository.to_string(), cause: Cause::Timeout(self.timeout) })
        })
    }

    fn content(&self, reference: &Reference, message: &str) -> Error {
        let address = format!("{}/{}", self.session.repository, reference.as_str());
        Error { method: "GET", address, cause: Cause::Content(message.to_owned()) }
    }
}

fn media_type(response: &Response) -> String {
    let header = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_owned()
}

/// The address in `Link: <…>; rel="next"`.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let mut links = links.flat_map(|value| value.split(','));
    let next = links.find(|link| link.split(';').skip(1).any(|parameter| parameter.trim().replace('"', "") == "rel=next"))?;
    Some(next.split_once('<')?.1.split_once('>')?.0.to_owned())
}

pub(crate) fn digest_of(algorithm: &str, bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let hash: Vec<u8> = if algorithm == "sha512" { Sha512::digest(bytes).to_vec() } else { Sha256::digest(bytes).to_vec() };
    hash.iter().fold(format!("{algorithm}:"), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn verify(digest: &str, bytes: &[u8]) -> Result<(), Cause> {
    let algorithm = match digest.split_once(':') {
        Some((algorithm @ ("sha256" | "sha512"), _)) => algorithm,
        _ => return Err(Cause::Content(format!("the digest '{digest}' is of an unknown algorithm"))),
    };
    let got = digest_of(algorithm, bytes);
    if got == digest { Ok(()) } else { Err(Cause::Digest { want: digest.to_owned(), got }) }
}
