//! The answers of Azure's store, which are XML.

use serde::Deserialize;

/// One page of blobs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entries {
    #[serde(default)]
    pub(super) blobs: Blobs,
    #[serde(default)]
    pub(super) next_marker: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Blobs {
    #[serde(default)]
    pub(super) blob: Vec<Blob>,
}

/// One blob of a page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Blob {
    pub(super) name: Name,
    #[serde(default)]
    pub(super) properties: Properties,
}

/// The name of a blob, which XML may not be able to hold as it is.
#[derive(Debug, Deserialize)]
pub(super) struct Name {
    #[serde(rename = "@Encoded", default)]
    encoded: bool,
    #[serde(rename = "$text", default)]
    text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Properties {
    #[serde(default)]
    pub(super) etag: String,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Explanation {
    pub(super) code: String,
    pub(super) message: String,
}

impl Name {
    /// The name itself; in few words why not.
    pub(super) fn text(self) -> Result<String, String> {
        if self.encoded { decode(&self.text) } else { Ok(self.text) }
    }
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        let decoded = if byte == b'%' { digit().zip(digit()).map(|(high, low)| high * 16 + low) } else { Some(byte) };
        bytes.push(decoded.ok_or("the name of a blob is not encoded as it says")?);
    }
    String::from_utf8(bytes).map_err(|_| "the name of a blob is not UTF-8 text".to_owned())
}
