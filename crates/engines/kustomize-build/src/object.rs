//! An object in the build: its tree, and what the build remembers about it.
//!
//! The original keeps these memories as annotations in the object. They are kept beside it here and written into the tree only
//! where somebody could tell: while a patch changes annotations as a whole, or reads them.

use crate::identity::{Gvk, ObjectId};
use crate::merge::{self, Outcome};
use crate::schema::Schema;
use crate::tree::{Body, Entry, Fault, Key, Kind, Node, Tag, Text};

/// What to do with an object of the same identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "replace" => Behavior::Replace,
            "merge" => Behavior::Merge,
            "create" => Behavior::Create,
            _ => Behavior::Unspecified,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Behavior::Unspecified => "unspecified",
            Behavior::Create => "create",
            Behavior::Replace => "replace",
            Behavior::Merge => "merge",
        }
    }
}

/// A name that an object had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

/// What the build remembers about an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Notes {
    pub(crate) previous: Vec<Previous>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) name_change: bool,
    pub(crate) kind_change: bool,
    pub(crate) behavior: Option<Behavior>,
    pub(crate) needs_hash: bool,
    /// Whether an object that was read remembers names that it cannot have had.
    pub(crate) inconsistent: bool,
}

/// An object in the build.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) node: Node,
    pub(crate) notes: Notes,
    /// The vars that read this object.
    pub(crate) var_names: Vec<String>,
    pub(crate) links: crate::links::Links,
}

const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const NAME_CHANGE: &str = "internal.config.kubernetes.io/allowNameChange";
const KIND_CHANGE: &str = "internal.config.kubernetes.io/allowKindChange";
const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
const ENABLED: &str = "enabled";

