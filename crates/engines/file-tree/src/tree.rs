//! The in-memory tree.

use crate::{Entry, EntryKind, Files, PathError, ReadError, TreePath};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Directories and files held in memory. Cloning is cheap for the bytes, which are shared, but copies the names.
#[derive(Debug, Clone, Default)]
pub struct FileTree {
    root: Directory,
}

#[derive(Debug, Clone, Default)]
struct Directory {
    entries: BTreeMap<String, Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Directory(Directory),
    File { bytes: Bytes, executable: bool },
}

/// Why an entry cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// A component of the path is a file, or the path names a directory.
    #[error("{0}: a file and a directory have the same name")]
    Conflict(TreePath),
    /// The path is already taken.
    #[error("{0}: already present")]
    Duplicate(TreePath),
    /// The path is not one below the root.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl FileTree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory and those above it; no effect where it is already there.
    pub fn insert_directory(&mut self, path: &TreePath) -> Result<(), InsertError> {
        self.directory_mut(path).map(drop)
    }

    /// Adds a file and the directories above it. A second file of the same path is an error.
    pub fn insert_file(&mut self, path: &TreePath, bytes: Bytes, kind: EntryKind) -> Result<(), InsertError> {
        let executable = matches!(kind, EntryKind::File { executable: true });
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(InsertError::Conflict(path.clone()));
        };
        let directory = self.directory_mut(&parent)?;
        match directory.entries.get(name) {
            None => directory.entries.insert(name.to_owned(), Node::File { bytes, executable }),
            Some(Node::File { .. }) => return Err(InsertError::Duplicate(path.clone())),
            Some(Node::Directory(_)) => return Err(InsertError::Conflict(path.clone())),
        };
        Ok(())
    }

    /// A tree of plain files, for callers that hold texts by path.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, Bytes)>) -> Result<Self, InsertError> {
        let mut tree = Self::new();
        for (path, bytes) in files {
            tree.insert_file(&TreePath::parse(path)?, bytes, EntryKind::File { executable: false })?;
        }
        Ok(tree)
    }

    /// The sum of the sizes of all files, in bytes.
    pub fn size(&self) -> u64 {
        fn sum(directory: &Directory) -> u64 {
            let of = |node: &Node| match node {
                Node::Directory(directory) => sum(directory),
                Node::File { bytes, .. } => bytes.len() as u64,
            };
            directory.entries.values().map(of).sum()
        }
        sum(&self.root)
    }

    fn directory_mut(&mut self, path: &TreePath) -> Result<&mut Directory, InsertError> {
        let mut directory = &mut self.root;
        for component in path.components() {
            let node = directory.entries.entry(component.to_owned()).or_insert_with(|| Node::Directory(Directory::default()));
            match node {
                Node::Directory(next) => directory = next,
                Node::File { .. } => return Err(InsertError::Conflict(path.clone())),
            }
        }
        Ok(directory)
    }

    fn node(&self, path: &TreePath) -> Option<NodeReference<'_>> {
        let mut here = NodeReference::Directory(&self.root);
        for component in path.components() {
            let NodeReference::Directory(directory) = here else { return None };
            here = match directory.entries.get(component)? {
                Node::Directory(next) => NodeReference::Directory(next),
                Node::File { bytes, executable } => NodeReference::File { bytes, executable: *executable },
            };
        }
        Some(here)
    }
}

enum NodeReference<'a> {
    Directory(&'a Directory),
    File { bytes: &'a Bytes, executable: bool },
}

impl Files for FileTree {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        Ok(self.node(path).map(|node| match node {
            NodeReference::Directory(_) => EntryKind::Directory,
            NodeReference::File { executable, .. } => EntryKind::File { executable },
        }))
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        match self.node(directory) {
            None => Err(ReadError::NotFound(directory.clone())),
            Some(NodeReference::File { .. }) => Err(ReadError::NotDirectory(directory.clone())),
            Some(NodeReference::Directory(found)) => Ok(found
                .entries
                .iter()
                .map(|(name, node)| Entry {
                    name: name.clone(),
                    kind: match node {
                        Node::Directory(_) => EntryKind::Directory,
                        Node::File { executable, .. } => EntryKind::File { executable: *executable },
                    },
                })
                .collect()),
        }
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        match self.node(path) {
            None => Err(ReadError::NotFound(path.clone())),
            Some(NodeReference::Directory(_)) => Err(ReadError::IsDirectory(path.clone())),
            Some(NodeReference::File { bytes, .. }) => Ok(bytes.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_lists_what_was_inserted_in_byte_order() -> Result<(), Box<dyn std::error::Error>> {
        let tree = FileTree::from_files([("b/x", Bytes::from_static(b"1")), ("B", Bytes::new()), ("a", Bytes::new())])?;
        let names: Vec<String> = tree.list(&TreePath::root())?.into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["B", "a", "b"]);
        assert_eq!(tree.read(&TreePath::parse("b/x")?)?, "1");
        assert_eq!(tree.size(), 1);
        assert!(matches!(tree.read(&TreePath::parse("b")?), Err(ReadError::IsDirectory(_))));
        assert!(matches!(tree.read(&TreePath::parse("a/x")?), Err(ReadError::NotFound(_))));
        Ok(())
    }

    #[test]
    fn a_second_entry_of_the_same_name_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let mut tree = FileTree::from_files([("a/x", Bytes::new())])?;
        let plain = EntryKind::File { executable: false };
        let path = TreePath::parse("a/x")?;
        assert_eq!(tree.insert_file(&path, Bytes::new(), plain), Err(InsertError::Duplicate(path.clone())));
        let below = TreePath::parse("a/x/y")?;
        assert!(matches!(tree.insert_file(&below, Bytes::new(), plain), Err(InsertError::Conflict(_))));
        Ok(())
    }
}
