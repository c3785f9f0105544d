//! The part of a repository that `spec.sparseCheckout` selects.

use bytes::Bytes;
use file_tree::{Entry, EntryKind, Files, ReadError, TreePath};

/// Which files are checked out. As with Flux, whose Git library compares texts, a file is selected if its path *begins with* one
/// of the given directories: `base` selects `base/a` and `base-two/b`. No directories select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SparsePaths(Vec<String>);

/// Why a selection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SparseError {
    /// A directory is not in the repository, or not within it.
    #[error("sparse checkout dir '{0}' does not exist in repository")]
    Missing(String),
    /// The repository could not be read.
    #[error("look up sparse checkout dir '{directory}'")]
    Read {
        /// The directory.
        directory: String,
        /// What went wrong.
        #[source]
        source: ReadError,
    },
}

impl SparsePaths {
    /// Reads `spec.sparseCheckout`. A leading `./` is dropped.
    pub fn new<'a>(directories: impl IntoIterator<Item = &'a str>) -> Self {
        Self(directories.into_iter().map(|directory| directory.strip_prefix("./").unwrap_or(directory).to_owned()).collect())
    }

    /// Whether everything is selected.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a file is selected.
    pub fn selects(&self, file: &TreePath) -> bool {
        self.is_everything() || self.0.iter().any(|prefix| file.as_str().starts_with(prefix.as_str()))
    }

    /// Whether a directory may hold selected files at some depth.
    pub fn may_hold(&self, directory: &TreePath) -> bool {
        if self.is_everything() || directory.is_root() {
            return true;
        }
        let below = format!("{directory}/");
        self.0.iter().any(|prefix| below.starts_with(prefix.as_str()) || prefix.starts_with(&below))
    }

    /// Checks that every directory is there; a path that leads out of the repository is not.
    pub fn check(&self, files: &dyn Files) -> Result<(), SparseError> {
        for directory in &self.0 {
            let missing = || SparseError::Missing(directory.clone());
            let path = TreePath::parse(directory.trim_start_matches('/')).map_err(|_| missing())?;
            let found = files.kind(&path).map_err(|source| SparseError::Read { directory: directory.clone(), source })?;
            found.ok_or_else(missing)?;
        }
        Ok(())
    }
}

/// The selected part of a tree.
pub struct SparseFiles<'a> {
    files: &'a dyn Files,
    paths: &'a SparsePaths,
}

impl<'a> SparseFiles<'a> {
    /// The part of `files` that `paths` select.
    pub fn new(files: &'a dyn Files, paths: &'a SparsePaths) -> Self {
        Self { files, paths }
    }

    fn shows(&self, path: &TreePath, kind: EntryKind) -> bool {
        match kind {
            EntryKind::Directory => self.paths.may_hold(path),
            EntryKind::File { .. } => self.paths.selects(path),
        }
    }
}

impl Files for SparseFiles<'_> {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        Ok(self.files.kind(path)?.filter(|kind| self.shows(path, *kind)))
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        let mut entries = self.files.list(directory)?;
        entries.retain(|entry| directory.join(&entry.name).is_ok_and(|path| self.shows(&path, entry.kind)));
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        if self.paths.selects(path) { self.files.read(path) } else { Err(ReadError::NotFound(path.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use file_tree::FileTree;

    fn names(paths: &[&str]) -> Vec<String> {
        let all = ["base/a", "base-two/b", "deep/one/c", "deep/two/d", "top"];
        let tree = FileTree::from_files(all.map(|path| (path, Bytes::new()))).unwrap();
        let paths = SparsePaths::new(paths.iter().copied());
        let view = SparseFiles::new(&tree, &paths);
        let mut found = Vec::new();
        let mut pending = vec![TreePath::root()];
        while let Some(directory) = pending.pop() {
            for entry in view.list(&directory).unwrap() {
                let path = directory.join(&entry.name).unwrap();
                match entry.kind {
                    EntryKind::Directory => pending.push(path),
                    EntryKind::File { .. } => found.push(path.to_string()),
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn files_are_selected_by_the_beginning_of_their_path() {
        assert_eq!(names(&["./base"]), ["base-two/b", "base/a"]);
        assert_eq!(names(&["base/", "deep/two"]), ["base/a", "deep/two/d"]);
        assert_eq!(names(&["deep/o"]), ["deep/one/c"]);
        assert_eq!(names(&[]).len(), 5);
        assert_eq!(names(&["./"]).len(), 5);
    }

    #[test]
    fn sec_b14_a_directory_outside_of_the_repository_is_just_missing() {
        let tree = FileTree::from_files([("base/a", Bytes::new())]).unwrap();
        for directory in ["../../etc", "/proc/self", "base/../../etc", "absent"] {
            let error = SparsePaths::new([directory]).check(&tree).unwrap_err();
            assert_eq!(error.to_string(), format!("sparse checkout dir '{directory}' does not exist in repository"));
        }
        assert!(SparsePaths::new(["./base", "base/a"]).check(&tree).is_ok());
    }
}
