//! One case: files, a directory in them, options.

use bytes::Bytes;
use file_tree::{EntryKind, FileTree, InsertError, PathError, TreePath};
use kustomize_build::{LoadRestrictions, NoRemoteResources, Options, Reorder, build};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;

/// An input of `kustomize build`, in the form of the conformance corpus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The texts of the files by path.
    pub files: BTreeMap<String, String>,
    /// The directory to build.
    pub build: String,
    /// How.
    #[serde(default)]
    pub options: CaseOptions,
}

/// Options that are not the library's defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CaseOptions {
    /// `legacy`, or nothing for the order of the files.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reorder: String,
    /// `none`, or nothing for files below each kustomization only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub load_restrictions: String,
    /// Whether objects get the label that says who made them.
    #[serde(rename = "addManagedbyLabel", skip_serializing_if = "std::ops::Not::not")]
    pub managed_by_label: bool,
}

/// Why a case cannot be built at all.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A path is none.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Two paths exclude each other.
    #[error(transparent)]
    Insert(#[from] InsertError),
}

impl Case {
    /// The files as a tree.
    ///
    /// # Errors
    /// A path that is none, or two that exclude each other.
    pub fn tree(&self) -> Result<FileTree, CaseError> {
        let mut tree = FileTree::new();
        for (path, text) in &self.files {
            let bytes = Bytes::copy_from_slice(text.as_bytes());
            tree.insert_file(&TreePath::parse(path)?, bytes, EntryKind::File { executable: false })?;
        }
        tree.insert_directory(&TreePath::parse(&self.build)?)?;
        Ok(tree)
    }

    /// The options of the engine.
    pub fn engine_options(&self) -> Options {
        Options {
            reorder: if self.options.reorder.is_empty() { Reorder::None } else { Reorder::Legacy },
            load_restrictions: match self.options.load_restrictions.as_str() {
                "none" => LoadRestrictions::None,
                _ => LoadRestrictions::RootOnly,
            },
            managed_by_label: self.options.managed_by_label,
            ..Options::default()
        }
    }

    /// What our engine builds, or its error with all causes.
    ///
    /// # Errors
    /// The case is none.
    pub fn ours(&self) -> Result<Result<String, String>, CaseError> {
        let tree = self.tree()?;
        let directory = TreePath::parse(&self.build)?;
        let built = build(&tree, &directory, &self.engine_options(), &NoRemoteResources);
        Ok(built.map(|built| built.to_yaml()).map_err(|error| chain(&error)))
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
