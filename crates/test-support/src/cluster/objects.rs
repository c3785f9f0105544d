//! What a cluster needs before a test starts: nodes and the workspace's CRDs.

use super::{Cluster, ClusterError};
use crate::workspace;
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the API server may take to serve a new kind.
const ESTABLISHED_WITHIN: Duration = Duration::from_secs(30);

/// Creates nodes that kwok keeps ready.
pub(super) async fn create_nodes(client: &kube::Client, count: usize) -> Result<(), ClusterError> {
    let nodes: Api<Node> = Api::all(client.clone());
    for number in 0..count {
        let name = format!("node-{number}");
        let resources = json!({"cpu": "32", "memory": "256Gi", "pods": "1000"});
        let node = serde_json::from_value(json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"}},
            "status": {"allocatable": resources, "capacity": resources},
        }));
        let operation = format!("create the node {name}");
        let node: Node = node.map_err(kube::Error::SerdeError).map_err(ClusterError::api(operation.clone()))?;
        nodes.create(&PostParams::default(), &node).await.map_err(ClusterError::api(operation))?;
    }
    Ok(())
}

impl Cluster {
    /// Applies every file of the workspace's `crds/` and waits until the API server serves the kinds.
    pub async fn apply_crds(&self) -> Result<(), ClusterError> {
        let client = self.client().await?;
        let mut names = Vec::new();
        for text in crd_texts()? {
            // The API server reads YAML itself; only the name is needed here.
            let Some(name) = text.lines().find_map(|line| line.strip_prefix("  name: ")) else { continue };
            let name = name.trim().trim_matches('"').to_owned();
            let path =
                format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}?fieldManager=weir-test&force=true");
            let request = http::Request::patch(path)
                .header(http::header::CONTENT_TYPE, "application/apply-patch+yaml")
                .body(text.into_bytes())
                .map_err(|error| ClusterError::System { operation: "name a CRD", source: std::io::Error::other(error) })?;
            let operation = format!("apply the CRD {name}");
            client.request_text(request).await.map_err(ClusterError::api(operation))?;
            names.push(name);
        }
        let crds: Api<CustomResourceDefinition> = Api::all(client);
        for name in names {
            wait_until_established(&crds, &name).await?;
        }
        Ok(())
    }
}

async fn wait_until_established(crds: &Api<CustomResourceDefinition>, name: &str) -> Result<(), ClusterError> {
    let deadline = Instant::now() + ESTABLISHED_WITHIN;
    loop {
        let crd = crds.get(name).await.map_err(ClusterError::api(format!("read the CRD {name}")))?;
        let conditions = crd.status.and_then(|status| status.conditions).unwrap_or_default();
        if conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True") {
            return Ok(());
        }
        if Instant::now() > deadline {
            let component = format!("CRD {name}");
            return Err(ClusterError::Component { component, problem: "is not established in time", log: String::new() });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Each document of each file of `crds/`, in the order of the file names.
fn crd_texts() -> Result<Vec<String>, ClusterError> {
    let directory = workspace::root().join("crds");
    let unreadable = |source| ClusterError::System { operation: "read crds/", source };
    let mut files = std::fs::read_dir(&directory)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut texts = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        texts.extend(format!("\n{text}").split("\n---\n").filter(|part| !part.trim().is_empty()).map(str::to_owned));
    }
    Ok(texts)
}
