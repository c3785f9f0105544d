//! Which version of a chart a range means.

use crate::{ChartVersion, Index};
use version_select::{Constraint, ConstraintError, Version};

/// Why no version was chosen.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// There is no chart of that name.
    #[error("no chart name found")]
    NoChart,
    /// The chart has no version.
    #[error("no chart version found")]
    NoVersion,
    /// The range cannot be read.
    #[error("{0}")]
    Range(ConstraintError),
    /// No version is in the range.
    #[error("no '{name}' chart with version matching '{range}' found")]
    NoMatch {
        /// The chart.
        name: String,
        /// The range.
        range: String,
    },
}

impl Index {
    /// The version that `range` means: exactly that one where it is there, else the highest in the range, of equal ones the
    /// youngest. An empty range or `*` is the latest stable version.
    ///
    /// # Errors
    /// When there is none, in Flux's words.
    pub fn select(&self, name: &str, range: &str) -> Result<&ChartVersion, SelectError> {
        let mut versions = self.versions(name).ok_or(SelectError::NoChart)?.peekable();
        if versions.peek().is_none() {
            return Err(SelectError::NoVersion);
        }
        let versions: Vec<&ChartVersion> = versions.collect();
        if let Some(exact) = versions.iter().find(|version| !range.is_empty() && version.version == range) {
            return Ok(exact);
        }
        let constraint: Constraint = if range.is_empty() { "*" } else { range }.parse().map_err(SelectError::Range)?;
        let parsed =
            versions.into_iter().filter_map(|version| Some((Version::parse_three_segments(&version.version).ok()?, version)));
        let matching = parsed.filter(|(parsed, _)| constraint.allows(parsed));
        let highest = matching.reduce(|best, next| {
            let order = next.0.cmp(&best.0).then_with(|| created(next.1).cmp(&created(best.1)));
            if order.is_gt() { next } else { best }
        });
        let none = || SelectError::NoMatch { name: name.to_owned(), range: range.to_owned() };
        highest.map(|(_, version)| version).ok_or_else(none)
    }
}

fn created(version: &ChartVersion) -> Option<jiff::Timestamp> {
    version.created.parse().ok()
}
