//! Paths of replacements and variables: keys, `[key=value]`, indices, `-` for the last and `*` for every element.

use crate::fields::split_path;
use crate::tree::{Body, Entry, Fault, Key, Kind, Node};

/// Splits at dots that no bracket holds; `[a.b]` without an equals sign is a key with dots.
pub(crate) fn split_dotted(path: &str) -> Vec<String> {
    let mut result = Vec::new();
    let mut parts = split_path(path, '.').into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            result.push(part);
            continue;
        }
        let mut bracketed = part;
        for part in parts.by_ref() {
            bracketed.push('.');
            bracketed.push_str(&part);
            if part.ends_with(']') {
                break;
            }
        }
        result.push(if bracketed.contains('=') { bracketed } else { bracketed.trim_matches(['[', ']']).to_owned() });
    }
    result
}

/// One part of a path.
enum Part<'p> {
    Index(usize),
    Last,
    Element(&'p str, &'p str),
    Field(&'p str),
}

fn part(text: &str) -> Result<Part<'_>, Fault> {
    let fault = |text: String| Err(Fault::Path(text));
    if let Ok(index) = text.parse::<i64>() {
        return match usize::try_from(index) {
            Ok(index) => Ok(Part::Index(index)),
            Err(_) => fault(format!("array index {index} cannot be negative")),
        };
    }
    match text {
        "-" => Ok(Part::Last),
        "*" => fault("wildcard is not supported here".to_owned()),
        _ if is_element(text) => {
            let (name, value) = split_element(text)?;
            Ok(Part::Element(name, value))
        }
        _ => Ok(Part::Field(text)),
    }
}

pub(crate) fn is_element(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']')
}

pub(crate) fn is_index(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|index| index >= 0)
}

/// Name and value of `[name=value]`.
pub(crate) fn split_element(text: &str) -> Result<(&str, &str), Fault> {
    let inner = text.strip_suffix(']').unwrap_or(text);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner
        .split_once('=')
        .ok_or_else(|| Fault::Path("list path element must contain fieldName=fieldValue for element to match".to_owned()))
}

fn cleaned<T: AsRef<str>>(path: &[T]) -> impl Iterator<Item = &str> + Clone {
    path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty())
}

/// The node at a path; nothing where a part is missing.
pub(crate) fn lookup<'n, T: AsRef<str>>(node: &'n Node, path: &[T]) -> Result<Option<&'n Node>, Fault> {
    let mut node = node;
    for text in cleaned(path) {
        let next = match part(text)? {
            Part::Field(name) => node.get(name)?,
            Part::Index(index) => elements(node)?.get(index),
            Part::Last => Some(elements(node)?.last().ok_or_else(|| Fault::Path("the list is empty".to_owned()))?),
            Part::Element(name, value) => find_element(elements(node)?, name, value).and_then(|at| node.items().get(at)),
        };
        match next {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// As [`lookup`].
pub(crate) fn lookup_mut<'n, T: AsRef<str>>(node: &'n mut Node, path: &[T]) -> Result<Option<&'n mut Node>, Fault> {
    let mut node = node;
    for text in cleaned(path) {
        if node.is_null() {
            return Ok(None);
        }
        let next = match part(text)? {
            Part::Field(name) => node.get_mut(name)?,
            Part::Index(index) => elements_mut(node)?.get_mut(index),
            Part::Last => elements_mut(node)?.last_mut(),
            Part::Element(name, value) => {
                let items = elements_mut(node)?;
                find_element(items, name, value).and_then(|at| items.get_mut(at))
            }
        };
        match next {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// The node at a path, made where it is missing: the last part as `kind`, those before it as what the next part needs. Indices
/// are never made.
pub(crate) fn lookup_or_create<'n, T: AsRef<str>>(
    node: &'n mut Node,
    path: &[T],
    kind: Kind,
) -> Result<Option<&'n mut Node>, Fault> {
    let mut node = node;
    let mut parts = cleaned(path).peekable();
    while let Some(text) = parts.next() {
        if node.is_null() {
            return Ok(None);
        }
        let made = made_for(parts.peek().copied(), kind);
        let next = match part(text)? {
            Part::Field(name) => node.get_or_create(name, made)?,
            Part::Index(index) => elements_mut(node)?.get_mut(index),
            Part::Last => elements_mut(node)?.last_mut(),
            Part::Element(name, value) => {
                let items = elements_mut(node)?;
                let at = match find_element(items, name, value) {
                    Some(at) => at,
                    None => {
                        items.push(new_element(name, value));
                        items.len() - 1
                    }
                };
                items.get_mut(at)
            }
        };
        match next {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// What a part is made as, given the part after it.
pub(crate) fn made_for(next: Option<&str>, kind: Kind) -> Kind {
    match next {
        None | Some("") => kind,
        Some(next) if is_element(next) || is_index(next) => Kind::Sequence,
        Some(_) => Kind::Mapping,
    }
}

/// The element that `[name=value]` names.
pub(crate) fn new_element(name: &str, value: &str) -> Node {
    if name.is_empty() {
        return Node::plain(value);
    }
    let mut element = Node::mapping();
    element.body = Body::Mapping(vec![Entry { key: Key::new(name), value: Node::plain(value) }]);
    element
}

fn find_element(items: &[Node], name: &str, value: &str) -> Option<usize> {
    if name.is_empty() {
        return items.iter().position(|item| item.text() == value);
    }
    items.iter().position(|item| !item.is_null() && item.field(name).is_some_and(|field| field.text() == value))
}

/// The items of a sequence; none of a null.
pub(crate) fn elements(node: &Node) -> Result<&[Node], Fault> {
    node.demand(Kind::Sequence)?;
    Ok(node.items())
}

/// As [`elements`].
pub(crate) fn elements_mut(node: &mut Node) -> Result<&mut Vec<Node>, Fault> {
    node.demand(Kind::Sequence)?;
    if node.is_null() {
        return Err(Fault::Kind { expected: Kind::Sequence, found: Kind::Nothing });
    }
    match &mut node.body {
        Body::Sequence(items) => Ok(items),
        _ => Err(Fault::Kind { expected: Kind::Sequence, found: Kind::Nothing }),
    }
}
