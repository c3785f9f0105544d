//! The index of a Helm repository: which versions of which charts there are, and where.
//!
//! [`Index::parse`] reads it as Helm 4 does, JSON or strict YAML, without entries that are no valid charts, newest version first;
//! [`Index::to_json`] prints what Flux stores as the artifact of a HelmRepository; [`Index::select`] chooses as Flux does.
//!
//! What this is not: a download, or a reader of charts.

mod address;
mod decode;
mod index;
mod print;
mod select;
mod strict;

pub use address::{AddressError, chart_address, index_address, normalized};
pub use index::{ChartVersion, Index, IndexError};
pub use select::SelectError;
