//! A kind of objects, whatever its version.

use std::collections::BTreeSet;

/// A kind within its API group. Versions do not tell objects apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// The API group, empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl GroupKind {
    /// Reads `group/Kind`, or `Kind` for the core group, as `--custom-apply-stage-kinds` has them.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (group, kind) = text.trim().split_once('/').unwrap_or(("", text.trim()));
        Self { group: group.to_owned(), kind: kind.to_owned() }
    }

    /// Reads a comma separated list; the empty list is empty.
    #[must_use]
    pub fn parse_list(text: &str) -> BTreeSet<Self> {
        if text.is_empty() { BTreeSet::new() } else { text.split(',').map(Self::parse).collect() }
    }
}
