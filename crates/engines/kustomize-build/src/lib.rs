//! `kustomize build` as a pure function: a tree of files and options to Kubernetes objects. Behaviour is that of
//! `sigs.k8s.io/kustomize/api` v0.21 (kustomize 5.8): same objects, same order, same bytes.
//!
//! What this is not: access to a disk, a network, an environment or another process. Files come through [`file_tree::Files`],
//! remote bases through [`RemoteResources`], and plugins that would run programs are refused.

mod error;
mod options;
mod remote;

pub use error::BuildError;
pub use options::{
    Limits, LoadRestrictions, MissingComponents, Options, Overlay, OverlayImage, OverlayPatch, OverlaySelector, Reorder,
};
pub use remote::{NoRemoteResources, RemoteDirectory, RemoteError, RemoteResources};

use file_tree::{Files, TreePath};

/// The objects of a build, in the order in which they are printed.
#[derive(Debug, Clone)]
pub struct Build {
    objects: Vec<serde_json::Value>,
}

impl Build {
    /// The objects as JSON values.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        self.objects.clone()
    }

    /// The objects as JSON values, giving up the build.
    pub fn into_objects(self) -> Vec<serde_json::Value> {
        self.objects
    }

    /// The objects as kustomize prints them: YAML documents joined by `---` lines.
    pub fn to_yaml(&self) -> String {
        String::new()
    }
}

/// Builds the kustomization in `directory`.
pub fn build(
    files: &dyn Files,
    directory: &TreePath,
    options: &Options,
    remote: &dyn RemoteResources,
) -> Result<Build, BuildError> {
    let _ = (files, options, remote);
    Err(BuildError::NoKustomization { directory: directory.clone() })
}

/// The kustomization file that Flux's controllers write into a directory that has none: every Kubernetes YAML file below it,
/// and every sub-directory with a kustomization of its own (which is not descended into). The text is YAML.
pub fn generate(files: &dyn Files, directory: &TreePath) -> Result<String, BuildError> {
    let _ = files;
    Err(BuildError::NoKustomization { directory: directory.clone() })
}
