//! A chart as it was loaded.

use std::sync::Arc;

use bytes::Bytes;

use crate::file::File;
use crate::metadata::{Lock, Metadata};
use crate::values::Values;

/// A chart with the charts in its `charts/` folder. Clones share everything large.
#[derive(Debug, Clone)]
pub struct Chart {
    /// `Chart.yaml`, with the dependencies of `requirements.yaml` if the chart has one.
    pub metadata: Metadata,
    /// `Chart.lock` or `requirements.lock`.
    pub lock: Option<Lock>,
    /// The files below `templates/`.
    pub templates: Vec<File>,
    /// All other files but those that have a meaning of their own: what templates see as `.Files`, and the `crds/`.
    pub files: Vec<File>,
    /// The default values.
    pub values: Arc<Values>,
    /// `values.yaml` as it is, which may be empty.
    pub values_file: Option<Bytes>,
    /// `values.schema.json`.
    pub schema: Option<Bytes>,
    /// The charts in `charts/`, by the names of their files.
    pub dependencies: Vec<Arc<Self>>,
}

impl Chart {
    /// Whether all dependencies that `Chart.yaml` names are in `charts/`, enabled or not. Command lines check it, controllers do not.
    ///
    /// # Errors
    /// The names of those that are missing.
    pub fn check_dependencies(&self) -> Result<(), MissingDependencies> {
        let wanted = self.metadata.dependencies.iter().flatten().map(|dependency| &dependency.name);
        let is_missing = |name: &&String| !self.dependencies.iter().any(|chart| chart.metadata.name == **name);
        let missing: Vec<String> = wanted.filter(is_missing).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(MissingDependencies(missing)) }
    }
}

/// Dependencies that `Chart.yaml` names and `charts/` does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
pub struct MissingDependencies(pub Vec<String>);
