//! Markers that set nothing, and files that cannot be read.

use manifest::yaml::YamlError;

/// Something that keeps a marker from working. An update goes on without it, as in Flux, which stays silent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct Problem {
    /// The file, relative to where the update looked.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file holds markers and is no YAML; it is left alone.
    #[error("the file is skipped: {0}")]
    Unreadable(YamlError),
    /// The comment holds the word of a marker and is not one JSON object of strings.
    #[error(r#"the marker is not of the form {{"$imagepolicy": "namespace:name"}}: {0}"#)]
    Malformed(String),
    /// The name is not `namespace:name` with at most one part behind it.
    #[error("the marker names {0:?}, which is not of the form namespace:name[:tag|:name|:digest]")]
    Name(String),
    /// No scalar is beside the marker, or one that cannot be set: a key, an alias, the end of a flow collection.
    #[error("the marker is not beside a value that can be set")]
    NoValue,
}
