//! From the manifest of a record to objects that the cluster knows.

use cluster_client::{Cluster, ObjectKey, RequestError, Scope};
use helm_chart::manifests::split;
use manifest::ObjectId;
use manifest::object::SplitError;
use manifest::yaml::{Dialect, YamlError, parse_value};
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
    /// A document is not YAML.
    #[error("error parsing")]
    Yaml(#[from] YamlError),
    /// A document, or an item of a list, is no object.
    #[error("Object 'Kind' is missing in a document")]
    NoObject,
    /// An object has no name; one that the API server would make up (`generateName`) cannot be found again, and is not supported.
    #[error("resource name may not be empty: a {0} has none")]
    Nameless(String),
    /// It cannot be read as Flux reads it.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The API server cannot be asked what it serves.
    #[error(transparent)]
    Discovery(RequestError),
    /// Kinds are not served; one sentence for all of them.
    #[error("{0}")]
    Kinds(String),
}

/// The objects of a manifest, in its order. Those that name no namespace get the release's.
pub(crate) async fn build(cluster: &Cluster, manifest: &str, namespace: &str) -> Result<Vec<Object>, ObjectsError> {
    let (mut objects, mut unknown) = place_all(cluster, manifest, namespace).await?;
    if !unknown.is_empty() {
        // Somebody may have defined the kind a moment ago.
        cluster.invalidate_discovery().await;
        (objects, unknown) = place_all(cluster, manifest, namespace).await?;
    }
    unknown.dedup();
    match &unknown[..] {
        [] => Ok(objects),
        [one] => Err(ObjectsError::Kinds(one.clone())),
        several => Err(ObjectsError::Kinds(format!("[{}]", several.join(", ")))),
    }
}

/// The same for a manifest of the past: a kind that is no longer served has no objects any more.
pub(crate) async fn build_served(cluster: &Cluster, manifest: &str, namespace: &str) -> Result<Vec<Object>, ObjectsError> {
    Ok(place_all(cluster, manifest, namespace).await?.0)
}

/// Objects of kinds that are served, and sentences about the others.
async fn place_all(cluster: &Cluster, manifest: &str, namespace: &str) -> Result<(Vec<Object>, Vec<String>), ObjectsError> {
    let (mut objects, mut unknown) = (Vec::new(), Vec::new());
    for mut value in read(manifest)? {
        let mut key = ObjectKey::of(&value);
        match cluster.resource(&key.kind_key()).await {
            Ok(resource) if resource.scope == Scope::Cluster => key.namespace.clear(),
            Ok(_) if key.namespace.is_empty() => {
                namespace.clone_into(&mut key.namespace);
                value["metadata"]["namespace"] = json!(namespace);
            }
            Ok(_) => {}
            Err(error @ RequestError::NoMatch { .. }) => {
                unknown.push(unmapped(&key, &error));
                continue;
            }
            Err(error) => return Err(ObjectsError::Discovery(error)),
        }
        objects.push(Object { key, value });
    }
    Ok((objects, unknown))
}

/// The objects of all documents, those of lists one by one.
fn read(manifest: &str) -> Result<Vec<Value>, ObjectsError> {
    let mut objects = Vec::new();
    for document in split(manifest.as_bytes()) {
        match parse_value(document, Dialect::V2)? {
            Value::Null => {}
            Value::Object(mut list) if is_list(&list) => match list.remove("items") {
                Some(Value::Array(items)) => objects.extend(items),
                _ => return Err(ObjectsError::NoObject),
            },
            object => objects.push(object),
        }
    }
    for object in &objects {
        let ObjectKey { kind, name, .. } = ObjectKey::of(object);
        if kind.is_empty() {
            return Err(ObjectsError::NoObject);
        }
        if name.is_empty() {
            return Err(ObjectsError::Nameless(kind));
        }
    }
    Ok(objects)
}

fn is_list(object: &serde_json::Map<String, Value>) -> bool {
    object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List")) && object.contains_key("items")
}

/// As kubectl's library, which Helm uses, puts it.
fn unmapped(key: &ObjectKey, error: &RequestError) -> String {
    let ObjectKey { name, namespace, .. } = key;
    format!(
        "resource mapping not found for name: {name:?} namespace: {namespace:?} from \"\": {error}\nensure CRDs are installed first"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart_and_nameless_objects_are_refused() {
        let text = "---\n# Source: a.yaml\n# nothing\n---\n# Source: b.yaml\napiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: x}}\n\
                    ---\nkind: B\nmetadata: {name: z}\n";
        let kinds: Vec<Value> = read(text).expect("a manifest").iter().map(|object| object["kind"].clone()).collect();
        assert_eq!(kinds, ["A", "B"]);
        assert!(matches!(read("kind: A\nmetadata: {generateName: x-}\n"), Err(ObjectsError::Nameless(kind)) if kind == "A"));
        assert!(matches!(read("a: 1\n"), Err(ObjectsError::NoObject)));
        assert!(matches!(read("- 1\n"), Err(ObjectsError::NoObject)));
        assert!(matches!(read("a: [\n"), Err(ObjectsError::Yaml(_))));
    }
}
