//! Other clusters without a Secret: they trust tokens of the controller, or of an account that an object may name where the gate is open
//! (`tests/faults/remote_accounts.rs`). The other cluster is the same one: what matters is by which way it is reached, and as whom.

use super::helm_lifecycle::TEXT;
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, KUSTOMIZATION, config_map};
use scenarios::{Scene, play};
use serde_json::{Value, json};

/// Descriptions of clusters that cannot be used, and what is said of them.
const REFUSED: [(&str, &str); 3] = [
    ("aws", "provider 'aws' is not supported: use 'generic' with an address, or a kubeconfig in a Secret"),
    ("own", "provider 'own' not implemented"),
    ("generic", "failed to get access token for cluster: ObjectLevelWorkloadIdentity feature gate is not enabled"),
];

fn described(name: &str) -> Value {
    json!({"kubeConfig": {"configMapRef": {"name": name}}})
}

/// ConfigMaps by the names of the providers, and the account that the gate is about.
async fn add_refused(scene: &Scene, cluster: &test_support::Cluster) -> anyhow::Result<()> {
    scene.add_account("deployer").await?;
    for (provider, _) in REFUSED {
        let entries = json!({"provider": provider, "serviceAccountName": "deployer"});
        scene.describe_cluster(cluster, provider, entries).await?;
    }
    Ok(())
}

#[tokio::test]
async fn release_in_a_cluster_that_trusts_the_controller() -> anyhow::Result<()> {
    play("hr-trusted", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        add_refused(scene, &stage.world.cluster).await?;
        scene.add_release("hr", described("missing")).await?;
        let message = scene.failed(HELM_RELEASE, "hr", "RESTClientError").await?;
        let name = scene.name();
        ensure!(message == format!("failed to get configmap {name}/missing: configmaps \"missing\" not found"), "{message}");
        for (provider, text) in REFUSED {
            scene.patch(HELM_RELEASE, "hr", json!({"spec": described(provider)})).await?;
            let said = |object: &Value| e2e::objects::condition(object, "Ready").2.starts_with(text);
            scene.wait(HELM_RELEASE, "hr", &format!("say '{text}'"), said).await?;
        }
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "never the local cluster instead");
        scene.describe_cluster(&stage.world.cluster, "trusting", json!({})).await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": described("trusting")})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.get(CONFIG_MAP, "hr").await?;
        scene.delete(HELM_RELEASE, "hr").await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the release is not uninstalled there");
        Ok(())
    })
    .await
}

/// Tokens for somebody else are of no use there.
#[tokio::test]
async fn kustomization_in_a_cluster_that_trusts_the_controller() -> anyhow::Result<()> {
    play("ks-trusted", async |scene, stage| {
        add_refused(scene, &stage.world.cluster).await?;
        scene.describe_cluster(&stage.world.cluster, "other", json!({"audiences": "somebody-else"})).await?;
        scene.repository.commit_file("apps/cm.yaml", config_map("cm", "key", "value"))?;
        scene.add_source("source", json!({})).await?;
        let spec = |name: &str| json!({"kubeConfig": {"configMapRef": {"name": name}}, "retryInterval": "1s"});
        scene.add_kustomization("ks", "./apps", spec("missing")).await?;
        let texts = REFUSED.into_iter().chain([("other", "Unauthorized")]);
        for (name, text) in texts {
            scene.patch(KUSTOMIZATION, "ks", json!({"spec": spec(name)})).await?;
            let said = |object: &Value| e2e::objects::condition(object, "Ready").2.contains(text);
            scene.wait(KUSTOMIZATION, "ks", &format!("say '{text}'"), said).await?;
        }
        ensure!(scene.find(CONFIG_MAP, "cm").await?.is_none(), "never the local cluster instead");
        scene.describe_cluster(&stage.world.cluster, "trusting", json!({})).await?;
        scene.patch(KUSTOMIZATION, "ks", json!({"spec": spec("trusting")})).await?;
        scene.ready(KUSTOMIZATION, "ks").await?;
        scene.get(CONFIG_MAP, "cm").await?;
        scene.delete(KUSTOMIZATION, "ks").await?;
        ensure!(scene.find(CONFIG_MAP, "cm").await?.is_none(), "nothing is pruned there");
        Ok(())
    })
    .await
}
