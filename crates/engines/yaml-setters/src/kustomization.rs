//! An entry of `images:` in a kustomization, added or changed as `kustomize edit set image` does, without rewriting the file.

use crate::{
    scalar::{Scalar, plain_or_quoted},
    splice::{self, Splice},
    text,
};
use manifest::yaml::{Content, Dialect, Entry, Limits, Node, YamlError, parse_documents};

/// What an image becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewImage {
    /// The name in the manifests: `app`.
    pub name: String,
    /// The repository to use instead; `None` leaves it as it is.
    pub new_name: Option<String>,
    /// The tag to use. A digest alone takes away the tag that was there, and the other way round.
    pub new_tag: Option<String>,
    /// The digest to use: `sha256:…`.
    pub digest: Option<String>,
}

/// Why a kustomization cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KustomizationError {
    /// The text is no YAML.
    #[error("read the kustomization")]
    Yaml(#[source] YamlError),
    /// The file is not one mapping.
    #[error("a kustomization is one YAML mapping")]
    NotMapping,
    /// `images` is not a list of mappings, or it is an alias or `[…]`.
    #[error("line {line}: 'images' is not a list of mappings in block style")]
    NotList {
        /// The line of the value, from 1.
        line: usize,
    },
    /// The argument is not of the form that is asked for.
    #[error("{0:?} is not of the form name=repository:tag[@digest]")]
    Argument(String),
}

impl NewImage {
    /// Reads `name=repository:tag@digest`; each part behind the name may be missing, and without `=` the repository stays.
    ///
    /// # Errors
    /// [`KustomizationError::Argument`].
    pub fn parse(argument: &str) -> Result<Self, KustomizationError> {
        let invalid = || KustomizationError::Argument(argument.to_owned());
        let (old, reference) = argument.split_once('=').unwrap_or(("", argument));
        let (reference, digest) = match reference.split_once('@') {
            Some((before, digest)) => (before, Some(digest.to_owned())),
            None => (reference, None),
        };
        let path = reference.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, new_tag) = match reference[path..].split_once(':') {
            Some((last, tag)) => (&reference[..path + last.len()], Some(tag.to_owned())),
            None => (reference, None),
        };
        let (name, new_name) = match (argument.contains('='), repository) {
            (true, "") => (old, None),
            (true, other) => (old, Some(other.to_owned())),
            (false, other) => (other, None),
        };
        let is_word = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        let words = [Some(name), new_tag.as_deref(), digest.as_deref(), new_name.as_deref()];
        let says_something = new_name.is_some() || new_tag.is_some() || digest.is_some();
        match says_something && words.into_iter().flatten().all(is_word) {
            true => Ok(Self { name: name.to_owned(), new_name, new_tag, digest }),
            false => Err(invalid()),
        }
    }

    /// The fields and what they become: `Some(None)` takes a field away, `None` leaves it.
    fn fields(&self) -> [(&'static str, Option<Option<&str>>); 3] {
        let version = self.new_tag.is_some() || self.digest.is_some();
        [
            ("newName", self.new_name.as_deref().map(Some)),
            ("newTag", version.then_some(self.new_tag.as_deref())),
            ("digest", version.then_some(self.digest.as_deref())),
        ]
    }

    /// The lines of a new entry.
    fn lines(&self, indentation: &str, line_end: &str) -> String {
        let mut lines = format!("{indentation}- name: {}{line_end}", plain_or_quoted(&self.name));
        for (field, value) in self.fields() {
            if let Some(Some(value)) = value {
                lines.push_str(&format!("{indentation}  {field}: {}{line_end}", plain_or_quoted(value)));
            }
        }
        lines
    }
}

/// The kustomization with `image` set.
///
/// # Errors
/// [`KustomizationError`].
pub fn set_kustomize_image(content: &str, image: &NewImage) -> Result<String, KustomizationError> {
    let (text, mark) = text::without_mark(content);
    let documents = parse_documents(text, Dialect::V3, &Limits::default()).map_err(KustomizationError::Yaml)?;
    let entries: &[Entry] = match documents.as_slice() {
        [] => &[],
        [root] if root.as_text() == Some("") => &[],
        [root] => root.entries().ok_or(KustomizationError::NotMapping)?,
        _ => return Err(KustomizationError::NotMapping),
    };
    let line_end = text::line_end(text);
    let splices = match entries.iter().find(|entry| entry.key.as_text() == Some("images")) {
        None => {
            let before = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
            vec![insert(text.len(), format!("{before}images:{line_end}{}", image.lines("", line_end)))]
        }
        Some(entry) => in_images(text, entry, image)?,
    };
    Ok(format!("{}{}", &content[..mark], splice::apply(text, splices)))
}

