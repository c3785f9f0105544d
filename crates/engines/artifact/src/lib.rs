//! Artifacts: what a source puts into storage and a consumer takes out.
//!
//! - [`archive`] writes and reads the tar.gz file, deterministically and safely.
//! - [`ignore`] and [`sparse`] say which files of a source go into it.
//! - [`Digest`] and [`Revision`] name the content; [`ArtifactPath`] names the file.
//! - [`retention`] says which old files to delete.
//!
//! What this is not: storage. Nothing here touches a disk, a network or a clock.

pub mod archive;
mod digest;
pub mod ignore;
mod path;
pub mod retention;
mod revision;
pub mod sparse;

pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use path::{ArtifactPath, ArtifactPathError};
pub use revision::Revision;
