//! Writing the objects of a release.

/// Objects could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApplyError {
    /// What failed, in Helm's words.
    pub message: String,
}
