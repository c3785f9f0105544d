//! Lists whose elements are told apart by merge keys, or that are sets of scalars.
//!
//! Elements that the patch names come first and in its order, then those that only the object has. With several keys the object's
//! own elements move behind those that only the patch has. Both follow from how the original rebuilds the list, which is repeated
//! here step by step because its corners (missing keys, empty elements, duplicates) are what repositories depend on.

use super::{Directive, Outcome, Patch, directive, walk};
use crate::schema::{Schema, Type};
use crate::tree::{Body, Fault, Kind, Node};
use std::borrow::Cow;
use std::collections::BTreeSet;

type Keys<'k> = [Cow<'k, str>];
type Values = Vec<String>;

/// The object's list and what the patch says about it. Elements are numbers into `nodes`, as one may stand in two lists at a time.
struct Lists<'p> {
    nodes: Vec<Node>,
    dest: Vec<usize>,
    patch: Said<'p>,
}

enum Said<'p> {
    Nothing,
    Elements(Vec<&'p Node>),
    Same,
}

/// Merges a list. `of` is the list's type and its merge keys.
pub(super) fn merge_list(
    schema: &Schema,
    dest: Option<&mut Node>,
    patch: Patch<'_>,
    of: (Type<'_>, &Keys<'_>),
) -> Result<Outcome, Fault> {
    let Some(dest) = dest.filter(|dest| !dest.is_null()) else {
        return match patch {
            Patch::Says(node) => rebuilt(schema, node.clone(), of),
            Patch::Nothing | Patch::Same => Ok(Outcome::Removed),
        };
    };
    let said = match patch {
        Patch::Nothing => Said::Nothing,
        Patch::Says(node) if node.is_null() => return Ok(Outcome::Removed),
        Patch::Says(node) => {
            let found = list_directive(node.items())?;
            let elements: Vec<&Node> = node.items().iter().filter(|item| !is_elided(item, found)).collect();
            match found.map(|(directive, _)| directive) {
                Some(Directive::Delete) => return Ok(Outcome::Removed),
                Some(Directive::Replace) => {
                    let mut node = node.clone();
                    node.body = Body::Sequence(elements.into_iter().cloned().collect());
                    return rebuilt(schema, node, of);
                }
                Some(Directive::Merge) | None => Said::Elements(elements),
            }
        }
        Patch::Same => {
            let found = list_directive(dest.items())?;
            if let Some((Directive::Delete, _)) = found {
                return Ok(Outcome::Removed);
            }
            let kept = dest.items().iter().filter(|item| !is_elided(item, found)).cloned().collect();
            dest.body = Body::Sequence(kept);
            Said::Same
        }
    };
    rebuild(schema, dest, said, of)?;
    Ok(Outcome::Kept)
}

fn rebuilt(schema: &Schema, mut node: Node, of: (Type<'_>, &Keys<'_>)) -> Result<Outcome, Fault> {
    rebuild(schema, &mut node, Said::Same, of)?;
    Ok(Outcome::Replaced(node))
}

fn rebuild(schema: &Schema, dest: &mut Node, patch: Said<'_>, (of, keys): (Type<'_>, &Keys<'_>)) -> Result<(), Fault> {
    let Body::Sequence(items) = &mut dest.body else { return Ok(()) };
    let nodes = std::mem::take(items);
    let mut lists = Lists { dest: (0..nodes.len()).collect(), nodes, patch };
    let element = schema.elements(of);
    let order = if keys.is_empty() {
        let values = lists.scalar_values();
        lists.merge_elements(schema, values, (element, &[Cow::Borrowed("")]))?
    } else {
        let values = lists.key_values(keys);
        lists.merge_elements(schema, values, (element, keys))?
    };
    let mut nodes: Vec<Option<Node>> = lists.nodes.into_iter().map(Some).collect();
    let merged = order.iter().enumerate().filter_map(|(at, &index)| {
        // The last mention takes the node, an earlier one a copy.
        let slot = nodes.get_mut(index)?;
        if order[at + 1..].contains(&index) { slot.clone() } else { slot.take() }
    });
    dest.body = Body::Sequence(merged.collect());
    Ok(())
}

/// The directive that stands in an element of its own, with its text.
fn list_directive(items: &[Node]) -> Result<Option<(Directive, &str)>, Fault> {
    let Some((element, value)) = items.iter().find_map(|item| Some((item, item.field(super::DIRECTIVE)?))) else {
        return Ok(None);
    };
    if element.entries().len() > 1 {
        return Ok(None);
    }
    Ok(Some((directive(value.text())?, value.text())))
}

