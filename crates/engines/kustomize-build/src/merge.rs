//! The strategic merge of a patch into an object, as kyaml's `merge2` does it with prepended list elements.
//!
//! The walk visits the whole object, not only what the patch names: an empty value (`key:`) vanishes wherever it is, and lists with
//! merge keys lose their duplicates. What this is not: Kubernetes' own strategic merge; directives other than `$patch` are data.

use crate::schema::{Schema, Type};
use crate::tree::{Body, Fault, Key, Kind, Node};
use list::merge_list;

mod list;

const DIRECTIVE: &str = "$patch";

/// What became of a destination.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was changed in place.
    Kept,
    /// This takes its place.
    Replaced(Node),
    /// Nothing takes its place.
    Removed,
}

/// The patch's side at some place.
#[derive(Clone, Copy)]
enum Patch<'p> {
    /// The patch says nothing here.
    Nothing,
    /// What the patch says.
    Says(&'p Node),
    /// The destination was taken from the patch: both are the same node.
    Same,
}

#[derive(Clone, Copy, PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Merges a patch into an object.
pub(crate) fn merge(schema: &Schema, object: &mut Node, patch: &Node) -> Result<Outcome, Fault> {
    walk(schema, Some(object), Patch::Says(patch), None)
}

fn walk(schema: &Schema, dest: Option<&mut Node>, patch: Patch<'_>, of: Option<Type<'_>>) -> Result<Outcome, Fault> {
    let says = match patch {
        Patch::Says(node) => Some(node),
        Patch::Nothing | Patch::Same => None,
    };
    let sides = [dest.as_deref(), says];
    let present = || sides.into_iter().flatten().filter(|node| !node.is_null());
    let kind = present().next().map_or(Kind::Nothing, Node::kind);
    for node in sides.into_iter().flatten() {
        if kind != Kind::Nothing {
            node.demand(kind)?;
        }
    }
    let of = of.or_else(|| present().find_map(|node| type_by_kind(schema, node)));
    match kind {
        Kind::Mapping | Kind::Nothing => walk_mapping(schema, dest, patch, of),
        Kind::Sequence => match of.and_then(|of| Some((of, schema.merge_keys(of)?))) {
            Some((of, keys)) => merge_list(schema, dest, patch, (of, &keys)),
            None => Ok(taken(dest, patch)),
        },
        Kind::Scalar => Ok(taken(dest, patch)),
    }
}

/// Where no type leads here, an object that says what it is has one.
fn type_by_kind<'s>(schema: &'s Schema, node: &Node) -> Option<Type<'s>> {
    let text = |name: &str| node.field(name).map(Node::value_text).filter(|text| !text.is_empty());
    schema.kind(text("apiVersion")?, text("kind")?)
}

/// Scalars, and lists without merge keys: the patch wins as a whole.
fn taken(dest: Option<&mut Node>, patch: Patch<'_>) -> Outcome {
    match (patch, dest) {
        (Patch::Says(node), _) => Outcome::Replaced(node.clone()),
        (Patch::Same | Patch::Nothing, Some(_)) => Outcome::Kept,
        (Patch::Same | Patch::Nothing, None) => Outcome::Removed,
    }
}

fn walk_mapping(schema: &Schema, dest: Option<&mut Node>, patch: Patch<'_>, of: Option<Type<'_>>) -> Result<Outcome, Fault> {
    let Some(dest) = dest.filter(|dest| !dest.is_null() || matches!(patch, Patch::Nothing)) else {
        return match patch {
            Patch::Says(node) if mapping_directive(node).is_ok_and(|directive| directive == Some(Directive::Delete)) => {
                Ok(Outcome::Removed)
            }
            Patch::Says(node) => adopt(schema, node, of),
            Patch::Nothing => Ok(Outcome::Removed),
            Patch::Same => Ok(Outcome::Kept),
        };
    };
    if dest.is_null() {
        // A null that is written stays, an empty value goes.
        return Ok(if dest.text().is_empty() { Outcome::Removed } else { Outcome::Kept });
    }
    let directive = match patch {
        Patch::Nothing => None,
        Patch::Says(node) if node.is_null() => return Ok(Outcome::Removed),
        Patch::Says(node) => mapping_directive(node)?,
        Patch::Same => {
            let directive = mapping_directive(dest)?;
            if directive.is_some() {
                dest.clear(DIRECTIVE);
            }
            directive
        }
    };
    match (directive, patch) {
        (Some(Directive::Delete), _) => Ok(Outcome::Removed),
        (Some(Directive::Replace), Patch::Says(node)) => adopt(schema, node, of),
        (directive, patch) => {
            walk_fields(schema, dest, (patch, directive), of)?;
            Ok(Outcome::Kept)
        }
    }
}

