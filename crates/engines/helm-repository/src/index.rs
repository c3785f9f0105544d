//! An index and its entries, in the order of fields in which Helm prints them.

use crate::decode;
use crate::strict::unknown_field;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use version_select::Version;

/// An index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// What a server says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_info: Option<BTreeMap<String, Value>>,
    /// The version of the format; never empty.
    #[serde(default, deserialize_with = "decode::text")]
    api_version: String,
    /// When it was made, as RFC 3339.
    #[serde(default = "decode::no_time", deserialize_with = "decode::time")]
    generated: String,
    /// The versions of each chart, newest first.
    #[serde(default)]
    entries: Option<BTreeMap<String, Option<Vec<Option<ChartVersion>>>>>,
    #[serde(default, deserialize_with = "decode::texts", skip_serializing_if = "Vec::is_empty")]
    public_keys: Vec<String>,
    #[serde(default, deserialize_with = "decode::text_map", skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// One version of one chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChartVersion {
    /// The name of the chart.
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    home: String,
    #[serde(default, deserialize_with = "decode::clean_list", skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    /// The version of the chart.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, deserialize_with = "decode::clean_list", skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<String>,
    #[serde(default, deserialize_with = "decode::list", skip_serializing_if = "Vec::is_empty")]
    maintainers: Vec<Option<Maintainer>>,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    icon: String,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    api_version: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    condition: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    tags: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    app_version: String,
    #[serde(default, deserialize_with = "decode::flag", skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    #[serde(default, deserialize_with = "decode::text_map", skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    kube_version: String,
    #[serde(default, deserialize_with = "decode::list", skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<Option<Dependency>>,
    #[serde(default, rename = "type", deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    chart_type: String,
    /// Where it is, as addresses relative to the repository's; the first one counts.
    #[serde(default)]
    pub urls: Option<Vec<String>>,
    /// When it was made, as RFC 3339.
    #[serde(default = "decode::no_time", deserialize_with = "decode::time")]
    pub created: String,
    #[serde(default, deserialize_with = "decode::flag", skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
    /// The SHA-256 of the archive in hexadecimal digits; may be empty.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    pub digest: String,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    checksum: String,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    engine: String,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    tiller_version: String,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Maintainer {
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    email: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Dependency {
    #[serde(default, deserialize_with = "decode::clean")]
    name: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(default, deserialize_with = "decode::clean")]
    repository: String,
    #[serde(default, deserialize_with = "decode::clean", skip_serializing_if = "String::is_empty")]
    condition: String,
    #[serde(default, deserialize_with = "decode::clean_list", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "decode::flag", skip_serializing_if = "std::ops::Not::not")]
    enabled: bool,
    #[serde(default, rename = "import-values", deserialize_with = "decode::list", skip_serializing_if = "Vec::is_empty")]
    import_values: Vec<Value>,
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "String::is_empty")]
    alias: String,
}

/// Why a text is not an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No text.
    #[error("empty index.yaml file")]
    Empty,
    /// Without the version of its format.
    #[error("no API version specified")]
    NoApiVersion,
    /// Not YAML.
    #[error("error converting YAML to JSON")]
    Yaml(#[source] manifest::yaml::YamlError),
    /// YAML of something else.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Form(String),
}

impl Index {
    /// Reads an index, JSON or YAML. Entries that Helm would skip are left out, and versions sorted, newest first.
    ///
    /// # Errors
    /// When the text is neither, names no API version, or, in YAML, holds fields that no index has.
    pub fn parse(text: &[u8]) -> Result<Self, IndexError> {
        if text.is_empty() {
            return Err(IndexError::Empty);
        }
        let mut index: Self = match serde_json::from_slice::<Value>(text) {
            Ok(value) => serde_json::from_value(value).map_err(|error| IndexError::Form(error.to_string()))?,
            Err(_) => Self::from_yaml(text)?,
        };
        if index.api_version.is_empty() {
            return Err(IndexError::NoApiVersion);
        }
        for versions in index.entries.iter_mut().flat_map(BTreeMap::values_mut).flatten() {
            for version in versions.iter_mut().flatten() {
                if version.api_version.is_empty() {
                    version.api_version = "v1".to_owned();
                }
            }
            versions.retain(|version| version.as_ref().is_none_or(ChartVersion::is_valid));
            // Helm's sort is not stable; among equal versions any order is one that it may give.
            versions.sort_by(|left, right| newest_first(left.as_ref(), right.as_ref()));
        }
        Ok(index)
    }

    fn from_yaml(text: &[u8]) -> Result<Self, IndexError> {
        let value = manifest::yaml::parse_value_strict(text, manifest::yaml::Dialect::V2).map_err(IndexError::Yaml)?;
        if let Some(key) = unknown_field(&value) {
            return Err(IndexError::Form(format!("json: unknown field {key:?}")));
        }
        serde_json::from_value(value).map_err(|error| IndexError::Form(error.to_string()))
    }

    /// The versions of a chart, newest first; `None` where there is no such chart.
    pub fn versions(&self, name: &str) -> Option<impl Iterator<Item = &ChartVersion>> {
        let versions = self.entries.as_ref()?.get(name)?;
        Some(versions.iter().flatten().flatten())
    }
}

fn newest_first(left: Option<&ChartVersion>, right: Option<&ChartVersion>) -> Ordering {
    let parse = |version: Option<&ChartVersion>| version.and_then(|version| version.version.parse::<Version>().ok());
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}

impl ChartVersion {
    /// Whether Helm would take it: with a name without path, a version and a known type.
    fn is_valid(&self) -> bool {
        let name = !matches!(self.name.as_str(), "" | "." | "..") && !self.name.contains('/');
        let version = self.version.parse::<Version>().is_ok();
        let people = self.maintainers.iter().all(Option::is_some) && self.dependencies.iter().all(Option::is_some);
        let aliases = self.dependencies.iter().flatten().all(|dependency| is_alias(&dependency.alias));
        name && version && people && aliases && matches!(self.chart_type.as_str(), "" | "application" | "library")
    }
}

fn is_alias(alias: &str) -> bool {
    alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
