//! Suspension, requests, loss of the stored file, deletion.

use anyhow::{Context, ensure};
use e2e::objects::{GIT_REPOSITORY, is_ready};
use scenarios::{Scene, Stage, artifact, play};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where the file of a source's artifact is.
fn file_of(stage: &Stage, source: &Value) -> anyhow::Result<PathBuf> {
    let path = source["status"]["artifact"]["path"].as_str().context("there is no artifact")?;
    Ok(stage.storage().join(path))
}

async fn ready_source(scene: &Scene) -> anyhow::Result<Value> {
    scene.repository.commit_file("file", "first")?;
    scene.add_source("source", json!({})).await?;
    scene.ready(GIT_REPOSITORY, "source").await
}

#[tokio::test]
async fn suspended_source_records_requests_and_does_nothing_else() -> anyhow::Result<()> {
    play("suspended", async |scene, _| {
        let before = ready_source(scene).await?;
        scene.patch(GIT_REPOSITORY, "source", json!({"spec": {"suspend": true}})).await?;
        let commit = scene.repository.commit_file("file", "second")?;
        let suspended = scene.reconcile(GIT_REPOSITORY, "source").await?;
        assert_eq!(suspended["status"]["artifact"], before["status"]["artifact"]);
        assert_eq!(suspended["status"]["conditions"], before["status"]["conditions"]);
        assert_eq!(suspended["status"]["observedGeneration"], suspended["metadata"]["generation"]);
        scene.patch(GIT_REPOSITORY, "source", json!({"spec": {"suspend": false}})).await?;
        scene.published("source", &commit).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn request_is_recorded_also_when_the_run_fails() -> anyhow::Result<()> {
    play("requested", async |scene, _| {
        scene.repository.commit_file("file", "first")?;
        scene.add_source("source", json!({"ref": {"branch": "nope"}})).await?;
        scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        // Waits for status.lastHandledReconcileAt to be the value of the request.
        let object = scene.reconcile(GIT_REPOSITORY, "source").await?;
        ensure!(!is_ready(&object), "{object:#}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn new_commit_is_seen_after_the_interval() -> anyhow::Result<()> {
    play("interval", async |scene, _| {
        scene.repository.commit_file("file", "first")?;
        scene.add_source("source", json!({"interval": "1s"})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        let commit = scene.repository.commit_file("file", "second")?;
        scene.published("source", &commit).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn lost_artifact_is_built_anew() -> anyhow::Result<()> {
    play("lost", async |scene, stage| {
        let before = ready_source(scene).await?;
        let file = file_of(stage, &before)?;
        let content = std::fs::read(&file)?;
        std::fs::remove_file(&file)?;
        let after = scene.reconcile(GIT_REPOSITORY, "source").await?;
        ensure!(is_ready(&after), "{after:#}");
        assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
        assert_eq!(std::fs::read(&file)?, content, "the same commit gives the same bytes");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn damaged_artifact_is_noticed_and_built_anew() -> anyhow::Result<()> {
    play("damaged", async |scene, stage| {
        let before = ready_source(scene).await?;
        let file = file_of(stage, &before)?;
        std::fs::write(&file, "not what it was")?;
        let after = scene.reconcile(GIT_REPOSITORY, "source").await?;
        ensure!(is_ready(&after), "{after:#}");
        assert_eq!(artifact::download(&after).await?["file"], "first");
        scene.wait_for_event(GIT_REPOSITORY, "source", "ArtifactVerificationFailed", "failed to verify integrity").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn deletion_removes_the_files_and_then_the_finalizer() -> anyhow::Result<()> {
    play("deleted", async |scene, stage| {
        for (name, suspend) in [("working", false), ("suspended", true)] {
            scene.repository.commit_file("file", name)?;
            scene.add_source(name, json!({})).await?;
            let source = scene.ready(GIT_REPOSITORY, name).await?;
            assert_eq!(source["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
            let directory = file_of(stage, &source)?.parent().context("a file has a directory")?.to_owned();
            ensure!(directory.exists(), "{} is not there", directory.display());
            scene.patch(GIT_REPOSITORY, name, json!({"spec": {"suspend": suspend}})).await?;
            scene.delete(GIT_REPOSITORY, name).await?;
            ensure!(!directory.exists(), "{} is still there", directory.display());
        }
        Ok(())
    })
    .await
}
