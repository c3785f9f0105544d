//! What to write where, over files that are on a disk or in a commit.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use file_tree::{EntryKind, Files, TreePath};
use std::collections::BTreeMap;
use yaml_setters::{Image, NewImage, Problem, Setters, set_kustomize_image, set_value, update};

/// The names under which a directory has its kustomization.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// All that one command writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    /// Entries of `images:` in a kustomization.
    pub(super) images: Vec<NewImage>,
    /// Values of a chart by their paths.
    pub(super) values: Vec<(Vec<String>, String)>,
    /// Images for markers, by policy.
    pub(super) markers: Vec<Image>,
}

/// Reads `path.to.value=text`.
pub(super) fn value(argument: &str) -> Result<(Vec<String>, String), String> {
    let (path, value) = argument.split_once('=').ok_or_else(|| format!("{argument:?} is not of the form path=value"))?;
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    if path.iter().any(String::is_empty) {
        return Err(format!("{argument:?} has an empty part in its path"));
    }
    Ok((path, value.to_owned()))
}

/// Reads `namespace:policy=repository:tag@digest`.
pub(super) fn marker(argument: &str) -> Result<Image, String> {
    let invalid = || format!("{argument:?} is not of the form namespace:policy=repository:tag[@digest]");
    let (policy, reference) = argument.split_once('=').ok_or_else(invalid)?;
    let (namespace, name) = policy.split_once(':').ok_or_else(invalid)?;
    let image = NewImage::parse(&format!("{name}={reference}")).map_err(|_| invalid())?;
    Ok(Image {
        policy_namespace: namespace.to_owned(),
        policy_name: name.to_owned(),
        name: image.new_name.ok_or_else(invalid)?,
        tag: image.new_tag.ok_or_else(invalid)?,
        digest: image.digest.unwrap_or_default(),
    })
}

impl Edits {
    /// The new contents of the files at and below `path` that change; the others are not in the answer. `warn` hears of markers that
    /// set nothing.
    pub(super) fn apply(
        &self,
        files: &dyn Files,
        path: &TreePath,
        warn: impl FnMut(&Problem),
    ) -> anyhow::Result<BTreeMap<TreePath, Bytes>> {
        let mut changed = BTreeMap::new();
        if !self.images.is_empty() {
            let file = kustomization(files, path)?;
            edit(files, &file, &mut changed, |text| {
                self.images.iter().try_fold(text, |text, image| {
                    set_kustomize_image(&text, image).with_context(|| format!("set '{}' in '{file}'", image.name))
                })
            })?;
        }
        if !self.values.is_empty() {
            ensure!(is_file(files, path)?, "'{path}' is not a file; --value wants the file with the values");
            edit(files, path, &mut changed, |text| {
                self.values.iter().try_fold(text, |text, (keys, value)| {
                    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                    set_value(&text, &keys, value).with_context(|| format!("set '{}' in '{path}'", keys.join(".")))
                })
            })?;
        }
        if !self.markers.is_empty() {
            let update = update(files, path, &Setters::new(&self.markers))?;
            update.problems.iter().for_each(warn);
            changed.extend(update.files);
        }
        Ok(changed)
    }
}

fn edit(
    files: &dyn Files,
    path: &TreePath,
    changed: &mut BTreeMap<TreePath, Bytes>,
    change: impl FnOnce(String) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let old = changed.get(path).map_or_else(|| files.read(path), |bytes| Ok(bytes.clone()))?;
    let text = std::str::from_utf8(&old).with_context(|| format!("'{path}' is not UTF-8"))?;
    let new = change(text.to_owned())?;
    if new.as_bytes() != old {
        changed.insert(path.clone(), Bytes::from(new));
    }
    Ok(())
}

fn is_file(files: &dyn Files, path: &TreePath) -> anyhow::Result<bool> {
    Ok(matches!(files.kind(path)?, Some(EntryKind::File { .. })))
}

/// The kustomization at `path`: the file itself, or that of the directory.
fn kustomization(files: &dyn Files, path: &TreePath) -> anyhow::Result<TreePath> {
    if is_file(files, path)? {
        return Ok(path.clone());
    }
    for name in KUSTOMIZATIONS {
        let file = path.join(name)?;
        if is_file(files, &file)? {
            return Ok(file);
        }
    }
    bail!("there is no kustomization at '{path}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_refused_in_words() {
        assert_eq!(value("image.tag=v1=2"), Ok((vec!["image".to_owned(), "tag".to_owned()], "v1=2".to_owned())));
        assert!(value("image.tag").is_err() && value("a..b=1").is_err());
        let image = marker("apps:web=ghcr.io/org/web:1.0@sha256:aa").expect("an image");
        assert_eq!((image.policy_namespace.as_str(), image.reference().as_str()), ("apps", "ghcr.io/org/web:1.0@sha256:aa"));
        for wrong in ["web=a:1", "apps:web", "apps:web=a", "apps:web=:1"] {
            assert!(marker(wrong).is_err(), "{wrong}");
        }
    }
}
