//! Why a build fails.

use file_tree::TreePath;

/// Why a build fails. Every variant says which file, field or object is meant.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The directory holds no kustomization file.
    #[error("{directory}: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization'")]
    NoKustomization {
        /// The directory.
        directory: TreePath,
    },
}
