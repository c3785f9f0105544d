//! What others have changed of the objects of a release, and changing it back.

mod compare;
mod correct;

use apply_plan::ignore::IgnoreRules;
use cluster_client::ObjectKey;
use serde_json::Value;

/// What counts as drift.
#[derive(Debug)]
pub struct DriftRules<'a> {
    /// Fields that others may change; the path `""` stands for a whole object. Objects are chosen by their manifests.
    pub ignore: &'a IgnoreRules,
    /// A label or annotation, and its value, with which an object says that it may drift.
    pub exclusion: (&'a str, &'a str),
    /// Field managers whose fields are taken over first (`--override-manager`).
    pub overridden: &'a [String],
}

/// What happened to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// It is gone.
    Missing,
    /// It was changed.
    Changed {
        /// The JSON patch (RFC 6902) that changes it back.
        patch: Vec<Value>,
    },
}

/// An object that is not as the record says. Displays as Flux's events have it: `Kind/namespace/name changed (1 additions, …)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Which one.
    pub key: ObjectKey,
    /// What it should be, with Helm's marks.
    pub desired: Value,
    /// What happened to it.
    pub difference: Difference,
}

/// The drift of a release.
#[derive(Debug, Default)]
pub struct Drifts {
    /// Objects that drifted, in the order of the manifest.
    pub objects: Vec<Drift>,
    /// Objects that could not be compared.
    pub errors: Vec<DriftError>,
}

/// Why an object cannot be compared or corrected.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DriftError {
    /// Which one and why, in Flux's words, without values of Secrets.
    pub message: String,
}

/// What a correction did.
#[derive(Debug, Default)]
pub struct Correction {
    /// What was done: created or configured.
    pub changes: Vec<apply_plan::Change>,
    /// What could not be done.
    pub errors: Vec<DriftError>,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference::Changed { patch } = &self.difference else { return write!(formatter, "{} removed", self.key) };
        let count = |name: &str| patch.iter().filter(|operation| operation["op"] == name).count();
        let (added, changed, removed) = (count("add"), count("replace"), count("remove"));
        write!(formatter, "{} changed ({added} additions, {changed} changes, {removed} removals)", self.key)
    }
}
