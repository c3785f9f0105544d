//! `HelmRepository`, version v1.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]
#![expect(clippy::duplicated_attributes, reason = "columns of one type repeat it")]

use super::RegistryProvider;
use crate::{
    decode,
    meta::{
        AccessFrom, Artifact, ConditionType, Conditions, GoDuration, LocalObjectReference, ReconciledObject, SummaryRule,
        reconciled_status,
    },
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where charts are found, and how to get there.
#[derive(CustomResource, KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "source.toolkit.fluxcd.io",
    version = "v1",
    kind = "HelmRepository",
    plural = "helmrepositories",
    namespaced,
    status = "HelmRepositoryStatus",
    derive = "PartialEq",
    doc = "A repository of Helm charts.",
    shortname = "helmrepo",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    printcolumn(name = "URL", type_ = "string", json_path = ".spec.url"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message")
)]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositorySpec {
    /// The address: of an HTTP repository, or `oci://` for a registry.
    #[schemars(regex(pattern = r"^(http|https|oci)://.*$"))]
    pub url: String,
    /// The Secret with the credentials: `username` and `password`; for registries also `.dockerconfigjson`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// The Secret with certificates: `ca.crt`, `tls.crt`, `tls.key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Whether credentials are also sent to other hosts than that of `url`.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub pass_credentials: bool,
    /// How often the index is checked; a minute where absent. Without meaning for registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: Option<GoDuration>,
    /// Whether a registry is spoken to over plain HTTP.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub insecure: bool,
    /// The time that one fetch may take; 60 s where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"))]
    pub timeout: Option<GoDuration>,
    /// Whether nothing is to be done.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub suspend: bool,
    /// Declared by Flux and enforced by nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// What kind of repository it is; `default` where absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub repository_type: Option<HelmRepositoryType>,
    /// Whose way of authenticating with a registry is used; `generic` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<RegistryProvider>,
}

impl HelmRepositorySpec {
    /// Whether charts come from an OCI registry.
    pub fn is_registry(&self) -> bool {
        self.repository_type == Some(HelmRepositoryType::Oci)
    }
}

/// What kind of repository it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HelmRepositoryType {
    /// An `index.yaml` over HTTP(S).
    #[default]
    Default,
    /// An OCI registry.
    Oci,
}

/// What was last seen and made of a repository.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositoryStatus {
    /// The last generation whose outcome is known.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    pub observed_generation: i64,
    /// The conditions of the repository.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The address of the latest artifact, whatever its name.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The index of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The last request to reconcile that was handled.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

reconciled_status!(HelmRepositoryStatus);

impl ReconciledObject for HelmRepository {
    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Option<&GoDuration> {
        self.spec.interval.as_ref()
    }
}

impl HelmRepository {
    /// How Ready follows from the other conditions.
    pub const READY: SummaryRule = SummaryRule {
        order: &[
            ConditionType::StorageOperationFailed,
            ConditionType::FetchFailed,
            ConditionType::ArtifactOutdated,
            ConditionType::ArtifactInStorage,
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
        decisive: &[],
    };
}
