//! A tree of files with other trees mounted into it: how includes join a checkout.

use bytes::Bytes;
use file_tree::{Entry, EntryKind, FileTree, Files, ReadError, TreePath};
use std::collections::BTreeMap;

/// A base with trees over it. A mounted tree hides whatever the base has at its place; a later mount hides an earlier one.
pub(crate) struct Mounts<'a> {
    base: &'a dyn Files,
    mounts: Vec<Mount>,
}

/// One tree and where it goes.
pub(crate) struct Mount {
    /// The place in the whole.
    pub(crate) at: TreePath,
    /// The tree that is mounted.
    pub(crate) tree: FileTree,
    /// The directory or file of the tree that appears at `at`.
    pub(crate) from: TreePath,
}

impl<'a> Mounts<'a> {
    /// `base` with `mounts` over it.
    pub(crate) fn new(base: &'a dyn Files, mounts: Vec<Mount>) -> Self {
        Self { base, mounts }
    }

    /// Who answers for a path, and under which path of its own.
    fn place(&self, path: &TreePath) -> (&dyn Files, TreePath) {
        for mount in self.mounts.iter().rev() {
            if path.starts_with(&mount.at) {
                let below = path.as_str()[mount.at.as_str().len()..].trim_start_matches('/');
                if let Ok(inner) = mount.from.join(below) {
                    return (&mount.tree, inner);
                }
            }
        }
        (self.base, path.clone())
    }

    /// Whether a mount lies below a path, which is then a directory even if the base has none.
    fn leads_to_mount(&self, path: &TreePath) -> bool {
        self.mounts.iter().any(|mount| mount.at != *path && mount.at.starts_with(path))
    }
}

impl Files for Mounts<'_> {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        if self.leads_to_mount(path) {
            return Ok(Some(EntryKind::Directory));
        }
        let (files, inner) = self.place(path);
        files.kind(&inner)
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        let (files, inner) = self.place(directory);
        let mut entries: BTreeMap<String, EntryKind> = match files.list(&inner) {
            Ok(entries) => entries.into_iter().map(|entry| (entry.name, entry.kind)).collect(),
            Err(ReadError::NotFound(_) | ReadError::NotDirectory(_)) if self.leads_to_mount(directory) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        for mount in self.mounts.iter().filter(|mount| mount.at != *directory && mount.at.starts_with(directory)) {
            let below = mount.at.as_str()[directory.as_str().len()..].trim_start_matches('/');
            let name = below.split('/').next().unwrap_or(below);
            if let Some(kind) = self.kind(&directory.join(name).unwrap_or_default())? {
                entries.insert(name.to_owned(), kind);
            }
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        if self.leads_to_mount(path) {
            return Err(ReadError::IsDirectory(path.clone()));
        }
        let (files, inner) = self.place(path);
        files.read(&inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).expect("the path is valid")
    }

    #[test]
    fn a_mounted_tree_appears_at_its_place_and_hides_what_was_there() {
        let base = FileTree::from_files([("a", Bytes::from_static(b"a")), ("in/old", Bytes::new())]).expect("valid");
        let tree = FileTree::from_files([("deploy/x", Bytes::from_static(b"x"))]).expect("valid");
        let mounts = vec![
            Mount { at: path("in"), tree: tree.clone(), from: path("deploy") },
            Mount { at: path("new/place"), tree, from: TreePath::root() },
        ];
        let all = Mounts::new(&base, mounts);
        let names = |directory: &str| -> Vec<String> {
            all.list(&path(directory)).expect("it lists").into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names(""), ["a", "in", "new"]);
        assert_eq!(names("in"), ["x"]);
        assert_eq!(names("new"), ["place"]);
        assert_eq!(names("new/place"), ["deploy"]);
        assert_eq!(all.read(&path("in/x")).expect("it reads"), "x");
        assert_eq!(all.read(&path("new/place/deploy/x")).expect("it reads"), "x");
        assert_eq!(all.kind(&path("in/old")).expect("it looks"), None);
    }
}
