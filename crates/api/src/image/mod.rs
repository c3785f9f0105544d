//! The group `image.toolkit.fluxcd.io`: which images there are, which is wanted, and writing that into Git.

mod image_policy;
mod image_repository;
mod image_update_automation;

pub use image_policy::{
    AlphabeticalPolicy, ImagePolicy, ImagePolicyChoice, ImagePolicySpec, ImagePolicyStatus, ImageReference, NumericalPolicy,
    PolicyOrder, ReflectionPolicy, SemVerPolicy, TagFilter,
};
pub use image_repository::{ImageRepository, ImageRepositorySpec, ImageRepositoryStatus, ScanResult};
pub use image_update_automation::{
    CommitSpec, CommitUser, GitCheckoutSpec, GitSpec, ImageUpdateAutomation, ImageUpdateAutomationSpec,
    ImageUpdateAutomationStatus, ImageUpdateSource, ImageUpdateSourceKind, LabelSelector, LabelSelectorRequirement, PushSpec,
    SigningKey, SigningKeyType, UpdateStrategy, UpdateStrategyName,
};

/// The API group.
pub const GROUP: &str = "image.toolkit.fluxcd.io";
