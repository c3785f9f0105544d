//! The kustomization file as it is written, for errors that name a line.

use crate::error::BuildError;
use bytes::Bytes;
use file_tree::TreePath;
use manifest::yaml::{Content, Dialect, Limits, Node};

/// Fields whose entries are moved to the end of a successor's when a kustomization is read.
const MOVED: [(&str, &str); 3] = [("resources", "bases"), ("images", "imageTags"), ("helmCharts", "helmChartInflationGenerator")];

/// A kustomization file. Lines are looked for only when there is something to say about them.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) file: TreePath,
    pub(crate) bytes: Bytes,
}

impl Written {
    /// Says of an error which field leads to it.
    pub(crate) fn field(&self, name: &str) -> impl FnOnce(BuildError) -> BuildError {
        self.place(name.to_owned(), &[name.to_owned()])
    }

    /// Says of an error which entry of a list leads to it, counted as the list is after reading.
    pub(crate) fn entry(&self, name: &str, at: usize) -> impl FnOnce(BuildError) -> BuildError + use<> {
        let written = self.clone();
        let name = name.to_owned();
        move |error| {
            let (name, at) = written.origin(&name, at);
            written.place(format!("{name}[{at}]"), &[name.to_owned(), at.to_string()])(error)
        }
    }

    fn place(&self, field: String, path: &[String]) -> impl FnOnce(BuildError) -> BuildError + use<> {
        let (written, path) = (self.clone(), path.to_vec());
        move |error| BuildError::Entry { line: written.line_of(&path), file: written.file, field, source: Box::new(error) }
    }

    fn document(&self) -> Option<Node> {
        manifest::yaml::parse_first(&self.bytes, Dialect::V2, &Limits::default()).ok()?
    }

    /// Which list an entry was written in.
    fn origin<'n>(&self, name: &'n str, at: usize) -> (&'n str, usize) {
        let Some((_, old)) = MOVED.iter().find(|(new, _)| *new == name) else { return (name, at) };
        let document = self.document();
        let own = document.as_ref().and_then(|document| entry(document, name)).map_or(0, |(_, list)| length(list));
        if at < own || document.is_none() { (name, at) } else { (old, at - own) }
    }

    /// The line on which a field is written, from 1.
    pub(crate) fn line_of(&self, path: &[String]) -> Option<usize> {
        let document = self.document()?;
        let mut node = &document;
        let mut line = None;
        for part in path {
            node = match &node.content {
                Content::Mapping { .. } => {
                    let (found, below) = entry(node, part)?;
                    line = Some(found);
                    below
                }
                Content::Sequence { items, .. } => {
                    let item = items.get(part.parse::<usize>().ok()?)?;
                    line = Some(item.span.start.line);
                    item
                }
                Content::Scalar { .. } => return line,
            };
        }
        line
    }
}

/// The line and value of a key, whose case does not matter.
fn entry<'n>(node: &'n Node, name: &str) -> Option<(usize, &'n Node)> {
    let Content::Mapping { entries, .. } = &node.content else { return None };
    let is_it = |key: Option<&str>| key.is_some_and(|key| key.eq_ignore_ascii_case(name));
    let entry = entries.iter().find(|entry| is_it(entry.key.as_text()))?;
    Some((entry.key.span.start.line, &entry.value))
}

fn length(node: &Node) -> usize {
    match &node.content {
        Content::Sequence { items, .. } => items.len(),
        _ => 0,
    }
}
