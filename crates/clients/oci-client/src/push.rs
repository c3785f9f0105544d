//! Writing an artifact: what it refers to, then its manifest. Format: OCI distribution specification 1.1, each blob in one request.

use crate::error::{Cause, Class, Error};
use crate::reference::Reference;
use crate::registry::{Registry, digest_of};
use crate::request::{Question, failure};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::LOCATION;

/// Bytes and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl Content {
    /// A blob, whose type is told by the manifest that refers to it.
    pub fn blob(bytes: impl Into<Bytes>) -> Self {
        Self { media_type: "application/octet-stream".to_owned(), bytes: bytes.into() }
    }
}

impl Registry {
    /// Stores an artifact: the blobs that the registry does not have, then the manifest under a tag or its digest. Gives the digest of
    /// the manifest, `sha256:` and 64 hexadecimal digits. Each request has the time of the options.
    ///
    /// # Errors
    /// When the registry does not take it; what was uploaded before stays there and is found again by the next attempt.
    pub async fn push(&self, reference: &Reference, manifest: &Content, blobs: &[Content]) -> Result<String, Error> {
        for blob in blobs {
            self.in_time(self.upload(blob)).await?;
        }
        let path = format!("manifests/{}", reference.as_str());
        let question = Question { method: Method::PUT, path: &path, accept: None, content: Some(manifest) };
        self.in_time(self.session.ask(&question)).await?;
        Ok(digest_of("sha256", &manifest.bytes))
    }

    async fn upload(&self, blob: &Content) -> Result<(), Error> {
        let digest = digest_of("sha256", &blob.bytes);
        let path = format!("blobs/{digest}");
        match self.session.ask(&Question { method: Method::HEAD, path: &path, accept: None, content: None }).await {
            Ok(_) => return Ok(()),
            Err(error) if error.class() == Class::NotFound => {}
            Err(error) => return Err(error),
        }
        let nothing = Content::blob(Bytes::new());
        let begin = Question { method: Method::POST, path: "blobs/uploads/", accept: None, content: Some(&nothing) };
        let begun = self.session.ask(&begin).await?;
        let failed = |cause| failure(&Method::POST, begun.url(), cause);
        let place = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let place = place.and_then(|place| begun.url().join(place).ok());
        let mut place = place.ok_or_else(|| failed(Cause::Content("no place for the upload is named".to_owned())))?;
        place.query_pairs_mut().append_pair("digest", &digest);
        let upload = Question { method: Method::PUT, path: "", accept: None, content: Some(blob) };
        self.session.ask_link(begun.url(), place.as_str(), &upload).await.map(drop)
    }
}
