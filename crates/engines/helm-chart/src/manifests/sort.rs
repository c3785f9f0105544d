//! Documents of all files, told apart and in order.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::head::{Head, HeadError};
use super::hook::{Hook, Recognised, recognise};
use super::order::{INSTALL_ORDER, place_of_kind};
use super::split::{is_blank, split};
use crate::file::base_name;

/// A document that is part of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The path of the template.
    pub path: String,
    /// The document.
    pub content: String,
    /// What was read of it.
    pub head: Head,
}

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}")]
pub struct ManifestError {
    /// The path of the template.
    pub path: String,
    /// What is wrong with the document.
    pub source: HeadError,
}

/// The documents of a rendering, both lists in the order in which kinds are installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorted {
    /// What is part of the release.
    pub manifests: Vec<Manifest>,
    /// What runs at its events.
    pub hooks: Vec<Hook>,
}

/// Takes files apart, in the order of their paths, and sorts the documents. Files whose name begins with `_` are left out.
///
/// # Errors
/// [`ManifestError`], for the first document that cannot be read.
pub fn sort(files: BTreeMap<String, Vec<u8>>) -> Result<Sorted, ManifestError> {
    let mut sorted = Sorted::default();
    for (path, content) in files {
        if base_name(&path).starts_with('_') || is_blank(&content) {
            continue;
        }
        for document in split(&content) {
            let head = Head::read(document).map_err(|source| ManifestError { path: path.clone(), source })?;
            let content = text(document);
            match recognise(&head, &path, &content) {
                Recognised::UnknownEvent => {}
                Recognised::Hook(hook) => sorted.hooks.push(hook),
                Recognised::NoHook => {
                    sorted.manifests.push(Manifest { path: path.clone(), content: content.into_owned(), head });
                }
            }
        }
    }
    sorted.hooks.sort_by_cached_key(|hook| place_of_kind(&INSTALL_ORDER, &hook.kind));
    sorted.manifests.sort_by_cached_key(|manifest| place_of_kind(&INSTALL_ORDER, &manifest.head.kind));
    Ok(sorted)
}

/// A document as text: nearly always UTF-8.
fn text(document: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(document).map_or_else(|_| String::from_utf8_lossy(document), Cow::Borrowed)
}
