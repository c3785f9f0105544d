//! Which charts a chart lacks, and where they come from.

use crate::package::{PackageError, load_directory};
use file_tree::{EntryKind, Files, TreePath};
use helm_chart::{Chart, Dependency, Limits};
use std::sync::Arc;
use url::Url;
use version_select::{Constraint, ConstraintError, Version, VersionError};

/// Why a dependency cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// There is nothing at its place.
    #[error("no chart found at '{path}' (reference '{reference}')")]
    NoChart {
        /// Where it was looked for, from the root of the source.
        path: String,
        /// As the chart names it.
        reference: String,
    },
    /// The range of versions cannot be read.
    #[error("invalid version/constraint format '{range}'")]
    Range {
        /// The range.
        range: String,
        /// Why.
        #[source]
        source: ConstraintError,
    },
    /// The chart at its place cannot be loaded.
    #[error("failed to load chart from '{path}' (reference '{reference}')")]
    Load {
        /// Where it is, from the root of the source.
        path: String,
        /// As the chart names it.
        reference: String,
        /// Why.
        #[source]
        source: Box<PackageError>,
    },
    /// The chart at its place has no version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The chart at its place is outside of the range.
    #[error("can't get a valid version for constraint '{0}'")]
    OutOfRange(String),
    /// The repository is an alias of somebody's own configuration.
    #[error("aliased repository dependency is not supported: {0}")]
    Alias(String),
    /// The repository is no address.
    #[error("invalid dependency repository URL: {0}")]
    Address(String),
}

/// Where a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From this place in the source of the chart.
    Local(TreePath),
    /// From the repository at this address.
    Repository(String),
}

/// The dependencies that a chart names, in its lock if it has one, and does not hold.
pub fn missing(chart: &Chart) -> Vec<Dependency> {
    let named = match &chart.lock {
        Some(lock) => &lock.dependencies[..],
        None => chart.metadata.dependencies.as_deref().unwrap_or_default(),
    };
    // As Flux: where there are as many, they are taken for the right ones.
    if named.len() == chart.dependencies.len() {
        return Vec::new();
    }
    let is_there = |dependency: &Dependency| chart.dependencies.iter().any(|chart| chart.metadata.name == known_as(dependency));
    let mut missing: Vec<Dependency> = Vec::new();
    for dependency in named.iter().filter(|dependency| !is_there(dependency)) {
        // Of two with the same name the later counts.
        missing.retain(|earlier| known_as(earlier) != known_as(dependency));
        missing.push(dependency.clone());
    }
    missing
}

/// The name under which a chart knows its dependency.
fn known_as(dependency: &Dependency) -> &str {
    if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias }
}

/// Where a dependency of the chart in `directory` comes from.
///
/// # Errors
/// When its repository is neither an address of HTTP or of a registry, nor a place in the source.
pub fn origin(dependency: &Dependency, directory: &TreePath) -> Result<Origin, DependencyError> {
    let repository = dependency.repository.as_str();
    if repository.is_empty() {
        return Ok(Origin::Local(TreePath::confined(&format!("{directory}/charts/{}", dependency.name))));
    }
    if let Some(path) = repository.strip_prefix("file://") {
        return Ok(Origin::Local(TreePath::confined(&format!("{directory}/{path}"))));
    }
    if repository.starts_with('@') || repository.starts_with("alias:") {
        return Err(DependencyError::Alias(repository.to_owned()));
    }
    let url = Url::parse(repository).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "oci"));
    match url {
        Some(_) => Ok(Origin::Repository(repository.to_owned())),
        None => Err(DependencyError::Address(repository.to_owned())),
    }
}

/// Loads a dependency from its place in the source. What it itself depends on has to be there with it.
///
/// # Errors
/// When there is no chart, or one of another version.
pub fn load_local(
    files: &dyn Files,
    place: &TreePath,
    dependency: &Dependency,
    file_limit: u64,
    limits: &Limits,
) -> Result<Chart, DependencyError> {
    let (path, reference) = (format!("/{}", place.as_str()), dependency.repository.clone());
    let kind = files.kind(place).ok().flatten();
    let chart = match kind {
        None => return Err(DependencyError::NoChart { path, reference }),
        Some(EntryKind::Directory) => load_directory(files, place, file_limit, limits),
        Some(EntryKind::File { .. }) => {
            let archive = files.read(place).unwrap_or_default();
            helm_chart::load_archive(&archive, limits).map_err(PackageError::Load)
        }
    };
    let chart = chart.map_err(|source| DependencyError::Load { path, reference, source: Box::new(source) })?;
    check_version(&chart, &dependency.version)?;
    Ok(chart)
}

/// Whether a chart's version is in a range.
///
/// # Errors
/// When it is not, or either cannot be read.
pub fn check_version(chart: &Chart, range: &str) -> Result<(), DependencyError> {
    let constraint: Constraint = range.parse().map_err(|source| DependencyError::Range { range: range.to_owned(), source })?;
    let version: Version = chart.metadata.version.parse()?;
    if constraint.allows(&version) { Ok(()) } else { Err(DependencyError::OutOfRange(range.to_owned())) }
}

/// Adds a dependency to a chart, under its alias if it has one.
pub fn add(chart: &mut Chart, dependency: &Dependency, mut loaded: Chart) {
    if !dependency.alias.is_empty() {
        loaded.metadata.name.clone_from(&dependency.alias);
    }
    chart.dependencies.push(Arc::new(loaded));
}
