//! The cluster of a scenario described as another one that trusts its own tokens: what `spec.kubeConfig.configMapRef` refers to.

use crate::Scene;
use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::objects::{CONFIG_MAP, Kind};
use serde_json::{Value, json};
use test_support::Cluster;

/// A ServiceAccount.
pub const ACCOUNT: Kind = Kind { api_version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };

const ROLE_BINDING: Kind = Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings" };

impl Scene {
    /// Creates a ConfigMap that describes the cluster; `entries` are added, or replace others.
    pub async fn describe_cluster(&self, cluster: &Cluster, name: &str, entries: Value) -> anyhow::Result<()> {
        let text = std::fs::read(cluster.kubeconfig()).context("read the kubeconfig")?;
        let kubeconfig: Value = yaml_serde::from_slice(&text).context("read the kubeconfig")?;
        let server = &kubeconfig["clusters"][0]["cluster"];
        let authority = STANDARD.decode(server["certificate-authority-data"].as_str().unwrap_or_default())?;
        let mut data = json!({"provider": "generic", "address": server["server"], "audiences": self.live.issuer().await?,
            "ca.crt": String::from_utf8(authority)?});
        for (key, value) in entries.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        self.add(CONFIG_MAP, name, json!({ "data": data })).await
    }

    /// Creates a ServiceAccount that may do anything in the scene's namespace, and nothing elsewhere.
    pub async fn add_account(&self, name: &str) -> anyhow::Result<()> {
        self.add(ACCOUNT, name, json!({})).await?;
        let binding = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.name()}]});
        self.add(ROLE_BINDING, name, binding).await
    }
}
