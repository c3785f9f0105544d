//! Who an object is, and how an inventory and a message spell that.

use std::fmt;

use serde_json::Value;

use crate::object::{group_and_version, metadata, text};

/// A kind within its API group. Versions do not tell objects apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// The API group, empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl GroupKind {
    /// Reads `group/Kind`, or `Kind` for the core group, as `--custom-apply-stage-kinds` has them.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (group, kind) = text.trim().split_once('/').unwrap_or(("", text.trim()));
        Self { group: group.to_owned(), kind: kind.to_owned() }
    }

    /// Reads a comma separated list; the empty list is empty.
    #[must_use]
    pub fn parse_list(text: &str) -> std::collections::BTreeSet<Self> {
        if text.is_empty() { std::collections::BTreeSet::new() } else { text.split(',').map(Self::parse).collect() }
    }
}

/// An object's identity within a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The kind.
    pub group_kind: GroupKind,
}

/// An inventory's text that is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse stored object metadata: {text}")]
pub struct InvalidId {
    /// The text.
    pub text: String,
}

impl ObjectId {
    /// The identity of an object.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let (group, _) = group_and_version(text(object, "apiVersion"));
        Self {
            namespace: metadata(object, "namespace").to_owned(),
            name: metadata(object, "name").to_owned(),
            group_kind: GroupKind { group: group.to_owned(), kind: text(object, "kind").to_owned() },
        }
    }

    /// Reads `<namespace>_<name>_<group>_<kind>`, the inventory's form. `__` in a name is the `:` of an RBAC name.
    ///
    /// # Errors
    /// [`InvalidId`] when there are fewer than three separators.
    pub fn parse(id: &str) -> Result<Self, InvalidId> {
        let parts = || {
            let (namespace, rest) = id.split_once('_')?;
            let (rest, kind) = rest.rsplit_once('_')?;
            let (name, group) = rest.rsplit_once('_')?;
            Some((namespace, name, group, kind))
        };
        let (namespace, name, group, kind) = parts().ok_or_else(|| InvalidId { text: id.to_owned() })?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.replace("__", ":"),
            group_kind: GroupKind { group: group.to_owned(), kind: kind.to_owned() },
        })
    }

    /// `Kind/namespace/name`, or `Kind/name` without a namespace: how messages name the object.
    #[must_use]
    pub fn subject(&self) -> String {
        let kind = &self.group_kind.kind;
        if self.namespace.is_empty() {
            format!("{kind}/{}", self.name)
        } else {
            format!("{kind}/{}/{}", self.namespace, self.name)
        }
    }
}

/// The inventory's form, see [`ObjectId::parse`].
impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GroupKind { group, kind } = &self.group_kind;
        let has_colons = group == "rbac.authorization.k8s.io"
            && matches!(kind.as_str(), "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding");
        let name = if has_colons { self.name.replace(':', "__") } else { self.name.clone() };
        write!(formatter, "{}_{name}_{group}_{kind}", self.namespace)
    }
}
