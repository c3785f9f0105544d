//! The objects that scenarios create, as JSON, and how they are addressed.

use serde_json::{Map, Value, json};

/// A kind of objects as the API server addresses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `v1`, `apps/v1` and so on.
    pub api_version: &'static str,
    /// `ConfigMap` and so on.
    pub kind: &'static str,
    /// `configmaps` and so on.
    pub plural: &'static str,
}

/// A Git repository as a source.
pub const GIT_REPOSITORY: Kind = Kind::new("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories");
/// A bucket of an object store.
pub const BUCKET: Kind = Kind::new("source.toolkit.fluxcd.io/v1", "Bucket", "buckets");
/// A chart of a source.
pub const HELM_CHART: Kind = Kind::new("source.toolkit.fluxcd.io/v1", "HelmChart", "helmcharts");
/// A repository of Helm charts.
pub const HELM_REPOSITORY: Kind = Kind::new("source.toolkit.fluxcd.io/v1", "HelmRepository", "helmrepositories");
/// An OCI artifact that becomes an artifact.
pub const OCI_REPOSITORY: Kind = Kind::new("source.toolkit.fluxcd.io/v1", "OCIRepository", "ocirepositories");
/// What is applied from a source.
pub const KUSTOMIZATION: Kind = Kind::new("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations");
/// What is released of a chart.
pub const HELM_RELEASE: Kind = Kind::new("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helmreleases");
/// A repository of images whose tags are known.
pub const IMAGE_REPOSITORY: Kind = Kind::new("image.toolkit.fluxcd.io/v1", "ImageRepository", "imagerepositories");
/// Which of the tags is wanted.
pub const IMAGE_POLICY: Kind = Kind::new("image.toolkit.fluxcd.io/v1", "ImagePolicy", "imagepolicies");
/// Where wanted images are written.
pub const IMAGE_UPDATE_AUTOMATION: Kind =
    Kind::new("image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation", "imageupdateautomations");
/// A ConfigMap.
pub const CONFIG_MAP: Kind = Kind::new("v1", "ConfigMap", "configmaps");
/// A Secret.
pub const SECRET: Kind = Kind::new("v1", "Secret", "secrets");
/// A Service.
pub const SERVICE: Kind = Kind::new("v1", "Service", "services");
/// A Deployment.
pub const DEPLOYMENT: Kind = Kind::new("apps/v1", "Deployment", "deployments");
/// A namespace.
pub const NAMESPACE: Kind = Kind::new("v1", "Namespace", "namespaces");
/// An event.
pub const EVENT: Kind = Kind::new("v1", "Event", "events");
/// A lease, by which replicas choose their leader.
pub const LEASE: Kind = Kind::new("coordination.k8s.io/v1", "Lease", "leases");

impl Kind {
    const fn new(api_version: &'static str, kind: &'static str, plural: &'static str) -> Self {
        Self { api_version, kind, plural }
    }

    /// The path of all objects of a namespace; an empty namespace stands for the whole cluster.
    pub fn list_path(&self, namespace: &str) -> String {
        let group = if self.api_version.contains('/') { "apis" } else { "api" };
        let scope = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
        format!("/{group}/{}{scope}/{}", self.api_version, self.plural)
    }

    /// The path of one object.
    pub fn path(&self, namespace: &str, name: &str) -> String {
        format!("{}/{name}", self.list_path(namespace))
    }

    /// An object of this kind with these top-level fields besides `metadata`.
    pub fn object(&self, namespace: &str, name: &str, fields: Value) -> Value {
        let mut object = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        object.insert("apiVersion".to_owned(), json!(self.api_version));
        object.insert("kind".to_owned(), json!(self.kind));
        let mut metadata = Map::from_iter([("name".to_owned(), json!(name))]);
        if !namespace.is_empty() {
            metadata.insert("namespace".to_owned(), json!(namespace));
        }
        object.insert("metadata".to_owned(), Value::Object(metadata));
        Value::Object(object)
    }
}

/// A GitRepository that follows `main`. `spec` adds fields or replaces them; `null` removes one.
pub fn git_repository(namespace: &str, name: &str, url: &str, spec: Value) -> Value {
    let defaults = json!({"interval": "10m", "url": url, "ref": {"branch": "main"}});
    GIT_REPOSITORY.object(namespace, name, json!({"spec": merged(defaults, spec)}))
}

/// A Kustomization of the GitRepository `source` of its namespace that prunes, and applies into its own namespace. `spec` as above.
pub fn kustomization(namespace: &str, name: &str, path: &str, spec: Value) -> Value {
    let defaults = json!({
        "interval": "10m", "retryInterval": "2s", "timeout": "1m", "path": path, "prune": true, "targetNamespace": namespace,
        "sourceRef": {"kind": "GitRepository", "name": "source"},
    });
    KUSTOMIZATION.object(namespace, name, json!({"spec": merged(defaults, spec)}))
}

/// A HelmRelease of the HelmChart `app` of its namespace. `spec` as above.
pub fn helm_release(namespace: &str, name: &str, spec: Value) -> Value {
    let defaults = json!({"interval": "10m", "timeout": "20s", "chartRef": {"kind": "HelmChart", "name": "app"}});
    HELM_RELEASE.object(namespace, name, json!({"spec": merged(defaults, spec)}))
}

/// The text of a ConfigMap's manifest with one entry.
pub fn config_map(name: &str, key: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {key}: \"{value}\"\n")
}

fn merged(mut base: Value, changes: Value) -> Value {
    if let (Some(base), Value::Object(changes)) = (base.as_object_mut(), changes) {
        for (key, value) in changes {
            if value.is_null() {
                base.remove(&key);
            } else {
                base.insert(key, value);
            }
        }
    }
    base
}

/// The condition of a type: `(status, reason, message)`; empty texts where there is none.
pub fn condition<'a>(object: &'a Value, kind: &str) -> (&'a str, &'a str, &'a str) {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == kind);
    let text = |key: &str| found.and_then(|condition| condition[key].as_str()).unwrap_or_default();
    (text("status"), text("reason"), text("message"))
}

/// Whether the controller has seen the current spec and says that all is well.
pub fn is_ready(object: &Value) -> bool {
    let observed = object["status"]["observedGeneration"] == object["metadata"]["generation"];
    observed && condition(object, "Ready").0 == "True"
}

/// Whether the controller has seen the current spec and says that it failed, for this reason.
pub fn has_failed(object: &Value, reason: &str) -> bool {
    let (status, actual, _) = condition(object, "Ready");
    status == "False" && actual == reason
}
