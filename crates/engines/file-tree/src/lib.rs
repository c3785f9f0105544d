//! Files as values: the only way an engine sees a file.
//!
//! A [`TreePath`] names a file below some root and cannot leave it. [`Files`] is the port through which engines read; [`FileTree`]
//! is its in-memory form, as unpacked from an artifact. There are no symbolic links, devices or permissions here but the
//! executable bit: an artifact holds directories and regular files only.
//!
//! What this is not: access to a disk. Adapters that read directories or Git objects implement [`Files`] elsewhere.

mod path;
mod tree;

pub use path::{PathError, TreePath};
pub use tree::{FileTree, InsertError};

use bytes::Bytes;
use std::sync::Arc;

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory, possibly empty.
    Directory,
    /// A regular file.
    File {
        /// Whether any executable bit is set.
        executable: bool,
    },
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The last component of the path: no slash, never empty, `.` or `..`.
    pub name: String,
    /// What the name stands for.
    pub kind: EntryKind,
}

/// Why a read did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing is at that path.
    #[error("{0}: no such file or directory")]
    NotFound(TreePath),
    /// A file was asked for and the path names a directory.
    #[error("{0}: is a directory")]
    IsDirectory(TreePath),
    /// A directory was asked for and the path names a file.
    #[error("{0}: not a directory")]
    NotDirectory(TreePath),
    /// The adapter behind the port failed.
    #[error("read {path}")]
    Source {
        /// The path that was read.
        path: TreePath,
        /// What the adapter says.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// A readable tree of files, rooted where the caller decides. Nothing outside the root can be named.
pub trait Files {
    /// What is at `path`; `None` where nothing is.
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError>;

    /// The entries of a directory, sorted by the bytes of their names.
    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError>;

    /// The bytes of a regular file.
    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError>;
}
