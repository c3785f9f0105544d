//! The group `helm.toolkit.fluxcd.io`: releases of charts.

mod action;
mod defaults;
mod helm_release;
mod history;
mod values;

pub use action::{
    ChartNameChangeStrategy, CrdsPolicy, DeletionPropagation, Install, InstallRemediation, InstallStrategy, RemediationStrategy,
    Rollback, ServerSideApply, StrategyName, Test, TestFilter, Uninstall, Upgrade, UpgradeRemediation, UpgradeStrategy,
};
pub use defaults::MAX_HISTORY;
pub use helm_release::{
    ChartReference, ChartReferenceKind, ChartTemplate, ChartTemplateMetadata, ChartTemplateSourceReference, ChartTemplateSpec,
    ChartTemplateVerification, DriftDetection, DriftDetectionMode, HelmRelease, HelmReleaseSpec, HelmReleaseStatus,
    KustomizePostRenderer, PostRenderStrategy, PostRenderer, ReleaseAction, WaitStrategy, WaitStrategyName,
};
pub use history::{Snapshot, Snapshots, TestHookStatus};
pub use values::{ValuesKind, ValuesReference};

/// The API group.
pub const GROUP: &str = "helm.toolkit.fluxcd.io";
