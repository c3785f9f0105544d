//! Replacements inside of texts that hold YAML or JSON themselves.

use crate::matches::{self, Place};
use crate::paths::lookup;
use crate::tree::{Body, Fault, Kind, Node};
use serde_json::Value;

/// Sets fields in a text that the path leads through. `false` where there is no such text or no such field in it: then nothing
/// has changed.
pub(crate) fn set(
    object: &mut Node,
    path: &[String],
    create: Option<Kind>,
    set: &mut dyn FnMut(&mut Node) -> Result<(), Fault>,
) -> bool {
    let Some((length, mut parsed)) = text_on_path(object, path) else { return false };
    let Ok(places) = matches::find(&mut parsed, &path[length..], create) else { return false };
    if places.is_empty() {
        return false;
    }
    for place in places {
        if let Place::At(steps) = place
            && let Some(node) = matches::node_at(&mut parsed, &steps)
            && set(node).is_err()
        {
            return false;
        }
    }
    let Ok(Some(node)) = crate::paths::lookup_mut(object, &path[..length]) else { return false };
    let Some(text) = printed(&parsed, node.text()) else { return false };
    node.body = Body::Scalar(text.into());
    true
}

/// The first scalar on the path that is YAML, as the length of the path to it, and what it holds.
fn text_on_path(object: &Node, path: &[String]) -> Option<(usize, Node)> {
    for length in 1..path.len() {
        let Ok(Some(node)) = lookup(object, &path[..length]) else { continue };
        if node.kind() == Kind::Scalar
            && let Ok(parsed) = crate::yaml::document(node.text().as_bytes())
        {
            return Some((length, parsed?));
        }
    }
    None
}

/// The text in the form of the original: JSON stays JSON, indented where it was.
fn printed(node: &Node, original: &str) -> Option<String> {
    let is_json = original.trim_start().starts_with(['{', '[']);
    if !is_json {
        return Some(crate::print::to_yaml(node).trim().to_owned());
    }
    let value = crate::scalar::to_value(node).ok()?;
    if original.contains('\n') && original.contains("  ") {
        let mut out = String::new();
        indented(&value, 0, &mut out);
        return Some(out);
    }
    Some(manifest::json::to_json(&value))
}

/// JSON with two spaces per level, as Go's `MarshalIndent` prints it.
fn indented(value: &Value, level: usize, out: &mut String) {
    let pad = |level: usize| format!("\n{}", "  ".repeat(level));
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                out.push_str(&pad(level + 1));
                indented(item, level + 1, out);
            }
            out.push_str(&pad(level));
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            for (at, (key, item)) in map.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                out.push_str(&pad(level + 1));
                out.push_str(&manifest::json::to_json(&Value::String(key.clone())));
                out.push_str(": ");
                indented(item, level + 1, out);
            }
            out.push_str(&pad(level));
            out.push('}');
        }
        other => out.push_str(&manifest::json::to_json(other)),
    }
}
