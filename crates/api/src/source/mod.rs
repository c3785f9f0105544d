//! The group `source.toolkit.fluxcd.io`: where content comes from.

mod bucket;
mod git_repository;
mod helm_chart;
mod helm_repository;
mod oci_repository;
mod registry;

pub use bucket::{Bucket, BucketProvider, BucketSpec, BucketStatus, BucketStsSpec, StsProvider};
pub use git_repository::{
    GitProvider, GitRepository, GitRepositoryInclude, GitRepositoryRef, GitRepositorySpec, GitRepositoryStatus,
    GitRepositoryVerification, GitVerificationMode,
};
pub use helm_chart::{
    HelmChart, HelmChartSourceKind, HelmChartSpec, HelmChartStatus, LocalHelmChartSourceReference, ReconcileStrategy,
};
pub use helm_repository::{HelmRepository, HelmRepositorySpec, HelmRepositoryStatus, HelmRepositoryType};
pub use oci_repository::{
    OciLayerOperation, OciLayerSelector, OciRepository, OciRepositoryRef, OciRepositorySpec, OciRepositoryStatus,
};
pub use registry::{HelmChartVerification, OciRepositoryVerification, OidcIdentityMatch, RegistryProvider, SignatureProvider};

/// The API group.
pub const GROUP: &str = "source.toolkit.fluxcd.io";
