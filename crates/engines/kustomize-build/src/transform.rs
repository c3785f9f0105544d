//! The built-in transformers: each changes the objects of a build in place.

use crate::error::BuildError;
use crate::fields::{Creation, FieldPath};
use crate::identity::Gvk;
use crate::kustomization::{Image, Replica};
use crate::loader::Session;
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{Fault, Kind, Node, Tag};
use std::collections::BTreeMap;

pub(crate) mod image;
pub(crate) mod namespace;
pub(crate) mod patch;
pub(crate) mod replacement;
pub(crate) mod value_add;

/// A transformer with its configuration.
#[derive(Debug)]
pub(crate) enum Transformer {
    StrategicPatches(Vec<Object>),
    Patch(patch::PatchTransformer),
    JsonPatch(patch::JsonPatchTransformer),
    Namespace(namespace::NamespaceTransformer),
    Prefix { prefix: String, fields: Vec<FieldPath> },
    Suffix { suffix: String, fields: Vec<FieldPath> },
    PrefixAndSuffix { prefix: String, suffix: String, fields: Vec<FieldPath> },
    Labels { labels: BTreeMap<String, String>, fields: Vec<FieldPath> },
    Annotations { annotations: BTreeMap<String, String>, fields: Vec<FieldPath> },
    Replicas { replica: Replica, fields: Vec<FieldPath> },
    Image { image: Image, fields: Vec<FieldPath> },
    Replacements(Vec<crate::kustomization::Replacement>),
    ValueAdd(value_add::ValueAdd),
    Hash,
}

impl Transformer {
    pub(crate) fn apply(&self, session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
        match self {
            Self::StrategicPatches(patches) => patch::apply_strategic(session, objects, patches),
            Self::Patch(transformer) => transformer.apply(session, objects),
            Self::JsonPatch(transformer) => transformer.apply(session, objects),
            Self::Namespace(transformer) => transformer.apply(session, objects),
            Self::Prefix { prefix, fields } => affix(session, objects, Affix::Prefix(prefix), fields),
            Self::Suffix { suffix, fields } => affix(session, objects, Affix::Suffix(suffix), fields),
            Self::PrefixAndSuffix { prefix, suffix, fields } => {
                affix(session, objects, Affix::Prefix(prefix), fields)?;
                affix(session, objects, Affix::Suffix(suffix), fields)
            }
            Self::Labels { labels, fields } => set_entries(session, objects, "set labels", (labels, fields)),
            Self::Annotations { annotations, fields } => set_entries(session, objects, "set annotations", (annotations, fields)),
            Self::Replicas { replica, fields } => set_replicas(session, objects, replica, fields),
            Self::Image { image, fields } => image::apply(session, objects, image, fields),
            Self::Replacements(replacements) => replacement::apply(session, objects, replacements),
            Self::ValueAdd(transformer) => transformer.apply(session, objects),
            Self::Hash => add_hashes(session, objects),
        }?;
        objects.settle_links();
        Ok(())
    }
}

/// Wraps what went wrong in an object.
pub(crate) fn failed(session: &Session<'_>, operation: &str, object: &Object, fault: Fault) -> BuildError {
    BuildError::object(operation, &object.id(&session.schema), fault)
}

/// Labels and annotations.
fn set_entries(
    session: &Session<'_>,
    objects: &mut Objects,
    operation: &str,
    (entries, fields): (&BTreeMap<String, String>, &[FieldPath]),
) -> Result<(), BuildError> {
    if entries.is_empty() {
        return Ok(());
    }
    let creation = Some(Creation { kind: Kind::Mapping, tag: Tag::Map });
    for object in objects.list_mut() {
        let values = entries.iter().map(|(key, value)| (key, Node::tagged(value.as_str(), Tag::Str)));
        let values: Vec<(&String, Node)> = match fields.len() {
            1 => values.collect(),
            _ => values.map(|(key, value)| (key, object.links.share(value))).collect(),
        };
        let mut set = |node: &mut Node| -> Result<(), Fault> {
            values.iter().try_for_each(|(key, value)| node.set_field(key, value.clone()))
        };
        let applied = fields.iter().try_for_each(|field| field.apply(&mut object.node, creation, &mut set));
        applied.map_err(|fault| failed(session, operation, object, fault))?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Affix<'a> {
    Prefix(&'a str),
    Suffix(&'a str),
}

/// Kinds whose names are not free.
fn keeps_name(gvk: &Gvk) -> bool {
    gvk.kind == "CustomResourceDefinition"
        || gvk.kind == "Namespace"
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}

fn affix(session: &Session<'_>, objects: &mut Objects, affix: Affix<'_>, fields: &[FieldPath]) -> Result<(), BuildError> {
    let creation = Some(Creation { kind: Kind::Scalar, tag: Tag::Str });
    for object in objects.list_mut() {
        let original = object.original_id(&session.schema).gvk;
        if keeps_name(&original) {
            continue;
        }
        for field in fields.iter().filter(|field| original.is_selected_by(&field.gvk)) {
            let (Affix::Prefix(text) | Affix::Suffix(text)) = affix;
            if field.text == "metadata/name" && !text.is_empty() {
                match affix {
                    Affix::Prefix(prefix) => object.notes.prefixes.push(prefix.to_owned()),
                    Affix::Suffix(suffix) => object.notes.suffixes.push(suffix.to_owned()),
                }
                object.remember_id(&session.schema);
            }
            let mut set = |node: &mut Node| {
                let name = match affix {
                    Affix::Prefix(prefix) => format!("{prefix}{}", node.text()),
                    Affix::Suffix(suffix) => format!("{}{suffix}", node.text()),
                };
                node.set_scalar(Node::plain(name))
            };
            let applied = field.apply(&mut object.node, creation, &mut set);
            applied.map_err(|fault| failed(session, "change the name", object, fault))?;
        }
    }
    Ok(())
}

fn set_replicas(session: &Session<'_>, objects: &mut Objects, replica: &Replica, fields: &[FieldPath]) -> Result<(), BuildError> {
    let creation = Some(Creation { kind: Kind::Scalar, tag: Tag::Int });
    let mut found = false;
    for field in fields {
        for object in objects.list_mut() {
            let is_meant = object.had_id(|id| id.name == replica.name && id.gvk.is_selected_by(&field.gvk), &session.schema);
            if !is_meant {
                continue;
            }
            found = true;
            let mut set = |node: &mut Node| node.set_scalar(Node::tagged(replica.count.to_string(), Tag::Int));
            let applied = field.apply(&mut object.node, creation, &mut set);
            applied.map_err(|fault| failed(session, "set replicas", object, fault))?;
        }
    }
    if found {
        return Ok(());
    }
    let kinds: Vec<String> = fields.iter().map(|field| field.gvk.to_string()).collect();
    let problem = format!(
        "resource with name {} does not match a config with the following GVK [{}]; check the name in `replicas`",
        replica.name,
        kinds.join(" ")
    );
    Err(BuildError::step("set replicas", problem))
}

fn add_hashes(session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
    if !objects.list().iter().any(|object| object.notes.needs_hash) {
        return Ok(());
    }
    for object in objects.list_mut().iter_mut().filter(|object| object.notes.needs_hash) {
        let hashed = crate::generate::content_hash(object).and_then(|hash| {
            object.remember_id(&session.schema);
            let name = format!("{}-{hash}", object.name());
            object.set_name(&name)
        });
        hashed.map_err(|fault| failed(session, "add the hash to the name", object, fault))?;
    }
    Ok(())
}
