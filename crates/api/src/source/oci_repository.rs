//! `OCIRepository`, version v1.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]
#![expect(clippy::duplicated_attributes, reason = "columns of one type repeat it")]

use super::{OciRepositoryVerification, RegistryProvider};
use crate::{
    decode,
    meta::{
        Artifact, ConditionType, Conditions, GoDuration, LocalObjectReference, ReconciledObject, SummaryRule, reconciled_status,
    },
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which OCI artifact to pull, how, and what of it to keep.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "source.toolkit.fluxcd.io",
    version = "v1",
    kind = "OCIRepository",
    plural = "ocirepositories",
    namespaced,
    status = "OciRepositoryStatus",
    root = "OciRepository",
    derive = "PartialEq",
    doc = "An artifact in an OCI registry whose content becomes an artifact.",
    shortname = "ocirepo",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    printcolumn(name = "URL", type_ = "string", json_path = ".spec.url"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositorySpec {
    /// The address of the repository, without a tag.
    #[schemars(regex(pattern = r"^oci://.*$"))]
    pub url: String,
    /// Which artifact; the tag `latest` where absent.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<OciRepositoryRef>,
    /// Which layer of the artifact; the first one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_selector: Option<OciLayerSelector>,
    /// Whose way of authenticating is used; `generic` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<RegistryProvider>,
    /// The Secret of type `kubernetes.io/dockerconfigjson` with the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Which signature is verified.
    #[serde(default, rename = "verify", skip_serializing_if = "Option::is_none")]
    pub verification: Option<OciRepositoryVerification>,
    /// The ServiceAccount whose image pull secrets are used too.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// The Secret with certificates: `ca.crt`, `tls.crt`, `tls.key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// The Secret with the address and credentials of a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// How often the repository is checked.
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: GoDuration,
    /// The time that one operation may take; 60 s where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"))]
    pub timeout: Option<GoDuration>,
    /// Patterns of files to leave out, in the format of `.gitignore`. An empty text differs from none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Whether the registry is spoken to over plain HTTP, or its certificate is not verified.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub insecure: bool,
    /// Whether nothing is to be done.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub suspend: bool,
}

/// Which artifact of a repository. Digest wins over semver, semver over tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositoryRef {
    /// A digest, such as `sha256:…`.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// A range of versions; the highest tag in it.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// A regular expression of Go that tags must match to be considered.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub semver_filter: Option<String>,
    /// A tag.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Which layer of an artifact, and what is done with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciLayerSelector {
    /// The media type; the first layer of that type.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What is done; `extract` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OciLayerOperation>,
}

impl OciLayerSelector {
    /// What is done with the layer.
    pub fn operation(&self) -> OciLayerOperation {
        self.operation.unwrap_or_default()
    }
}

/// What is done with a layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OciLayerOperation {
    /// Its files are unpacked, filtered and packed again.
    #[default]
    Extract,
    /// Its bytes are stored as they are.
    Copy,
}

/// What was last seen and made of a repository.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositoryStatus {
    /// The last generation whose outcome is known.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    pub observed_generation: i64,
    /// The conditions of the repository.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The address of the latest artifact, whatever its name.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The artifact of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// `spec.ignore` as it was for the artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// `spec.layerSelector` as it was for the artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_layer_selector: Option<OciLayerSelector>,
    /// The last request to reconcile that was handled.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

reconciled_status!(OciRepositoryStatus);

impl ReconciledObject for OciRepository {
    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Option<&GoDuration> {
        Some(&self.spec.interval)
    }
}

impl OciRepository {
    /// How Ready follows from the other conditions.
    pub const READY: SummaryRule = SummaryRule {
        order: &[
            ConditionType::StorageOperationFailed,
            ConditionType::FetchFailed,
            ConditionType::ArtifactOutdated,
            ConditionType::ArtifactInStorage,
            ConditionType::SourceVerified,
            ConditionType::Stalled,
            ConditionType::Reconciling,
        ],
        negative: &[
            ConditionType::StorageOperationFailed,
            ConditionType::FetchFailed,
            ConditionType::ArtifactOutdated,
            ConditionType::Stalled,
            ConditionType::Reconciling,
        ],
        decisive: &[ConditionType::SourceVerified],
    };
}
