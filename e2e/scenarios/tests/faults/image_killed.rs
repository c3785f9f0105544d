//! SIGKILL of the image controllers: tags that were known stay known, and no commit is made twice.

use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::objects::{GIT_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
use e2e::world::{self, Settings};
use scenarios::images::{image, push_tags};
use scenarios::own::Ground;
use scenarios::{Own, Scene};
use serde_json::json;
use std::time::Instant;
use test_support::controller::Controller;
use test_support::registry::{Protection, RegistryServer};

/// Both image controllers for the namespace of a scene, ready.
async fn controllers(ground: &Ground, scene: &Scene, own: &Own) -> anyhow::Result<(Controller, Controller)> {
    let kubeconfig = ground.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
    let mut settings = Settings::for_tests()?;
    settings.flags.push("--watch-all-namespaces=false".to_owned());
    let reflector = world::image_reflector_controller(&settings, &kubeconfig, own.directory());
    let automation = world::image_automation_controller(&settings, &kubeconfig);
    let mut reflector = reflector.variable("RUNTIME_NAMESPACE", scene.name()).start(own.directory())?;
    let mut automation = automation.variable("RUNTIME_NAMESPACE", scene.name()).start(own.directory())?;
    reflector.wait_until_ready().await?;
    automation.wait_until_ready().await?;
    Ok((reflector, automation))
}

#[tokio::test]
async fn known_tags_outlive_the_controller_and_the_registry() -> anyhow::Result<()> {
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    let (scene, own) = Own::scene(ground, "image-kill", &[]).await?;
    let (mut reflector, _automation) = controllers(ground, &scene, &own).await?;
    let mut registry = RegistryServer::start(Protection::default()).await?;
    push_tags(&registry, "org/app", &["1.0.0", "1.1.0"]).await?;
    scene.add_images("app", &image(&registry, "org/app"), json!({})).await?;
    scene.ready(IMAGE_REPOSITORY, "app").await?;
    reflector.kill();
    registry.stop();
    scene.add_policy("late", "app", json!({ "semver": { "range": "*" } }), json!({})).await?;
    reflector.restart()?;
    reflector.wait_until_ready().await?;
    scene.wants("late", "1.1.0").await?;
    let repository = scene.ready(IMAGE_REPOSITORY, "app").await?;
    assert_eq!(repository["status"]["lastScanResult"]["tagCount"], 2);
    Ok(())
}

/// Waits until the branch has a commit more than so many; at that moment the status may not be written yet.
async fn wait_for_commit(scene: &Scene, before: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + SOON;
    while scene.repository.git(&["rev-list", "--count", "main"])? == before.to_string() {
        ensure!(Instant::now() < deadline, "no commit was pushed");
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[tokio::test]
async fn kills_make_no_commit_twice_and_lose_none() -> anyhow::Result<()> {
    const ROUNDS: usize = 10;
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    let (scene, own) = Own::scene(ground, "image-once", &[]).await?;
    let (_reflector, mut automation) = controllers(ground, &scene, &own).await?;
    let registry = RegistryServer::start(Protection::default()).await?;
    push_tags(&registry, "org/app", &["1.0.0"]).await?;
    let name = image(&registry, "org/app");
    let line = |tag: &str| format!("image: {name}:{tag} # {{\"$imagepolicy\": \"{}:app\"}}", scene.name());
    scene.repository.commit_file("a.yaml", line("0"))?;
    scene.add_source("source", json!({})).await?;
    scene.ready(GIT_REPOSITORY, "source").await?;
    scene.add_images("app", &name, json!({})).await?;
    scene.add_policy("app", "app", json!({ "semver": { "range": "*" } }), json!({})).await?;
    scene.ready(IMAGE_POLICY, "app").await?;
    scene.add_automation("auto", json!({})).await?;
    scene.pushed("auto", "").await?;
    for round in 1..=ROUNDS {
        let tag = format!("1.{round}.0");
        push_tags(&registry, "org/app", &[&tag]).await?;
        scene.reconcile(IMAGE_REPOSITORY, "app").await?;
        scene.wants("app", &tag).await?;
        if round % 2 == 0 {
            wait_for_commit(&scene, round + 1).await?;
        }
        automation.kill();
        automation.restart()?;
        automation.wait_until_ready().await?;
        let settled = |object: &serde_json::Value| object["status"]["observedPolicies"]["app"]["tag"] == tag.as_str();
        scene.wait(IMAGE_UPDATE_AUTOMATION, "auto", "settle", settled).await?;
        assert_eq!(scene.file("main", "a.yaml")?, line(&tag));
    }
    let count = scene.repository.git(&["rev-list", "--count", "main"])?;
    ensure!(count == (ROUNDS + 2).to_string(), "one commit for each image: {count}");
    Ok(())
}
