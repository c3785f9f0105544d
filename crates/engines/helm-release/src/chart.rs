//! What a record keeps of the chart. Subcharts are not kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{bytes, list, or_default, values};
use crate::{Time, Values};

/// A chart as a record keeps it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chart {
    /// `Chart.yaml`.
    pub metadata: Option<Metadata>,
    /// `Chart.lock`.
    pub lock: Option<Lock>,
    /// The files below `templates`.
    pub templates: Option<Vec<File>>,
    /// `values.yaml` after what rendering did to it: dependencies, imports, globals.
    #[serde(deserialize_with = "values")]
    pub values: Option<Values>,
    /// `values.schema.json`.
    #[serde(with = "bytes")]
    pub schema: Option<Vec<u8>>,
    /// When the schema was changed last.
    #[serde(rename = "schemamodtime", deserialize_with = "or_default")]
    pub schema_modified: Time,
    /// All other files.
    pub files: Option<Vec<File>>,
    /// When `Chart.yaml` was changed last.
    #[serde(rename = "modtime", deserialize_with = "or_default", skip_serializing_if = "Time::is_zero")]
    pub modified: Time,
}

/// A file of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    /// The path in the chart.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// What is in it.
    #[serde(with = "bytes")]
    pub data: Option<Vec<u8>>,
    /// When it was changed last.
    #[serde(rename = "modtime", deserialize_with = "or_default", skip_serializing_if = "Time::is_zero")]
    pub modified: Time,
}

/// `Chart.yaml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The name of the chart.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where the project is.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// Where its sources are.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The version of the chart.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// A sentence about it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Who keeps it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    /// A picture of it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// `v1` or `v2`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// A condition, in charts that are dependencies.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Tags, in charts that are dependencies.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub tags: String,
    /// The version of what it deploys.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether it should not be used any more.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// Remarks for other tools.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The range of versions of Kubernetes that it is for.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    /// The charts that it needs.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// `application` or `library`.
    #[serde(rename = "type", deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// Somebody who keeps a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    /// The name.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address for mail.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Another address.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that a chart needs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Dependency {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// A range of versions.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The repository that has it.
    #[serde(deserialize_with = "or_default")]
    pub repository: String,
    /// Paths of values that turn it on or off.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Names of tags that turn it on or off.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether it is on.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// Which of its values the parent takes.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub import_values: Vec<Value>,
    /// What it is called here.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

/// `Chart.lock`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lock {
    /// When it was made.
    #[serde(deserialize_with = "or_default")]
    pub generated: Time,
    /// A hash of the dependencies in `Chart.yaml`.
    #[serde(deserialize_with = "or_default")]
    pub digest: String,
    /// The versions that were chosen.
    pub dependencies: Option<Vec<Dependency>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}
