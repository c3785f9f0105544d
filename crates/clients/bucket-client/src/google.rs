//! Google's store, by its JSON interface.

use crate::address::{address, encode, query};
use crate::bucket::Object;
use crate::dialect::{Attributes, Dialect, Explained, Page, Question, Refusal};
use crate::error::Cause;
use http_client::{Redactor, Secret};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;

/// Google's own endpoint.
const ENDPOINT: &str = "https://storage.googleapis.com";

/// Google's store, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Google {
    /// Where an emulator is; Google's own endpoint where absent.
    pub emulator: Option<String>,
    /// A token; nobody where absent.
    pub token: Option<Secret>,
}

impl Google {
    fn endpoint(&self) -> &str {
        self.emulator.as_deref().unwrap_or(ENDPOINT).trim_end_matches('/')
    }

    pub(crate) fn address(&self, bucket: &str) -> String {
        format!("{}/{bucket}", self.endpoint())
    }

    pub(crate) fn dialect(self, bucket: &str, redactor: &mut Redactor) -> Result<Box<dyn Dialect>, Cause> {
        if let Some(token) = &self.token {
            redactor.add(token.expose());
        }
        let (endpoint, bucket) = (self.endpoint().to_owned(), format!("/storage/v1/b/{}", encode(bucket, b"")));
        Ok(Box::new(Json { endpoint, bucket, token: self.token }))
    }
}

/// Requests and answers of the JSON interface.
#[derive(Debug)]
struct Json {
    endpoint: String,
    /// The path of the bucket.
    bucket: String,
    token: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entries {
    #[serde(default)]
    items: Vec<Entry>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    etag: String,
}

#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    etag: String,
    generation: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Said,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Said {
    message: String,
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

impl Dialect for Json {
    fn request(&self, client: &Client, question: &Question<'_>) -> Result<RequestBuilder, Cause> {
        let of = |key: &str| format!("{}/o/{}", self.bucket, encode(key, b""));
        let (path, pairs) = match question {
            Question::Bucket => (self.bucket.clone(), Vec::new()),
            Question::Page { prefix, token } => {
                let mut pairs = vec![("fields", "items(name,etag),nextPageToken"), ("prefix", *prefix)];
                if !token.is_empty() {
                    pairs.push(("pageToken", token));
                }
                (format!("{}/o", self.bucket), pairs)
            }
            Question::Attributes(key) => (of(key), Vec::new()),
            Question::Object { key, version } => {
                let mut pairs = vec![("alt", "media")];
                pairs.extend(version.map(|version| ("ifGenerationMatch", version)));
                (of(key), pairs)
            }
        };
        let request = client.get(address(&self.endpoint, &path, &query(&pairs))?);
        let token = self.token.as_ref().and_then(Secret::expose_text);
        Ok(token.into_iter().fold(request, |request, token| request.bearer_auth(token)))
    }

    fn page(&self, body: &[u8]) -> Result<Page, String> {
        let entries: Entries = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let objects = entries.items.into_iter().map(|entry| Object { key: entry.name, etag: entry.etag });
        Ok(Page { objects: objects.collect(), next: entries.next_page_token })
    }

    fn asks_for_attributes(&self) -> bool {
        true
    }

    fn attributes(&self, body: &[u8]) -> Option<Result<Attributes, String>> {
        let known: Result<Known, _> = serde_json::from_slice(body);
        Some(known.map(|known| Attributes { etag: known.etag, version: known.generation }).map_err(|error| error.to_string()))
    }

    fn etag(&self, sent: &str) -> String {
        sent.to_owned()
    }

    /// Questions for content are refused in plain text.
    fn explain(&self, _question: &Question<'_>, refusal: &Refusal<'_>) -> Explained {
        if let Ok(Refused { error }) = serde_json::from_slice(refusal.body) {
            let code = error.errors.into_iter().next().map(|reason| reason.reason).unwrap_or_default();
            return Explained { code, message: error.message, learnt: false };
        }
        let text = String::from_utf8_lossy(refusal.body);
        let message = if text.starts_with(['<', '{']) { String::new() } else { text.into_owned() };
        Explained { message, ..Explained::default() }
    }
}
