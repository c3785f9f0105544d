//! Reading what kustomizations consist of: the file itself, resources, configurations.

use crate::config::FieldConfig;
use crate::decode::{DecodeFault, Strictness};
use crate::error::{BuildError, Cause};
use crate::kustomization::{Kustomization, is_empty};
use crate::loader::{Root, Session};
use crate::object::Object;
use crate::scalar;
use crate::tree::{Kind, Node};
use crate::written::Written;
use crate::yaml;
use manifest::yaml::Dialect;
use serde_json::Value;
use std::collections::VecDeque;

/// Why a text does not hold objects.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectFault {
    /// A document is no object.
    #[error("document {0}: missing Resource metadata; an object needs apiVersion, kind and metadata.name")]
    NoMetadata(usize),
    /// An object has no kind.
    #[error("document {0}: missing kind in the object")]
    NoKind(usize),
    /// An object has no name.
    #[error("missing metadata.name in the object of kind {0}")]
    NoName(String),
    /// The memories of another build in its annotations contradict each other.
    #[error(
        "{0}: number of previous names, number of previous namespaces, number of previous kinds not equal; remove the annotations of internal.config.kubernetes.io"
    )]
    Memories(String),
    /// The items of a list are none.
    #[error("expected array in {0}/items")]
    Items(String),
    /// A list cannot be expanded.
    #[error("trouble expanding list of {kind}")]
    List {
        kind: String,
        #[source]
        source: scalar::ValueFault,
    },
}

/// Reads a kustomization; unknown fields are errors, and so is one that says nothing.
pub(crate) fn strict(session: &mut Session<'_>, written: &Written) -> Result<Box<Kustomization>, BuildError> {
    let path = &written.file;
    let fault = |line: Option<usize>, field: String, problem: String| BuildError::Kustomization {
        file: path.clone(),
        line,
        field,
        problem,
    };
    let unusable = |source| BuildError::content(path.to_string(), "a kustomization", source);
    let value = value(&written.bytes).map_err(unusable)?;
    let read = Kustomization::read(&value, Strictness::EXACT);
    let mut kustomization = read.map_err(|error| {
        let line = written.line_of(&error.path);
        let field = DecodeFault { path: error.path, problem: String::new() }.to_string();
        let field = field.trim_start_matches("field '").trim_end_matches("': ").to_owned();
        fault(line, field, error.problem)
    })?;
    session.warnings.extend(crate::kustomization::warnings(&value));
    kustomization.modernise();
    if is_empty(&value) {
        return Err(fault(None, String::new(), "kustomization.yaml is empty; add resources or remove the file".to_owned()));
    }
    match kustomization.header_faults().as_slice() {
        [] => Ok(Box::new(kustomization)),
        faults => Err(fault(None, String::new(), faults.join("; "))),
    }
}

/// The value of the first document of a configuration file.
pub(crate) fn value(bytes: &[u8]) -> Result<Value, Cause> {
    Ok(manifest::yaml::parse_value(bytes, Dialect::V2)?)
}

/// The files of `configurations`, merged.
pub(crate) fn configurations<'b>(
    session: &mut Session<'b>,
    root: &Root<'b>,
    paths: &[String],
) -> Result<FieldConfig, BuildError> {
    let mut merged = std::sync::Arc::new(FieldConfig::default());
    for path in paths {
        let bytes = root.load(session, path)?;
        let unusable = |source: Cause| BuildError::content(path.clone(), "a transformer configuration", source);
        let text = std::str::from_utf8(&bytes).map_err(|error| unusable(error.into()))?;
        let value = yaml::strict_value(text).map_err(|error| unusable(error.into()))?;
        let config = FieldConfig::read(&value).map_err(|error| unusable(error.into()))?;
        merged = merged.merged(&std::sync::Arc::new(config)).map_err(|error| unusable(error.into()))?;
    }
    Ok(std::sync::Arc::unwrap_or_clone(merged))
}

/// The objects of a text; lists are replaced by their items.
pub(crate) fn objects(bytes: &[u8]) -> Result<Vec<Object>, Cause> {
    let mut queue = VecDeque::new();
    for (at, node) in yaml::documents(bytes)?.into_iter().enumerate() {
        queue.extend(checked(at + 1, node)?);
    }
    let mut objects = Vec::with_capacity(queue.len());
    while let Some(node) = queue.pop_front() {
        let kind = node.field("kind").map_or("", Node::text);
        if !kind.ends_with("List") {
            let object = Object::new(node);
            if object.notes.inconsistent {
                return Err(ObjectFault::Memories(object.name().to_owned()).into());
            }
            objects.push(object);
            continue;
        }
        let kind = kind.to_owned();
        let value = scalar::to_value(&node).map_err(|source| ObjectFault::List { kind: kind.clone(), source })?;
        match value.get("items") {
            None => objects.push(Object::new(node)),
            Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    queue.extend(checked(at + 1, scalar::from_json(item))?);
                }
            }
            Some(_) => return Err(ObjectFault::Items(kind).into()),
        }
    }
    Ok(objects)
}

/// The node if it is an object; nothing where it is empty.
fn checked(document: usize, node: Node) -> Result<Option<Node>, ObjectFault> {
    if node.is_nil_or_empty() {
        return Ok(None);
    }
    let filled = |name: &str| node.field(name).filter(|field| !field.is_nil_or_empty());
    if node.kind() != Kind::Mapping
        || (filled("apiVersion").is_none() && filled("kind").is_none() && filled("metadata").is_none())
    {
        return Err(ObjectFault::NoMetadata(document));
    }
    let kind = filled("kind").map_or("", Node::value_text);
    if kind.is_empty() {
        return Err(ObjectFault::NoKind(document));
    }
    if !kind.ends_with("List") && crate::identity::metadata_text(&node, "name").is_empty() {
        return Err(ObjectFault::NoName(kind.to_owned()));
    }
    Ok(Some(node))
}
