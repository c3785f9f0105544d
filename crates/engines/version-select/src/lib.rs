//! Which version or tag to take: semver ranges as Masterminds/semver v3 reads them, and the alphabetical and numerical policies.
//!
//! What this is not: strict semver. Versions may have a `v` in front, fewer than three numbers and leading zeros.

mod constraint;
mod policy;
mod version;

pub use constraint::{Constraint, ConstraintError};
pub use policy::{Order, PolicyError, alphabetical, highest, highest_tags, numerical};
pub use version::{Version, VersionError};
