//! Other clusters as an account that an object's ConfigMap names, which the gate `ObjectLevelWorkloadIdentity` allows.

use super::release::Play;
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, KUSTOMIZATION, condition, config_map};
use scenarios::own::{Ground, play_with_own};
use scenarios::remote::ACCOUNT;
use serde_json::{Value, json};

const GATE: &str = "--feature-gates=ObjectLevelWorkloadIdentity=true";
const CHART: [(&str, &str); 1] =
    [("templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n")];

/// The account may write in its own namespace only; without it there is no way to the cluster.
#[tokio::test]
async fn kustomization_has_the_rights_of_the_account_that_the_other_cluster_trusts() -> anyhow::Result<()> {
    play_with_own("ks-account", &[GATE.to_owned()], async |scene, _| {
        let Some(ground) = Ground::shared().await? else { return Ok(()) };
        scene.describe_cluster(&ground.cluster, "cluster", json!({"serviceAccountName": "deployer"})).await?;
        let elsewhere = config_map("elsewhere", "key", "value").replace("metadata:", "metadata:\n  namespace: default");
        scene.repository.commit_file("here/cm.yaml", config_map("cm", "key", "value"))?;
        scene.repository.commit_file("there/cm.yaml", elsewhere)?;
        scene.add_source("source", json!({})).await?;
        let spec = json!({"kubeConfig": {"configMapRef": {"name": "cluster"}}, "retryInterval": "1s"});
        scene.add_kustomization("here", "./here", spec.clone()).await?;
        let there = json!({"targetNamespace": null, "kubeConfig": spec["kubeConfig"], "retryInterval": "1s"});
        scene.add_kustomization("there", "./there", there).await?;
        let says = async |name: &str, text: &str| {
            let said = |object: &Value| condition(object, "Ready").2.contains(text);
            scene.wait(KUSTOMIZATION, name, &format!("say '{text}'"), said).await
        };
        let missing = format!("failed to get service account '{}/deployer': ", scene.name());
        says("here", &missing).await?;
        scene.add_account("deployer").await?;
        scene.ready(KUSTOMIZATION, "here").await?;
        says("there", &format!("\"system:serviceaccount:{}:deployer\" cannot", scene.name())).await?;
        // An account that is gone is the end of its rights, though its last token has not expired.
        scene.delete(ACCOUNT, "deployer").await?;
        scene.reconcile(KUSTOMIZATION, "here").await?;
        says("here", &missing).await.map(drop)
    })
    .await
}

/// Where none is named, and the operator has a default for that, it is never the controller's own. Where the account is gone, its release stays
/// in the other cluster; the object can go.
#[tokio::test]
async fn release_has_the_rights_of_the_account_that_the_other_cluster_trusts() -> anyhow::Result<()> {
    let Some(play) = Play::start("hr-account", &CHART, &[GATE, "--default-kubeconfig-service-account=tenant"]).await? else {
        return Ok(());
    };
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    play.scene.describe_cluster(&ground.cluster, "cluster", json!({"serviceAccountName": "deployer"})).await?;
    play.scene.describe_cluster(&ground.cluster, "default", json!({})).await?;
    play.scene.add_account("deployer").await?;
    play.scene.add_release("default", json!({"kubeConfig": {"configMapRef": {"name": "default"}}})).await?;
    let message = play.scene.failed(HELM_RELEASE, "default", "RESTClientError").await?;
    ensure!(message.contains("/tenant': the specified default service account does not exist"), "{message}");
    play.scene.add_release("hr", json!({"kubeConfig": {"configMapRef": {"name": "cluster"}}})).await?;
    play.scene.ready(HELM_RELEASE, "hr").await?;
    play.scene.delete(ACCOUNT, "deployer").await?;
    play.scene.delete(HELM_RELEASE, "hr").await?;
    ensure!(play.scene.find(CONFIG_MAP, "hr").await?.is_some(), "nobody may uninstall it");
    Ok(())
}
