//! The objects of a build so far, in order and without two of the same identity.

use crate::error::BuildError;
use crate::identity::ObjectId;
use crate::object::{Behavior, Object};
use crate::schema::Schema;
use crate::selector::{Labels, Selector, SelectorFault};
use crate::tree::{Body, Fault, Kind, Node};
use std::collections::{HashMap, HashSet};

type IdKey = (String, crate::identity::Gvk, String);

/// An ordered set of objects.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    list: Vec<Object>,
    /// The identities, as long as nothing has been changed.
    ids: Option<HashSet<IdKey>>,
    /// Where each name, present or former, occurs; as long as nothing has been changed.
    names: Option<HashMap<String, Vec<usize>>>,
}

fn key(id: &ObjectId) -> IdKey {
    (id.effective_namespace().to_owned(), id.gvk.clone(), id.name.clone())
}

impl Objects {
    pub(crate) fn list(&self) -> &[Object] {
        &self.list
    }

    /// The objects for changes of any kind.
    pub(crate) fn list_mut(&mut self) -> &mut Vec<Object> {
        self.ids = None;
        self.names = None;
        &mut self.list
    }

    /// One object for a change that keeps its identities.
    pub(crate) fn same_id_mut(&mut self, at: usize) -> Option<&mut Object> {
        self.list.get_mut(at)
    }

    pub(crate) fn into_list(self) -> Vec<Object> {
        self.list
    }

    /// Lets linked values follow those that have changed. Nothing is looked up anew unless one has.
    pub(crate) fn settle_links(&mut self) {
        let changed = self.list.iter_mut().fold(false, |changed, object| crate::links::settle(object) | changed);
        if changed {
            self.ids = None;
            self.names = None;
        }
    }

    /// Adds an object, whose identity must be new.
    pub(crate) fn append(&mut self, object: Object, schema: &Schema) -> Result<(), BuildError> {
        let list = &self.list;
        let ids = self.ids.get_or_insert_with(|| list.iter().map(|object| key(&object.id(schema))).collect());
        let id = object.id(schema);
        if !ids.insert(key(&id)) {
            let problem = format!("may not add resource with an already registered id: {id}; rename or remove one of the two");
            return Err(BuildError::step("add resource", problem));
        }
        self.names = None;
        self.list.push(object);
        Ok(())
    }

    pub(crate) fn append_all(&mut self, objects: impl IntoIterator<Item = Object>, schema: &Schema) -> Result<(), BuildError> {
        objects.into_iter().try_for_each(|object| self.append(object, schema))
    }

    /// Checks that every identity is there once. Nothing is looked up anew unless something has been changed.
    pub(crate) fn check_distinct(&mut self, schema: &Schema) -> Result<(), BuildError> {
        if self.ids.as_ref().is_some_and(|ids| ids.len() == self.list.len()) {
            return Ok(());
        }
        let list = std::mem::take(self.list_mut());
        self.append_all(list, schema)
    }

    /// Removes what patches have emptied.
    pub(crate) fn drop_gone(&mut self) {
        if self.list.iter().any(Object::is_gone) {
            self.list_mut().retain(|object| !object.is_gone());
        }
    }

    /// The objects that have or had an identity.
    pub(crate) fn with_any_id(&mut self, id: &ObjectId, schema: &Schema) -> Vec<usize> {
        let list = &self.list;
        let names = self.names.get_or_insert_with(|| names(list));
        let candidates = names.get(&id.name).map_or(&[][..], Vec::as_slice);
        candidates.iter().copied().filter(|&at| list[at].had_id(|other| id.equals(other), schema)).collect()
    }

    /// The one object that has or had an identity.
    pub(crate) fn one_with_any_id(&mut self, id: &ObjectId, schema: &Schema) -> Result<usize, String> {
        match self.with_any_id(id, schema).as_slice() {
            [at] => Ok(*at),
            [] => Err(format!("no matches for Id {id}; check the patch's apiVersion, kind, name and namespace")),
            _ => Err(format!("multiple matches for Id {id}; give the patch a namespace or a target")),
        }
    }

