//! What ImageRepository and ImagePolicy mean: which tags count, which one is wanted, and whether its digest has to be looked up.
//!
//! ```text
//! what a registry lists ─► Exclusion ─► Tags ─► Policy: filter, extract, choose ─► tag ─► digest
//! ```
//!
//! What this is not: a client of registries, or a reader of custom resources.

mod digest;
mod policy;
mod tags;

pub use digest::{DigestPlan, Known, Reflection, plan_digest};
pub use policy::{Choice, Filter, FilterError, Policy, PolicyError};
pub use tags::{Exclusion, ExclusionError, LONGEST_TAG, Tags};
pub use version_select::{Constraint, ConstraintError, Order};
