//! `HelmChart`, version v1.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]
#![expect(clippy::duplicated_attributes, reason = "columns of one type repeat it")]

use super::HelmChartVerification;
use crate::{
    decode,
    meta::{Artifact, ConditionType, Conditions, GoDuration, ReconciledObject, SummaryRule, reconciled_status},
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which chart to take from a source, and how to pack it.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "source.toolkit.fluxcd.io",
    version = "v1",
    kind = "HelmChart",
    plural = "helmcharts",
    namespaced,
    status = "HelmChartStatus",
    derive = "PartialEq",
    doc = "A Helm chart that becomes an artifact.",
    shortname = "hc",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    printcolumn(name = "Chart", type_ = "string", json_path = ".spec.chart"),
    printcolumn(name = "Version", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "Source Kind", type_ = "string", json_path = ".spec.sourceRef.kind"),
    printcolumn(name = "Source Name", type_ = "string", json_path = ".spec.sourceRef.name"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.verify) || self.sourceRef.kind == 'HelmRepository'")
    .message("spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'"))]
pub struct HelmChartSpec {
    /// The name in a HelmRepository, or the path in another source.
    pub chart: String,
    /// A range of versions, for a HelmRepository only; the latest stable one where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The source.
    pub source_ref: LocalHelmChartSourceReference,
    /// How often the source is checked.
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: GoDuration,
    /// What makes a new artifact; `ChartVersion` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_strategy: Option<ReconcileStrategy>,
    /// Files whose merged content replaces the chart's values.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Whether missing values files are passed over.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub ignore_missing_values_files: bool,
    /// Whether nothing is to be done.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub suspend: bool,
    /// Which signature is verified, for charts from a registry.
    #[serde(default, rename = "verify", skip_serializing_if = "Option::is_none")]
    pub verification: Option<HelmChartVerification>,
}

impl HelmChartSpec {
    /// The range of versions.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("*")
    }
}

/// What makes a new artifact of a chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReconcileStrategy {
    /// A new version of the chart.
    #[default]
    ChartVersion,
    /// A new revision of the source.
    Revision,
}

/// The source of a chart, in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalHelmChartSourceReference {
    /// Its API version.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Its kind.
    pub kind: HelmChartSourceKind,
    /// Its name.
    pub name: String,
}

/// A kind of source that has charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum HelmChartSourceKind {
    /// A repository of charts.
    HelmRepository,
    /// A Git repository.
    GitRepository,
    /// A bucket.
    Bucket,
}

impl HelmChartSourceKind {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HelmRepository => "HelmRepository",
            Self::GitRepository => "GitRepository",
            Self::Bucket => "Bucket",
        }
    }
}

/// What was last seen and made of a chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmChartStatus {
    /// The last generation whose outcome is known.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    pub observed_generation: i64,
    /// The revision of the source's artifact that was last used.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub observed_source_artifact_revision: Option<String>,
    /// The name of the chart that the reference led to.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub observed_chart_name: Option<String>,
    /// The values files in the artifact.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// The conditions of the chart.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The address of the latest artifact, whatever its name.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The artifact of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The last request to reconcile that was handled.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

reconciled_status!(HelmChartStatus);

impl ReconciledObject for HelmChart {
    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Option<&GoDuration> {
        Some(&self.spec.interval)
    }
}

impl HelmChart {
    /// How Ready follows from the other conditions.
    pub const READY: SummaryRule = SummaryRule {
        order: &[
            ConditionType::StorageOperationFailed,
            ConditionType::FetchFailed,
            ConditionType::BuildFailed,
            ConditionType::ArtifactOutdated,
            ConditionType::ArtifactInStorage,
            ConditionType::SourceVerified,
            ConditionType::Stalled,
            ConditionType::Reconciling,
        ],
        negative: &[
            ConditionType::StorageOperationFailed,
            ConditionType::FetchFailed,
            ConditionType::BuildFailed,
            ConditionType::ArtifactOutdated,
            ConditionType::Stalled,
            ConditionType::Reconciling,
        ],
        decisive: &[ConditionType::SourceVerified],
    };
}
