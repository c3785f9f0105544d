//! From the manifest of a record to objects that the cluster knows.

use manifest::object::SplitError;

/// Why a manifest is no list of objects.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// It is not YAML, or something in it is no object.
    #[error(transparent)]
    Parse(#[from] SplitError),
    /// Kinds are not served, or it cannot be found out; a sentence an object.
    #[error("{}", .0.join("\n"))]
    Kinds(Vec<String>),
}
