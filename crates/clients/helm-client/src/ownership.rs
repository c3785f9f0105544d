//! Whose objects are: the label and the annotations with which Helm marks them.

use cluster_client::{ObjectKey, RequestError};

/// Objects that a release may not take.
#[derive(Debug, thiserror::Error)]
pub enum OwnershipError {
    /// It exists and belongs to nobody or to another release.
    #[error("{subject} exists and cannot be imported into the current release: invalid ownership metadata; {reason}")]
    Foreign {
        /// The object, as Helm calls it.
        subject: String,
        /// Which mark is missing or wrong.
        reason: String,
    },
    /// It cannot be read.
    #[error("could not get information about the resource {subject}")]
    Read {
        /// The object, as Helm calls it.
        subject: String,
        /// Why not.
        source: RequestError,
    },
}

/// An object as Helm calls it in errors.
pub(crate) fn subject(key: &ObjectKey) -> String {
    format!("{} {:?} in namespace {:?}", key.kind, key.name, key.namespace)
}
