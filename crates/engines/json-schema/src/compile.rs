//! Compilation: from documents to numbered schemas.

use std::collections::HashMap;
use std::sync::Arc;

use crate::document::Resource;
use crate::draft::{Dialect, Draft};
use crate::error::SchemaError;
use crate::json::{Json, Object};
use crate::library::{Library, Loader, lookup};
use crate::node::{Node, NodeId, Place, Rules};
use crate::reference::Reference;

mod keywords;

/// The schemas that others lead to, and those others.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) nodes: Vec<Node>,
}

/// Whether `format` is a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormatRule {
    /// As the dialect says: in drafts 4, 6 and 7 only, unless a metaschema asks for it.
    Dialect,
    Always,
}

/// Compiles the schemas at `roots` and all that they refer to. `given` are documents with their addresses.
///
/// # Errors
/// The first thing that is wrong, in the order in which schemas refer to each other.
pub(crate) fn compile(
    roots: &[&str],
    given: &[(&str, Arc<Json>)],
    loader: &dyn Loader,
    formats: FormatRule,
) -> Result<(Compiled, Vec<NodeId>), SchemaError> {
    let library = Library::new(given, loader);
    let mut compiler =
        Compiler { library, places: Vec::new(), ids: HashMap::new(), last_resource: None, no_rules: Arc::default(), formats };
    let mut ids = Vec::new();
    for root in roots {
        compiler.library.document(root)?;
        let schema = given.iter().find(|(url, _)| url == root).map(|(_, content)| &**content);
        ids.push(compiler.enqueue(Place { url: (*root).into(), pointer: "".into() }, schema));
    }
    let mut nodes = Vec::new();
    while let Some((place, schema)) = compiler.places.get(nodes.len()).cloned() {
        nodes.push(compiler.compile_node(nodes.len(), place, schema)?);
    }
    Ok((Compiled { nodes }, ids))
}

struct Compiler<'a> {
    library: Library<'a>,
    /// Where the schemas are that are compiled, then those that wait for it; and themselves, if the way there began in a document
    /// that was given and needed no reference.
    places: Vec<(Place, Option<&'a Json>)>,
    ids: HashMap<Place, NodeId>,
    /// The resource of the schema that was compiled last, which is nearly always the next one's too.
    last_resource: Option<(Arc<Resource>, NodeId)>,
    no_rules: Arc<Rules>,
    formats: FormatRule,
}

impl<'a> Compiler<'a> {
    /// The number of the schema at a place; it is compiled later if it is not yet.
    fn enqueue(&mut self, place: Place, schema: Option<&'a Json>) -> NodeId {
        let next = self.places.len();
        let id = *self.ids.entry(place.clone()).or_insert(next);
        if id == next {
            self.places.push((place, schema));
        }
        id
    }

    fn compile_node(&mut self, id: NodeId, place: Place, given: Option<&'a Json>) -> Result<Node, SchemaError> {
        self.library.ensure_known(&place.url, &place.pointer)?;
        let document = self.library.document(&place.url)?;
        let content = document.content.clone();
        let schema = match given {
            Some(schema) => schema,
            None => lookup(document, &content, &place.pointer)?,
        };
        let mut node = Node::new(place.clone(), self.no_rules.clone());
        let Some(resource) = document.resource(&place.pointer).cloned() else { return Ok(node) };
        let at = |pointer: &str| Place { url: place.url.clone(), pointer: pointer.into() };

        node.draft = resource.dialect.draft;
        node.resource = match &self.last_resource {
            Some((last, id)) if Arc::ptr_eq(last, &resource) => *id,
            _ => self.enqueue(at(&resource.pointer), None),
        };
        self.last_resource = Some((resource.clone(), node.resource));
        if node.draft >= Draft::Draft2020 && node.resource == id {
            for anchor in &resource.dynamic_anchors {
                if let Some(pointer) = resource.anchors.get(anchor) {
                    let target = self.enqueue(at(pointer), None);
                    node.dynamic_anchors.insert(anchor.clone(), target);
                }
            }
        }
        match schema {
            Json::Bool(value) => node.always = Some(*value),
            Json::Object(keywords) if keywords.is_empty() => node.always = Some(true),
            Json::Object(keywords) => {
                let mut reader = Keywords {
                    compiler: self,
                    keywords,
                    given: given.and_then(Json::as_object),
                    place: &place,
                    base: &resource.id,
                    dialect: &resource.dialect,
                };
                reader.read(&mut node)?;
            }
            _ => {}
        }
        Ok(node)
    }
}

/// Reads the keywords of one schema. A value of a wrong type is as if it were not there; metaschemas refuse most of them before.
struct Keywords<'c, 'a, 's> {
    compiler: &'c mut Compiler<'a>,
    keywords: &'s Object,
    /// The same, if the schema lives as long as the compilation.
    given: Option<&'a Object>,
    place: &'s Place,
    /// What references are relative to.
    base: &'s str,
    dialect: &'s Dialect,
}

impl Keywords<'_, '_, '_> {
    /// The schema that a reference leads to.
    fn follow(&mut self, reference: &str) -> Result<NodeId, SchemaError> {
        let reference = Reference::join(self.base, reference)?;
        let here = self.compiler.library.document(&self.place.url)?;
        let place = match here.resolve(&reference)? {
            Some(pointer) => Place { url: self.place.url.clone(), pointer: pointer.into() },
            None => {
                let pointer = self.compiler.library.document(&reference.url)?.resolve_fragment(&reference)?;
                Place { url: reference.url.into(), pointer: pointer.into() }
            }
        };
        Ok(self.compiler.enqueue(place, None))
    }
}
