//! A directory of the disk as a tree of files.

use bytes::Bytes;
use file_tree::{Entry, EntryKind, Files, ReadError, TreePath};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether symbolic links may lead a file out of the directory in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// Only to files in or below that directory.
    Confined,
    /// Anywhere.
    Free,
}

/// The files below a directory, read when they are asked for.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    links: Links,
}

impl Disk {
    pub(crate) fn new(root: impl Into<PathBuf>, links: Links) -> Self {
        Self { root: root.into(), links }
    }

    fn path(&self, path: &TreePath) -> PathBuf {
        self.root.join(path.as_str())
    }
}

/// A link that leads nowhere, in Helm's words.
fn dangling(link: &Path) -> io::Error {
    let directory = link.parent().unwrap_or(link);
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let link = directory.join(link.file_name().unwrap_or_default());
    let target = std::fs::read_link(&link).map_or_else(|_| link.clone(), |target| directory.join(target));
    let (link, target) = (link.display(), target.display());
    io::Error::other(format!("error evaluating symlink {link}: lstat {target}: no such file or directory"))
}

fn failed(path: &TreePath, error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound(path.clone()),
        io::ErrorKind::IsADirectory => ReadError::IsDirectory(path.clone()),
        io::ErrorKind::NotADirectory => ReadError::NotDirectory(path.clone()),
        _ => ReadError::Source { path: path.clone(), source: Arc::new(error) },
    }
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

fn kind_of(metadata: &std::fs::Metadata) -> EntryKind {
    if metadata.is_dir() { EntryKind::Directory } else { EntryKind::File { executable: is_executable(metadata) } }
}

/// Whether a file that is reached through a link stands in or below the directory that names it.
fn is_confined(file: &Path) -> io::Result<bool> {
    if !file.symlink_metadata()?.file_type().is_symlink() {
        return Ok(true);
    }
    let directory = file.parent().unwrap_or(file).canonicalize()?;
    Ok(file.canonicalize()?.starts_with(directory))
}

impl Files for Disk {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        match std::fs::metadata(self.path(path)) {
            Ok(metadata) => Ok(Some(kind_of(&metadata))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            // A name that no file can have, such as a patch that stands where a path may stand.
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => Ok(None),
            Err(error) => Err(failed(path, error)),
        }
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.path(directory)).map_err(|error| failed(directory, error))? {
            let entry = entry.map_err(|error| failed(directory, error))?;
            // Names that are not UTF-8 cannot be referred to.
            let Ok(name) = entry.file_name().into_string() else { continue };
            match std::fs::metadata(entry.path()) {
                Ok(metadata) => entries.push(Entry { name, kind: kind_of(&metadata) }),
                Err(_) if self.links == Links::Free => return Err(failed(directory, dangling(&entry.path()))),
                Err(_) => {}
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        let file = self.path(path);
        if self.links == Links::Confined && !is_confined(&file).map_err(|error| failed(path, error))? {
            let problem = io::Error::other("security; a symbolic link leads out of the directory in which it stands");
            return Err(ReadError::Source { path: path.clone(), source: Arc::new(problem) });
        }
        std::fs::read(file).map(Bytes::from).map_err(|error| failed(path, error))
    }
}
