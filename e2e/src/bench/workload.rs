//! The work: four objects of an application, as one file of JSON documents.

use serde_json::{Value, json};

/// Where the file is in the repository.
pub(super) const FILE: &str = "app/app.yaml";

/// The text of the file at a version of the application.
pub(super) fn manifests(version: &str) -> String {
    let documents: Vec<String> = objects(version).iter().map(|object| format!("{object}\n")).collect();
    documents.join("---\n")
}

/// No replicas: the pods of a real cluster are not what is measured.
fn objects(version: &str) -> [Value; 4] {
    let metadata = json!({"name": "app", "labels": {"app": "app"}});
    let container = json!({"name": "app", "image": format!("app:{version}"), "ports": [{"containerPort": 9898}]});
    let backend = json!({"service": {"name": "app", "port": {"number": 80}}});
    [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {
            "type": "ClusterIP", "selector": {"app": "app"}, "ports": [{"name": "http", "port": 80, "targetPort": 9898}],
        }}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "app"}}, "template": {
                "metadata": {"labels": {"app": "app"}, "annotations": {"version": version}},
                "spec": {"serviceAccountName": "app", "containers": [container]},
            },
        }}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": [
            {"host": "app.test", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}},
        ]}}),
    ]
}
