//! Which object: group, version, kind, namespace, name.

use std::fmt;

use apply_plan::ObjectId;
use apply_plan::inventory::Entry;
use serde_json::Value;

/// Identity of one object together with the API version to reach it at.
///
/// An empty `group` is the core group and an empty `namespace` a cluster-scoped object. Prints as Flux does in change logs and errors:
/// `Kind/namespace/name`, or `Kind/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// API group, empty for core.
    pub group: String,
    /// API version without the group.
    pub version: String,
    /// Kind, as in manifests.
    pub kind: String,
    /// Namespace, empty when cluster scoped.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectKey {
    /// Reads the identity of a manifest or a live object; missing parts are empty.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
        }
    }

    /// The identity without the version, as inventories have it.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        ObjectId {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            group: self.group.clone(),
            kind: self.kind.clone(),
        }
    }

    /// An entry of an inventory as a key.
    #[must_use]
    pub fn of_entry(entry: &Entry) -> Self {
        Self {
            group: entry.id.group.clone(),
            version: entry.version.clone(),
            kind: entry.id.kind.clone(),
            namespace: entry.id.namespace.clone(),
            name: entry.id.name.clone(),
        }
    }

    /// `group/version`, or `version` in the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        self.kind_key().api_version()
    }

    /// The kind without namespace and name.
    #[must_use]
    pub fn kind_key(&self) -> KindKey {
        KindKey { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(formatter, "{}/{}", self.kind, self.name)
        } else {
            write!(formatter, "{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// Group, version and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindKey {
    /// API group, empty for core.
    pub group: String,
    /// API version without the group.
    pub version: String,
    /// Kind, as in manifests.
    pub kind: String,
}

impl KindKey {
    /// `group/version`, or `version` in the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_prints_as_in_change_logs() {
        let namespaced = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}});
        let cluster = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
        assert_eq!(ObjectKey::of(&namespaced).to_string(), "Deployment/b/a");
        assert_eq!(ObjectKey::of(&namespaced).api_version(), "apps/v1");
        assert_eq!(ObjectKey::of(&cluster).to_string(), "Namespace/a");
        assert_eq!(ObjectKey::of(&cluster).api_version(), "v1");
    }

    #[test]
    fn anything_that_is_no_object_has_an_empty_key() {
        for value in [json!(null), json!([]), json!({"metadata": 3}), json!({"apiVersion": 1, "kind": {}})] {
            assert_eq!(ObjectKey::of(&value).to_string(), "/");
        }
    }
}
