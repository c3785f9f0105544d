//! Azure's store.

mod answer;
mod sas;
mod shared_key;

use crate::address::{address, encode, query};
use crate::bucket::Object;
use crate::dialect::{Dialect, Explained, Page, Question, Refusal};
use crate::error::Cause;
use crate::xml;
use answer::{Entries, Explanation};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_client::{Redactor, Secret};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::{Client, RequestBuilder, Url};
use std::net::IpAddr;

pub use sas::{SasError, sas_pairs};

/// The version of the interface that is spoken: old enough for every store and emulator.
const VERSION: &str = "2021-12-02";

/// Azure's store, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Azure {
    /// The address of the account, such as `https://ACCOUNT.blob.core.windows.net`.
    pub endpoint: String,
    /// Who we are.
    pub proof: AzureProof,
}

/// Who we are to Azure's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureProof {
    /// Nobody.
    Anonymous,
    /// Whoever has the key of an account, which is in base64.
    SharedKey {
        /// The account.
        account: String,
        /// Its key.
        key: Secret,
    },
    /// Whoever has a signed address; what its query is made of.
    Signed(Vec<(String, Secret)>),
    /// Whoever has this token of Entra ID.
    Token(Secret),
}

/// The account of an endpoint: its first label, or the first part of the path, as emulators have it.
///
/// # Errors
/// When there is none, in Flux's words.
pub fn account_of(endpoint: &str) -> Result<String, String> {
    let failed = |error: &str| format!("failed to extract account name from endpoint: {error}");
    let url = Url::parse(endpoint).map_err(|error| failed(&error.to_string()))?;
    if let Some(account) = url.path_segments().and_then(|mut parts| parts.next()).filter(|part| !part.is_empty()) {
        return Ok(account.to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [account, _, _, ..] if host.parse::<IpAddr>().is_err() => Ok((*account).to_owned()),
        _ => Err(failed(&format!("expected '{host}' to be a subdomain"))),
    }
}

impl Azure {
    pub(crate) fn address(&self, container: &str) -> String {
        // What follows a question mark may be a signature.
        let endpoint = self.endpoint.split(['?', '#']).next().unwrap_or_default();
        format!("{}/{container}", endpoint.trim_end_matches('/'))
    }

    pub(crate) fn dialect(self, container: &str, redactor: &mut Redactor) -> Result<Box<dyn Dialect>, Cause> {
        let url = Url::parse(&self.endpoint).map_err(|_| Cause::Address)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(Cause::Address);
        }
        let proof = match self.proof {
            AzureProof::Anonymous => Proof::Anonymous,
            AzureProof::SharedKey { account, key } => {
                redactor.add(key.expose());
                let decoded = key.expose_text().and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
                Proof::SharedKey(account, decoded.map(Secret::new).ok_or(Cause::AccountKey)?)
            }
            AzureProof::Signed(pairs) => {
                pairs.iter().filter(|(name, _)| name == "sig").for_each(|(_, value)| redactor.add(value.expose()));
                Proof::Signed(pairs)
            }
            AzureProof::Token(_) if url.scheme() != "https" => return Err(Cause::Plain),
            AzureProof::Token(token) => {
                redactor.add(token.expose());
                Proof::Token(token)
            }
        };
        let mut root = url.clone();
        root.set_query(None);
        root.set_fragment(None);
        root.set_path("");
        let path = format!("{}/{}", url.path().trim_end_matches('/'), encode(container, b"$"));
        Ok(Box::new(Blobs { endpoint: root.as_str().trim_end_matches('/').to_owned(), container: path, proof }))
    }
}

/// Requests and answers of the interface for blobs.
#[derive(Debug)]
struct Blobs {
    /// Scheme and host.
    endpoint: String,
    /// The path of the container.
    container: String,
    proof: Proof,
}

#[derive(Debug)]
enum Proof {
    Anonymous,
    SharedKey(String, Secret),
    Signed(Vec<(String, Secret)>),
    Token(Secret),
}

impl Dialect for Blobs {
    fn request(&self, client: &Client, question: &Question<'_>) -> Result<RequestBuilder, Cause> {
        let mut path = self.container.clone();
        let mut pairs = vec![("restype", "container"), ("comp", "list")];
        match question {
            // One blob is enough to see that there is a container.
            Question::Bucket => pairs.push(("maxresults", "1")),
            Question::Page { prefix, token } => {
                pairs.extend([("prefix", *prefix), ("marker", *token)].into_iter().filter(|(_, value)| !value.is_empty()));
            }
            Question::Attributes(key) | Question::Object { key, .. } => {
                // Slashes, too, as Azure's libraries have it: no key means another one.
                path = format!("{path}/{}", encode(key, b""));
                pairs.clear();
            }
        }
        if let Proof::Signed(signed) = &self.proof {
            pairs.extend(signed.iter().map(|(name, value)| (name.as_str(), value.expose_text().unwrap_or_default())));
        }
        let url = address(&self.endpoint, &path, &query(&pairs))?;
        let date = Timestamp::now().to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = [("x-ms-date", date.as_str()), ("x-ms-version", VERSION)];
        let request = headers.iter().fold(client.get(url), |request, (name, value)| request.header(*name, *value));
        Ok(match &self.proof {
            Proof::SharedKey(account, key) => {
                let signature = shared_key::sign((account, key), &path, &pairs, &headers);
                request.header("authorization", format!("SharedKey {account}:{signature}"))
            }
            Proof::Token(token) => request.bearer_auth(token.expose_text().unwrap_or_default()),
            Proof::Anonymous | Proof::Signed(_) => request,
        })
    }

    fn page(&self, body: &[u8]) -> Result<Page, String> {
        let entries: Entries = xml::read(body)?;
        let blobs = entries.blobs.blob.into_iter();
        let objects = blobs.map(|blob| Ok(Object { key: blob.name.text()?, etag: self.etag(&blob.properties.etag) }));
        let next = Some(entries.next_marker).filter(|next| !next.is_empty());
        Ok(Page { objects: objects.collect::<Result<_, String>>()?, next })
    }

    /// Quoted, as it comes with an object, while pages have it bare: Flux's revisions are made of the former.
    fn etag(&self, sent: &str) -> String {
        format!("\"{}\"", sent.trim_matches('"'))
    }

    fn explain(&self, question: &Question<'_>, refusal: &Refusal<'_>) -> Explained {
        let said: Explanation = xml::read(refusal.body).unwrap_or_default();
        let header = refusal.headers.get("x-ms-error-code").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let code = if said.code.is_empty() { header.to_owned() } else { said.code };
        // The second line and those after it number the request.
        let message = said.message.lines().next().unwrap_or_default();
        // Whoever has a signature for one container only is not told whether there is another.
        let message = if code == "AuthenticationFailed" && matches!(question, Question::Bucket) {
            format!(
                "the specified bucket name may be incorrect, nonexistent, or the caller might lack sufficient permissions to access \
                 it: {message}"
            )
        } else {
            message.to_owned()
        };
        Explained { code, message, learnt: false }
    }
}

#[cfg(test)]
mod tests;