fn in_images(text: &str, images: &Entry, image: &NewImage) -> Result<Vec<Splice>, KustomizationError> {
    let not_list = || KustomizationError::NotList { line: images.value.span.start.line };
    let line_end = text::line_end(text);
    let items = match &images.value.content {
        _ if images.value.alias => return Err(not_list()),
        Content::Sequence { items, flow: false } => items.as_slice(),
        Content::Sequence { items, flow: true } if !items.is_empty() => return Err(not_list()),
        Content::Scalar { text: value, .. } if !value.is_empty() => return Err(not_list()),
        Content::Mapping { .. } => return Err(not_list()),
        _ => &[],
    };
    let Some(last) = items.last() else {
        // `images:` or `images: []`: the list begins on the line below.
        let value = images.value.span.start.offset..images.value.span.end.offset;
        let removed = if value.is_empty() { Vec::new() } else { vec![Splice { range: value.clone(), text: String::new() }] };
        let below = text::next_line(text, end(images));
        let before = if text[..below].ends_with('\n') { "" } else { line_end };
        return Ok([removed, vec![insert(below, format!("{before}{}", image.lines("", line_end)))]].concat());
    };
    if let Some(item) = items.iter().find(|item| item.get("name").and_then(Node::as_text) == Some(&image.name)) {
        return in_item(text, item, image).ok_or_else(not_list);
    }
    let line = text::line_at(text, last.span.start.offset);
    let dash = text[line.clone()].find('-').ok_or_else(not_list)?;
    let below = text::next_line(text, node_end(last));
    let before = if text[..below].ends_with('\n') { "" } else { line_end };
    Ok(vec![insert(below, format!("{before}{}", image.lines(&" ".repeat(dash), line_end)))])
}

/// Changes, adds and takes away fields of one entry.
fn in_item(text: &str, item: &Node, image: &NewImage) -> Option<Vec<Splice>> {
    let Content::Mapping { entries, flow } = &item.content else { return None };
    if item.alias {
        return None;
    }
    let (first, last) = (entries.first()?, entries.last()?);
    let mut splices = Vec::new();
    let mut added = String::new();
    for (field, value) in image.fields() {
        let existing = entries.iter().position(|entry| entry.key.as_text() == Some(field));
        match (value, existing) {
            (None, _) | (Some(None), None) => {}
            (Some(Some(value)), Some(at)) => splices.extend(Scalar::replace(text, &entries[at], value)?),
            (Some(Some(value)), None) if *flow => added.push_str(&format!(", {field}: {}", plain_or_quoted(value))),
            (Some(Some(value)), None) => {
                let column = first.key.span.start.offset - text::line_at(text, first.key.span.start.offset).start;
                added.push_str(&format!("{}{field}: {}{}", " ".repeat(column), plain_or_quoted(value), text::line_end(text)));
            }
            (Some(None), Some(at)) => splices.push(removal(text, entries, at, *flow)),
        }
    }
    if !added.is_empty() {
        let at = if *flow { end(last) } else { text::next_line(text, end(last)) };
        let before = if *flow || text[..at].ends_with('\n') { "" } else { text::line_end(text) };
        splices.push(insert(at, format!("{before}{added}")));
    }
    Some(splices)
}

/// Takes the entry at `at` away, with its line where it has one of its own.
fn removal(text: &str, entries: &[Entry], at: usize, flow: bool) -> Splice {
    let start = entries[at].key.span.start.offset;
    let range = match (at, entries.get(at + 1)) {
        (0, Some(next)) => start..next.key.span.start.offset,
        (0, None) => start..end(&entries[at]),
        (_, _) if flow => end(&entries[at - 1])..end(&entries[at]),
        _ => text::line_at(text, start).start..text::next_line(text, end(&entries[at])),
    };
    Splice { range, text: String::new() }
}

fn insert(at: usize, text: String) -> Splice {
    Splice { range: at..at, text }
}

/// After the last character of an entry.
fn end(entry: &Entry) -> usize {
    node_end(&entry.value).max(entry.key.span.end.offset)
}

/// After the last character of a node: the span of a block collection may reach further.
fn node_end(node: &Node) -> usize {
    match &node.content {
        Content::Sequence { items, flow: false } if !node.alias => items.iter().map(node_end).max(),
        Content::Mapping { entries, flow: false } if !node.alias => entries.iter().map(end).max(),
        _ => Some(node.span.end.offset),
    }
    .unwrap_or(node.span.end.offset)
}