fn is_elided(item: &Node, found: Option<(Directive, &str)>) -> bool {
    let Some((_, text)) = found else { return false };
    is_void(item) || item.field(super::DIRECTIVE).is_some_and(|value| value.text() == text)
}

/// Neither null nor an empty mapping can be told apart from others.
fn is_void(node: &Node) -> bool {
    node.is_null() || node.kind() == Kind::Nothing || matches!(&node.body, Body::Mapping(entries) if entries.is_empty())
}

impl Lists<'_> {
    /// The distinct values of the keys, those of the patch first.
    fn key_values(&self, keys: &Keys<'_>) -> Vec<Values> {
        let values = |node: &Node| -> Values {
            let text = |key: &Cow<'_, str>| match node.field(key) {
                Some(value) if !value.is_nil_or_empty() => value.text().to_owned(),
                _ => String::new(),
            };
            keys.iter().map(text).collect()
        };
        self.distinct(values)
    }

    fn scalar_values(&self) -> Vec<Values> {
        self.distinct(|node| vec![node.text().to_owned()])
    }

    fn distinct(&self, values: impl Fn(&Node) -> Values) -> Vec<Values> {
        let mut seen = BTreeSet::new();
        let patch: &[&Node] = match &self.patch {
            Said::Elements(elements) => elements,
            Said::Nothing | Said::Same => &[],
        };
        let dest = self.dest.iter().map(|&index| &self.nodes[index]);
        patch.iter().copied().chain(dest).map(values).filter(|values| seen.insert(values.clone())).collect()
    }

    /// Merges element by element; the result is the new order.
    fn merge_elements(
        &mut self,
        schema: &Schema,
        mut list: Vec<Values>,
        (of, keys): (Option<Type<'_>>, &Keys<'_>),
    ) -> Result<Vec<usize>, Fault> {
        if keys.len() > 1 {
            complete_values(&mut list);
        }
        let mut order = Vec::new();
        let mut last_keys: Vec<Cow<'_, str>> = Vec::new();
        for values in &list {
            let (valid_keys, valid_values) = valid_keys(&list, values, keys);
            let merged = self.merge_element(schema, (&valid_keys, &valid_values), of)?;
            let merged = match merged {
                Some(index) if !is_void(&self.nodes[index]) => index,
                _ => {
                    if !valid_keys.is_empty() {
                        let mut dest = std::mem::take(&mut self.dest);
                        self.set_element(&mut dest, None, (&valid_keys, &valid_values))?;
                        self.dest = dest;
                        continue;
                    }
                    continue;
                }
            };
            for (key, value) in valid_keys.iter().zip(&valid_values) {
                let node = &mut self.nodes[merged];
                if value.is_empty() || node.field(key).is_some() {
                    continue;
                }
                if key.is_empty() {
                    node.set_scalar(Node::plain(value.as_str()))?;
                } else {
                    node.put_field(key, Node::plain(value.as_str()))?;
                }
            }
            self.set_element(&mut order, Some(merged), (&valid_keys, &valid_values))?;
            last_keys = valid_keys;
        }
        if list.is_empty() {
            return Ok(self.dest.clone());
        }
        if let Some(values) = list.last() {
            last_keys = valid_keys(&list, values, keys).0;
        }
        self.append_dest(order, &last_keys)
    }

    /// Merges the elements of both sides that have the values; the result is the merged one.
    fn merge_element(
        &mut self,
        schema: &Schema,
        (keys, values): (&Keys<'_>, &[String]),
        of: Option<Type<'_>>,
    ) -> Result<Option<usize>, Fault> {
        let (keys, values) = valid_keys(std::slice::from_ref(&values.to_vec()), values, keys);
        let found = self.dest.iter().copied().find(|&index| has_values(&self.nodes[index], &keys, &values));
        let patch = match &self.patch {
            Said::Nothing => Patch::Nothing,
            Said::Same if found.is_some() => Patch::Same,
            Said::Same => Patch::Nothing,
            Said::Elements(elements) => {
                let said = elements.iter().copied().find(|node| has_values(node, &keys, &values));
                said.map_or(Patch::Nothing, Patch::Says)
            }
        };
        let dest = found.and_then(|index| self.nodes.get_mut(index));
        match walk(schema, dest, patch, of)? {
            Outcome::Kept => Ok(found),
            Outcome::Removed => Ok(None),
            Outcome::Replaced(node) => {
                self.nodes.push(node);
                Ok(Some(self.nodes.len() - 1))
            }
        }
    }

    /// Sets, replaces or (without an element) removes the element with the values.
    fn set_element(
        &self,
        list: &mut Vec<usize>,
        element: Option<usize>,
        (keys, values): (&Keys<'_>, &[String]),
    ) -> Result<(), Fault> {
        let of_mappings =
            keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|value| !value.is_empty());
        let mut is_there = false;
        let mut kept = Vec::with_capacity(list.len() + 1);
        for &index in list.iter() {
            let node = &self.nodes[index];
            if is_void(node) {
                continue;
            }
            if node.kind() != Kind::Mapping && of_mappings {
                kept.push(index);
                continue;
            }
            let mut matched = !values.is_empty();
            for (key, value) in keys.iter().zip(values) {
                if !matches_field(node, key, value)? {
                    matched = false;
                    break;
                }
            }
            if !matched {
                if !values.is_empty() {
                    kept.push(index);
                }
                continue;
            }
            is_there = true;
            kept.extend(element);
        }
        *list = kept;
        if let Some(index) = element.filter(|&index| !is_there && !self.nodes[index].is_null()) {
            list.push(index);
        }
        Ok(())
    }

    /// Brings the object's elements into the order.
    fn append_dest(&self, mut order: Vec<usize>, keys: &Keys<'_>) -> Result<Vec<usize>, Fault> {
        let of_scalars = keys.first().is_none_or(|key| key.is_empty());
        for &index in &self.dest {
            let node = &self.nodes[index];
            if of_scalars {
                self.set_element(&mut order, Some(index), (&[Cow::Borrowed("")], &[node.text().to_owned()]))?;
                continue;
            }
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                match node.get(key)? {
                    Some(value) => values.push(value.text().to_owned()),
                    None => order.push(index),
                }
            }
            if keys.len() > 1 {
                self.set_element(&mut order, None, (keys, &values))?;
            }
            self.set_element(&mut order, Some(index), (keys, &values))?;
        }
        Ok(order)
    }
}

