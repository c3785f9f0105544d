//! The group `source.toolkit.fluxcd.io`: where content comes from.

mod git_repository;

pub use git_repository::{
    GitProvider, GitRepository, GitRepositoryInclude, GitRepositoryRef, GitRepositorySpec, GitRepositoryStatus,
    GitRepositoryVerification, GitVerificationMode, READY,
};

/// The API group.
pub const GROUP: &str = "source.toolkit.fluxcd.io";
