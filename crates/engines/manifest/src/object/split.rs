//! Reads all objects of a stream, as Flux's apply library does.
//!
//! The text is cut at lines that start with `---` before it is parsed, wherever they stand. Documents without content vanish, lists
//! are replaced by their items, objects without name, kind or version and kustomize's own configuration are dropped.

use serde_json::Value;

use super::{api_group, api_version, kind, name};
use crate::yaml::{Dialect, Limits, YamlError, parse_first};

/// Why a stream cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A document is not YAML, or has no JSON.
    #[error("error converting YAML to JSON")]
    Yaml {
        /// Which document, from 1, counting empty ones.
        document: usize,
        /// The line of the stream at which the document starts, from 1.
        first_line: usize,
        /// What is wrong; its lines count from the document's start.
        #[source]
        cause: YamlError,
    },
    /// Something else than a comment follows `---` on its line.
    #[error("invalid Yaml document separator: {text}")]
    Separator {
        /// What follows.
        text: String,
        /// The line of the stream, from 1.
        line: usize,
    },
    /// A document is a scalar or a sequence.
    #[error("document {document} is not an object")]
    NotAnObject {
        /// Which document, from 1.
        document: usize,
    },
    /// A document has no kind.
    #[error("Object 'Kind' is missing in document {document}")]
    KindMissing {
        /// Which document, from 1.
        document: usize,
    },
    /// An item of a list is a scalar or a sequence.
    #[error("items member is not an object in document {document}")]
    ItemNotAnObject {
        /// Which document, from 1.
        document: usize,
    },
}

/// All objects of a stream of YAML or JSON documents, in order.
///
/// # Errors
/// [`SplitError`], for the first document that cannot be read.
pub fn split(text: impl AsRef<[u8]>, limits: &Limits) -> Result<Vec<Value>, SplitError> {
    let text = text.as_ref();
    let mut objects = Vec::new();
    let mut rest = text;
    let mut documents = 0;
    if text.trim_ascii_start().starts_with(b"{") {
        let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
        let mut consumed = 0;
        while let Some(Ok(value)) = stream.next() {
            consumed = stream.byte_offset();
            documents += 1;
            collect(value, documents, &mut objects)?;
        }
        rest = &text[consumed..];
    }
    let first_line = 1 + text[..text.len() - rest.len()].iter().filter(|&&byte| byte == b'\n').count();
    for (lines, document) in documents_of(rest, first_line)? {
        documents += 1;
        let cause = |cause| SplitError::Yaml { document: documents, first_line: lines, cause };
        let node = parse_first(document, Dialect::V2, limits).map_err(cause)?;
        if let Some(node) = node {
            collect(node.to_value(Dialect::V2).map_err(cause)?, documents, &mut objects)?;
        }
    }
    Ok(objects)
}

/// Whether an object has what every object needs: version, kind and name.
pub fn is_kubernetes_object(object: &Value) -> bool {
    !name(object).is_empty() && !kind(object).is_empty() && !api_version(object).is_empty()
}

/// Whether an object is kustomize's own configuration, which is never applied.
pub fn is_kustomization_config(object: &Value) -> bool {
    kind(object).eq_ignore_ascii_case("kustomization") && api_version(object).starts_with("kustomize.config.k8s.io/")
}

fn collect(value: Value, document: usize, objects: &mut Vec<Value>) -> Result<(), SplitError> {
    let mut object = match value {
        Value::Null => return Ok(()),
        Value::Object(object) => object,
        _ => return Err(SplitError::NotAnObject { document }),
    };
    // An apiVersion that cannot be read hides the kind.
    let readable = object.get("apiVersion").and_then(Value::as_str).is_none_or(|version| api_group(version).is_some());
    if !readable || object.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(SplitError::KindMissing { document });
    }
    if let Some(Value::Array(items)) = object.get_mut("items") {
        if !items.iter().all(Value::is_object) {
            return Err(SplitError::ItemNotAnObject { document });
        }
        objects.append(items);
        return Ok(());
    }
    let object = Value::Object(object);
    if is_kubernetes_object(&object) && !is_kustomization_config(&object) {
        objects.push(object);
    }
    Ok(())
}

/// Cuts at separator lines. Each part comes with the line it starts at.
fn documents_of(text: &[u8], first_line: usize) -> Result<Vec<(usize, &[u8])>, SplitError> {
    let mut documents = Vec::new();
    let mut start = 0;
    let mut start_line = first_line;
    let mut at = 0;
    for (index, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let end = at + line.len();
        if let Some(after) = line.strip_prefix(b"---") {
            let after = after.trim_ascii();
            if !after.is_empty() && !after.starts_with(b"#") {
                let text = String::from_utf8_lossy(after).into_owned();
                return Err(SplitError::Separator { text, line: first_line + index });
            }
            if at > start {
                documents.push((start_line, &text[start..at]));
                start = at;
                start_line = first_line + index;
            }
        }
        at = end;
    }
    if at > start {
        documents.push((start_line, &text[start..at]));
    }
    Ok(documents)
}
