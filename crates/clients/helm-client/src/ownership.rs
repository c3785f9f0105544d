//! Whose objects are: the label and the annotations with which Helm marks them.

use cluster_client::{Cluster, Detail, ObjectKey, RequestError};
use futures::{StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};

use crate::objects::Object;

const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "Helm");
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// Objects that a release may not take.
#[derive(Debug, thiserror::Error)]
pub enum OwnershipError {
    /// It exists and belongs to nobody or to another release.
    #[error("{subject} exists and cannot be imported into the current release: invalid ownership metadata; {reason}")]
    Foreign {
        /// The object, as Helm calls it.
        subject: String,
        /// Which marks are missing or wrong.
        reason: String,
    },
    /// It cannot be read.
    #[error("could not get information about the resource {subject}")]
    Read {
        /// The object, as Helm calls it.
        subject: String,
        /// Why not.
        source: RequestError,
    },
}

/// A release as the owner of objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
}

impl Owner<'_> {
    /// Marks an object as the release's, whoever it says it belongs to.
    pub(crate) fn mark(&self, object: &mut Value) {
        add(object, "labels", [MANAGED_BY]);
        add(object, "annotations", [(RELEASE_NAME, self.name), (RELEASE_NAMESPACE, self.namespace)]);
    }

    /// Why a live object is not the release's; `None` if it is.
    pub(crate) fn refusal(&self, live: &Value) -> Option<String> {
        let wanted = [
            ("label", "labels", MANAGED_BY.0, MANAGED_BY.1),
            ("annotation", "annotations", RELEASE_NAME, self.name),
            ("annotation", "annotations", RELEASE_NAMESPACE, self.namespace),
        ];
        let wrong = wanted.into_iter().filter_map(|(what, field, key, value)| match live["metadata"][field][key].as_str() {
            None => Some(format!("{what} validation error: missing key {key:?}: must be set to {value:?}")),
            Some(found) if found != value => {
                Some(format!("{what} validation error: key {key:?} must equal {value:?}: current value is {found:?}"))
            }
            Some(_) => None,
        });
        let wrong: Vec<String> = wrong.collect();
        (!wrong.is_empty()).then(|| wrong.join("; "))
    }

    /// Makes sure that none of `objects` exists and belongs to somebody else.
    pub(crate) async fn check_all(
        &self,
        cluster: &Cluster,
        objects: impl Iterator<Item = &Object>,
        concurrency: usize,
    ) -> Result<(), OwnershipError> {
        let checks: Vec<_> = objects.map(|object| self.check(cluster, &object.key)).collect();
        futures::stream::iter(checks).buffered(concurrency.max(1)).try_collect().await
    }

    async fn check(&self, cluster: &Cluster, key: &ObjectKey) -> Result<(), OwnershipError> {
        let live = cluster.get(key, Detail::Metadata).await;
        let live = live.map_err(|source| OwnershipError::Read { subject: subject(key), source })?;
        match live.and_then(|live| self.refusal(&live)) {
            Some(reason) => Err(OwnershipError::Foreign { subject: subject(key), reason }),
            None => Ok(()),
        }
    }
}

/// An object as Helm calls it in errors.
fn subject(key: &ObjectKey) -> String {
    format!("{} {:?} in namespace {:?}", key.kind, key.name, key.namespace)
}

/// Adds to labels or annotations.
pub(crate) fn add<'a>(object: &mut Value, field: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let map = metadata.entry(field).or_insert_with(|| json!({}));
    if !map.is_object() {
        *map = Value::Object(Map::new());
    }
    for (key, value) in pairs {
        map[key] = json!(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of `checkOwnership` of Helm 4.3.
    #[test]
    fn objects_of_others_are_told_by_their_marks() {
        let owner = Owner { name: "app", namespace: "ns" };
        let mut object = json!({"metadata": {"name": "a", "labels": null}});
        assert_eq!(
            owner.refusal(&object).unwrap_or_default(),
            "label validation error: missing key \"app.kubernetes.io/managed-by\": must be set to \"Helm\"; \
             annotation validation error: missing key \"meta.helm.sh/release-name\": must be set to \"app\"; \
             annotation validation error: missing key \"meta.helm.sh/release-namespace\": must be set to \"ns\""
        );
        Owner { name: "other", namespace: "ns" }.mark(&mut object);
        assert_eq!(
            owner.refusal(&object).unwrap_or_default(),
            "annotation validation error: key \"meta.helm.sh/release-name\" must equal \"app\": current value is \"other\""
        );
        owner.mark(&mut object);
        assert_eq!(owner.refusal(&object), None);
    }
}
