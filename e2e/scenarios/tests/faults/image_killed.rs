//! SIGKILL of the image controllers: tags that were known stay known, and no commit is made twice.

use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::objects::{GIT_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
use e2e::world::{self, Settings};
use scenarios::images::{image, push_tags};
use scenarios::own::Ground;
use scenarios::{Own, Scene};
use serde_json::{Value, json};
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

/// How many requests for the scene's repository were answered so far.
fn answered(ground: &Ground, scene: &Scene) -> usize {
    let path = format!("/{}.git/", scene.name());
    ground.git.requests().iter().filter(|request| request.path.starts_with(&path)).count()
}

/// Whether the automation has come to an end with this tag.
fn has_settled(automation: &Value, tag: &str) -> bool {
    automation["status"]["observedPolicies"]["app"]["tag"] == tag
}

/// Waits until so many requests are answered, or there is nothing left to ask. Of the last answer the client may know nothing yet.
async fn wait_for_requests(ground: &Ground, scene: &Scene, count: usize, tag: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + SOON;
    while answered(ground, scene) < count && !has_settled(&scene.get(IMAGE_UPDATE_AUTOMATION, "auto").await?, tag) {
        ensure!(Instant::now() < deadline, "{count} requests were not made");
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[tokio::test]
async fn sec_l13_a_kill_after_any_request_makes_no_commit_twice_and_loses_none() -> anyhow::Result<()> {
    // A run lists, fetches and pushes in seven requests; the last rounds end at about the time of the status.
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
    for round in 0..ROUNDS {
        let tag = format!("1.{}.0", round + 1);
        push_tags(&registry, "org/app", &[&tag]).await?;
        let before = answered(ground, &scene);
        scene.reconcile(IMAGE_REPOSITORY, "app").await?;
        scene.wants("app", &tag).await?;
        wait_for_requests(ground, &scene, before + round, &tag).await?;
        automation.kill();
        scene.repository.git(&["fsck", "--strict"])?;
        automation.restart()?;
        automation.wait_until_ready().await?;
        let settled = scene.wait(IMAGE_UPDATE_AUTOMATION, "auto", "settle", |object| has_settled(object, &tag)).await?;
        assert_eq!(scene.file("main", "a.yaml")?, line(&tag));
        let head = scene.repository.resolve("main")?;
        assert_eq!(settled["status"]["observedSourceRevision"], format!("main@sha1:{head}"));
    }
    let count = scene.repository.git(&["rev-list", "--count", "main"])?;
    ensure!(count == (ROUNDS + 2).to_string(), "one commit for each image: {count}");
    Ok(())
}