/// Annotations that never leave a build and mean nothing to it.
const DROPPED: &[&str] = &[
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

impl Notes {
    fn is_empty(&self) -> bool {
        *self == Notes::default()
    }

    fn annotations(&self) -> Vec<(&'static str, String)> {
        let mut list = Vec::new();
        let join = |values: &mut dyn Iterator<Item = &str>| values.collect::<Vec<_>>().join(",");
        if !self.previous.is_empty() {
            list.push((PREVIOUS_KINDS, join(&mut self.previous.iter().map(|previous| previous.kind.as_str()))));
            list.push((PREVIOUS_NAMES, join(&mut self.previous.iter().map(|previous| previous.name.as_str()))));
            list.push((PREVIOUS_NAMESPACES, join(&mut self.previous.iter().map(|previous| previous.namespace.as_str()))));
        }
        if !self.prefixes.is_empty() {
            list.push((PREFIXES, self.prefixes.join(",")));
        }
        if !self.suffixes.is_empty() {
            list.push((SUFFIXES, self.suffixes.join(",")));
        }
        let enabled = [(NAME_CHANGE, self.name_change), (KIND_CHANGE, self.kind_change), (NEEDS_HASH, self.needs_hash)];
        list.extend(enabled.into_iter().filter(|(_, is)| *is).map(|(key, _)| (key, ENABLED.to_owned())));
        list.extend(self.behavior.map(|behavior| (BEHAVIOR, behavior.text().to_owned())));
        list
    }
}

impl Object {
    /// An object read from a file. Memories that stand in its annotations, as another run of the original may have left them
    /// there, count as its own.
    pub(crate) fn new(node: Node) -> Self {
        let mut object = Self { node, ..Self::default() };
        object.absorb();
        object
    }

    pub(crate) fn api_version(&self) -> &str {
        self.node.field("apiVersion").map_or("", Node::text)
    }

    pub(crate) fn kind(&self) -> &str {
        self.node.field("kind").map_or("", Node::text)
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(self.api_version(), self.kind())
    }

    pub(crate) fn name(&self) -> &str {
        crate::identity::metadata_text(&self.node, "name")
    }

    pub(crate) fn namespace(&self) -> &str {
        crate::identity::metadata_text(&self.node, "namespace")
    }

    /// Whether the build remembers anything about it.
    pub(crate) fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// Whether a patch removed it.
    pub(crate) fn is_gone(&self) -> bool {
        self.node.is_nil_or_empty()
    }

    /// Its present identity.
    pub(crate) fn id(&self, schema: &Schema) -> ObjectId {
        ObjectId::current(&self.node, schema)
    }

    /// The identities it had before, the oldest first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let (group, version) = crate::identity::split_api_version(self.api_version());
        self.notes.previous.iter().map(move |previous| ObjectId {
            gvk: Gvk { group: group.to_owned(), version: version.to_owned(), kind: previous.kind.clone() },
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster_scoped: false,
        })
    }

    /// The identity it was read with.
    pub(crate) fn original_id(&self, schema: &Schema) -> ObjectId {
        self.previous_ids().next().unwrap_or_else(|| self.id(schema))
    }

    /// Remembers the present identity, which is about to change.
    pub(crate) fn remember_id(&mut self, schema: &Schema) {
        self.drop_empty_metadata();
        let id = self.id(schema);
        let namespace = id.effective_namespace().to_owned();
        self.notes.previous.push(Previous { kind: id.gvk.kind, name: id.name, namespace });
    }

    /// Removes annotations without entries, then metadata without entries: what noting something in an object does to it.
    fn drop_empty_metadata(&mut self) {
        let is_empty = |entry: &Entry, name: &str| {
            let has_content = match &entry.value.body {
                Body::Mapping(entries) => !entries.is_empty(),
                Body::Sequence(items) => !items.is_empty(),
                Body::Nothing | Body::Scalar(_) => false,
            };
            &*entry.key.text == name && !has_content
        };
        let clear = |node: &mut Node, name: &str| {
            if let Body::Mapping(entries) = &mut node.body
                && let Some(at) = entries.iter().position(|entry| is_empty(entry, name))
            {
                entries.remove(at);
            }
        };
        if let Some(metadata) = self.node.field_mut("metadata") {
            clear(metadata, "annotations");
        }
        clear(&mut self.node, "metadata");
    }

    pub(crate) fn set_kind(&mut self, kind: &str) -> Result<(), Fault> {
        self.node.set_field("kind", Node::plain(kind))
    }

    pub(crate) fn set_api_version(&mut self, api_version: &str) -> Result<(), Fault> {
        self.node.set_field("apiVersion", Node::plain(api_version))
    }

    pub(crate) fn set_name(&mut self, name: &str) -> Result<(), Fault> {
        match self.node.get_or_create("metadata", Kind::Mapping)? {
            Some(metadata) => metadata.set_field("name", Node::plain(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) -> Result<(), Fault> {
        if namespace.is_empty() {
            if let Some(metadata) = self.node.get_mut("metadata")? {
                metadata.demand(Kind::Mapping)?;
                metadata.clear("namespace");
            }
            return Ok(());
        }
        match self.node.get_or_create("metadata", Kind::Mapping)? {
            Some(metadata) => metadata.set_field("namespace", Node::plain(namespace)),
            None => Ok(()),
        }
    }

    /// The entries of a mapping in `metadata`, `labels` or `annotations`, as texts.
    pub(crate) fn metadata_map(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.node.at(&["metadata", name]);
        map.into_iter().flat_map(Node::entries).map(|entry| (&*entry.key.text, entry.value.text()))
    }

    /// One annotation.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.node.at(&["metadata", "annotations", key]).map(Node::text)
    }

    /// Makes every value of a mapping in `metadata` a string, with changes; an empty mapping goes.
    pub(crate) fn rewrite_metadata_map(&mut self, name: &str, changes: &[(&str, Option<&str>)]) -> Result<(), Fault> {
        let Some(metadata) = self.node.get_or_create("metadata", Kind::Mapping)? else { return Ok(()) };
        if metadata.is_null() {
            return Ok(());
        }
        metadata.demand(Kind::Mapping)?;
        let old = metadata.clear(name).map(|map| map.body);
        let mut entries: Vec<Entry> = Vec::new();
        let mut put = |key: &str, text: Text| {
            let value = Node::string(text);
            match entries.iter_mut().find(|entry| &*entry.key.text == key) {
                Some(entry) => entry.value = value,
                None => entries.push(Entry { key: Key::new(key), value }),
            }
        };
        if let Some(Body::Mapping(old)) = old {
            for entry in old {
                if changes.iter().all(|(key, _)| *key != &*entry.key.text) {
                    let text = match entry.value.body {
                        Body::Scalar(text) => text,
                        _ => "".into(),
                    };
                    put(&entry.key.text, text);
                }
            }
        }
        for (key, value) in changes {
            if let Some(value) = value {
                put(key, (*value).into());
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        // Where the key stands twice, the second mapping takes what was in the first.
        let Some(map) = metadata.get_or_create(name, Kind::Mapping)? else { return Ok(()) };
        if map.entries().is_empty() && !map.is_null() {
            *map = Node { body: Body::Mapping(entries), tag: Tag::Map, ..Node::mapping() };
            return Ok(());
        }
        entries.into_iter().try_for_each(|entry| map.set_field(&entry.key.text, entry.value))
    }

    /// Writes the memories into the annotations.
    pub(crate) fn materialise(&mut self) -> Result<(), Fault> {
        if self.notes.is_empty() {
            return Ok(());
        }
        let notes = std::mem::take(&mut self.notes);
        if self.node.at(&["metadata", "annotations"]).is_some_and(Node::is_nil_or_empty)
            && let Some(metadata) = self.node.field_mut("metadata")
        {
            metadata.clear("annotations");
        }
        let Some(metadata) = self.node.get_or_create("metadata", Kind::Mapping)? else { return Ok(()) };
        let Some(annotations) = metadata.get_or_create("annotations", Kind::Mapping)? else { return Ok(()) };
        for (key, value) in notes.annotations() {
            annotations.set_field(key, Node::string(value))?;
        }
        Ok(())
    }

    /// Takes the memories out of the annotations, which are left in place even when nothing else is in them.
    pub(crate) fn absorb(&mut self) {
        let Some(metadata) = self.node.field_mut("metadata") else { return };
        let Some(Body::Mapping(entries)) = metadata.field_mut("annotations").map(|annotations| &mut annotations.body) else {
            return;
        };
        let is_internal = |entry: &Entry| {
            let key = &*entry.key.text;
            key.starts_with("internal.config.kubernetes.io/") || DROPPED.contains(&key)
        };
        if !entries.iter().any(is_internal) {
            return;
        }
        let (mut kinds, mut names, mut namespaces) = (String::new(), None, String::new());
        let notes = &mut self.notes;
        let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        entries.retain(|entry| {
            let text = entry.value.text();
            match &*entry.key.text {
                PREVIOUS_KINDS => text.clone_into(&mut kinds),
                PREVIOUS_NAMES => names = Some(text.to_owned()),
                PREVIOUS_NAMESPACES => text.clone_into(&mut namespaces),
                PREFIXES => notes.prefixes = list(text),
                SUFFIXES => notes.suffixes = list(text),
                NAME_CHANGE => notes.name_change = text == ENABLED,
                KIND_CHANGE => notes.kind_change = text == ENABLED,
                BEHAVIOR => notes.behavior = Some(Behavior::parse(text)),
                NEEDS_HASH => notes.needs_hash = text == ENABLED,
                key => return !DROPPED.contains(&key),
            }
            false
        });
        if let Some(names) = names {
            let count = |text: &str| text.split(',').count();
            notes.inconsistent = count(&names) != count(&kinds) || count(&names) != count(&namespaces);
            let parts = names.split(',').zip(kinds.split(',')).zip(namespaces.split(','));
            notes.previous = parts
                .map(|((name, kind), namespace)| Previous {
                    kind: kind.to_owned(),
                    name: name.to_owned(),
                    namespace: namespace.to_owned(),
                })
                .collect();
        }
    }

    /// Merges a strategic merge patch into the object, which keeps its kind, name and namespace unless the patch may change them.
    pub(crate) fn merge_patch(&mut self, schema: &Schema, patch: &Object) -> Result<(), Fault> {
        let (kind, name, namespace) = (self.kind().to_owned(), self.name().to_owned(), self.namespace().to_owned());
        if patch.notes.name_change || patch.notes.kind_change {
            self.remember_id(schema);
        }
        let with_notes = touches_annotations(&patch.node);
        if with_notes {
            self.materialise()?;
        }
        if let Outcome::Removed = merge::merge(schema, &mut self.node, &patch.node)? {
            self.node = Node::default();
        }
        if with_notes {
            self.absorb();
        }
        if self.is_gone() {
            return Ok(());
        }
        if !patch.notes.kind_change {
            self.set_kind(&kind)?;
        }
        if !patch.notes.name_change {
            self.set_name(&name)?;
        }
        self.set_namespace(&namespace)
    }

    /// Takes over from the object that this one merges with or replaces: its name, namespace, memories, labels and annotations,
    /// where this one has none of its own.
    pub(crate) fn inherit(&mut self, other: &Object) -> Result<(), Fault> {
        for map in ["labels", "annotations"] {
            let own: Vec<(String, String)> =
                self.metadata_map(map).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let mut merged: std::collections::BTreeMap<&str, &str> = other.metadata_map(map).collect();
            merged.extend(own.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let changes: Vec<(&str, Option<&str>)> = merged.into_iter().map(|(key, value)| (key, Some(value))).collect();
            self.rewrite_metadata_map(map, &changes)?;
        }
        let needs_hash = self.notes.needs_hash && other.notes.needs_hash;
        self.notes = Notes { needs_hash, ..other.notes.clone() };
        self.set_name(other.name())?;
        self.set_namespace(other.namespace())?;
        self.var_names.clone_from(&other.var_names);
        Ok(())
    }

    /// What the end of a build does to annotations: the values become strings and an empty mapping goes.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        self.rewrite_metadata_map("annotations", &[])
    }
}

/// Whether a patch could remove or read annotations as a whole.
fn touches_annotations(patch: &Node) -> bool {
    let is_plain = |node: &Node| !node.is_null() && node.kind() == Kind::Mapping && node.field("$patch").is_none();
    let Some(metadata) = patch.field("metadata") else { return false };
    if !is_plain(metadata) {
        return true;
    }
    let Some(annotations) = metadata.field("annotations") else { return false };
    let has_internal = |annotations: &Node| {
        annotations.entries().iter().any(|entry| entry.key.text.starts_with("internal.config.kubernetes.io/"))
    };
    !is_plain(annotations) || has_internal(annotations)
}
