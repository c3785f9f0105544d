//! An object's identity, and the two forms Flux writes it in.

use std::fmt;

use serde_json::Value;

use super::{api_group, api_version, kind, name, namespace};

/// Group, kind, namespace and name: what makes an object the same object, whatever its version.
///
/// `Display` is the form of messages and events, `Kind/namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectId {
    /// API group; empty for core objects.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// An inventory entry that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse stored object metadata: {id}")]
pub struct IdError {
    /// The text, as far as it could not be read.
    pub id: String,
}

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
const RBAC_KINDS: [&str; 4] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];

impl ObjectId {
    /// The id of an object. An `apiVersion` with two slashes leaves group and kind empty, as in apimachinery.
    pub fn of(object: &Value) -> Self {
        let group = api_group(api_version(object));
        Self {
            group: group.unwrap_or_default().to_owned(),
            kind: group.map_or("", |_| kind(object)).to_owned(),
            namespace: namespace(object).to_owned(),
            name: name(object).to_owned(),
        }
    }

    /// The id in an inventory: `<namespace>_<name>_<group>_<kind>`, with `:` in RBAC names as `__`.
    pub fn inventory_id(&self) -> String {
        let Self { group, kind, namespace, name } = self;
        if group == RBAC_GROUP && RBAC_KINDS.contains(&kind.as_str()) {
            return format!("{namespace}_{}_{group}_{kind}", name.replace(':', "__"));
        }
        format!("{namespace}_{name}_{group}_{kind}")
    }

    /// Reads an inventory's id back.
    ///
    /// # Errors
    /// [`IdError`] when there are fewer than three separators.
    pub fn parse_inventory_id(id: &str) -> Result<Self, IdError> {
        let refused = |rest: &str| IdError { id: rest.to_owned() };
        let (namespace, rest) = id.split_once('_').ok_or_else(|| refused(id))?;
        let (rest, kind) = rest.rsplit_once('_').ok_or_else(|| refused(rest))?;
        let (name, group) = rest.rsplit_once('_').ok_or_else(|| refused(rest))?;
        Ok(Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.replace("__", ":"),
        })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, .. } = self;
        if namespace.is_empty() { write!(f, "{kind}/{name}") } else { write!(f, "{kind}/{namespace}/{name}") }
    }
}

/// An object's id as messages and events print it: `Kind/namespace/name`, or `Kind/name` without a namespace.
pub fn format_id(object: &Value) -> String {
    ObjectId::of(object).to_string()
}
