//! `kustomize build` as a pure function: a tree of files and options to Kubernetes objects. Behaviour is that of
//! `sigs.k8s.io/kustomize/api` v0.21 (kustomize 5.8): same objects, same order, same bytes.
//!
//! ```text
//!   Files ──read──► trees ──accumulate, generate──► objects ──transform──► objects ──► names, hashes, order ──► Build
//!            ▲                    │  per kustomization, bases first                      once, at the root
//!            └────────────────────┘
//! ```
//!
//! What this is not: access to a disk, a network, an environment or another process. Files come through [`file_tree::Files`],
//! remote bases through [`RemoteResources`], and plugins that would run programs are refused.

mod build;
mod config;
mod crds;
mod decode;
mod error;
mod fields;
mod generate;
mod identity;
mod json_patch;
mod kustomization;
mod links;
mod loader;
mod matches;
mod merge;
mod object;
mod objects;
mod options;
mod order;
mod origin;
mod overlay;
mod paths;
mod plugin;
mod print;
mod read;
mod reference;
mod remote;
mod scalar;
mod schema;
mod selector;
mod structured;
mod target;
mod transform;
mod tree;
mod variable;
mod written;
mod yaml;

pub use error::{BuildError, Cause};
pub use options::{
    Limits, LoadRestrictions, MissingComponents, Options, Overlay, OverlayImage, OverlayPatch, OverlaySelector, Reorder,
};
pub use remote::{NoRemoteResources, RemoteDirectory, RemoteError, RemoteResources};

use file_tree::{Files, TreePath};
use serde_json::Value;

/// The objects of a build, in the order in which they are printed.
#[derive(Debug, Clone)]
pub struct Build {
    objects: Vec<tree::Node>,
    warnings: Vec<&'static str>,
}

impl Build {
    /// What kustomize writes to standard error about deprecated fields, in the order in which the kustomizations were read.
    pub fn warnings(&self) -> &[&'static str] {
        &self.warnings
    }

    /// The objects as JSON values.
    pub fn objects(&self) -> Vec<Value> {
        self.objects.iter().filter_map(|node| scalar::to_value(node).ok()).collect()
    }

    /// The objects as JSON values, giving up the build.
    pub fn into_objects(self) -> Vec<Value> {
        self.objects.into_iter().filter_map(|node| scalar::to_value(&node).ok()).collect()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The names of the files into which kustomize writes the objects one by one: group, version, kind and name, and the namespace
    /// first where there are several.
    pub fn file_names(&self) -> Vec<String> {
        let schema = schema::Schema::default();
        let ids: Vec<identity::ObjectId> = self.objects.iter().map(|node| identity::ObjectId::current(node, &schema)).collect();
        let namespaced = || ids.iter().filter(|id| !id.cluster_scoped);
        let several =
            namespaced().map(identity::ObjectId::effective_namespace).collect::<std::collections::BTreeSet<_>>().len() > 1;
        let name = |id: &identity::ObjectId| {
            let namespace = if several && !id.cluster_scoped { id.effective_namespace() } else { "" };
            let parts = [namespace, &id.gvk.group, &id.gvk.version, &id.gvk.kind, &id.name];
            let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
            // A name with a slash must not lead elsewhere.
            format!("{}.yaml", name.to_lowercase().replace('/', "-"))
        };
        ids.iter().map(name).collect()
    }

    /// The objects as kustomize prints them: YAML documents joined by `---` lines.
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        for index in 0..self.objects.len() {
            self.write_object(&mut out, index);
        }
        out
    }

    /// Writes what [`Build::to_yaml`] returns, one object after the other.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_yaml(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let mut text = String::new();
        (0..self.objects.len()).try_for_each(|index| {
            text.clear();
            self.write_object(&mut text, index);
            out.write_all(text.as_bytes())
        })
    }

    fn write_object(&self, out: &mut String, index: usize) {
        if index > 0 {
            out.push_str("---\n");
        }
        if let Some(node) = self.objects.get(index) {
            manifest::yaml::write_yaml(out, scalar::Printed::new(node));
        }
    }
}

/// Builds the kustomization in `directory`.
///
/// # Errors
/// [`BuildError`], for the first thing that is wrong. Every object of a [`Build`] can be printed: what YAML or JSON cannot hold is
/// an error here.
pub fn build(
    files: &dyn Files,
    directory: &TreePath,
    options: &Options,
    remote: &dyn RemoteResources,
) -> Result<Build, BuildError> {
    let (objects, warnings) = build::build(files, directory, options, remote)?;
    for node in &objects {
        if let Err(source) = scalar::check(node) {
            // The value's fault, where it has one, names the field.
            let source = scalar::to_value(node).err().map_or(source, Cause::from);
            return Err(BuildError::object("print", &identity::ObjectId::current(node, &schema::Schema::default()), source));
        }
    }
    Ok(Build { objects, warnings })
}

/// The kustomization file that Flux's controllers write into a directory that has none: every Kubernetes YAML file below it,
/// and every sub-directory with a kustomization of its own, which is not descended into. The text is YAML.
///
/// # Errors
/// A file with the extension `yaml` or `yml` that does not hold Kubernetes objects, or that cannot be read.
pub fn generate(files: &dyn Files, directory: &TreePath) -> Result<String, BuildError> {
    Ok(manifest::yaml::to_yaml(&overlay::resources(files, directory)?))
}
