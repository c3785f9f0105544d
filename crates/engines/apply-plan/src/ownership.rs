//! Labels that say whose an object is, and metadata that an owner puts on all of its objects.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{extend_text_map, text_map};

/// The object that applies others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'name> {
    /// The prefix of the labels: the API group of the owner.
    pub group: &'name str,
    /// The owner's name.
    pub name: &'name str,
    /// The owner's namespace.
    pub namespace: &'name str,
}

impl Owner<'_> {
    /// The labels `<group>/name` and `<group>/namespace`.
    #[must_use]
    pub fn labels(&self) -> [(String, String); 2] {
        [(format!("{}/name", self.group), self.name.to_owned()), (format!("{}/namespace", self.group), self.namespace.to_owned())]
    }

    /// Puts the labels on an object.
    pub fn label(&self, object: &mut Value) {
        let labels = self.labels();
        extend_text_map(object, "labels", labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    }

    /// Whether the object carries both labels.
    #[must_use]
    pub fn owns(&self, object: &Value) -> bool {
        let found = text_map(object, "labels");
        self.labels().iter().all(|(key, value)| found.get(key.as_str()) == Some(&value.as_str()))
    }
}

/// Labels and annotations for all objects (`spec.commonMetadata`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommonMetadata {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

impl CommonMetadata {
    /// Sets them on an object, over what is there.
    pub fn set(&self, object: &mut Value) {
        for (field, pairs) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            extend_text_map(object, field, pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        }
    }
}
