//! Pushing an image to a registry that asks for no password. Format: OCI distribution specification 1.1.

use super::layout::{Layout, MANIFEST};
use anyhow::{Context, ensure};
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, LOCATION};

/// A repository of a registry.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// `http://HOST[:PORT]`.
    base: reqwest::Url,
    repository: String,
}

impl Target {
    /// `HOST[:PORT]/PATH`.
    pub(super) fn parse(address: &str, insecure: bool) -> anyhow::Result<Self> {
        let (host, repository) = address.split_once('/').context("write HOST[:PORT]/PATH")?;
        let scheme = if insecure { "http" } else { "https" };
        let base = reqwest::Url::parse(&format!("{scheme}://{host}/")).with_context(|| format!("read {host}"))?;
        Ok(Self { base, repository: repository.to_owned() })
    }

    fn url(&self, rest: &str) -> anyhow::Result<reqwest::Url> {
        Ok(self.base.join(&format!("/v2/{}/{rest}", self.repository))?)
    }
}

/// Pushes what the registry does not have, the manifest last.
pub(super) fn push(layout: &Layout, target: &Target, tag: &str) -> anyhow::Result<()> {
    let client = Client::new();
    for blob in &layout.blobs {
        let known = client.head(target.url(&format!("blobs/{}", blob.digest))?).send().context("ask for a blob")?;
        if known.status() == StatusCode::OK {
            continue;
        }
        let begun = client.post(target.url("blobs/uploads/")?).send().context("begin an upload")?;
        let begun = expect(begun, StatusCode::ACCEPTED)?;
        let location = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let mut upload = target.base.join(location.context("the registry names no place for an upload")?)?;
        upload.query_pairs_mut().append_pair("digest", &blob.digest);
        let request = client.put(upload).header(CONTENT_TYPE, "application/octet-stream").body(blob.content.clone());
        expect(request.send().context("upload a blob")?, StatusCode::CREATED)?;
    }
    let request = client.put(target.url(&format!("manifests/{tag}"))?).header(CONTENT_TYPE, MANIFEST);
    expect(request.body(layout.manifest.content.clone()).send().context("push the manifest")?, StatusCode::CREATED)?;
    Ok(())
}

fn expect(response: Response, wanted: StatusCode) -> anyhow::Result<Response> {
    let status = response.status();
    ensure!(status == wanted, "{}: {status}: {}", response.url().path().to_owned(), response.text().unwrap_or_default());
    Ok(response)
}
