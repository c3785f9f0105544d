//! JSON pointers (RFC 6901) as Flux's patches use them: an index may be negative, a missing path is nothing to remove.

use serde_json::Value;

/// The parts of a pointer, unescaped; none of one that is malformed, which therefore names nothing.
pub(crate) fn parts(pointer: &str) -> Vec<String> {
    let Some(pointer) = pointer.strip_prefix('/') else { return Vec::new() };
    pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// The value at a pointer.
pub(crate) fn get<'value>(root: &'value Value, pointer: &str) -> Option<&'value Value> {
    root.pointer(pointer)
}

/// Removes the value at a pointer if it is there.
pub(crate) fn remove(root: &mut Value, pointer: &str) {
    let parts = parts(pointer);
    let Some((last, parents)) = parts.split_last() else { return };
    match descend(root, parents) {
        Some(Value::Object(map)) => {
            map.remove(last);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = index(last, items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// Sets the value at a pointer whose parent is there.
pub(crate) fn set(root: &mut Value, pointer: &str, value: Value) {
    let parts = parts(pointer);
    let Some((last, parents)) = parts.split_last() else { return };
    match descend(root, parents) {
        Some(Value::Object(map)) => {
            map.insert(last.clone(), value);
        }
        Some(Value::Array(items)) => {
            if let Some(item) = index(last, items.len()).and_then(|index| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
}

fn descend<'value>(root: &'value mut Value, parts: &[String]) -> Option<&'value mut Value> {
    parts.iter().try_fold(root, |value, part| match value {
        Value::Object(map) => map.get_mut(part),
        Value::Array(items) => {
            let index = index(part, items.len())?;
            items.get_mut(index)
        }
        _ => None,
    })
}

/// The place that `text` names in an array of `length`; -1 is the last.
fn index(text: &str, length: usize) -> Option<usize> {
    let index: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    (0..length).contains(&index).then(|| usize::try_from(index).ok())?
}