/// The patch's own node, without its directives, in place of a destination.
fn adopt(schema: &Schema, patch: &Node, of: Option<Type<'_>>) -> Result<Outcome, Fault> {
    let mut node = patch.clone();
    if mapping_directive(&node).is_ok_and(|directive| directive.is_some()) {
        node.clear(DIRECTIVE);
    }
    walk_fields(schema, &mut node, (Patch::Same, None), of)?;
    Ok(Outcome::Replaced(node))
}

fn walk_fields(
    schema: &Schema,
    dest: &mut Node,
    (patch, directive): (Patch<'_>, Option<Directive>),
    of: Option<Type<'_>>,
) -> Result<(), Fault> {
    let Body::Mapping(entries) = &mut dest.body else { return Ok(()) };
    let says = match patch {
        Patch::Says(node) => node.entries(),
        Patch::Nothing | Patch::Same => &[],
    };
    let is_said = |name: &str| says.iter().find(|entry| &*entry.key.text == name && !(directive.is_some() && name == DIRECTIVE));
    let known = entries.len();
    let mut removed = Vec::new();
    for at in 0..known {
        // Of equal keys only the first is the field.
        let (before, here) = entries.split_at_mut(at);
        let Some(entry) = here.first_mut() else { break };
        if is_repeated(before, &entry.key) {
            continue;
        }
        let below = match (patch, is_said(&entry.key.text)) {
            (Patch::Same, _) => Patch::Same,
            (_, Some(said)) => Patch::Says(&said.value),
            (_, None) => Patch::Nothing,
        };
        let of = of.and_then(|of| schema.field(of, &entry.key.text));
        match walk(schema, Some(&mut entry.value), below, of)? {
            Outcome::Kept if !matches!(below, Patch::Nothing) && entry.value.is_null() => removed.push(at),
            Outcome::Kept => entry.value.keep_string(),
            Outcome::Replaced(node) if node.is_null() => removed.push(at),
            Outcome::Replaced(mut node) => {
                node.style = entry.value.style;
                node.link = entry.value.link;
                entry.value = node;
            }
            Outcome::Removed => removed.push(at),
        }
    }
    add_fields(schema, dest, (says, directive), of)?;
    if let Body::Mapping(entries) = &mut dest.body {
        for at in removed.into_iter().rev() {
            entries.remove(at);
        }
    }
    Ok(())
}

fn is_repeated(before: &[crate::tree::Entry], key: &Key) -> bool {
    before.iter().any(|earlier| earlier.key.text == key.text)
}

/// Adds the fields that only the patch has.
fn add_fields(
    schema: &Schema,
    dest: &mut Node,
    (says, directive): (&[crate::tree::Entry], Option<Directive>),
    of: Option<Type<'_>>,
) -> Result<(), Fault> {
    for (at, entry) in says.iter().enumerate() {
        let name = &*entry.key.text;
        let is_directive = directive.is_some() && name == DIRECTIVE;
        if is_directive || dest.field(name).is_some() || is_repeated(&says[..at], &entry.key) {
            continue;
        }
        let of = of.and_then(|of| schema.field(of, name));
        if let Outcome::Replaced(node) = walk(schema, None, Patch::Says(&entry.value), of)? {
            dest.set_field(name, node)?;
            if let Body::Mapping(entries) = &mut dest.body
                && let Some(added) = entries.last_mut().filter(|added| *added.key.text == *name)
            {
                added.key.style = entry.key.style;
            }
        }
    }
    Ok(())
}

/// The directive of a mapping, where it has one.
fn mapping_directive(node: &Node) -> Result<Option<Directive>, Fault> {
    match &node.body {
        Body::Mapping(_) => node.field(DIRECTIVE).map(|value| directive(value.text())).transpose(),
        _ => Err(Fault::Other("a patch directive needs a mapping or a sequence".to_owned())),
    }
}

fn directive(text: &str) -> Result<Directive, Fault> {
    match text {
        "merge" => Ok(Directive::Merge),
        "replace" => Ok(Directive::Replace),
        "delete" => Ok(Directive::Delete),
        other => Err(Fault::Other(format!("unknown patch strategy '{other}'; use merge, replace or delete in $patch"))),
    }
}
