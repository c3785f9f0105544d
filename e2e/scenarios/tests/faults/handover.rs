//! Orderly ends, and a second source-controller that takes over.

use anyhow::{Context, ensure};
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, LEASE, config_map};
use scenarios::own::{Ground, play_with_own};
use scenarios::{Own, Scene, artifact};
use serde_json::{Value, json};

#[tokio::test]
async fn controllers_that_are_asked_to_end_do_so_and_lose_nothing() -> anyhow::Result<()> {
    play_with_own("ended", &[], async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("a/0.yaml", config_map("map-0", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        for number in 1..=3 {
            let name = format!("map-{number}");
            let commit = scene.repository.commit_file(&format!("a/{number}.yaml"), config_map(&name, "k", "v"))?;
            scene.live.request(GIT_REPOSITORY, scene.name(), "source").await?;
            for controller in [&mut own.source, &mut own.kustomize] {
                let status = controller.terminate().with_context(|| format!("{} did not end in time", controller.name()))?;
                ensure!(status.success(), "{} ended with {status}", controller.name());
                controller.restart()?;
                controller.wait_until_ready().await?;
            }
            scene.applied("app", &commit).await?;
            scene.get(CONFIG_MAP, &name).await?;
        }
        Ok(())
    })
    .await
}

async fn holder(scene: &Scene, other: &str) -> anyhow::Result<String> {
    let identity = |lease: &Value| lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned();
    let wanted = |lease: &Value| !identity(lease).is_empty() && identity(lease) != other;
    let lease = scene.wait(LEASE, "source-controller-leader-election", "have another holder", wanted).await?;
    Ok(identity(&lease))
}

#[tokio::test]
async fn second_source_controller_takes_over_with_an_empty_storage() -> anyhow::Result<()> {
    let flags = [
        "enable-leader-election",
        "leader-election-lease-duration=4s",
        "leader-election-renew-deadline=3s",
        "leader-election-retry-period=1s",
    ];
    let flags = flags.map(|flag| format!("--{flag}"));
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    play_with_own("leader", &flags, async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "1"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        let before = scene.ready(GIT_REPOSITORY, "source").await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let first = holder(scene, "").await?;
        let directory = own.directory().join("second");
        std::fs::create_dir(&directory)?;
        let [second, _] = Own::builders(&ground.cluster, scene.name(), &directory, &flags)?;
        let second = second.instance("second-source-controller").start(own.directory())?;
        own.source.kill();
        holder(scene, &first).await?;
        let moved = |object: &Value| {
            let artifact = &object["status"]["artifact"];
            artifact.is_object() && artifact["url"] != before["status"]["artifact"]["url"]
        };
        let after = scene.wait(GIT_REPOSITORY, "source", "be published by the second", moved).await?;
        assert_eq!(
            artifact::download(&after).await?,
            artifact::Files::from([("a/a.yaml".to_owned(), config_map("a", "k", "1"))])
        );
        let commit = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "2"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.applied("app", &commit).await?;
        drop(second);
        Ok(())
    })
    .await
}
