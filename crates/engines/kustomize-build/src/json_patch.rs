//! JSON patches (RFC 6902) with the leniencies of the library that kustomize uses: `replace` adds a missing key, indices may be
//! negative, and a null counts as missing.

use crate::tree::MAX_DEPTH;
use serde_json::Value;

/// Why a patch cannot be read or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatchFault {
    /// It is not a list of operations.
    #[error("a JSON patch is a list of operations, each with op and path")]
    Shape,
    /// An operation is none.
    #[error("operation {at}: unexpected kind '{kind}'; use add, remove, replace, move, copy or test")]
    Kind { at: usize, kind: String },
    /// An operation lacks a field.
    #[error("operation {at}: missing or wrong '{field}'")]
    Field { at: usize, field: &'static str },
    /// An operation leads nowhere.
    #[error("operation {at} ({kind}): the object has no path '{path}'")]
    Missing { at: usize, kind: String, path: String },
    /// An index is none of the list.
    #[error("operation {at} ({kind}): '{path}' has an index that is not in the list")]
    Index { at: usize, kind: String, path: String },
    /// A test failed.
    #[error("operation {at}: testing value at '{path}' failed")]
    Test { at: usize, path: String },
    /// The whole can only be replaced by a mapping or list.
    #[error("operation {at}: only a mapping can replace the whole object")]
    Whole { at: usize },
    /// Too many operations, or the object grew too large.
    #[error("the patch is beyond the limit of {limit} {what}")]
    Limit { what: &'static str, limit: usize },
}

/// Bounds of a patch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) operations: usize,
    pub(crate) bytes: usize,
}

/// A patch that has the form of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPatch(Vec<Value>);

impl JsonPatch {
    /// Reads operations from JSON text where it begins with a bracket, else from YAML.
    pub(crate) fn parse(text: &str) -> Result<Self, crate::error::Cause> {
        let value = if text.starts_with('[') { serde_json::from_str(text)? } else { crate::yaml::value(text)? };
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(items) if items.iter().all(|item| item.is_object() || item.is_null()) => Ok(Self(items)),
            _ => Err(PatchFault::Shape.into()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an operation concerns annotations, or something that contains them.
    pub(crate) fn touches_annotations(&self) -> bool {
        let is_near = |path: &Value| {
            path.as_str().is_some_and(|path| path.is_empty() || path == "/metadata" || path.starts_with("/metadata/annotations"))
        };
        self.0.iter().any(|operation| is_near(&operation["path"]) || is_near(&operation["from"]))
    }

    /// Applies the operations in order.
    pub(crate) fn apply(&self, document: &mut Value, bounds: Bounds) -> Result<(), PatchFault> {
        if self.0.len() > bounds.operations {
            return Err(PatchFault::Limit { what: "operations", limit: bounds.operations });
        }
        let mut copied = 0;
        for (at, operation) in self.0.iter().enumerate() {
            Operation { at, fields: operation }.apply(document, &mut copied, bounds)?;
        }
        Ok(())
    }
}

struct Operation<'p> {
    at: usize,
    fields: &'p Value,
}

impl Operation<'_> {
    fn kind(&self) -> &str {
        self.fields["op"].as_str().unwrap_or("unknown")
    }

    fn text(&self, field: &'static str) -> Result<&str, PatchFault> {
        self.fields[field].as_str().ok_or(PatchFault::Field { at: self.at, field })
    }

    fn value(&self) -> Value {
        self.fields["value"].clone()
    }

    fn missing(&self, path: &str) -> PatchFault {
        PatchFault::Missing { at: self.at, kind: self.kind().to_owned(), path: path.to_owned() }
    }

    fn index(&self, path: &str) -> PatchFault {
        PatchFault::Index { at: self.at, kind: self.kind().to_owned(), path: path.to_owned() }
    }

    fn apply(&self, document: &mut Value, copied: &mut usize, bounds: Bounds) -> Result<(), PatchFault> {
        match self.kind() {
            "add" => self.add(document, self.text("path")?, self.value()),
            "remove" => self.remove(document, self.text("path")?).map(drop),
            "replace" => self.replace(document, self.text("path")?),
            "move" => {
                let value = self.remove(document, self.text("from")?)?;
                self.add(document, self.text("path")?, value)
            }
            "copy" => {
                let value = self.get(document, self.text("from")?)?.cloned().unwrap_or_default();
                *copied += size(&value);
                if *copied > bounds.bytes {
                    return Err(PatchFault::Limit { what: "copied bytes", limit: bounds.bytes });
                }
                self.add(document, self.text("path")?, value)
            }
            "test" => self.test(document),
            kind => Err(PatchFault::Kind { at: self.at, kind: kind.to_owned() }),
        }
    }

