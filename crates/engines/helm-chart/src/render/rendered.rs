//! What came of a rendering.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Notes;
use crate::dependencies::ResolvedChart;
use crate::manifests::{Hook, Manifest};

/// What came of a rendering.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The objects of the release, in the order in which they are installed.
    pub manifests: Vec<Manifest>,
    /// The hooks, in the same order of kinds.
    pub hooks: Vec<Hook>,
    /// The text of `NOTES.txt`; empty when there is none.
    pub notes: String,
    /// The chart as it was rendered: what a record keeps, and the custom resource definitions.
    pub chart: ResolvedChart,
}

impl Rendered {
    /// All manifests as one text, each with a comment that names its template: what a release record keeps.
    pub fn manifest(&self) -> String {
        let mut text = String::with_capacity(self.manifests.iter().map(|one| one.content.len() + one.path.len() + 20).sum());
        for manifest in &self.manifests {
            write_document(&mut text, &manifest.path, &manifest.content);
        }
        text
    }

    /// The files with custom resource definitions, in the same form.
    pub fn crds(&self) -> String {
        let mut text = String::new();
        for crd in self.chart.crds() {
            write_document(&mut text, &crd.path, &String::from_utf8_lossy(&crd.data));
        }
        text
    }
}

/// Appends a document with a comment that names its file.
pub(crate) fn write_document(text: &mut String, path: &str, content: &str) {
    let _ = writeln!(text, "---\n# Source: {path}\n{content}");
}

/// The last part of the paths of notes.
const NOTES_FILE: &str = "NOTES.txt";

/// Takes notes out of the files and gives those that are wanted.
pub(super) fn take_notes(files: &mut BTreeMap<String, Vec<u8>>, chart: &str, wanted: Notes) -> String {
    let of_root = format!("{chart}/templates/{NOTES_FILE}");
    let mut notes = String::new();
    files.retain(|path, content| {
        if !path.ends_with(NOTES_FILE) {
            return true;
        }
        if wanted == Notes::All || *path == of_root {
            if !notes.is_empty() {
                notes.push('\n');
            }
            notes.push_str(&String::from_utf8_lossy(content));
        }
        false
    });
    notes
}
