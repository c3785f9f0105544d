//! The port through which a build asks for something outside of its tree. The library itself never talks to a network.

use bytes::Bytes;
use file_tree::{Files, TreePath};
use std::sync::Arc;

/// Why a remote resource is not available.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The caller does not allow any.
    #[error("remote resources are refused; copy the files into the source and refer to them by a relative path")]
    Refused,
    /// Fetching it failed.
    #[error("fetch the remote resource")]
    Fetch(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// A directory of a fetched repository.
pub struct RemoteDirectory {
    /// The whole repository; bases found in it may not leave it.
    pub files: Arc<dyn Files>,
    /// The directory in it that the address names.
    pub directory: TreePath,
}

/// Fetches what a kustomization names by address. Implementations decide on transports, credentials, caching and timeouts.
pub trait RemoteResources {
    /// The bytes behind an `http` or `https` address.
    fn file(&self, address: &str) -> Result<Bytes, RemoteError>;

    /// The directory behind a Git address in kustomize's syntax.
    fn directory(&self, address: &str) -> Result<RemoteDirectory, RemoteError>;
}

/// Refuses everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRemoteResources;

impl RemoteResources for NoRemoteResources {
    fn file(&self, _address: &str) -> Result<Bytes, RemoteError> {
        Err(RemoteError::Refused)
    }

    fn directory(&self, _address: &str) -> Result<RemoteDirectory, RemoteError> {
        Err(RemoteError::Refused)
    }
}
