//! From a commit to live objects, over and over.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, DEPLOYMENT, GIT_REPOSITORY, KUSTOMIZATION, condition, config_map};
use scenarios::{Scene, play};
use serde_json::{Value, json};

const BASE: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml]
configMapGenerator:
- name: settings
  literals: [mode=base]
";

const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base, extra.yaml]
namePrefix: ENVIRONMENT-
images:
- name: shop
  newTag: '1'
replicas:
- name: shop
  count: COUNT
";

const ENVIRONMENTS: [(&str, u32); 2] = [("staging", 1), ("prod", 3)];

fn deployment() -> String {
    let pod = json!({"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [
        {"name": "shop", "image": "shop", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}});
    let spec = json!({"selector": {"matchLabels": {"app": "shop"}}, "template": pod});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}).to_string()
}

fn overlay((environment, replicas): (&str, u32)) -> String {
    OVERLAY.replace("ENVIRONMENT", environment).replace("COUNT", &replicas.to_string())
}

fn overlay_file(environment: &str) -> String {
    format!("overlays/{environment}/kustomization.yaml")
}

/// Commits a base with two overlays and waits until both are applied.
async fn two_overlays(scene: &Scene) -> anyhow::Result<()> {
    let mut commit = scene.repository.commit("A shop").file("base/kustomization.yaml", BASE);
    commit = commit.file("base/deployment.yaml", deployment());
    for (environment, replicas) in ENVIRONMENTS {
        commit = commit
            .file(&overlay_file(environment), overlay((environment, replicas)))
            .file(&format!("overlays/{environment}/extra.yaml"), config_map("extra", "k", environment));
    }
    let commit = commit.create()?;
    scene.add_source("source", json!({})).await?;
    for (environment, _) in ENVIRONMENTS {
        scene.add_kustomization(environment, &format!("./overlays/{environment}"), json!({"wait": true})).await?;
    }
    everywhere(scene, &commit).await
}

async fn everywhere(scene: &Scene, commit: &str) -> anyhow::Result<()> {
    for (environment, _) in ENVIRONMENTS {
        scene.applied(environment, commit).await?;
    }
    Ok(())
}

async fn shop(scene: &Scene, environment: &str) -> anyhow::Result<Value> {
    scene.get(DEPLOYMENT, &format!("{environment}-shop")).await
}

/// The source fetches; the Kustomizations follow by themselves.
async fn fetch(scene: &Scene) -> anyhow::Result<()> {
    scene.reconcile(GIT_REPOSITORY, "source").await.map(drop)
}

