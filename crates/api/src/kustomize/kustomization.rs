//! `Kustomization`, version v1.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]
#![expect(clippy::duplicated_attributes, reason = "columns of one type repeat it")]

use super::build::{BuildMetadataOption, CommonMetadata, Decryption, IgnoreRule, Image, Patch, PostBuild};
use crate::{
    decode,
    meta::{
        Conditions, DependencyReference, GoDuration, History, KubeConfigReference, NamespacedObjectKindReference,
        ReconciledObject, ResourceInventory, reconciled_status,
    },
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which manifests to build from a source, and how to apply them.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kustomize.toolkit.fluxcd.io",
    version = "v1",
    kind = "Kustomization",
    plural = "kustomizations",
    namespaced,
    status = "KustomizationStatus",
    derive = "PartialEq",
    doc = "A directory of manifests or kustomizations that the cluster is made to match.",
    shortname = "ks",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-appliers",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message")
)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Labels and annotations that every object gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Kustomizations that must be ready first.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// How Secrets are decrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// How often the Kustomization is reconciled.
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: GoDuration,
    /// How soon a failed reconcile is tried again; after `interval` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub retry_interval: Option<GoDuration>,
    /// The cluster to apply to; this one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// The directory in the source; its root where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is done to the manifests after the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// Whether objects that left the source are deleted.
    pub prune: bool,
    /// What happens to the objects when the Kustomization is deleted; `MirrorPrune` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Objects that must be healthy.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<NamespacedObjectKindReference>,
    /// Put before the name of every object.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_prefix: Option<String>,
    /// Put after the name of every object.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_suffix: Option<String>,
    /// Patches of the objects.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Changes of images.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The ServiceAccount to act as.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// The source.
    pub source_ref: CrossNamespaceSourceReference,
    /// Whether nothing is to be done.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub suspend: bool,
    /// The namespace of every object.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// The time that one reconcile may take; `interval` less 30 s where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// Whether an object is recreated where an immutable field changes.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub force: bool,
    /// Whether all applied objects must be healthy; `healthChecks` are ignored then.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub wait: bool,
    /// What kustomize tells in annotations about where objects come from.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub build_metadata: Vec<BuildMetadataOption>,
    /// Directories of kustomize Components.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Whether components that are missing are passed over.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub ignore_missing_components: bool,
    /// How the health of custom resources is told.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<CustomHealthCheck>,
    /// Which changes do not count as drift.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
}

impl KustomizationSpec {
    /// What happens to the objects when the Kustomization is deleted.
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.deletion_policy.unwrap_or_default()
    }

    /// How soon a failed reconcile is tried again.
    pub fn retry_interval(&self) -> &GoDuration {
        self.retry_interval.as_ref().unwrap_or(&self.interval)
    }

    /// The time that one reconcile may take: never less than 30 s.
    pub fn timeout(&self) -> GoDuration {
        const LEAST: GoDuration = GoDuration::from_seconds(30);
        let wanted = match &self.timeout {
            Some(timeout) => timeout.nanoseconds(),
            None => self.interval.nanoseconds().saturating_sub(LEAST.nanoseconds()),
        };
        GoDuration::from_nanoseconds(wanted.max(LEAST.nanoseconds()))
    }
}

/// What happens to the objects when the Kustomization is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// They are deleted if `prune` is set.
    #[default]
    MirrorPrune,
    /// They are deleted.
    Delete,
    /// They are deleted, and the Kustomization waits until they are gone.
    WaitForTermination,
    /// They stay.
    Orphan,
}

/// A source in any namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrossNamespaceSourceReference {
    /// Its API version.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Its kind.
    pub kind: SourceKind,
    /// Its name.
    pub name: String,
    /// Its namespace; that of the Kustomization where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A kind of source that has an artifact to build from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SourceKind {
    /// An OCI artifact.
    #[serde(rename = "OCIRepository")]
    OciRepository,
    /// A Git repository.
    GitRepository,
    /// A bucket of an object store.
    Bucket,
    /// An artifact made by a third party.
    ExternalArtifact,
}

impl SourceKind {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OciRepository => "OCIRepository",
            Self::GitRepository => "GitRepository",
            Self::Bucket => "Bucket",
            Self::ExternalArtifact => "ExternalArtifact",
        }
    }
}

/// How the health of one kind of custom resource is told, in CEL over the object's fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomHealthCheck {
    /// The API version of the kind; its version part does not matter.
    pub api_version: String,
    /// The kind; all of the group where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// True when the desired state is reached.
    pub current: String,
    /// True while it is not reached yet.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub in_progress: Option<String>,
    /// True when it will not be reached.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What was last applied, and how it went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationStatus {
    /// The last generation whose outcome is known.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    pub observed_generation: i64,
    /// The conditions of the Kustomization.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The revision that was last applied with success.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_applied_revision: Option<String>,
    /// Its revision in the system that the artifact was made from.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_applied_origin_revision: Option<String>,
    /// The revision that was last tried.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_attempted_revision: Option<String>,
    /// The objects that were applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<ResourceInventory>,
    /// The last few outcomes.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "History::is_empty")]
    pub history: History,
    /// The last request to reconcile that was handled.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

reconciled_status!(KustomizationStatus);

impl ReconciledObject for Kustomization {
    fn suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Option<&GoDuration> {
        Some(&self.spec.interval)
    }
}
