//! All places that the path of a replacement's target leads to, made where they are missing.

use crate::paths::{elements, is_element, is_index, made_for, new_element, split_element};
use crate::selector::compile;
use crate::tree::{Body, Fault, Kind, Node};

/// A place that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// Entry or item numbers from the top.
    At(Vec<usize>),
    /// In a text that was only read: what is set there is lost.
    Lost,
}

/// The node at a place.
pub(crate) fn node_at<'n>(node: &'n mut Node, steps: &[usize]) -> Option<&'n mut Node> {
    steps.iter().try_fold(node, |node, &step| match &mut node.body {
        Body::Mapping(entries) => entries.get_mut(step).map(|entry| &mut entry.value),
        Body::Sequence(items) => items.get_mut(step),
        Body::Nothing | Body::Scalar(_) => None,
    })
}

/// Finds the places of a path. With `create` a missing last part is made of that kind.
pub(crate) fn find(node: &mut Node, path: &[String], create: Option<Kind>) -> Result<Vec<Place>, Fault> {
    let mut found = Vec::new();
    search(node, path, create, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn search(
    node: &mut Node,
    path: &[String],
    create: Option<Kind>,
    at: &mut Vec<usize>,
    found: &mut Vec<Place>,
) -> Result<(), Fault> {
    let Some((first, rest)) = path.split_first() else {
        found.push(Place::At(at.clone()));
        return Ok(());
    };
    if is_index(first) {
        return search_index(node, (first, rest), create, at, found);
    }
    if is_element(first) {
        return search_elements(node, (first, rest), create, at, found);
    }
    if first == "*" {
        let count = elements(node)?.len();
        return (0..count).try_for_each(|index| step(node, index, (rest, create), at, found));
    }
    search_field(node, (first, rest), create, at, found)
}

/// Goes on below one item or entry.
fn step(
    node: &mut Node,
    index: usize,
    (rest, create): (&[String], Option<Kind>),
    at: &mut Vec<usize>,
    found: &mut Vec<Place>,
) -> Result<(), Fault> {
    let next = match &mut node.body {
        Body::Mapping(entries) => entries.get_mut(index).map(|entry| &mut entry.value),
        Body::Sequence(items) => items.get_mut(index),
        Body::Nothing | Body::Scalar(_) => None,
    };
    let Some(next) = next else { return Ok(()) };
    at.push(index);
    let result = search(next, rest, create, at, found);
    at.pop();
    result
}

fn search_field(
    node: &mut Node,
    (name, rest): (&str, &[String]),
    create: Option<Kind>,
    at: &mut Vec<usize>,
    found: &mut Vec<Place>,
) -> Result<(), Fault> {
    if node.get(name)?.is_none() {
        let Some(kind) = create else { return Ok(()) };
        if node.is_null() {
            found.push(Place::Lost);
            return Ok(());
        }
        node.put_field(name, Node::empty(made_for(rest.first().map(String::as_str), kind)))?;
    }
    let Some(index) = node.entries().iter().position(|entry| &*entry.key.text == name) else { return Ok(()) };
    let field = &node.entries()[index].value;
    if field.kind() == Kind::Scalar && !rest.is_empty() {
        let text = field.text().to_owned();
        let parsed = crate::yaml::document(text.as_bytes()).map_err(|error| Fault::Other(error.to_string()))?;
        let mut inner = parsed.unwrap_or_default();
        if inner.kind() == Kind::Nothing {
            return Err(Fault::Kind { expected: Kind::Mapping, found: Kind::Nothing });
        }
        let mut lost = Vec::new();
        search(&mut inner, rest, create, &mut Vec::new(), &mut lost)?;
        found.extend(lost.into_iter().map(|_| Place::Lost));
        return Ok(());
    }
    step(node, index, (rest, create), at, found)
}

fn search_index(
    node: &mut Node,
    (text, rest): (&str, &[String]),
    create: Option<Kind>,
    at: &mut Vec<usize>,
    found: &mut Vec<Place>,
) -> Result<(), Fault> {
    let index: usize = text.parse().map_err(|_| Fault::Path(format!("'{text}' is not an index")))?;
    let count = elements(node)?.len();
    if count == index
        && let (Some(kind), Body::Sequence(items)) = (create, &mut node.body)
    {
        items.push(Node::empty(made_for(rest.first().map(String::as_str), kind)));
    } else if count <= index {
        return Err(Fault::Path(format!("index {index} specified but only {count} elements found")));
    }
    step(node, index, (rest, create), at, found)
}

fn search_elements(
    node: &mut Node,
    (text, rest): (&str, &[String]),
    create: Option<Kind>,
    at: &mut Vec<usize>,
    found: &mut Vec<Place>,
) -> Result<(), Fault> {
    let (name, pattern) = split_element(text)?;
    let expression = compile(pattern).map_err(|error| Fault::Path(error.to_string()))?;
    let before = found.len();
    for attempt in 0..2 {
        for index in 0..elements(node)?.len() {
            let item = &node.items()[index];
            let field = if name.is_empty() { Some(item) } else { item.field(name) };
            if !field.is_some_and(|field| expression.is_match(&printed(field))) {
                continue;
            }
            if name.is_empty() {
                at.push(index);
                found.push(Place::At(at.clone()));
                at.pop();
            } else {
                step(node, index, (rest, create), at, found)?;
            }
        }
        if found.len() > before || create.is_none() || attempt > 0 {
            break;
        }
        match &mut node.body {
            Body::Sequence(items) => items.push(new_element(name, pattern)),
            _ => break,
        }
    }
    Ok(())
}

/// A node as it would be printed, which is what expressions match.
fn printed(node: &Node) -> String {
    crate::print::to_yaml(node).trim().to_owned()
}