#[tokio::test]
async fn two_overlays_of_one_source_become_live_objects_of_their_own() -> anyhow::Result<()> {
    play("overlays", async |scene, _| {
        two_overlays(scene).await?;
        for (environment, replicas) in ENVIRONMENTS {
            let object = shop(scene, environment).await?;
            assert_eq!(object["spec"]["replicas"], replicas);
            assert_eq!(object["status"]["readyReplicas"], replicas, "wait: true is Ready only when the pods are");
            let container = &object["spec"]["template"]["spec"]["containers"][0];
            assert_eq!(container["image"], "shop:1");
            let settings = container["envFrom"][0]["configMapRef"]["name"].as_str().unwrap_or_default();
            ensure!(settings.starts_with(&format!("{environment}-settings-")), "{settings}");
            assert_eq!(scene.get(CONFIG_MAP, settings).await?["data"]["mode"], "base");
            let labels = &object["metadata"]["labels"];
            assert_eq!(labels["kustomize.toolkit.fluxcd.io/name"], environment);
            assert_eq!(labels["kustomize.toolkit.fluxcd.io/namespace"], scene.name());
            let managers = object["metadata"]["managedFields"].as_array().into_iter().flatten();
            ensure!(
                managers.into_iter().any(|entry| entry["manager"] == "kustomize-controller" && entry["operation"] == "Apply")
            );

            let owner = scene.get(KUSTOMIZATION, environment).await?;
            let (namespace, expected) = (scene.name(), 3);
            let entries = owner["status"]["inventory"]["entries"].as_array().cloned().unwrap_or_default();
            assert_eq!(entries.len(), expected, "{entries:?}");
            ensure!(
                entries.contains(&json!({"id": format!("{namespace}_{environment}-shop_apps_Deployment"), "v": "v1"})),
                "{entries:?}"
            );
            assert_eq!(condition(&owner, "Healthy").0, "True");
            let created = format!("Deployment/{namespace}/{environment}-shop created");
            scene.wait_for_event(KUSTOMIZATION, environment, "Progressing", &created).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn commit_rolls_out_and_removed_file_is_pruned() -> anyhow::Result<()> {
    play("rollout", async |scene, _| {
        two_overlays(scene).await?;
        let text = overlay(ENVIRONMENTS[1]).replace("newTag: '1'", "newTag: '2'");
        let commit = scene.repository.commit("Release 2").file(&overlay_file("prod"), text).create()?;
        fetch(scene).await?;
        everywhere(scene, &commit).await?;
        let image = async |environment: &str| -> anyhow::Result<Value> {
            Ok(shop(scene, environment).await?["spec"]["template"]["spec"]["containers"][0]["image"].clone())
        };
        assert_eq!(image("prod").await?, "shop:2");
        assert_eq!(image("staging").await?, "shop:1");
        scene.wait_for_event(KUSTOMIZATION, "prod", "Progressing", "/prod-shop configured").await?;

        let text = overlay(ENVIRONMENTS[0]).replace(", extra.yaml", "");
        let commit = scene.repository.commit("Less").file(&overlay_file("staging"), text).remove("overlays/staging/extra.yaml");
        let commit = commit.create()?;
        fetch(scene).await?;
        everywhere(scene, &commit).await?;
        assert_eq!(scene.find(CONFIG_MAP, "staging-extra").await?, None);
        scene.get(CONFIG_MAP, "prod-extra").await?;
        let deleted = format!("ConfigMap/{}/staging-extra deleted", scene.name());
        scene.wait_for_event(KUSTOMIZATION, "staging", "Progressing", &deleted).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn scaled_edited_and_deleted_objects_come_back() -> anyhow::Result<()> {
    play("drift", async |scene, _| {
        two_overlays(scene).await?;
        scene.live.scale(DEPLOYMENT, scene.name(), "prod-shop", 7).await?;
        scene.patch(CONFIG_MAP, "prod-extra", json!({"data": {"k": "edited", "added": "by hand"}})).await?;
        scene.live.delete(CONFIG_MAP, scene.name(), "staging-extra").await?;
        for (environment, _) in ENVIRONMENTS {
            scene.reconcile(KUSTOMIZATION, environment).await?;
            scene.ready(KUSTOMIZATION, environment).await?;
        }
        assert_eq!(shop(scene, "prod").await?["spec"]["replicas"], 3);
        assert_eq!(scene.get(CONFIG_MAP, "prod-extra").await?["data"], json!({"k": "prod"}));
        assert_eq!(scene.get(CONFIG_MAP, "staging-extra").await?["data"], json!({"k": "staging"}));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn broken_manifest_is_reported_and_touches_nothing() -> anyhow::Result<()> {
    play("broken", async |scene, _| {
        two_overlays(scene).await?;
        let before = shop(scene, "prod").await?;
        let text = overlay(ENVIRONMENTS[1]).replace("count: 3", "count: [3");
        let broken = scene
            .repository
            .commit("Break prod")
            .file(&overlay_file("prod"), text)
            .file("overlays/staging/extra.yaml", config_map("extra", "k", "new"));
        let broken = broken.create()?;
        fetch(scene).await?;
        let message = scene.failed(KUSTOMIZATION, "prod", "BuildFailed").await?;
        ensure!(message.contains("kustomization.yaml") || message.contains("overlays/prod"), "{message}");
        scene.applied("staging", &broken).await?;
        assert_eq!(scene.get(CONFIG_MAP, "staging-extra").await?["data"]["k"], "new");
        let prod = scene.get(KUSTOMIZATION, "prod").await?;
        ensure!(
            prod["status"]["lastAttemptedRevision"].as_str().is_some_and(|text| text.ends_with(&broken)),
            "{:#}",
            prod["status"]
        );
        ensure!(prod["status"]["lastAppliedRevision"] != prod["status"]["lastAttemptedRevision"], "{:#}", prod["status"]);
        let after = shop(scene, "prod").await?;
        assert_eq!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
        scene.get(CONFIG_MAP, "prod-extra").await?;

        let repaired = scene.repository.commit("Repair prod").file(&overlay_file("prod"), overlay(ENVIRONMENTS[1])).create()?;
        fetch(scene).await?;
        everywhere(scene, &repaired).await?;
        assert_eq!(shop(scene, "prod").await?["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unchanged_content_writes_to_no_object() -> anyhow::Result<()> {
    play("unchanged", async |scene, _| {
        two_overlays(scene).await?;
        let versions = async || -> anyhow::Result<Vec<Value>> {
            let mut all = scene.live.list(CONFIG_MAP, scene.name()).await?;
            all.extend(scene.live.list(DEPLOYMENT, scene.name()).await?);
            Ok(all.into_iter().map(|mut object| object["metadata"]["resourceVersion"].take()).collect())
        };
        let before = versions().await?;
        let commit = scene.repository.commit_file("README.md", "nothing that is applied")?;
        fetch(scene).await?;
        everywhere(scene, &commit).await?;
        for (environment, _) in ENVIRONMENTS {
            scene.reconcile(KUSTOMIZATION, environment).await?;
        }
        assert_eq!(versions().await?, before);
        Ok(())
    })
    .await
}
