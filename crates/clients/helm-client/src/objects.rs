//! From the manifest of a record to objects that the cluster knows.

use cluster_client::{Cluster, ObjectKey, RequestError, Scope};
use manifest::ObjectId;
use manifest::object::{SplitError, split};
use manifest::yaml::Limits;
use serde_json::{Value, json};

/// An object of a release.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// What the API server calls it: without namespace where its kind has none.
    pub(crate) key: ObjectKey,
    /// The manifest, with a namespace where its kind has one.
    pub(crate) value: Value,
}

impl Object {
    /// What tells it apart from others of a release.
    pub(crate) fn id(&self) -> ObjectId {
        self.key.id()
    }
}

/// Why a manifest is no list of objects.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// It is not YAML, or something in it is no object.
    #[error(transparent)]
    Parse(#[from] SplitError),
    /// The API server cannot be asked what it serves.
    #[error(transparent)]
    Discovery(RequestError),
    /// Kinds are not served; one sentence for all of them.
    #[error("{0}")]
    Kinds(String),
}

/// The objects of a manifest, in its order. Those that name no namespace get the release's.
pub(crate) async fn build(cluster: &Cluster, manifest: &str, namespace: &str) -> Result<Vec<Object>, ObjectsError> {
    let mut objects = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for mut value in split(manifest, &Limits::default())? {
        let mut key = ObjectKey::of(&value);
        match cluster.resource(&key.kind_key()).await {
            Ok(resource) if resource.scope == Scope::Cluster => key.namespace.clear(),
            Ok(_) if key.namespace.is_empty() => {
                namespace.clone_into(&mut key.namespace);
                value["metadata"]["namespace"] = json!(namespace);
            }
            Ok(_) => {}
            Err(error @ RequestError::NoMatch { .. }) => unknown.push(unmapped(&key, &error)),
            Err(error) => return Err(ObjectsError::Discovery(error)),
        }
        objects.push(Object { key, value });
    }
    unknown.dedup();
    match &unknown[..] {
        [] => Ok(objects),
        [one] => Err(ObjectsError::Kinds(one.clone())),
        several => Err(ObjectsError::Kinds(format!("[{}]", several.join(", ")))),
    }
}

/// As kubectl's library, which Helm uses, puts it.
fn unmapped(key: &ObjectKey, error: &RequestError) -> String {
    let ObjectKey { name, namespace, .. } = key;
    format!(
        "resource mapping not found for name: {name:?} namespace: {namespace:?} from \"\": {error}\nensure CRDs are installed first"
    )
}
