//! Helm charts as a pure library: files and values to manifests, hooks and notes. Behaviour is that of Helm 4.3.
//!
//! ```text
//!   Files, archive ──load──► Chart ──► Prepared ──────────────────────── render ──────────────────────────► Rendered
//!                                          ▲     dependencies → values → schema → templates → split, sort
//!   -f, --set … ──user_values──► Values ───┘
//! ```
//!
//! Not here: the functions of templates and how they are run (`helm-engine`), release records (`helm-release`), and whatever talks:
//! repositories, registries, clusters. What templates reach outside goes through [`helm_engine::Ports`].

mod capabilities;
mod chart;
mod decode;
mod dependencies;
mod file;
mod load;
pub mod manifests;
mod metadata;
mod objects;
mod post_render;
mod record;
mod release_name;
mod render;
mod values;

pub use capabilities::{Capabilities, KubeVersion, KubeVersionError};
pub use chart::{Chart, MissingDependencies};
pub use decode::DecodeError;
pub use dependencies::{Crd, ResolvedChart};
pub use file::File;
pub use load::{ArchiveError, IgnoreError, Limits, LoadError, load_archive, load_directory, load_files, match_file_name};
pub use metadata::{Dependency, Lock, Maintainer, Metadata, ValidationError};
pub use post_render::{
    OverlayImage, OverlayPatch, OverlaySelector, PostRenderError, PostRenderStep, PostRenderStrategy, PostRenderer,
};
pub use release_name::{ReleaseNameError, check_release_name};
pub use render::{Notes, Operation, Prepared, RenderError, Rendered, Request, Schemas};
pub use values::{
    CoalesceError, ReadFile, ReadValuesError, SchemaError, SetError, Setter, Source, UserValuesError, Values, merge, read_values,
    reuse, use_floats, user_values,
};