    /// Adds a generated object, or merges it with or puts it in place of the one that has its identity.
    pub(crate) fn absorb(&mut self, mut object: Object, schema: &Schema) -> Result<(), BuildError> {
        let id = object.id(schema);
        let step = |problem: String| BuildError::step("merge generated resource", problem);
        let fault = |error: Fault| BuildError::object("merge generated resource", &id, error);
        let behavior = object.notes.behavior.unwrap_or_default();
        let at = match self.with_any_id(&id, schema).as_slice() {
            [] if matches!(behavior, Behavior::Merge | Behavior::Replace) => {
                return Err(step(format!("id {id} does not exist; cannot merge or replace")));
            }
            [] => return self.append(object, schema),
            [at] => *at,
            _ => return Err(step(format!("found multiple objects that could accept the merge of {id}"))),
        };
        let old = &self.list[at];
        match behavior {
            Behavior::Replace => object.inherit(old).map_err(fault)?,
            Behavior::Merge => {
                let origin = old.annotation(crate::origin::ANNOTATION).map(str::to_owned);
                let data = if object.api_version() == "v1" && object.kind() == "Secret" {
                    crate::generate::secret_data(old).map_err(fault)?
                } else {
                    data_map(&old.node, "data")
                };
                let binary = data_map(&old.node, "binaryData");
                object.inherit(old).map_err(fault)?;
                merge_data(&mut object.node, "data", data).map_err(fault)?;
                merge_data(&mut object.node, "binaryData", binary).map_err(fault)?;
                if let Some(origin) = origin {
                    object.rewrite_metadata_map("annotations", &[(crate::origin::ANNOTATION, Some(&origin))]).map_err(fault)?;
                }
            }
            Behavior::Unspecified | Behavior::Create => {
                let text = "the behavior must be merge or replace where an object of the same name exists";
                return Err(step(format!("id {id} exists; {text}")));
            }
        }
        let new_id = object.id(schema);
        let places: Vec<usize> = (0..self.list.len()).filter(|&at| self.list[at].id(schema).equals(&new_id)).collect();
        if places != [at] {
            return Err(step(format!("cannot find resource with id {new_id} to replace")));
        }
        self.list_mut()[at] = object;
        Ok(())
    }

    /// The objects that a selector selects.
    pub(crate) fn select(&self, selector: &Selector, schema: &Schema) -> Result<Vec<usize>, SelectorFault> {
        let matcher = selector.matcher()?;
        let selected = self.list.iter().enumerate().filter(|(_, object)| {
            // Most objects are told apart by kind and name, which costs no copies.
            let original_name = object.notes.previous.first().map_or(object.name(), |previous| &previous.name);
            let is_named = matcher.matches_name(original_name) || matcher.matches_name(object.name());
            if !is_named || !matcher.matches_kind(object.kind()) {
                return false;
            }
            let (current, original) = (object.id(schema), object.original_id(schema));
            let either = |matches: &dyn Fn(&ObjectId) -> bool| matches(&original) || matches(&current);
            either(&|id| matcher.matches_namespace(id.effective_namespace()))
                && matcher.matches_gvk(&current.gvk)
                && object.matches_labels("labels", &matcher.labels)
                && object.matches_labels("annotations", &matcher.annotations)
        });
        Ok(selected.map(|(at, _)| at).collect())
    }
}

fn names(list: &[Object]) -> HashMap<String, Vec<usize>> {
    let mut names: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, object) in list.iter().enumerate() {
        let mut add = |name: &str| {
            let places = names.entry(name.to_owned()).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
        };
        add(object.name());
        object.notes.previous.iter().for_each(|previous| add(&previous.name));
    }
    names
}

impl Object {
    /// Whether any identity, present or former, matches.
    pub(crate) fn had_id(&self, matches: impl Fn(&ObjectId) -> bool, schema: &Schema) -> bool {
        !self.is_gone() && (self.previous_ids().any(|id| matches(&id)) || matches(&self.id(schema)))
    }

    /// Whether a mapping in `metadata` satisfies a selector.
    pub(crate) fn matches_labels(&self, map: &str, labels: &Labels) -> bool {
        if labels.is_empty() {
            return true;
        }
        let map = self.node.at(&["metadata", map]);
        labels.matches(|key| map.and_then(|map| map.field(key)).map(Node::text))
    }
}

/// The texts of a mapping such as `data`.
pub(crate) fn data_map(node: &Node, name: &str) -> Vec<(String, String)> {
    let map = node.field(name).into_iter().flat_map(Node::entries);
    map.map(|entry| (entry.key.text.to_string(), entry.value.value_text().to_owned())).collect()
}

/// Adds to a mapping such as `data` what an older object has; what is there already wins.
fn merge_data(node: &mut Node, name: &str, old: Vec<(String, String)>) -> Result<(), Fault> {
    let own = data_map(node, name);
    node.clear(name);
    let mut merged: std::collections::BTreeMap<String, String> = old.into_iter().collect();
    merged.extend(own);
    if merged.is_empty() {
        return Ok(());
    }
    let Some(map) = node.get_or_create(name, Kind::Mapping)? else { return Ok(()) };
    if !matches!(map.body, Body::Mapping(_)) {
        return Ok(());
    }
    merged.into_iter().try_for_each(|(key, value)| map.set_field(&key, Node::string(value)))
}
