//! The value-add transformer, which exists only as an entry of `transformers:`.

use crate::error::BuildError;
use crate::fields::split_path;
use crate::kustomization::SelectorFields;
use crate::loader::Session;
use crate::objects::Objects;
use crate::transform::failed;
use crate::transform::namespace::{NamespaceTransformer, Subjects};
use crate::tree::{Fault, Kind, Node};

crate::decode::decoded! {
    /// Where the value goes.
    struct ValueTarget {
        "selector" => selector: Option<SelectorFields>,
        "fieldPath" => field_path: String,
        "filePathPosition" => position: i64,
    }
}

/// Puts a value into fields, or into the file paths that fields hold.
#[derive(Debug)]
pub(crate) struct ValueAdd {
    pub(crate) value: String,
    pub(crate) targets: Vec<ValueTarget>,
}

impl ValueAdd {
    pub(crate) fn apply(&self, session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
        for target in &self.targets {
            let selected = match &target.selector {
                None => (0..objects.list().len()).collect(),
                Some(selector) => objects
                    .select(&selector.selector(), &session.schema)
                    .map_err(|error| BuildError::step("add a value", error.to_string()))?,
            };
            for at in selected {
                let Some(object) = objects.list_mut().get_mut(at) else { continue };
                let added = if target.field_path == "metadata/namespace" {
                    let namespace = NamespaceTransformer {
                        namespace: self.value.clone(),
                        fields: Vec::new(),
                        unset_only: false,
                        subjects: Subjects::Default,
                    };
                    namespace.set_on(session, &mut object.node)
                } else {
                    self.add(&mut object.node, target)
                };
                added.map_err(|fault| failed(session, "add a value", object, fault))?;
            }
        }
        Ok(())
    }

    fn add(&self, object: &mut Node, target: &ValueTarget) -> Result<(), Fault> {
        let path = split_escaped(&target.field_path);
        let Some(node) = crate::paths::lookup_or_create(object, &path, Kind::Scalar)? else { return Ok(()) };
        node.demand(Kind::Scalar)?;
        let value = match usize::try_from(target.position) {
            Ok(position) if position > 0 => inserted(node.text(), position - 1, &self.value),
            _ => self.value.clone(),
        };
        node.set_scalar(Node::plain(value))
    }
}

/// Unlike other paths, a leading slash counts here.
fn split_escaped(path: &str) -> Vec<String> {
    let mut parts = split_path(path, '/');
    if path.starts_with('/') {
        parts.insert(0, String::new());
    }
    parts
}

/// A file path with a part added; an absolute path stays one.
fn inserted(path: &str, position: usize, part: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let position = position.min(parts.len());
    parts.splice(position..position, part.split('/').filter(|part| !part.is_empty()));
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}
