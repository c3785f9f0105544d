//! What `Chart.yaml` says, without the rest of the chart.

use bytes::Bytes;
use file_tree::{EntryKind, Files, ReadError, TreePath};
use helm_chart::{Limits, LoadError, Metadata};

/// The files that metadata come from.
const METADATA_FILES: [&str; 2] = ["Chart.yaml", "requirements.yaml"];

/// Why there are no metadata.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// No such chart.
    #[error("stat {path}: no such file or directory")]
    NoChart {
        /// Where it was looked for, from the root of the source.
        path: String,
    },
    /// There is no `Chart.yaml` in the directory.
    #[error("open {path}/Chart.yaml: no such file or directory")]
    NoChartFile {
        /// The directory, from the root of the source.
        path: String,
    },
    /// There is no `Chart.yaml` in the archive.
    #[error("no 'Chart.yaml' found")]
    NotInArchive,
    /// One of the files is larger than it may be.
    #[error("size of '{name}' exceeds '{limit}' bytes limit")]
    TooLarge {
        /// The file.
        name: String,
        /// The most bytes.
        limit: u64,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] artifact::archive::ReadError),
    /// A file lies beside the folder of the chart.
    #[error("chart illegally contains content outside the base directory: {0}")]
    Outside(String),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] ReadError),
    /// The files cannot be understood.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// The metadata of the chart in a directory. No file of it may have more than `file_limit` bytes.
///
/// # Errors
/// When there is no chart, or its metadata are not valid.
pub fn metadata_of_directory(files: &dyn Files, directory: &TreePath, file_limit: u64) -> Result<Metadata, MetadataError> {
    let path = || format!("/{}", directory.as_str());
    if files.kind(directory)? != Some(EntryKind::Directory) {
        return Err(MetadataError::NoChart { path: path() });
    }
    let mut found = Vec::new();
    for name in METADATA_FILES {
        // A plain name can be joined.
        let place = directory.join(name).unwrap_or_default();
        if matches!(files.kind(&place)?, Some(EntryKind::File { .. })) {
            found.push((name, files.read(&place)?));
        }
    }
    if found.first().is_none_or(|(name, _)| *name != METADATA_FILES[0]) {
        return Err(MetadataError::NoChartFile { path: path() });
    }
    read(found, file_limit)
}

/// The metadata of the chart in an archive, as `helm package` makes it.
///
/// # Errors
/// When it is no archive of a chart, too large, or its metadata are not valid.
pub fn metadata_of_archive(archive: &[u8], file_limit: u64, limits: &Limits) -> Result<Metadata, MetadataError> {
    let bounds = artifact::archive::Limits {
        decompressed: limits.bytes,
        file: limits.bytes,
        entries: limits.files as u64,
        ..artifact::archive::Limits::default()
    };
    let tree = artifact::archive::read(archive, &bounds)?;
    let mut found = Vec::new();
    for entry in tree.list(&TreePath::root())? {
        if entry.kind != EntryKind::Directory {
            return Err(MetadataError::Outside(entry.name));
        }
        for name in METADATA_FILES {
            let place = TreePath::root().join(&entry.name).and_then(|folder| folder.join(name)).unwrap_or_default();
            if matches!(tree.kind(&place)?, Some(EntryKind::File { .. })) {
                found.push((name, tree.read(&place)?));
            }
        }
    }
    if !found.iter().any(|(name, _)| *name == METADATA_FILES[0]) {
        return Err(MetadataError::NotInArchive);
    }
    read(found, file_limit)
}

fn read(found: Vec<(&str, Bytes)>, limit: u64) -> Result<Metadata, MetadataError> {
    if let Some((name, _)) = found.iter().find(|(_, text)| text.len() as u64 > limit) {
        return Err(MetadataError::TooLarge { name: (*name).to_owned(), limit });
    }
    let found = found.into_iter().map(|(name, text)| (name.to_owned(), text));
    Ok(helm_chart::load_files(found, &Limits::default())?.metadata)
}
