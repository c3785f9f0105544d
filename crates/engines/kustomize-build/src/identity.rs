//! What objects are called: group, version and kind, name and namespace, and how these are compared.

use crate::schema::Schema;
use crate::tree::Node;
use std::fmt;

/// The namespace of objects that live outside of namespaces; no object can have it.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";
const DEFAULT_NAMESPACE: &str = "default";

/// Group, version and kind. As a selector, an empty part matches everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

/// An object's identity at some time of the build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct ObjectId {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    /// Whether the kind certainly lives outside of namespaces.
    pub(crate) cluster_scoped: bool,
}

/// Group and version of an `apiVersion`.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl Gvk {
    pub(crate) fn of(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether every part that the selector names is equal.
    pub(crate) fn is_selected_by(&self, selector: &Gvk) -> bool {
        let matches = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        matches(&selector.group, &self.group) && matches(&selector.version, &self.version) && matches(&selector.kind, &self.kind)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, other: &'static str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        write!(f, "{}.{}.{}", or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"), or(&self.group, "[noGrp]"))
    }
}

impl ObjectId {
    /// The identity that the object itself says it has.
    pub(crate) fn current(node: &Node, schema: &Schema) -> Self {
        let api_version = node.field("apiVersion").map_or("", Node::text);
        let kind = node.field("kind").map_or("", Node::text);
        Self {
            gvk: Gvk::of(api_version, kind),
            name: metadata_text(node, "name").to_owned(),
            namespace: metadata_text(node, "namespace").to_owned(),
            cluster_scoped: schema.is_cluster_scoped(api_version, kind),
        }
    }

    /// The namespace for comparisons: none for kinds outside of namespaces, and an empty one is `default`.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.cluster_scoped {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    pub(crate) fn same_namespace(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Whether the two mean the same object.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.same_namespace(other) && self.same_name_and_kind(other)
    }

    pub(crate) fn same_name_and_kind(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &str, other: &'static str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        write!(f, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}

/// A text of `metadata`; empty where it is missing or null.
pub(crate) fn metadata_text<'n>(node: &'n Node, name: &str) -> &'n str {
    let metadata = node.field("metadata").filter(|metadata| !metadata.is_nil_or_empty());
    let field = metadata.and_then(|metadata| metadata.field(name)).filter(|field| !field.is_nil_or_empty());
    field.map_or("", Node::text)
}
