//! From the source of a Helm chart to the files of its package, as Flux's source-controller makes it.
//!
//! ```text
//!   directory, archive ──► metadata: name and version        (enough where nothing is changed)
//!                     └──► helm_chart::Chart ──► values merged ──► dependencies added ──► files of the package
//! ```
//!
//! What this is not: a download of dependencies (their charts are given), a renderer, or the archive itself, which is
//! [`artifact::archive`]'s.

mod dependencies;
mod metadata;
mod package;
mod values;
mod version;

pub use dependencies::{DependencyError, Origin, add, check_version, load_local, missing, origin};
pub use metadata::{MetadataError, metadata_of_archive, metadata_of_directory};
pub use package::{PackageError, files_of, load_directory};
pub use values::{MergedValues, ValuesError, merge_from_chart, merge_from_tree, replace_values, wanted_files};
pub use version::{VersionMetadataError, with_metadata};
