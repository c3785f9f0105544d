//! What Flux's controllers write into the root kustomization before they build it.

use crate::decode::Strictness;
use crate::error::BuildError;
use crate::kustomization::{FILE_NAMES, Image, Kustomization, Patch, SelectorFields, VERSION};
use crate::loader::{Root, Session};
use crate::options::{MissingComponents, Overlay, OverlayPatch};
use crate::target::Target;
use file_tree::{EntryKind, Files, ReadError, TreePath};
use serde_json::{Value, json};

/// The namespace of a generated kustomization without resources, which would be refused as empty otherwise.
const PLACEHOLDER: &str = "_placeholder";

/// The root with the overlay on it.
pub(crate) fn target<'b>(
    session: &mut Session<'b>,
    (root, files): (Root<'b>, &'b dyn Files),
    overlay: &Overlay,
) -> Result<Target<'b>, BuildError> {
    let found = FILE_NAMES.into_iter().find(|name| {
        let path = root.path.join(name).unwrap_or_default();
        matches!(files.kind(&path), Ok(Some(EntryKind::File { .. })))
    });
    let (file, value) = match found {
        Some(name) => {
            let bytes = root.load(session, name)?;
            let path = root.path.join(name).unwrap_or_default();
            let value =
                crate::read::value(&bytes).map_err(|source| BuildError::content(path.to_string(), "a kustomization", source))?;
            (name, value)
        }
        None => (FILE_NAMES[0], resources(files, &root.path)?),
    };
    let path = root.path.join(file).unwrap_or_default();
    let unusable = |line, field: String, problem| BuildError::Kustomization { file: path.clone(), line, field, problem };
    let read = Kustomization::read(&value, Strictness::LENIENT);
    let mut kustomization = read.map_err(|error| unusable(None, error.path.join("."), error.problem))?;
    if found.is_some() && kustomization.resources.is_empty() {
        kustomization.build_metadata = vec!["originAnnotations".to_owned()];
    }
    apply(&root, &mut kustomization, overlay)?;
    kustomization.modernise();
    match kustomization.header_faults().as_slice() {
        [] => Ok(Target::new(root, file, Box::new(kustomization))),
        faults => Err(unusable(None, String::new(), faults.join("; "))),
    }
}

fn apply(root: &Root<'_>, to: &mut Kustomization, overlay: &Overlay) -> Result<(), BuildError> {
    let texts = [
        (&overlay.namespace, &mut to.namespace),
        (&overlay.name_prefix, &mut to.name_prefix),
        (&overlay.name_suffix, &mut to.name_suffix),
    ];
    for (text, field) in texts {
        if let Some(text) = text {
            field.clone_from(text);
        }
    }
    to.patches.extend(overlay.patches.iter().map(patch));
    for component in &overlay.components {
        if !is_local(component) {
            let problem = "must be local and relative; components cannot be fetched".to_owned();
            return Err(BuildError::Path { path: component.clone(), root: root.path.clone(), problem });
        }
        if overlay.missing_components == MissingComponents::Ignore && !root.exists(component) {
            continue;
        }
        to.components.push(component.clone());
    }
    to.patches_strategic_merge.extend(overlay.patches_strategic_merge.iter().cloned());
    to.patches_json6902.extend(overlay.patches_json6902.iter().map(patch));
    for image in &overlay.images {
        let Some(known) = to.images.iter_mut().find(|known| known.name == image.name) else {
            to.images.push(Image {
                name: image.name.clone(),
                new_name: image.new_name.clone(),
                new_tag: image.new_tag.clone(),
                digest: image.digest.clone(),
                tag_suffix: String::new(),
            });
            continue;
        };
        if !image.new_name.is_empty() {
            known.new_name.clone_from(&image.new_name);
        }
        if !image.new_tag.is_empty() || !image.digest.is_empty() {
            known.new_tag.clone_from(&image.new_tag);
            known.digest.clone_from(&image.digest);
        }
    }
    if !overlay.build_metadata.is_empty() {
        to.build_metadata.clone_from(&overlay.build_metadata);
    }
    Ok(())
}

fn patch(patch: &OverlayPatch) -> Patch {
    let target = patch.target.as_ref().map(|target| SelectorFields {
        group: target.group.clone(),
        version: target.version.clone(),
        kind: target.kind.clone(),
        name: target.name.clone(),
        namespace: target.namespace.clone(),
        annotation_selector: target.annotation_selector.clone(),
        label_selector: target.label_selector.clone(),
    });
    Patch { patch: patch.patch.clone(), target, ..Patch::default() }
}

/// Whether a path is neither an address nor absolute.
fn is_local(path: &str) -> bool {
    const ADDRESSES: [&str; 8] = ["git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/"];
    let lower = path.to_ascii_lowercase();
    let is_address = ADDRESSES.iter().any(|prefix| lower.len() > prefix.len() && lower.starts_with(prefix));
    !is_address && !path.starts_with('/') && !lower.strip_prefix("file://").unwrap_or(&lower).starts_with('/')
}

/// A kustomization of every Kubernetes file below a directory, as a value.
pub(crate) fn resources(files: &dyn Files, directory: &TreePath) -> Result<Value, BuildError> {
    let mut found = Vec::new();
    scan(files, directory, directory, &mut found)?;
    let mut kustomization = json!({"apiVersion": VERSION, "kind": "Kustomization"});
    if found.is_empty() {
        kustomization["namespace"] = Value::String(PLACEHOLDER.to_owned());
    } else {
        kustomization["resources"] = Value::Array(found.into_iter().map(Value::String).collect());
    }
    Ok(kustomization)
}

fn failed(path: &TreePath, root: &TreePath) -> impl FnOnce(ReadError) -> BuildError {
    let (path, root) = (path.to_string(), root.clone());
    move |source| BuildError::Read { path, root, source: source.into() }
}

fn scan(files: &dyn Files, root: &TreePath, directory: &TreePath, found: &mut Vec<String>) -> Result<(), BuildError> {
    for entry in files.list(directory).map_err(failed(directory, root))? {
        let Ok(path) = directory.join(&entry.name) else { continue };
        let relative = || format!("./{}", path.as_str()[root.as_str().len()..].trim_start_matches('/'));
        if entry.kind == EntryKind::Directory {
            let is_kustomization = FILE_NAMES
                .iter()
                .any(|name| path.join(name).is_ok_and(|file| matches!(files.kind(&file), Ok(Some(EntryKind::File { .. })))));
            if is_kustomization {
                found.push(relative());
            } else {
                scan(files, root, &path, found)?;
            }
            continue;
        }
        if !entry.name.ends_with(".yaml") && !entry.name.ends_with(".yml") {
            continue;
        }
        let bytes = files.read(&path).map_err(failed(&path, root))?;
        if let Err(source) = crate::read::objects(&bytes) {
            let error = BuildError::content(path.to_string(), "Kubernetes YAML", source);
            return Err(error.within(format!("failed to decode Kubernetes YAML from {path}")));
        }
        found.push(relative());
    }
    Ok(())
}
