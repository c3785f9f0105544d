//! What status remembers of the releases it made.

use crate::{decode, meta::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The releases, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Snapshots(pub Vec<Snapshot>);

impl Snapshots {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest.
    pub fn latest(&self) -> Option<&Snapshot> {
        self.0.first()
    }
}

/// A release as Helm's storage had it when it was last looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The version of the way in which `digest` is computed.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The digest of the release in storage, as `<algorithm>:<hex>`.
    pub digest: String,
    /// The name of the release.
    pub name: String,
    /// The namespace of the release.
    pub namespace: String,
    /// The revision of the release.
    #[schemars(schema_with = "decode::integer")]
    pub version: i64,
    /// The status of the release, in Helm's words.
    pub status: String,
    /// The name of the chart.
    pub chart_name: String,
    /// The version of the chart.
    pub chart_version: String,
    /// The version of the application in the chart.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The digest of the values, as `<algorithm>:<hex>`.
    pub config_digest: String,
    /// When the first revision was deployed.
    pub first_deployed: Time,
    /// When this revision was deployed.
    pub last_deployed: Time,
    /// When the release was uninstalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Time>,
    /// The test hooks that ran, by name; absent before any did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_hooks: Option<BTreeMap<String, TestHookStatus>>,
    /// The digest of the OCI artifact that the chart came in.
    #[serde(default, rename = "ociDigest", deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub oci_digest: Option<String>,
    /// What made this revision.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

impl Snapshot {
    /// The release as Flux names it in messages: `namespace/name.vVERSION`.
    pub fn full_release_name(&self) -> String {
        format!("{}/{}.v{}", self.namespace, self.name, self.version)
    }

    /// The chart as Flux names it in messages: `name@version`.
    pub fn versioned_chart_name(&self) -> String {
        format!("{}@{}", self.chart_name, self.chart_version)
    }
}

/// How a test hook went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestHookStatus {
    /// When it was last started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_started: Option<Time>,
    /// When it was last completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_completed: Option<Time>,
    /// The outcome, in Helm's words.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}
