//! Values that change together.
//!
//! A label that is set at several places of an object is one value to kustomize, standing at each of them: whatever changes it at one
//! place later changes it at all. Overlays rely on that without knowing: one that overrides a label without selectors overrides
//! it in the selectors, too, where a base has put it there. Here the places carry the same number, and after every transformer
//! the others follow the one that changed. What goes through JSON or is written anew is no longer part of it.

use crate::object::Object;
use crate::tree::{Body, Node};
use std::collections::BTreeMap;

/// The values that stand at several places of one object, by number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Links(BTreeMap<u32, Node>);

impl Links {
    /// A value that may be put at several places.
    pub(crate) fn share(&mut self, value: Node) -> Node {
        let last = self.0.last_key_value().map_or(0, |(number, _)| *number);
        let shared = Node { link: last + 1, ..value };
        self.0.insert(shared.link, shared.clone());
        shared
    }
}

/// Lets all places of a value follow the one that has changed; says whether any did.
pub(crate) fn settle(object: &mut Object) -> bool {
    if object.links.0.is_empty() {
        return false;
    }
    let mut changed = BTreeMap::new();
    find_changes(&object.node, &object.links, &mut changed);
    if changed.is_empty() {
        return false;
    }
    follow(&mut object.node, &changed);
    object.links.0.extend(changed);
    true
}

/// Of several changes the last one counts, in the order of the keys in which merges visit them.
fn find_changes(node: &Node, links: &Links, changed: &mut BTreeMap<u32, Node>) {
    if node.link != 0
        && let Some(known) = links.0.get(&node.link)
        && (known.body != node.body || known.tag != node.tag)
    {
        changed.insert(node.link, node.clone());
    }
    match &node.body {
        Body::Nothing | Body::Scalar(_) => {}
        Body::Mapping(entries) => entries.iter().for_each(|entry| find_changes(&entry.value, links, changed)),
        Body::Sequence(items) => items.iter().for_each(|item| find_changes(item, links, changed)),
    }
}

fn follow(node: &mut Node, changed: &BTreeMap<u32, Node>) {
    if let Some(new) = changed.get(&node.link) {
        node.clone_from(new);
        return;
    }
    match &mut node.body {
        Body::Nothing | Body::Scalar(_) => {}
        Body::Mapping(entries) => entries.iter_mut().for_each(|entry| follow(&mut entry.value, changed)),
        Body::Sequence(items) => items.iter_mut().for_each(|item| follow(item, changed)),
    }
}
