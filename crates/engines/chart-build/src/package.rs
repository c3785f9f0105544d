//! The files of a package, in a folder with the name of the chart.

use bytes::Bytes;
use file_tree::{EntryKind, FileTree, Files, InsertError, PathError, TreePath};
use helm_chart::{Chart, File, Limits, LoadError};
use helm_release::{Lock, Metadata};
use serde::Serialize;
use std::collections::BTreeSet;

/// Why a chart cannot be loaded or packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The source cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file is larger than it may be.
    #[error("cannot load file {name} as file size ({size}) exceeds limit ({limit})")]
    FileSize {
        /// The file, from the folder of its chart.
        name: String,
        /// Its bytes.
        size: u64,
        /// The most bytes.
        limit: u64,
    },
    /// A file has a name that no file of a package can have.
    #[error("file of chart '{0}'")]
    Name(String, #[source] PathError),
    /// Two files have the same name.
    #[error("file of chart '{0}'")]
    Conflict(String, #[source] InsertError),
    /// Metadata or lock cannot be printed.
    #[error("print '{0}'")]
    Print(&'static str, #[source] serde_json::Error),
}

/// Loads the chart in a directory, less what its `.helmignore` names. No file of it may have more than `file_limit` bytes.
///
/// # Errors
/// When it is no chart, or exceeds a limit.
pub fn load_directory(files: &dyn Files, directory: &TreePath, file_limit: u64, limits: &Limits) -> Result<Chart, PackageError> {
    let chart = helm_chart::load_directory(files, directory, limits)?;
    check_sizes(&chart, file_limit)?;
    Ok(chart)
}

fn check_sizes(chart: &Chart, limit: u64) -> Result<(), PackageError> {
    let listed = chart.templates.iter().chain(&chart.files).map(|file| (file.name.as_str(), file.data.len()));
    let values = chart.values_file.iter().map(|data| ("values.yaml", data.len()));
    let schema = chart.schema.iter().map(|data| ("values.schema.json", data.len()));
    let mut all = listed.chain(values).chain(schema).map(|(name, size)| (name, size as u64));
    match all.find(|(_, size)| *size > limit) {
        Some((name, size)) => Err(PackageError::FileSize { name: name.to_owned(), size, limit }),
        None => Ok(()),
    }
}

/// The files of a chart's package: metadata and lock printed as Helm prints them, everything else as it is, the charts that it
/// depends on in folders below `charts`.
///
/// # Errors
/// When two files claim the same place, or a name is none.
pub fn files_of(chart: &Chart) -> Result<FileTree, PackageError> {
    let mut tree = FileTree::new();
    let folder = TreePath::parse(&chart.metadata.name).map_err(|error| PackageError::Name(chart.metadata.name.clone(), error))?;
    // A chart that was loaded is not nested deeper than its limits allow.
    write(&mut tree, &folder, chart)?;
    Ok(tree)
}

fn write(tree: &mut FileTree, folder: &TreePath, chart: &Chart) -> Result<(), PackageError> {
    let mut metadata = Metadata::from(chart.metadata.clone());
    let is_first_format = metadata.api_version == "v1";
    if is_first_format {
        // Their dependencies are in requirements.yaml, which is one of the files.
        metadata.dependencies = Vec::new();
    }
    insert(tree, folder, "Chart.yaml", printed("Chart.yaml", &metadata)?)?;
    if let Some(lock) = chart.lock.clone().filter(|_| !is_first_format) {
        insert(tree, folder, "Chart.lock", printed("Chart.lock", &Lock::from(lock))?)?;
    }
    let named = |name: &'static str, data: &Option<Bytes>| data.clone().map(|data| (name.to_owned(), data));
    let plain = [named("values.yaml", &chart.values_file), named("values.schema.json", &chart.schema)];
    let files = chart.templates.iter().chain(&chart.files).map(|File { name, data }| (name.clone(), data.clone()));
    for (name, data) in plain.into_iter().flatten().chain(files) {
        insert(tree, folder, &name, data)?;
    }
    let mut taken = BTreeSet::new();
    for dependency in &chart.dependencies {
        let name = &dependency.metadata.name;
        // Charts of one name in several versions need folders of their own; what a folder is called means nothing.
        let folder_name =
            if taken.insert(name.clone()) { name.clone() } else { format!("{name}-{}", dependency.metadata.version) };
        let below = folder.join("charts").and_then(|charts| charts.join(&folder_name));
        write(tree, &below.map_err(|error| PackageError::Name(folder_name, error))?, dependency)?;
    }
    Ok(())
}

fn printed(name: &'static str, content: &impl Serialize) -> Result<Bytes, PackageError> {
    let value = serde_json::to_value(content).map_err(|error| PackageError::Print(name, error))?;
    Ok(Bytes::from(manifest::yaml::to_yaml(&value)))
}

fn insert(tree: &mut FileTree, folder: &TreePath, name: &str, data: Bytes) -> Result<(), PackageError> {
    let path = folder.join(name).map_err(|error| PackageError::Name(name.to_owned(), error))?;
    let kind = EntryKind::File { executable: false };
    tree.insert_file(&path, data, kind).map_err(|error| PackageError::Conflict(path.to_string(), error))
}
