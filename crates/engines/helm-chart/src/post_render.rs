//! Changing what was rendered before it becomes a release: the patches and images of a HelmRelease, through kustomize, and the labels and
//! annotations that every object gets.
//!
//! Every document travels with an annotation that names its template, as in Helm 4, so that it finds its way back.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use file_tree::{FileTree, InsertError, TreePath};
use kustomize_build::{BuildError, LoadRestrictions, NoRemoteResources, Options, Overlay, build};
pub use kustomize_build::{OverlayImage, OverlayPatch, OverlaySelector};
use manifest::object::ObjectId;
use manifest::yaml::{Dialect, Limits, YamlError, parse_documents, to_yaml};
use serde_json::{Map, Value, json};

use crate::file::base_name;
use crate::manifests::{ManifestError, Sorted, is_blank, sort, split};

/// What is changed, step by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostRenderer {
    /// The steps in order.
    pub steps: Vec<PostRenderStep>,
}

/// A change of all objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostRenderStep {
    /// A build of kustomize.
    Kustomize {
        /// Patches, in kustomize's meaning.
        patches: Vec<OverlayPatch>,
        /// Images, in kustomize's meaning.
        images: Vec<OverlayImage>,
    },
    /// Labels and annotations, over those that an object has.
    Metadata {
        /// Labels by key.
        labels: BTreeMap<String, String>,
        /// Annotations by key.
        annotations: BTreeMap<String, String>,
    },
}

/// What becomes of hooks. An object may be in both the release and a hook, which kustomize refuses in one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PostRenderStrategy {
    /// Hooks and all others go through together.
    #[default]
    Combined,
    /// Hooks go through by themselves.
    Separate,
    /// Hooks stay as they are.
    NoHooks,
}

/// Why rendered files cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum PostRenderError {
    /// A document is not YAML.
    #[error("error merging manifests: parsing {path}")]
    Parse {
        /// The path of the template.
        path: String,
        /// What is wrong with it.
        source: YamlError,
    },
    /// A document is no map.
    #[error("error merging manifests: annotating {path}: wrong node kind: expected MappingNode")]
    NoObject {
        /// The path of the template.
        path: String,
    },
    /// A document is none that could be told apart from hooks.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// kustomize fails.
    #[error("error while running post render on {what}")]
    Build {
        /// What went through: `files`, `hooks` or `manifests`.
        what: &'static str,
        /// Why.
        source: Box<BuildError>,
    },
    /// Two objects are the same one.
    #[error("error while running post render on {what}: may not add resource with an already registered id: {id}")]
    Duplicate {
        /// What went through: `files`, `hooks` or `manifests`.
        what: &'static str,
        /// Its kind and name, as kustomize has them.
        id: String,
    },
    /// The tree for kustomize cannot be made.
    #[error(transparent)]
    Tree(#[from] InsertError),
}

/// The annotation with which a document travels.
const TEMPLATE: &str = "postrenderer.helm.sh/postrender-filename";

/// Rendered files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl PostRenderer {
    /// Changes rendered files. Documents that kustomize made get names of their own.
    pub(crate) fn run(&self, files: Files, strategy: PostRenderStrategy) -> Result<Files, PostRenderError> {
        if strategy == PostRenderStrategy::Combined {
            return self.pass(&files, "files", "");
        }
        let Sorted { manifests, hooks } = sort(files)?;
        let manifests = joined(manifests.iter().map(|manifest| (&manifest.path, &manifest.content)));
        let hooks = joined(hooks.iter().map(|hook| (&hook.path, &hook.content)));
        let mut changed = if strategy == PostRenderStrategy::Separate { self.pass(&hooks, "hooks", "hooks-")? } else { hooks };
        for (path, content) in self.pass(&manifests, "manifests", "manifests-")? {
            append(&mut changed, path, &content);
        }
        Ok(changed)
    }

    /// Sends files through kustomize.
    fn pass(&self, files: &Files, what: &'static str, prefix: &str) -> Result<Files, PostRenderError> {
        if what != "files" && files.is_empty() {
            return Ok(Files::new());
        }
        let mut objects = annotated(files)?;
        for step in &self.steps {
            objects = step.apply(objects, what)?;
        }
        let mut changed = Files::new();
        for (index, mut object) in objects.into_iter().enumerate() {
            let path = take_template(&mut object).unwrap_or_else(|| format!("generated-by-postrender-{prefix}{index}.yaml"));
            append(&mut changed, path, to_yaml(&object).as_bytes());
        }
        Ok(changed)
    }
}

impl PostRenderStep {
    fn apply(&self, mut objects: Vec<Value>, what: &'static str) -> Result<Vec<Value>, PostRenderError> {
        match self {
            Self::Kustomize { patches, images } => {
                let overlay = Overlay { patches: patches.clone(), images: images.clone(), ..Overlay::default() };
                kustomize(&objects, overlay, what)
            }
            Self::Metadata { labels, annotations } => {
                check_unique(&objects, what)?;
                for object in &mut objects {
                    add(object, "labels", labels);
                    add(object, "annotations", annotations);
                }
                Ok(objects)
            }
        }
    }
}

