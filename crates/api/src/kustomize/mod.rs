//! The group `kustomize.toolkit.fluxcd.io`: applying what a source holds.

pub mod annotations;
mod build;
mod kustomization;

pub use build::{
    BuildMetadataOption, CommonMetadata, Decryption, DecryptionProvider, IgnoreRule, Image, Patch, PostBuild, Selector,
    SubstituteKind, SubstituteReference, SubstituteStrategy,
};
pub use kustomization::{
    CrossNamespaceSourceReference, CustomHealthCheck, DeletionPolicy, Kustomization, KustomizationSpec, KustomizationStatus,
    SourceKind,
};

/// The API group.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";
