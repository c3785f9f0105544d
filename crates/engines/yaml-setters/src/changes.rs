//! What an update changed, arranged as the templates of commit messages ask for it.

use std::collections::{BTreeMap, BTreeSet};

/// Which object a change is in. Fields that the object does not have are empty: a kustomization has no name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectIdentifier {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
}

/// One scalar that got another value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// The value before, without quotes.
    pub old_value: String,
    /// The value now, without quotes.
    pub new_value: String,
    /// What the marker said: `namespace:name`, with `:tag`, `:name` or `:digest` where only that part is wanted.
    pub setter: String,
}

/// The changes of each object, in the order of the file.
pub type ObjectChanges = BTreeMap<ObjectIdentifier, Vec<Change>>;

/// All changes of one update: `.Changed` of a template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// By file, with paths relative to where the update looked.
    pub file_changes: BTreeMap<String, ObjectChanges>,
}

impl Changes {
    /// Every change once, however often it was made, sorted.
    pub fn changes(&self) -> Vec<Change> {
        let all: BTreeSet<&Change> = self.file_changes.values().flat_map(BTreeMap::values).flatten().collect();
        all.into_iter().cloned().collect()
    }

    /// The changes of each object, whichever files it is in.
    pub fn objects(&self) -> ObjectChanges {
        let mut objects = ObjectChanges::new();
        for (object, changes) in self.file_changes.values().flatten() {
            objects.entry(object.clone()).or_default().extend(changes.iter().cloned());
        }
        objects
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.file_changes.is_empty()
    }
}
