//! `ImageRepository`, version v1.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]
#![expect(clippy::duplicated_attributes, reason = "columns of one type repeat it")]

use crate::{
    decode,
    meta::{AccessFrom, Conditions, GoDuration, LocalObjectReference, ReconciledObject, Time, reconciled_status},
    source::RegistryProvider,
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which repository of images to scan for tags, and how.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "image.toolkit.fluxcd.io",
    version = "v1",
    kind = "ImageRepository",
    plural = "imagerepositories",
    namespaced,
    status = "ImageRepositoryStatus",
    derive = "PartialEq",
    doc = "A repository of container images whose tags are known.",
    shortname = "imgrepo",
    shortname = "imagerepo",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-images",
    printcolumn(name = "Image", type_ = "string", json_path = ".spec.image"),
    printcolumn(name = "Tags", type_ = "string", json_path = ".status.lastScanResult.tagCount"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message"),
    printcolumn(name = "Last scan", type_ = "string", json_path = ".status.lastScanResult.scanTime", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositorySpec {
    /// The name of the repository, without a tag.
    pub image: String,
    /// How often it is scanned.
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: GoDuration,
    /// The time that one scan may take; `interval` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"))]
    pub timeout: Option<GoDuration>,
    /// The Secret with the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// The Secret with the address and credentials of a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// The ServiceAccount whose image pull secrets are used too.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub service_account_name: Option<String>,
    /// The Secret with certificates: `ca.crt`, `tls.crt`, `tls.key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Whether nothing is to be done.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub suspend: bool,
    /// From which other namespaces policies may refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Regular expressions of Go; tags that match one are left out. Signatures of cosign where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25))]
    pub exclusion_list: Option<Vec<String>>,
    /// Whose way of authenticating is used; `generic` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<RegistryProvider>,
    /// Whether the registry is spoken to over plain HTTP.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub insecure: bool,
}

/// What the last scan found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanResult {
    /// A digest of the tags.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// How many tags there are.
    #[schemars(schema_with = "decode::integer")]
    pub tag_count: i64,
    /// When the scan was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_time: Option<Time>,
    /// A few of the tags, last in alphabetical order first.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub latest_tags: Vec<String>,
}

/// What was last seen of a repository.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositoryStatus {
    /// The conditions of the repository.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The last generation whose outcome is known.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    pub observed_generation: i64,
    /// The name with everything that may be left out in it.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub canonical_image_name: Option<String>,
    /// What the last scan found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_scan_result: Option<ScanResult>,
    /// `spec.exclusionList` as it was for the scan.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub observed_exclusion_list: Vec<String>,
    /// The last request to reconcile that was handled.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

reconciled_status!(ImageRepositoryStatus);

impl ReconciledObject for ImageRepository {
    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Option<&GoDuration> {
        Some(&self.spec.interval)
    }
}
