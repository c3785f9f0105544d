//! The files of a chart's archive: everything lies in one folder, whose name does not matter.

use file_tree::{EntryKind, FileTree, Files, ReadError, TreePath};

use super::Limits;
use crate::file::File;

/// Why an archive holds no chart; worded as Helm where Helm refuses the same.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive is damaged, too large, or holds names and entries that no chart has.
    #[error(transparent)]
    Read(artifact::archive::ReadError),
    /// The archive ends early.
    #[error("unexpected EOF")]
    Truncated,
    /// The archive is larger than it may be.
    #[error("decompressed chart is larger than the maximum size {0}")]
    DecompressedSize(u64),
    /// All archives within each other are larger than they may be together.
    #[error("decompressed archives are larger than the maximum size {0}")]
    TooLarge(u64),
    /// A file lies beside the folder of the chart.
    #[error("chart illegally contains content outside the base directory: {0:?}")]
    Outside(String),
    /// The files of the chart lie at the top.
    #[error("chart yaml not in base directory")]
    NoFolder,
    /// There is nothing in it.
    #[error("no files in chart archive")]
    Empty,
    /// The tree that was read cannot be read again.
    #[error(transparent)]
    Tree(#[from] ReadError),
}

/// Reads the files of an archive, their names below the chart's folder.
pub(super) fn read(archive: &[u8], limits: &Limits, nested_bytes_left: &mut u64) -> Result<Vec<File>, ArchiveError> {
    let tree = read_tree(archive, limits)?;
    *nested_bytes_left = nested_bytes_left.checked_sub(tree.size()).ok_or(ArchiveError::TooLarge(limits.nested_bytes))?;
    let mut files = Vec::new();
    collect(&tree, &TreePath::root(), &mut files)?;
    if files.is_empty() { Err(ArchiveError::Empty) } else { Ok(files) }
}

fn read_tree(archive: &[u8], limits: &Limits) -> Result<FileTree, ArchiveError> {
    use artifact::archive;
    let limits = archive::Limits {
        decompressed: limits.bytes,
        file: limits.bytes,
        entries: limits.files as u64,
        ..archive::Limits::default()
    };
    archive::read(archive, &limits).map_err(|error| match error {
        archive::ReadError::DecompressedSize { limit } | archive::ReadError::FileSize { limit, .. } => {
            ArchiveError::DecompressedSize(limit)
        }
        archive::ReadError::Gzip(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        error => ArchiveError::Read(error),
    })
}

fn collect(tree: &FileTree, directory: &TreePath, files: &mut Vec<File>) -> Result<(), ArchiveError> {
    for entry in tree.list(directory)? {
        // A name that the tree holds can be joined.
        let path = directory.join(&entry.name).unwrap_or_default();
        match (entry.kind, path.as_str().split_once('/')) {
            (EntryKind::Directory, _) => collect(tree, &path, files)?,
            (EntryKind::File { .. }, Some((_, name))) => files.push(File::new(name, tree.read(&path)?)),
            (EntryKind::File { .. }, None) if path.as_str() == "Chart.yaml" => return Err(ArchiveError::NoFolder),
            (EntryKind::File { .. }, None) => return Err(ArchiveError::Outside(path.as_str().to_owned())),
        }
    }
    Ok(())
}
