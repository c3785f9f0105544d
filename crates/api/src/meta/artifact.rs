//! What a source offers to its consumers.

use super::Time;
use crate::decode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The output of a source: one file in the storage of the controller that owns the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// The path of the file below the root of the storage.
    pub path: String,
    /// The HTTP address of the file.
    pub url: String,
    /// What the content is in the origin's terms, such as `main@sha1:<commit>` or a chart's version.
    pub revision: String,
    /// The checksum of the file, `<algorithm>:<hex>`.
    #[schemars(regex(pattern = r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))]
    pub digest: String,
    /// When the file was written.
    pub last_update_time: Time,
    /// The size of the file in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// What the origin says about the content, such as OCI annotations.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Artifact {
    /// Whether `other` offers the same content under the same name: equal revision and digest.
    pub fn same_content(&self, other: &Self) -> bool {
        self.revision == other.revision && self.digest == other.digest
    }

    /// The revision in the system that the content was made from, where the origin tells.
    pub fn origin_revision(&self) -> Option<&str> {
        self.metadata.get(super::annotations::ORIGIN_REVISION).map(String::as_str).filter(|text| !text.is_empty())
    }
}
