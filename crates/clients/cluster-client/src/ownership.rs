//! Whose objects these are, as the objects themselves say it.

use apply_plan::cleanup::Takeover;
use serde_json::Value;

/// How a controller marks and writes its objects.
#[derive(Clone, Debug)]
pub struct Ownership {
    /// Prefix of the owner labels: `kustomize.toolkit.fluxcd.io`.
    pub group: String,
    /// Field manager of server-side apply: `kustomize-controller`.
    pub field_manager: String,
    /// Whose fields are taken over.
    pub takeover: Takeover,
}

/// Name and namespace of the custom resource that applies a set of objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl Ownership {
    /// Marks with `group`, writes as `field_manager`, takes over from kubectl, older versions and `overridden` managers.
    #[must_use]
    pub fn new(group: &str, field_manager: &str, overridden: &[String]) -> Self {
        Self {
            group: group.to_owned(),
            field_manager: field_manager.to_owned(),
            takeover: Takeover::new(field_manager, overridden),
        }
    }

    /// The label that every owned object has.
    pub(crate) fn name_label(&self) -> String {
        format!("{}/name", self.group)
    }

    /// The owner that the labels of `object` name.
    pub(crate) fn owner(&self, object: &Value) -> Option<Owner> {
        let labels = object.pointer("/metadata/labels")?;
        let label = |key: &str| labels.get(format!("{}/{key}", self.group)).and_then(Value::as_str).map(str::to_owned);
        Some(Owner { namespace: label("namespace")?, name: label("name")? })
    }
}
