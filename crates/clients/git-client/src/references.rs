//! Refs of a remote and what to fetch of them.

use std::fmt;

/// The id of an object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

/// A text that is not the full id of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the full id of a git object")]
pub struct InvalidObjectId(pub String);

impl ObjectId {
    /// Reads a full id; upper-case digits become lower-case.
    pub fn parse(text: &str) -> Result<Self, InvalidObjectId> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(InvalidObjectId(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_gix(&self) -> Option<gix::ObjectId> {
        gix::ObjectId::from_hex(self.0.as_bytes()).ok()
    }
}

impl From<gix::ObjectId> for ObjectId {
    fn from(id: gix::ObjectId) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One ref of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRef {
    /// The full name, such as `refs/heads/main`.
    pub name: String,
    /// What the ref names: a commit, or the tag object of an annotated tag.
    pub object: ObjectId,
    /// What an annotated tag finally points to; `None` for everything else.
    pub peeled: Option<ObjectId>,
}

impl RemoteRef {
    /// The commit behind the ref, whether or not there is a tag object between.
    pub fn commit(&self) -> &ObjectId {
        self.peeled.as_ref().unwrap_or(&self.object)
    }
}

/// The answer to a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The refs asked for, sorted by name.
    pub refs: Vec<RemoteRef>,
    /// Whether the repository has no ref at all, not even one that was not asked for.
    pub is_empty_repository: bool,
}

impl Listing {
    /// The ref of exactly this full name.
    pub fn find(&self, name: &str) -> Option<&RemoteRef> {
        self.refs.iter().find(|reference| reference.name == name)
    }
}

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The commit that a ref leads to, by its full name. `^{}` at the end is allowed and changes nothing but that no tag object
    /// is returned.
    Reference(String),
    /// A commit by its id.
    Commit {
        /// The commit.
        id: ObjectId,
        /// The short name of a branch whose history must hold the commit. Without one any commit will do that the server gives
        /// out, or that is in the history of some branch.
        branch: Option<String>,
    },
}
