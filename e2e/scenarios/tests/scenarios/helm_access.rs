//! Whose rights a release uses, what it waits for, which cluster it goes to.

use super::helm_lifecycle::TEXT;
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, Kind, condition};
use scenarios::play;
use serde_json::{Value, json};

const ACCOUNT: Kind = Kind { api_version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
const BINDING: Kind = Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings" };

#[tokio::test]
async fn release_has_the_rights_of_its_account_and_no_more() -> anyhow::Result<()> {
    play("hr-account", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add(ACCOUNT, "deployer", json!({})).await?;
        scene.add_release("hr", json!({"serviceAccountName": "deployer"})).await?;
        let refused =
            |object: &Value| condition(object, "Ready").2.contains(&format!("system:serviceaccount:{}:deployer", scene.name()));
        scene.wait(HELM_RELEASE, "hr", "be refused", refused).await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the account may not write");
        let binding = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": scene.name()}]});
        scene.add(BINDING, "deployer", binding).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        // Without its account nothing is uninstalled: never with the controller's own rights instead.
        scene.delete(ACCOUNT, "deployer").await?;
        scene.delete(HELM_RELEASE, "hr").await?;
        scene.get(CONFIG_MAP, "hr").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn dependencies_come_first() -> anyhow::Result<()> {
    play("hr-depends", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("second", json!({"dependsOn": [{"name": "first"}]})).await?;
        let message = scene.failed(HELM_RELEASE, "second", "DependencyNotReady").await?;
        let missing =
            format!("unable to get '{}/first' dependency: helmreleases.helm.toolkit.fluxcd.io \"first\" not found", scene.name());
        assert_eq!(message, missing);
        scene.wait_for_event(HELM_RELEASE, "second", "DependencyNotReady", "unable to get").await?;
        let expression = "dep.metadata.name == 'second' && self.metadata.name == 'third'";
        scene.add_release("third", json!({"dependsOn": [{"name": "second", "readyExpr": expression}]})).await?;
        scene.ready(HELM_RELEASE, "third").await?;
        scene.add_release("first", json!({})).await?;
        scene.ready(HELM_RELEASE, "second").await.map(drop)
    })
    .await
}

/// The kubeconfig is that of the same cluster: what matters is that it is used, and that a broken one is not replaced by our own.
#[tokio::test]
async fn another_cluster_is_reached_by_its_kubeconfig() -> anyhow::Result<()> {
    play("hr-remote", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"kubeConfig": {"secretRef": {"name": "cluster"}}})).await?;
        let message = scene.failed(HELM_RELEASE, "hr", "RESTClientError").await?;
        ensure!(message.contains("could not get KubeConfig secret"), "{message}");
        scene.add_secret("cluster", &[("value", "users: [")]).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "never the local cluster instead");
        let kubeconfig = std::fs::read_to_string(stage.world.cluster.kubeconfig())?;
        let secret = json!({"stringData": {"value": kubeconfig}});
        scene.patch(e2e::objects::SECRET, "cluster", secret).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        // A way that is broken for the moment keeps the object; it says so.
        scene.patch(e2e::objects::SECRET, "cluster", json!({"stringData": {"value": "users: ["}})).await?;
        scene.live.delete(HELM_RELEASE, scene.name(), "hr").await?;
        let message = scene.failed(HELM_RELEASE, "hr", "UninstallFailed").await?;
        ensure!(message.starts_with("failed to build REST client getter to uninstall release: "), "{message}");
        scene.patch(e2e::objects::SECRET, "cluster", json!({"stringData": {"value": kubeconfig}})).await?;
        scene.live.wait_gone(HELM_RELEASE, scene.name(), "hr").await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the release is not uninstalled there");
        Ok(())
    })
    .await
}

/// An uninstall that is refused keeps the object, which says so, and is tried again.
#[tokio::test]
async fn refused_uninstall_keeps_the_object() -> anyhow::Result<()> {
    play("hr-refused", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add(ACCOUNT, "deployer", json!({})).await?;
        let binding = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": scene.name()}]});
        scene.add(BINDING, "deployer", binding.clone()).await?;
        scene.add_release("hr", json!({"serviceAccountName": "deployer"})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.delete(BINDING, "deployer").await?;
        scene.live.delete(HELM_RELEASE, scene.name(), "hr").await?;
        let message = scene.failed(HELM_RELEASE, "hr", "UninstallFailed").await?;
        ensure!(message.starts_with("Helm uninstall failed for release ") && message.contains("forbidden"), "{message}");
        scene.add(BINDING, "deployer", binding).await?;
        scene.live.wait_gone(HELM_RELEASE, scene.name(), "hr").await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the release is not uninstalled");
        Ok(())
    })
    .await
}
