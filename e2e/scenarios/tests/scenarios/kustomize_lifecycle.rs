//! Suspension, requests, what belongs to others, sources of other namespaces.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, NAMESPACE, condition, config_map, git_repository};
use scenarios::play;
use serde_json::{Value, json};

#[tokio::test]
async fn suspended_kustomization_records_requests_and_applies_nothing() -> anyhow::Result<()> {
    play("ks-suspended", async |scene, _| {
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "1"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        scene.patch(KUSTOMIZATION, "app", json!({"spec": {"suspend": true}})).await?;
        let commit = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "2"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.published("source", &commit).await?;
        // The request is recorded after the new artifact was passed over.
        scene.reconcile(KUSTOMIZATION, "app").await?;
        assert_eq!(scene.get(CONFIG_MAP, "a").await?["data"]["k"], "1");
        scene.patch(KUSTOMIZATION, "app", json!({"spec": {"suspend": false}})).await?;
        scene.applied("app", &commit).await?;
        assert_eq!(scene.get(CONFIG_MAP, "a").await?["data"]["k"], "2");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn fields_of_other_controllers_are_left_alone() -> anyhow::Result<()> {
    play("others", async |scene, _| {
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "git"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let note = json!({"metadata": {"annotations": {"example.com/note": "theirs"}}, "data": {"added": "theirs"}});
        scene.live.patch_as("another-controller", CONFIG_MAP, (scene.name(), "a"), &note).await?;
        // What kubectl brings goes, as in Flux: it is a hand, not a controller.
        scene.patch(CONFIG_MAP, "a", json!({"data": {"k": "hand", "by-hand": "x"}})).await?;
        scene.reconcile(KUSTOMIZATION, "app").await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let live = scene.get(CONFIG_MAP, "a").await?;
        assert_eq!(live["data"], json!({"k": "git", "added": "theirs"}));
        assert_eq!(live["metadata"]["annotations"]["example.com/note"], "theirs");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn status_names_the_commit_in_the_words_of_flux() -> anyhow::Result<()> {
    play("words", async |scene, _| {
        let commit = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "v"))?;
        let revision = format!("main@sha1:{commit}");
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        let (source, app) = (scene.ready(GIT_REPOSITORY, "source").await?, scene.ready(KUSTOMIZATION, "app").await?);
        let stored = format!("stored artifact for revision '{revision}'");
        assert_eq!(condition(&source, "Ready"), ("True", "Succeeded", &*stored));
        assert_eq!(condition(&source, "ArtifactInStorage"), ("True", "Succeeded", &*stored));
        let applied = format!("Applied revision: {revision}");
        assert_eq!(condition(&app, "Ready"), ("True", "ReconciliationSucceeded", &*applied));
        let status = &app["status"];
        assert_eq!(status["lastAppliedRevision"], revision);
        assert_eq!(status["lastAttemptedRevision"], revision);
        assert_eq!(status["inventory"], json!({"entries": [{"id": format!("{}_a__ConfigMap", scene.name()), "v": "v1"}]}));
        assert_eq!(status["history"][0]["lastReconciledStatus"], "ReconciliationSucceeded");
        assert_eq!(status["history"][0]["metadata"], json!({"revision": revision}));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn source_of_another_namespace_is_followed() -> anyhow::Result<()> {
    play("across", async |scene, _| {
        let other = format!("{}-sources", scene.name());
        scene.live.create(NAMESPACE, &NAMESPACE.object("", &other, json!({}))).await?;
        let first = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "1"))?;
        scene.live.create(GIT_REPOSITORY, &git_repository(&other, "shared", &scene.url, json!({}))).await?;
        let spec = json!({"sourceRef": {"kind": "GitRepository", "name": "shared", "namespace": other}});
        scene.add_kustomization("app", "./a", spec).await?;
        scene.applied("app", &first).await?;
        let second = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "2"))?;
        scene.live.reconcile(GIT_REPOSITORY, &other, "shared").await?;
        scene.applied("app", &second).await?;
        let changed = |object: &Value| object["data"]["k"] == "2";
        ensure!(changed(&scene.get(CONFIG_MAP, "a").await?), "the change is not live");
        Ok(())
    })
    .await
}
