//! Marked files, one and many.

use crate::{
    Change, Changes, Fault, ObjectChanges, Problem, Setters,
    marker::{self, TOKEN},
    scalar::Scalars,
    splice, text,
};
use bytes::Bytes;
use file_tree::{EntryKind, Files, ReadError, TreePath};
use manifest::yaml::{Dialect, Limits, YamlError, parse_documents};
use memchr::memmem;
use std::collections::BTreeMap;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edited {
    /// The new content; `None` where nothing changed.
    pub content: Option<Bytes>,
    /// What changed, by object.
    pub changes: ObjectChanges,
    /// Markers that set nothing.
    pub problems: Vec<Problem>,
}

/// What became of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// The new contents of the files that changed.
    pub files: BTreeMap<TreePath, Bytes>,
    /// What changed.
    pub changes: Changes,
    /// Markers that set nothing and files that cannot be read, in the order of the tree.
    pub problems: Vec<Problem>,
}

/// Whether a file of this name is looked at: `.yaml`, `.yml` and `Kustomization`.
pub fn is_candidate(name: &str) -> bool {
    name == "Kustomization" || name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Sets all markers at and below `start`, which is a directory or a file; hidden directories included.
///
/// # Errors
/// [`ReadError`] where `start` does not exist or the tree cannot be read. A file that is no YAML is a [`Problem`].
pub fn update(files: &dyn Files, start: &TreePath, setters: &Setters) -> Result<Update, ReadError> {
    let mut update = Update::default();
    let base = match files.kind(start)? {
        None => return Err(ReadError::NotFound(start.clone())),
        Some(EntryKind::Directory) => start.clone(),
        Some(EntryKind::File { .. }) => start.parent().unwrap_or_default(),
    };
    let mut waiting = vec![start.clone()];
    while let Some(path) = waiting.pop() {
        match files.kind(&path)? {
            Some(EntryKind::Directory) => {
                let children = files.list(&path)?;
                waiting.extend(children.iter().rev().filter_map(|child| path.join(&child.name).ok()));
            }
            Some(EntryKind::File { .. }) if path.file_name().is_some_and(is_candidate) => {
                let relative = path.as_str()[base.as_str().len()..].trim_start_matches('/').to_owned();
                update.add(path.clone(), relative.clone(), edit_file(&relative, &files.read(&path)?, setters));
            }
            _ => {}
        }
    }
    Ok(update)
}

impl Update {
    fn add(&mut self, path: TreePath, relative: String, edited: Edited) {
        self.problems.extend(edited.problems);
        if let Some(content) = edited.content {
            self.files.insert(path, content);
            self.changes.file_changes.insert(relative, edited.changes);
        }
    }
}

/// Sets the markers of one file, which `file` names in problems. Content without a marker is not parsed.
pub fn edit_file(file: &str, content: &[u8], setters: &Setters) -> Edited {
    if memmem::find(content, TOKEN.as_bytes()).is_none() {
        return Edited::default();
    }
    let problem = |line, fault| Problem { file: file.to_owned(), line, fault };
    let (whole, documents) = match parse(content) {
        Ok(parsed) => parsed,
        Err(error) => {
            let problems = vec![problem(error.position().line, Fault::Unreadable(error))];
            return Edited { problems, ..Edited::default() };
        }
    };
    let (text, mark) = text::without_mark(whole);
    let scalars = Scalars::of(text, &documents);
    let mut edited = Edited::default();
    let mut splices = Vec::new();
    for marker in marker::find(text, &scalars.all) {
        let name = match &marker.named {
            Ok(name) => name,
            Err(fault) => {
                edited.problems.push(problem(marker.line_number, fault.clone()));
                continue;
            }
        };
        let Some(scalar) = marker.target(text, &scalars.all) else {
            edited.problems.push(problem(marker.line_number, Fault::NoValue));
            continue;
        };
        let Some(value) = setters.value(name).filter(|value| *value != scalar.value) else { continue };
        splices.extend(scalar.holding(text, value));
        let change = Change { old_value: scalar.value.clone(), new_value: value.to_owned(), setter: name.clone() };
        edited.changes.entry(scalars.objects[scalar.object].clone()).or_default().push(change);
    }
    if !splices.is_empty() {
        edited.content = Some(Bytes::from(format!("{}{}", &whole[..mark], splice::apply(text, splices))));
    }
    edited
}

fn parse(content: &[u8]) -> Result<(&str, Vec<manifest::yaml::Node>), YamlError> {
    // What is not UTF-8 is refused by the parser, which says where.
    let whole = std::str::from_utf8(content).unwrap_or_default();
    let (text, _) = text::without_mark(whole);
    let bytes = if whole.is_empty() { content } else { text.as_bytes() };
    Ok((whole, parse_documents(bytes, Dialect::V3, &Limits::default())?))
}
