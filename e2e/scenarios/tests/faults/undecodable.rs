//! One object that cannot be read, such as one of a later version, does not stop the others.

use anyhow::Context;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, Kind, config_map};
use scenarios::own::Ground;
use scenarios::{DEFINITION, Own};
use serde_json::json;

/// Makes the API server take anything as an object of this kind.
async fn accept_anything(live: &e2e::Live, kind: Kind) -> anyhow::Result<()> {
    let group = kind.api_version.split('/').next().unwrap_or_default();
    let name = format!("{}.{group}", kind.plural);
    let mut definition = live.get(DEFINITION, "", &name).await?.with_context(|| format!("there is no {name}"))?;
    let mut versions = definition["spec"]["versions"].take();
    for version in versions.as_array_mut().into_iter().flatten() {
        version["schema"] = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    }
    live.patch(DEFINITION, "", &name, &json!({"spec": {"versions": versions}})).await.map(drop)
}

#[tokio::test]
async fn undecodable_objects_do_not_stop_the_others() -> anyhow::Result<()> {
    if !e2e::world::at_hand()? {
        return Ok(());
    }
    // A cluster of its own, as the CRDs are changed.
    let ground = Ground::start().await?;
    let live = e2e::Live::new(ground.cluster.client().await?);
    for kind in [GIT_REPOSITORY, KUSTOMIZATION] {
        accept_anything(&live, kind).await?;
    }
    let (scene, mut own) = Own::scene(&ground, "undecodable", &[]).await?;
    let outcome = async {
        let spoil = async |number: u32| -> anyhow::Result<()> {
            for kind in [GIT_REPOSITORY, KUSTOMIZATION] {
                for (name, spec) in [("type", json!({"interval": 5, "url": {}})), ("nothing", json!(null)), ("text", json!("x"))]
                {
                    let mut object = kind.object(scene.name(), &format!("{name}-{number}"), json!({"spec": spec}));
                    if spec.is_null() {
                        object.as_object_mut().context("an object is a map")?.remove("spec");
                    }
                    // The schema may be served a moment after the definition was changed.
                    let deadline = std::time::Instant::now() + e2e::live::SOON;
                    while let Err(error) = live.create(kind, &object).await {
                        anyhow::ensure!(std::time::Instant::now() < deadline, "{error:#}");
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    }
                }
            }
            Ok(())
        };
        spoil(1).await?;
        let first = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "1"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.applied("app", &first).await?;
        // They are there when the controllers start, and when they list again.
        for controller in [&mut own.source, &mut own.kustomize] {
            controller.restart()?;
            controller.wait_until_ready().await?;
        }
        spoil(2).await?;
        let second = scene.repository.commit_file("a/a.yaml", config_map("a", "k", "2"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.applied("app", &second).await?;
        assert_eq!(scene.get(CONFIG_MAP, "a").await?["data"]["k"], "2");
        scene.delete(KUSTOMIZATION, "app").await?;
        scene.delete(GIT_REPOSITORY, "source").await
    }
    .await;
    if outcome.is_err() {
        scene.explain().await;
    }
    outcome
}