    /// The mapping or list that holds what the path means, and the key in it.
    fn container<'d>(&self, document: &'d mut Value, path: &str) -> Result<(&'d mut Value, String), PatchFault> {
        let mut parts: Vec<&str> = path.split('/').collect();
        if parts.len() < 2 {
            return Err(self.missing(path));
        }
        let key = decoded(parts.pop().unwrap_or_default());
        let mut node = document;
        for part in &parts[1..] {
            let part = decoded(part);
            node = match node {
                Value::Object(map) => map.get_mut(&part),
                Value::Array(items) => position(&part, items.len()).and_then(|at| items.get_mut(at)),
                _ => None,
            }
            .filter(|next| next.is_object() || next.is_array())
            .ok_or_else(|| self.missing(path))?;
        }
        if node.is_object() || node.is_array() { Ok((node, key)) } else { Err(self.missing(path)) }
    }

    fn add(&self, document: &mut Value, path: &str, value: Value) -> Result<(), PatchFault> {
        check_depth(path, &value)?;
        let (container, key) = self.container(document, path)?;
        match container {
            Value::Object(map) => {
                map.insert(key, value);
                Ok(())
            }
            Value::Array(items) if key == "-" => {
                items.push(value);
                Ok(())
            }
            Value::Array(items) => {
                let at = position(&key, items.len() + 1).ok_or_else(|| self.index(path))?;
                items.insert(at, value);
                Ok(())
            }
            _ => Err(self.missing(path)),
        }
    }

    fn remove(&self, document: &mut Value, path: &str) -> Result<Value, PatchFault> {
        let (container, key) = self.container(document, path)?;
        match container {
            Value::Object(map) => map.remove(&key).ok_or_else(|| self.missing(path)),
            Value::Array(items) => {
                let at = position(&key, items.len()).ok_or_else(|| self.index(path))?;
                Ok(items.remove(at))
            }
            _ => Err(self.missing(path)),
        }
    }

    fn replace(&self, document: &mut Value, path: &str) -> Result<(), PatchFault> {
        if path.is_empty() {
            let value = self.value();
            if !value.is_object() {
                return Err(PatchFault::Whole { at: self.at });
            }
            *document = value;
            return Ok(());
        }
        check_depth(path, &self.fields["value"])?;
        let (container, key) = self.container(document, path)?;
        match container {
            Value::Object(map) => {
                map.insert(key, self.value());
            }
            Value::Array(items) => {
                let at = position(&key, items.len()).ok_or_else(|| self.index(path))?;
                items[at] = self.value();
            }
            _ => return Err(self.missing(path)),
        }
        Ok(())
    }

    /// What the path means: nothing for a key that is missing in a mapping.
    fn get<'d>(&self, document: &'d mut Value, path: &str) -> Result<Option<&'d Value>, PatchFault> {
        let (container, key) = self.container(document, path)?;
        match container {
            Value::Object(map) => Ok(map.get(&key)),
            Value::Array(items) => {
                let at = position(&key, items.len()).ok_or_else(|| self.index(path))?;
                Ok(items.get(at))
            }
            _ => Err(self.missing(path)),
        }
    }

    fn test(&self, document: &mut Value) -> Result<(), PatchFault> {
        let path = self.text("path")?;
        let wanted = &self.fields["value"];
        let equal =
            if path.is_empty() { document == wanted } else { self.get(document, path)?.unwrap_or(&Value::Null) == wanted };
        if equal { Ok(()) } else { Err(PatchFault::Test { at: self.at, path: path.to_owned() }) }
    }
}

/// Values are walked recursively, so a patch must not nest them without bound.
fn check_depth(path: &str, value: &Value) -> Result<(), PatchFault> {
    let parts = path.split('/').count();
    if parts > MAX_DEPTH || is_deeper_than(value, MAX_DEPTH - parts) {
        return Err(PatchFault::Limit { what: "levels", limit: MAX_DEPTH });
    }
    Ok(())
}

fn is_deeper_than(value: &Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else { return true };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(item, below)),
        Value::Object(map) => map.values().any(|item| is_deeper_than(item, below)),
        _ => false,
    }
}

fn decoded(part: &str) -> String {
    if part.contains('~') { part.replace("~1", "/").replace("~0", "~") } else { part.to_owned() }
}

/// The index that a text means in a list of that length; negative ones count from the end.
fn position(text: &str, length: usize) -> Option<usize> {
    let index: i64 = text.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

/// Roughly the bytes of a value as JSON.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(map) => 2 + map.iter().map(|(key, item)| key.len() + size(item) + 4).sum::<usize>(),
        _ => 8,
    }
}
