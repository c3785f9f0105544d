//! A document, the resources in it that have addresses of their own, and their anchors.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::draft::{Dialect, Draft};
use crate::error::SchemaError;
use crate::json::{Json, Object};
use crate::pointer;
use crate::reference::{Reference, Target, split_fragment};

/// A schema with an address: the root of a document, or one that has an id.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Where it is in the document.
    pub(crate) pointer: String,
    pub(crate) id: String,
    pub(crate) dialect: Dialect,
    pub(crate) anchors: BTreeMap<String, String>,
    pub(crate) dynamic_anchors: BTreeSet<String>,
}

/// A JSON document with schemas.
#[derive(Debug, Clone)]
pub(crate) struct Document<'a> {
    pub(crate) url: String,
    pub(crate) content: Arc<Json<'a>>,
    /// By pointer; the empty one is always there.
    pub(crate) resources: BTreeMap<String, Arc<Resource>>,
    /// Pointers to the schemas that were looked at for resources and anchors.
    pub(crate) known: HashSet<String>,
}

impl Document<'_> {
    /// The resource that the schema at `at` belongs to; `None` before the root is known.
    pub(crate) fn resource(&self, at: &str) -> Option<&Arc<Resource>> {
        if self.resources.len() == 1 {
            return self.resources.get("");
        }
        let mut pointer = at;
        loop {
            if let Some(resource) = self.resources.get(pointer) {
                return Some(resource);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// What the place of a schema is called in messages.
    pub(crate) fn location(&self, at: &str) -> String {
        format!("{}{}", self.url, pointer::fragment(at))
    }

    /// The pointer that a reference means, if it leads into this document.
    pub(crate) fn resolve(&self, reference: &Reference) -> Result<Option<String>, SchemaError> {
        let resource = if reference.url == self.url {
            self.resources.get("")
        } else {
            self.resources.values().find(|resource| resource.id == reference.url)
        };
        resource.map(|resource| self.resolve_in(resource, reference)).transpose()
    }

    /// The pointer that the fragment of a reference means in the root.
    pub(crate) fn resolve_fragment(&self, reference: &Reference) -> Result<String, SchemaError> {
        match self.resources.get("") {
            Some(root) => self.resolve_in(root, reference),
            None => Ok(String::new()),
        }
    }

    fn resolve_in(&self, resource: &Resource, reference: &Reference) -> Result<String, SchemaError> {
        match reference.target() {
            Target::Pointer(pointer) => Ok(format!("{}{pointer}", resource.pointer)),
            Target::Anchor(name) => resource.anchors.get(name).cloned().ok_or_else(|| {
                let wanted = format!("{}{}", resource.id, pointer::fragment(&reference.fragment));
                SchemaError::AnchorNotFound(wanted, self.url.clone())
            }),
        }
    }

    /// Notes the anchors of the schema at `at`, which belongs to `owner`.
    pub(crate) fn collect_anchors(&mut self, schema: &Object, at: &str, owner: &Resource) -> Result<(), SchemaError> {
        let draft = owner.dialect.draft;
        let text = |keyword: &str| schema.get(keyword).and_then(Json::as_str);
        let (mut found, mut dynamic) = (Vec::new(), None);
        if draft < Draft::Draft2019 {
            if schema.contains_key("$ref") {
                return Ok(());
            }
            // Here an anchor is an id with a fragment.
            if let Some(id) = text(draft.id_keyword()) {
                let (_, fragment) = split_fragment(id).map_err(|_| SchemaError::Anchor(self.location(at)))?;
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    found.push(fragment);
                }
            }
        } else {
            found.extend(text("$anchor").map(str::to_owned));
            if let Some(anchor) = text("$dynamicAnchor").filter(|_| draft >= Draft::Draft2020) {
                found.push(anchor.to_owned());
                dynamic = Some(anchor.to_owned());
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let Some(resource) = self.resources.get_mut(&owner.pointer).map(Arc::make_mut) else { return Ok(()) };
        resource.dynamic_anchors.extend(dynamic);
        for anchor in found {
            match resource.anchors.get(&anchor) {
                Some(first) if first != at => {
                    return Err(SchemaError::DuplicateAnchor {
                        anchor,
                        url: self.url.clone(),
                        first: first.clone(),
                        second: at.to_owned(),
                    });
                }
                _ => resource.anchors.insert(anchor, at.to_owned()),
            };
        }
        Ok(())
    }
}
