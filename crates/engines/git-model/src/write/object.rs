//! Objects that do not exist yet.

use crate::ObjectId;
use bytes::Bytes;
use sha1::{Digest, Sha1};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// The content of a file.
    Blob,
}

impl ObjectKind {
    /// Git's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// An object with its name, which follows from its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The name.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// The content, without Git's own header of type and size.
    pub bytes: Bytes,
}

impl NewObject {
    /// Names an object.
    pub fn new(kind: ObjectKind, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", kind.as_str(), bytes.len()));
        hash.update(&bytes);
        Self { id: ObjectId::from_sha1(hash.finalize().into()), kind, bytes }
    }
}
