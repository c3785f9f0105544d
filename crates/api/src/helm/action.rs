//! How the actions of Helm are carried out: install, upgrade, test, rollback, uninstall.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]

use crate::{decode, meta::GoDuration};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a release is installed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// The time that one operation may take; that of the release where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// What is done about a failure; remediation where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<InstallStrategy>,
    /// How a failure is remediated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<InstallRemediation>,
    /// Whether objects of others are left to them, and the install fails.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_take_ownership: bool,
    /// Whether objects need not become ready.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait: bool,
    /// Whether Jobs need not complete.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait_for_jobs: bool,
    /// Whether hooks are left out.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_hooks: bool,
    /// Whether manifests are not validated against the API server's schema.
    #[serde(
        default,
        rename = "disableOpenAPIValidation",
        deserialize_with = "decode::or_default",
        skip_serializing_if = "decode::is_false"
    )]
    pub disable_open_api_validation: bool,
    /// Whether values are not validated against the chart's schema.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_schema_validation: bool,
    /// Whether the name of a deleted release in the history may be used again.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub replace: bool,
    /// Deprecated, and without effect.
    #[serde(default, rename = "skipCRDs", deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub skip_crds: bool,
    /// What is done with the chart's CRDs; `Create` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Whether the namespace is created.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub create_namespace: bool,
    /// Whether objects are applied by the server; yes where absent, unless Helm 3's ways are switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<bool>,
}

/// What is done with the CRDs of a chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CrdsPolicy {
    /// Nothing.
    Skip,
    /// They are created, and never changed.
    #[default]
    Create,
    /// They are created, and replaced.
    CreateReplace,
}

/// What is done about a failed action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StrategyName {
    /// It is undone, and tried again as often as remediation allows.
    #[default]
    RemediateOnFailure,
    /// It is tried again after a time, without being undone.
    RetryOnFailure,
}

/// What is done about a failed install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.retryInterval) || self.name != 'RemediateOnFailure'")
    .message(".retryInterval cannot be set when .name is 'RemediateOnFailure'"))]
pub struct InstallStrategy {
    /// Which of the two.
    pub name: StrategyName,
    /// After what time it is tried again; 5 m where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub retry_interval: Option<GoDuration>,
}

/// What is done about a failed upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.retryInterval) || self.name == 'RetryOnFailure'")
    .message(".retryInterval can only be set when .name is 'RetryOnFailure'"))]
pub struct UpgradeStrategy {
    /// Which of the two.
    pub name: StrategyName,
    /// After what time it is tried again; 5 m where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub retry_interval: Option<GoDuration>,
}

/// How a failed install is remediated: by uninstalling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallRemediation {
    /// How often it is tried again; for ever where negative.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    #[schemars(schema_with = "decode::integer")]
    pub retries: i64,
    /// Whether failed tests are no failure; as `test.ignoreFailures` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether the last failure is remediated too; no where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
}

/// How a release is upgraded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// The time that one operation may take; that of the release where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// What is done about a failure; remediation where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<UpgradeStrategy>,
    /// How a failure is remediated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<UpgradeRemediation>,
    /// Whether objects of others are left to them, and the upgrade fails.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_take_ownership: bool,
    /// Whether objects need not become ready.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait: bool,
    /// Whether Jobs need not complete.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait_for_jobs: bool,
    /// Whether hooks are left out.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_hooks: bool,
    /// Whether manifests are not validated against the API server's schema.
    #[serde(
        default,
        rename = "disableOpenAPIValidation",
        deserialize_with = "decode::or_default",
        skip_serializing_if = "decode::is_false"
    )]
    pub disable_open_api_validation: bool,
    /// Whether values are not validated against the chart's schema.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_schema_validation: bool,
    /// Whether objects are replaced rather than patched.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub force: bool,
    /// Whether the values of the last release are kept and the given ones merged over them.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub preserve_values: bool,
    /// Whether objects that a failed upgrade created are deleted.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub cleanup_on_fail: bool,
    /// What is done with the chart's CRDs; `Skip` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Whether objects are applied by the server; `auto` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApply>,
    /// What is done when the name of the chart changes; `Reinstall` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_name_change_strategy: Option<ChartNameChangeStrategy>,
}

/// Whether objects are applied by the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerSideApply {
    /// Yes.
    Enabled,
    /// No.
    Disabled,
    /// As the last release was.
    #[default]
    Auto,
}

/// What is done when the name of the chart changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ChartNameChangeStrategy {
    /// The release is upgraded.
    InPlaceUpdate,
    /// The release is uninstalled and installed.
    #[default]
    Reinstall,
}

/// How a failed upgrade is remediated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeRemediation {
    /// How often it is tried again; for ever where negative.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_zero")]
    #[schemars(schema_with = "decode::integer")]
    pub retries: i64,
    /// Whether failed tests are no failure; as `test.ignoreFailures` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether the last failure is remediated too; where absent, if there are retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// By which action; `rollback` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<RemediationStrategy>,
}

/// By which action a failed upgrade is remediated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemediationStrategy {
    /// Back to the last release that succeeded.
    #[default]
    Rollback,
    /// The release is removed.
    Uninstall,
}

/// How a release is tested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// Whether tests run after an install or upgrade.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub enable: bool,
    /// The time that one operation may take; that of the release where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// Whether failed tests are no failure.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub ignore_failures: bool,
    /// Which tests run; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<TestFilter>>,
}

/// Chooses a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestFilter {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Whether it is left out rather than taken.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub exclude: bool,
}

/// How a release is rolled back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// The time that one operation may take; that of the release where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// Whether objects need not become ready.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait: bool,
    /// Whether Jobs need not complete.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait_for_jobs: bool,
    /// Whether hooks are left out.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_hooks: bool,
    /// Deprecated, and without effect.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub recreate: bool,
    /// Whether objects are replaced rather than patched.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub force: bool,
    /// Whether objects that a failed rollback created are deleted.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub cleanup_on_fail: bool,
    /// Whether objects are applied by the server; `auto` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApply>,
}

/// How a release is uninstalled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uninstall {
    /// The time that one operation may take; that of the release where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<GoDuration>,
    /// Whether hooks are left out.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_hooks: bool,
    /// Whether the records of the release are kept.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub keep_history: bool,
    /// Whether objects need not be gone.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub disable_wait: bool,
    /// What becomes of dependents; `background` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_propagation: Option<DeletionPropagation>,
}

/// What becomes of the dependents of a deleted object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeletionPropagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They are kept.
    Orphan,
}
