//! Random inputs for engines, and what to compare the results with: what fuzz targets and the commands of `cargo xtask` share.
//!
//! ```text
//!   bytes ──Choices──► Case (files, directory, options) ──► ours, in this process ──┐
//!                                                      └──► Oracle, one process ────┴─► Comparison
//! ```
//!
//! The same bytes always make the same case, so that a seed or a file of the fuzzer is all there is to keep. What this is not:
//! a judge of what is right. The original is.

mod case;
mod choices;
mod compare;
mod oracle;
pub mod overlay;
mod shrink;
mod yaml;

pub use case::{Case, CaseError, CaseOptions};
pub use choices::{Choices, seeded};
pub use compare::{CompareError, Comparison, compare};
pub use oracle::{Oracle, OracleError};
pub use shrink::shrink;
