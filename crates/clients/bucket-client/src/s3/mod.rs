//! Stores that speak S3.

mod answer;
mod region;
mod sts;

pub use sts::DirectoryUser;

use crate::address::address;
use crate::bucket::Object;
use crate::dialect::{Dialect, Explained, Page, Question, Refusal};
use crate::error::Cause;
use crate::xml;
use answer::{Entries, Explanation};
use aws_signature::{Credentials, Request, Scope, path_and_query, sign};
use http_client::Redactor;
use jiff::Timestamp;
use region::{DEFAULT_REGION, is_bucket_name, is_part_of_host, region_of};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store that speaks S3, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Host, with a port where it is not the scheme's own.
    pub endpoint: String,
    /// The region; found out where absent.
    pub region: Option<String>,
    /// Who we are; nobody where absent.
    pub credentials: Option<Credentials>,
    /// Whether the store is spoken to without TLS.
    pub insecure: bool,
}

impl S3 {
    fn scheme(&self) -> &'static str {
        if self.insecure { "http" } else { "https" }
    }

    pub(crate) fn address(&self, bucket: &str) -> String {
        format!("{}://{}/{bucket}", self.scheme(), self.endpoint)
    }

    pub(crate) fn dialect(self, bucket: &str, redactor: &mut Redactor) -> Result<Box<dyn Dialect>, Cause> {
        if !is_bucket_name(bucket) {
            let message = "Bucket name contains invalid characters".to_owned();
            return Err(Cause::Store { status: 0, code: "InvalidBucketName".to_owned(), message });
        }
        let endpoint = Url::parse(&format!("{}://{}", self.scheme(), self.endpoint)).ok();
        // A host and a port, nothing else.
        let plain =
            |url: &Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let endpoint = endpoint.filter(plain).ok_or(Cause::Endpoint)?;
        let host = endpoint.host_str().ok_or(Cause::Endpoint)?;
        let in_host = is_part_of_host(host, bucket, !self.insecure);
        let named = if in_host { format!("{bucket}.{host}") } else { host.to_owned() };
        let named = endpoint.port().map_or(named.clone(), |port| format!("{named}:{port}"));
        if let Some(credentials) = &self.credentials {
            redactor.add(&credentials.secret_key);
            redactor.add(credentials.session_token.as_deref().unwrap_or_default().as_bytes());
        }
        let region = self.region.clone().filter(|region| !region.is_empty());
        let region = region.or_else(|| region_of(host).map(str::to_owned));
        let root = if in_host { String::new() } else { format!("/{bucket}") };
        Ok(Box::new(Signed {
            scheme: self.scheme(),
            host: named,
            root,
            region: Mutex::new(region),
            credentials: self.credentials,
        }))
    }
}

/// Requests that are signed, where there is anything to sign them with.
#[derive(Debug)]
struct Signed {
    scheme: &'static str,
    /// With the bucket's name, where that is part of it.
    host: String,
    /// The path of the bucket; empty where it is part of the host.
    root: String,
    /// What the options or the store said of it.
    region: Mutex<Option<String>>,
    credentials: Option<Credentials>,
}

impl Signed {
    fn known_region(&self) -> MutexGuard<'_, Option<String>> {
        self.region.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn region(&self) -> String {
        self.known_region().clone().unwrap_or_else(|| DEFAULT_REGION.to_owned())
    }
}

impl Dialect for Signed {
    fn method(&self, question: &Question<'_>) -> &'static str {
        if matches!(question, Question::Bucket) { "HEAD" } else { "GET" }
    }

    fn request(&self, client: &Client, question: &Question<'_>) -> Result<RequestBuilder, Cause> {
        let path = format!("{}/{}", self.root, question.key());
        let mut query = Vec::new();
        if let Question::Page { prefix, token } = question {
            query.extend([("list-type", "2"), ("prefix", prefix)]);
            if !token.is_empty() {
                query.push(("continuation-token", token));
            }
        }
        let name = self.method(question);
        let request = Request { method: name, host: &self.host, path: &path, query: &query, headers: &[], body: b"" };
        let method = if name == "HEAD" { Method::HEAD } else { Method::GET };
        let url = |target: &str| {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            address(&format!("{}://{}", self.scheme, self.host), path, query)
        };
        let Some(credentials) = &self.credentials else {
            return Ok(client.request(method, url(&path_and_query(&request))?));
        };
        let scope = Scope { region: &self.region(), service: "s3", time: Timestamp::now() };
        let signed = sign(&request, credentials, &scope);
        let builder = client.request(method, url(&signed.path_and_query)?);
        Ok(signed.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value)))
    }

    fn page(&self, body: &[u8]) -> Result<Page, String> {
        let entries: Entries = xml::read(body)?;
        let objects = entries.contents.into_iter().map(|entry| Object { etag: self.etag(&entry.etag), key: entry.key });
        Ok(Page { objects: objects.collect(), next: entries.next_continuation_token.filter(|_| entries.is_truncated) })
    }

    fn etag(&self, sent: &str) -> String {
        sent.trim_matches('"').to_owned()
    }

    /// Learns in which region the bucket is, where that is why.
    fn explain(&self, question: &Question<'_>, refusal: &Refusal<'_>) -> Explained {
        let explained: Explanation = xml::read(refusal.body).unwrap_or_default();
        let wrong = refusal.status.is_redirection()
            || matches!(explained.code.as_str(), "AuthorizationHeaderMalformed" | "PermanentRedirect")
            || refusal.status == StatusCode::BAD_REQUEST && self.method(question) == "HEAD";
        let header = refusal.headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let known = self.region();
        let region = explained.region.or(header).filter(|region| wrong && *region != known);
        let learnt = region.is_some();
        if let Some(region) = region {
            self.known_region().replace(region);
        }
        Explained { code: explained.code, message: explained.message, learnt }
    }
}