fn matches_field(node: &Node, key: &str, value: &str) -> Result<bool, Fault> {
    if key.is_empty() {
        node.demand(Kind::Scalar)?;
        return Ok(!node.is_null() && node.text() == value);
    }
    Ok(node.get(key)?.is_some_and(|field| value.is_empty() || field.text() == value))
}

/// Whether an element is the one that the values mean.
fn has_values(node: &Node, keys: &Keys<'_>, values: &[String]) -> bool {
    match keys.first() {
        None => values.first().is_none_or(|value| node.text() == value),
        Some(key) if key.is_empty() => node.text() == values.first().map_or("", String::as_str),
        Some(_) => {
            keys.len() == values.len()
                && !node.is_null()
                && keys.iter().zip(values).all(|(key, value)| node.field(key).is_some_and(|field| field.text() == value))
        }
    }
}

/// The keys for which any element has a value, and this element's values of them.
fn valid_keys<'k>(list: &[Values], values: &[String], keys: &Keys<'k>) -> (Vec<Cow<'k, str>>, Values) {
    let has_value = |at: usize| list.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    if !(0..keys.len()).any(has_value) {
        return (keys.to_vec(), values.to_vec());
    }
    let valid = |at: &usize| has_value(*at);
    let found: Vec<usize> = (0..keys.len()).filter(valid).collect();
    let values = values.iter().enumerate().filter(|(at, value)| !value.is_empty() || has_value(*at));
    (found.into_iter().map(|at| keys[at].clone()).collect(), values.map(|(_, value)| value.clone()).collect())
}

/// Completes values that agree in one key and lack another: a port without a protocol is the one port of that number.
fn complete_values(list: &mut [Values]) {
    for first in 0..list.len() {
        // What an element began with is completed by every other one in turn.
        let values = list[first].clone();
        for second in 0..list.len() {
            if let Some(values) = agreed(&values, &list[second]) {
                list[first].clone_from(&values);
                list[second] = values;
            }
        }
    }
}

fn agreed(first: &[String], second: &[String]) -> Option<Values> {
    if first.len() != second.len() {
        return None;
    }
    let mut common = false;
    let mut values = Vec::with_capacity(first.len());
    for (one, other) in first.iter().zip(second) {
        if one == other {
            common = true;
        } else if !one.is_empty() && !other.is_empty() {
            return None;
        }
        values.push(if one.is_empty() { other.clone() } else { one.clone() });
    }
    common.then_some(values)
}