fn kustomize(objects: &[Value], overlay: Overlay, what: &'static str) -> Result<Vec<Value>, PostRenderError> {
    const KUSTOMIZATION: &str = "resources: [helm-output.yaml]\n";
    let mut stream = String::new();
    for object in objects {
        stream.push_str("---\n");
        stream.push_str(&to_yaml(object));
    }
    let files = [("helm-output.yaml", Bytes::from(stream)), ("kustomization.yaml", Bytes::from(KUSTOMIZATION))];
    let tree = FileTree::from_files(files)?;
    let options = Options { load_restrictions: LoadRestrictions::None, overlay: Some(overlay), ..Options::default() };
    let built = build(&tree, &TreePath::root(), &options, &NoRemoteResources);
    built.map(kustomize_build::Build::into_objects).map_err(|error| PostRenderError::Build { what, source: Box::new(error) })
}

/// Reading objects into kustomize refuses those that are there twice.
fn check_unique(objects: &[Value], what: &'static str) -> Result<(), PostRenderError> {
    let mut seen = BTreeSet::new();
    for object in objects {
        let id = ObjectId::of(object);
        let (_, version) =
            manifest::object::api_version(object).rsplit_once('/').unwrap_or(("", manifest::object::api_version(object)));
        if !seen.insert((id.clone(), version.to_owned())) {
            let group = if id.group.is_empty() { "[noGrp]" } else { &id.group };
            let namespace = if id.namespace.is_empty() { "[noNs]" } else { &id.namespace };
            return Err(PostRenderError::Duplicate {
                what,
                id: format!("{}.{version}.{group}/{}.{namespace}", id.kind, id.name),
            });
        }
    }
    Ok(())
}

/// Adds entries to a map in the metadata of an object; what is no map there is replaced, as its type would refuse it anyway.
fn add(object: &mut Value, field: &str, entries: &BTreeMap<String, String>) {
    if entries.is_empty() {
        return;
    }
    let metadata = object.as_object_mut().and_then(|object| table(object, "metadata"));
    if let Some(map) = metadata.and_then(|metadata| table(metadata, field)) {
        map.extend(entries.iter().map(|(key, value)| (key.clone(), json!(value))));
    }
}

fn joined<'d>(documents: impl Iterator<Item = (&'d String, &'d String)>) -> Files {
    let mut files = Files::new();
    for (path, content) in documents {
        append(&mut files, path.clone(), content.as_bytes());
    }
    files
}

fn append(files: &mut Files, path: String, content: &[u8]) {
    let file = files.entry(path).or_default();
    if !file.is_empty() {
        file.extend_from_slice(b"\n---\n");
    }
    file.extend_from_slice(content);
}

/// All objects, each with the annotation.
fn annotated(files: &Files) -> Result<Vec<Value>, PostRenderError> {
    let mut all = Vec::new();
    for (path, content) in files {
        if base_name(path).starts_with('_') || is_blank(content) {
            continue;
        }
        for document in split(content) {
            for mut object in objects(path, document)? {
                annotate(&mut object, path)?;
                all.push(object);
            }
        }
    }
    Ok(all)
}

/// The objects of a document; those of a list one by one.
fn objects(path: &str, document: &[u8]) -> Result<Vec<Value>, PostRenderError> {
    let failed = |source| PostRenderError::Parse { path: path.to_owned(), source };
    let mut objects = Vec::new();
    for node in parse_documents(document, Dialect::V3, &Limits::default()).map_err(failed)? {
        match node.to_value(Dialect::V3).map_err(failed)? {
            Value::Null => {}
            Value::Object(mut list) if list.get("kind").is_some_and(|kind| kind == "List") && list.contains_key("items") => {
                match list.remove("items") {
                    Some(Value::Array(items)) => objects.extend(items),
                    _ => objects.push(Value::Object(list)),
                }
            }
            object => objects.push(object),
        }
    }
    Ok(objects)
}

fn annotate(object: &mut Value, path: &str) -> Result<(), PostRenderError> {
    let refused = || PostRenderError::NoObject { path: path.to_owned() };
    let metadata = table(object.as_object_mut().ok_or_else(refused)?, "metadata").ok_or_else(refused)?;
    table(metadata, "annotations").ok_or_else(refused)?.insert(TEMPLATE.to_owned(), json!(path));
    Ok(())
}

/// The map under a name, made where there is none or null.
fn table<'o>(object: &'o mut Map<String, Value>, name: &str) -> Option<&'o mut Map<String, Value>> {
    let value = object.entry(name).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Takes the annotation off an object.
fn take_template(object: &mut Value) -> Option<String> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let path = annotations.remove(TEMPLATE)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    path.as_str().map(str::to_owned)
}
