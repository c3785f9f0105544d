//! Changes at the fields that a field specification names.

use crate::identity::{Gvk, split_api_version};
use crate::tree::{Body, Fault, Kind, Node, Tag};

/// Which field of which kinds; `path` is split and its escapes are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPath {
    pub(crate) gvk: Gvk,
    pub(crate) text: String,
    pub(crate) parts: Vec<String>,
    pub(crate) create: bool,
}

/// What a missing field is made as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Creation {
    pub(crate) kind: Kind,
    pub(crate) tag: Tag,
}

impl FieldPath {
    pub(crate) fn new(gvk: Gvk, text: &str, create: bool) -> Self {
        Self { gvk, text: text.to_owned(), parts: split_path(text, '/'), create }
    }

    /// Whether the two name the same field, as far as the other one's selector goes.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.gvk.is_selected_by(&other.gvk) && self.text == other.text
    }

    /// Calls `set` on every node that the path leads to in an object of a selected kind.
    pub(crate) fn apply(
        &self,
        object: &mut Node,
        creation: Option<Creation>,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !self.selects(object) {
            return Ok(());
        }
        let creation = creation.filter(|_| self.create);
        descend(&self.parts, object, creation, set)
    }

    /// As [`FieldPath::apply`], in an object of whatever kind, and without making anything.
    pub(crate) fn visit(&self, object: &mut Node, set: &mut dyn FnMut(&mut Node) -> Result<(), Fault>) -> Result<(), Fault> {
        descend(&self.parts, object, None, set)
    }

    fn selects(&self, object: &Node) -> bool {
        let text = |name: &str| object.field(name).map_or("", Node::text);
        let matches = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        let (group, version) = split_api_version(text("apiVersion"));
        matches(&self.gvk.kind, text("kind")) && matches(&self.gvk.group, group) && matches(&self.gvk.version, version)
    }
}

fn descend(
    path: &[String],
    node: &mut Node,
    creation: Option<Creation>,
    set: &mut dyn FnMut(&mut Node) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some((first, rest)) = path.split_first() else { return set(node) };
    if node.is_null() {
        return Ok(());
    }
    match &mut node.body {
        Body::Sequence(items) => items.iter_mut().try_for_each(|item| descend(path, item, creation, set)),
        Body::Mapping(_) => {
            let (name, of_sequence) = match first.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (first.as_str(), false),
            };
            if name.is_empty() {
                return Err(Fault::Path("cannot set or create an empty field name".to_owned()));
            }
            let made = match creation {
                None => None,
                Some(_) if of_sequence => None,
                Some(creation) if rest.is_empty() => Some(creation),
                Some(_) => Some(Creation { kind: Kind::Mapping, tag: Tag::Map }),
            };
            let field = match made {
                Some(made) => field_or_new(node, name, made.kind)?,
                None => lookup_part(node, name)?,
            };
            let Some(field) = field else { return Ok(()) };
            if field.is_null() {
                let made = made.or(of_sequence.then_some(Creation { kind: Kind::Sequence, tag: Tag::Unset }));
                if let Some(Creation { kind, tag }) = made {
                    // Only kind and tag change: a scalar keeps the text of the null.
                    let text = field.text().to_owned();
                    *field = Node { tag, style: field.style, ..Node::empty(kind) };
                    if kind == Kind::Scalar {
                        field.body = Body::Scalar(text.into());
                    }
                }
            }
            descend(rest, field, creation, set)
        }
        Body::Nothing | Body::Scalar(_) => Err(Fault::Leaf),
    }
}

/// The node of one path part: a key, or below a sequence an index or element.
fn lookup_part<'n>(node: &'n mut Node, name: &str) -> Result<Option<&'n mut Node>, Fault> {
    let name = name.trim();
    if name.is_empty() || name.parse::<i64>().is_ok() || name == "-" || name == "*" || is_element(name) {
        return crate::paths::lookup_mut(node, std::slice::from_ref(&name));
    }
    node.get_mut(name)
}

fn field_or_new<'n>(node: &'n mut Node, name: &str, kind: Kind) -> Result<Option<&'n mut Node>, Fault> {
    let name = name.trim();
    if name.is_empty() || name.parse::<i64>().is_ok() || name == "-" || name == "*" || is_element(name) {
        return crate::paths::lookup_or_create(node, std::slice::from_ref(&name), kind);
    }
    node.get_or_create(name, kind)
}

fn is_element(name: &str) -> bool {
    name.starts_with('[') && name.ends_with(']')
}

/// Splits a path at a delimiter that a backslash may escape; a leading delimiter does not count.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts = path.split(delimiter).peekable();
    let mut result: Vec<String> = Vec::new();
    if path.starts_with(delimiter) {
        parts.next();
    }
    for part in parts {
        match result.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    result
}
