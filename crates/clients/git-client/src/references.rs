//! Refs of a remote and what to fetch of them.

use git_model::{AdvertisedRef, ObjectId};

/// The id as gix has it; `None` for an id of a length that gix does not know.
pub(crate) fn to_gix(id: &ObjectId) -> Option<gix::ObjectId> {
    gix::ObjectId::from_hex(id.as_str().as_bytes()).ok()
}

/// The id as everybody else has it.
pub(crate) fn from_gix(id: gix::ObjectId) -> ObjectId {
    id.to_string().parse().expect("because gix prints an id as 40 or 64 hexadecimal digits")
}

/// The answer to a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The refs asked for, sorted by name.
    pub refs: Vec<AdvertisedRef>,
    /// Whether the repository has no ref at all, not even one that was not asked for.
    pub is_empty_repository: bool,
}

impl Listing {
    /// The ref of exactly this full name.
    pub fn find(&self, name: &str) -> Option<&AdvertisedRef> {
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
