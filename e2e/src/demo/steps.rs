//! What the demo shows after the first commit: roll-out, drift, pruning, a fault, recovery.

use super::narrator::Narrator;
use super::own::{ENVIRONMENTS, NAMESPACE, Story, content};
use crate::objects::{CONFIG_MAP, DEPLOYMENT, KUSTOMIZATION, condition, has_failed};
use anyhow::{Context, ensure};
use serde_json::Value;

pub(super) const DEPLOYMENT_FILE: &str = "base/deployment.yaml";
const STAGING_FILE: &str = "overlays/staging/kustomization.yaml";
const PROD_FILE: &str = "overlays/prod/kustomization.yaml";

/// Runs every step in turn.
pub(super) async fn run(story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    commit_reaches_the_cluster(story, narrator).await?;
    manual_scale_is_reverted(story, narrator).await?;
    removed_file_is_pruned(story, narrator).await?;
    broken_manifest_is_explained(story, narrator).await
}

async fn commit_reaches_the_cluster(story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a commit: version 1.1.0 of the image");
    let text = file(DEPLOYMENT_FILE)?.replace("shop:1.0.0", "shop:1.1.0");
    let commit = story.repository.commit("Release 1.1.0").file(DEPLOYMENT_FILE, text).create()?;
    story.wait_for_commit(&commit).await?;
    for environment in ENVIRONMENTS {
        let deployment = deployment(story, environment).await?;
        let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
        ensure!(image == "registry.example.com/shop:1.1.0", "{environment} runs {image}");
        let (updated, wanted) = (&deployment["status"]["updatedReplicas"], &deployment["spec"]["replicas"]);
        ensure!(!story.pods_run || updated == wanted, "{environment}: {updated} of {wanted} pods are updated");
    }
    narrator.done(if story.pods_run {
        "dev, staging and prod run it; their pods are ready"
    } else {
        "dev, staging and prod have it"
    });
    Ok(())
}

async fn manual_scale_is_reverted(story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("by hand: kubectl scale deployment shop --namespace=shop-prod --replicas=7");
    story.live.scale(DEPLOYMENT, "shop-prod", "shop", 7).await?;
    story.live.wait(DEPLOYMENT, "shop-prod", "shop", "go back to 3 replicas", |object| object["spec"]["replicas"] == 3).await?;
    narrator.done("reverted to 3 replicas");
    Ok(())
}

async fn removed_file_is_pruned(story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a commit that removes overlays/staging/banner.yaml");
    let text = file(STAGING_FILE)?.replace("  - banner.yaml\n", "");
    let change = story.repository.commit("No banner").remove("overlays/staging/banner.yaml").file(STAGING_FILE, text);
    let commit = change.create()?;
    story.wait_until_applied("staging", &commit).await?;
    story.live.wait_gone(CONFIG_MAP, "shop-staging", "banner").await?;
    narrator.done("the ConfigMap shop-staging/banner is gone");
    Ok(())
}

async fn broken_manifest_is_explained(story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    let before = untouched(story).await?;
    narrator.begin("a commit that breaks the overlay of prod");
    let broken = file(PROD_FILE)?.replace("count: 3", "count: [3");
    let commit = story.repository.commit("Break prod").file(PROD_FILE, broken).create()?;
    let failed = |object: &Value| has_failed(object, "BuildFailed");
    let prod = story.live.wait(KUSTOMIZATION, NAMESPACE, "prod", "say that the build failed", failed).await?;
    narrator.detail(&format!("prod: {}", condition(&prod, "Ready").2));
    story.wait_until_applied("dev", &commit).await?;
    story.wait_until_applied("staging", &commit).await?;
    let after = untouched(story).await?;
    ensure!(before == after, "a Deployment was written to although nothing in it changed:\n{before:?}\n{after:?}");
    narrator.done("prod says why; dev and staging go on; no Deployment was touched");

    narrator.begin("a commit that repairs it");
    let commit = story.repository.commit("Repair prod").file(PROD_FILE, file(PROD_FILE)?).create()?;
    story.wait_for_commit(&commit).await?;
    let after = untouched(story).await?;
    ensure!(before == after, "a Deployment was written to although nothing in it changed:\n{before:?}\n{after:?}");
    narrator.done("all are Ready again");
    Ok(())
}

/// Identity and generation of each Deployment: these change when one is recreated or its spec is.
async fn untouched(story: &Story) -> anyhow::Result<Vec<(Value, Value)>> {
    let mut all = Vec::new();
    for environment in ENVIRONMENTS {
        let mut object = deployment(story, environment).await?;
        all.push((object["metadata"]["uid"].take(), object["metadata"]["generation"].take()));
    }
    Ok(all)
}

pub(super) async fn deployment(story: &Story, environment: &str) -> anyhow::Result<Value> {
    let found = story.live.get(DEPLOYMENT, &format!("shop-{environment}"), "shop").await?;
    found.with_context(|| format!("there is no Deployment shop-{environment}/shop"))
}

pub(super) fn file(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(content().join(path)).with_context(|| format!("read e2e/demo/{path}"))
}
