//! What is known about the shape of kinds: which lists merge by which keys, and which kinds live outside of namespaces.
//!
//! The facts about Kubernetes' own kinds are a table made by `examples/generate-schema.rs`; a kustomization may bring an OpenAPI
//! document of its own (`openapi.path`). What this is not: validation.

mod custom;
mod table;

use custom::Custom;
pub(crate) use custom::CustomFault;
use serde_json::Value;
use std::borrow::Cow;

/// The version of the built-in facts; the only one that `openapi.version` may name.
pub(crate) const BUILT_IN_VERSION: &str = "v1.21.2";

/// A type of the table and those of its fields that are not scalars, sorted by name.
struct Definition {
    name: &'static str,
    fields: &'static [(&'static str, Shape)],
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// An object of the type at that index.
    Object(u16),
    /// A mapping from keys to objects of that type.
    Map(u16),
    /// A list: the type of its elements, and the keys that tell them apart where a patch merges the list (none for a set).
    List(Option<u16>, Option<&'static [&'static str]>),
    /// Something in which nothing merges.
    Opaque,
}

/// The type of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type<'s>(Source<'s>);

#[derive(Debug, Clone, Copy)]
enum Source<'s> {
    Known(Shape),
    Custom(&'s Value),
}

/// Which facts hold in a build.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    custom: Option<Custom>,
    /// Whether an own document replaces the built-in facts rather than adding to them.
    without_built_in: bool,
}

impl Schema {
    /// Takes over an OpenAPI document in JSON or YAML.
    pub(crate) fn set_custom(&mut self, document: &[u8], without_built_in: bool) -> Result<(), CustomFault> {
        self.custom = Some(Custom::parse(document)?);
        self.without_built_in = without_built_in;
        Ok(())
    }

    /// The type of a kind.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<Type<'_>> {
        if let Some(found) = self.custom.as_ref().and_then(|custom| custom.kind(api_version, kind)) {
            return Some(Type(Source::Custom(found)));
        }
        if self.without_built_in {
            return None;
        }
        let at = table::KINDS.binary_search_by_key(&(api_version, kind), |&(version, kind, _)| (version, kind)).ok()?;
        Some(self.known(table::KINDS.get(at)?.2))
    }

    /// Whether the built-in facts name the kind.
    pub(crate) fn is_known(&self, api_version: &str, kind: &str) -> bool {
        table::KINDS.binary_search_by_key(&(api_version, kind), |&(version, kind, _)| (version, kind)).is_ok()
    }

    /// Whether a kind certainly lives outside of namespaces.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        if table::CLUSTER_SCOPED.binary_search(&(api_version, kind)).is_ok() {
            return true;
        }
        self.custom.as_ref().is_some_and(|custom| custom.is_cluster_scoped(api_version, kind))
    }

    /// The type of a field or of a key's value.
    pub(crate) fn field<'s>(&'s self, of: Type<'s>, name: &str) -> Option<Type<'s>> {
        match of.0 {
            Source::Custom(definition) => self.custom_field(definition, name),
            Source::Known(Shape::Object(at)) => {
                let fields = table::DEFINITIONS.get(usize::from(at))?.fields;
                let found = fields.binary_search_by_key(&name, |&(field, _)| field).ok()?;
                Some(self.shape(fields.get(found)?.1))
            }
            Source::Known(Shape::Map(at)) => Some(self.known(at)),
            Source::Known(Shape::List(..) | Shape::Opaque) => None,
        }
    }

    /// The type of the elements of a list.
    pub(crate) fn elements<'s>(&'s self, of: Type<'s>) -> Option<Type<'s>> {
        match of.0 {
            Source::Custom(definition) => {
                let is_array = match &definition["type"] {
                    Value::String(name) => name == "array",
                    Value::Array(names) => names.len() == 1 && names[0] == "array",
                    _ => false,
                };
                let items = definition.get("items").filter(|_| is_array)?;
                self.resolve(items)
            }
            Source::Known(Shape::List(element, _)) => element.map(|at| self.known(at)),
            Source::Known(_) => None,
        }
    }

    /// The merge keys of a list that merges; empty for one of scalars.
    pub(crate) fn merge_keys<'s>(&'s self, of: Type<'s>) -> Option<Vec<Cow<'s, str>>> {
        match of.0 {
            Source::Custom(definition) => custom::merge_keys(definition),
            Source::Known(Shape::List(_, keys)) => keys.map(|keys| keys.iter().map(|&key| Cow::Borrowed(key)).collect()),
            Source::Known(_) => None,
        }
    }

    fn known(&self, at: u16) -> Type<'_> {
        let name = table::DEFINITIONS.get(usize::from(at)).map_or("", |definition| definition.name);
        match self.custom.as_ref().and_then(|custom| custom.definition(name)) {
            Some(definition) => Type(Source::Custom(definition)),
            None => Type(Source::Known(Shape::Object(at))),
        }
    }

    fn shape(&self, shape: Shape) -> Type<'_> {
        match shape {
            Shape::Object(at) => self.known(at),
            other => Type(Source::Known(other)),
        }
    }

    fn custom_field<'s>(&'s self, definition: &'s Value, name: &str) -> Option<Type<'s>> {
        let property = definition["properties"].get(name);
        let found = property.or_else(|| definition.get("additionalProperties").filter(|schema| schema.is_object()))?;
        self.resolve(found)
    }

    /// Follows references to the definition they lead to.
    fn resolve<'s>(&'s self, mut schema: &'s Value) -> Option<Type<'s>> {
        // A document may refer in a circle.
        for _ in 0..100 {
            let Some(reference) = schema["$ref"].as_str().filter(|reference| !reference.is_empty()) else {
                return Some(Type(Source::Custom(schema)));
            };
            let name = custom::definition_name(reference)?;
            match self.custom.as_ref().and_then(|custom| custom.definition(&name)) {
                Some(definition) => schema = definition,
                None if self.without_built_in => return None,
                None => {
                    let at = table::DEFINITIONS.binary_search_by_key(&&*name, |definition| definition.name).ok()?;
                    return Some(Type(Source::Known(Shape::Object(u16::try_from(at).ok()?))));
                }
            }
        }
        None
    }
}
