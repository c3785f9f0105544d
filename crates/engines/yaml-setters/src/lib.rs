//! New images into YAML files, with every other byte as it was.
//!
//! ```text
//!   Image ──► Setters ──┐
//!   file ──► scalars ───┼──► marker finds its scalar ──► Splice ──► new file, Change
//!        └─► markers ───┘
//! ```
//!
//! - [`Setters`] and [`update`]: scalars marked `# {"$imagepolicy": "namespace:name"}`, as Flux's image-automation-controller
//!   chooses them; [`Changes`] is what its commit message templates see.
//! - [`set_kustomize_image`]: an entry of `images:` in a kustomization.
//! - [`set_value`]: the scalar at a path, as in the values of a chart.
//!
//! What this is not: a YAML printer. Nothing is written anew but the scalars that change; comments, quotes, indentation, anchors,
//! line ends and the mark at the beginning of a file stay because they are never touched.

mod changes;
mod kustomization;
mod marker;
mod problem;
mod scalar;
mod setters;
mod splice;
mod text;
mod update;
mod values;

pub use changes::{Change, Changes, ObjectChanges, ObjectIdentifier};
pub use kustomization::{KustomizationError, NewImage, set_kustomize_image};
pub use problem::{Fault, Problem};
pub use setters::{Image, Setters};
pub use update::{Edited, Update, edit_file, is_candidate, update};
pub use values::{ValueError, set_value};
