//! The start of both stories: the demo's own repository with its four Kustomizations, or somebody else's with one.

use super::narrator::Narrator;
use crate::objects::{GIT_REPOSITORY, KUSTOMIZATION, condition, git_repository, is_ready, kustomization};
use crate::{Live, World};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::PathBuf;
use test_support::{Repository, workspace};

/// Where the demo's GitRepository and Kustomizations are.
pub(super) const NAMESPACE: &str = "default";

/// The name of the demo's repository on the Git server.
pub(super) const REPOSITORY: &str = "shop";

/// Environments of the shop, in the order of their replicas: one, two, three.
pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// The demo's repository and the cluster that follows it.
pub(super) struct Story {
    pub(super) live: Live,
    pub(super) repository: Repository,
    /// Whether the cluster has nodes that make any pod ready. Elsewhere the demo's images do not exist.
    pub(super) pods_run: bool,
}

/// A repository that is not ours.
pub(super) struct Other<'a> {
    pub(super) url: &'a str,
    pub(super) branch: &'a str,
    pub(super) path: &'a str,
}

/// Where the content of the demo's repository is.
pub(super) fn content() -> PathBuf {
    workspace::root().join("e2e/demo")
}

impl Story {
    /// Commits the demo's content, applies the objects that follow it, and waits until all are Ready.
    pub(super) async fn begin(world: &World, narrator: &mut Narrator) -> anyhow::Result<Self> {
        let live = world.live().await?;
        let pods_run = world.cluster.is_ours();
        let repository = world.git.repository(REPOSITORY).context("create the repository")?;
        narrator.begin("first commit: infrastructure, a base, overlays for dev, staging and prod");
        let commit = repository.commit("A shop in three environments").directory(&content())?.create()?;
        narrator.done(&format!("commit {}", &commit[..12]));

        narrator.begin("one GitRepository; infrastructure; dev, staging and prod, which depend on infrastructure");
        let source = git_repository(NAMESPACE, "source", &world.git.url(REPOSITORY), json!({"interval": "2s"}));
        live.create(GIT_REPOSITORY, &source).await?;
        for environment in ENVIRONMENTS {
            let spec = json!({
                "targetNamespace": null, "interval": "1m", "wait": pods_run, "dependsOn": [{"name": "infrastructure"}],
            });
            let object = kustomization(NAMESPACE, environment, &format!("./overlays/{environment}"), spec);
            live.create(KUSTOMIZATION, &object).await?;
        }
        let spec = json!({"targetNamespace": null, "interval": "1m", "wait": true});
        live.create(KUSTOMIZATION, &kustomization(NAMESPACE, "infrastructure", "./infrastructure", spec)).await?;
        let story = Self { live, repository, pods_run };
        story.wait_for_commit(&commit).await?;
        narrator.done(if pods_run { "all five are Ready, pods included" } else { "all five are Ready" });
        for environment in ENVIRONMENTS {
            let object = story.kustomization(environment).await?;
            narrator.detail(&format!("{environment}: {}", inventory(&object).join(", ")));
        }
        Ok(story)
    }

    /// Removes what the demo brought, for a cluster that outlives it.
    pub(super) async fn tidy(&self, narrator: &mut Narrator) -> anyhow::Result<()> {
        narrator.begin("removing everything from the cluster");
        for name in ENVIRONMENTS.into_iter().chain(["infrastructure"]) {
            self.live.delete(KUSTOMIZATION, NAMESPACE, name).await?;
            self.live.wait_gone(KUSTOMIZATION, NAMESPACE, name).await?;
        }
        self.live.delete(GIT_REPOSITORY, NAMESPACE, "source").await?;
        self.live.wait_gone(GIT_REPOSITORY, NAMESPACE, "source").await?;
        narrator.done("removed");
        Ok(())
    }

    /// Waits until every Kustomization has applied this commit and is Ready.
    pub(super) async fn wait_for_commit(&self, commit: &str) -> anyhow::Result<()> {
        for name in ["infrastructure"].into_iter().chain(ENVIRONMENTS) {
            self.wait_until_applied(name, commit).await?;
        }
        Ok(())
    }

    /// Waits until one Kustomization has applied this commit and is Ready.
    pub(super) async fn wait_until_applied(&self, name: &str, commit: &str) -> anyhow::Result<()> {
        let applied = |object: &Value| {
            is_ready(object) && object["status"]["lastAppliedRevision"].as_str().is_some_and(|text| text.ends_with(commit))
        };
        self.live.wait(KUSTOMIZATION, NAMESPACE, name, "apply the commit", applied).await.map(drop)
    }

    /// One of the demo's Kustomizations.
    pub(super) async fn kustomization(&self, name: &str) -> anyhow::Result<Value> {
        let object = self.live.get(KUSTOMIZATION, NAMESPACE, name).await?;
        object.with_context(|| format!("there is no Kustomization {name}"))
    }
}

/// Applies another repository and shows what came of it.
pub(super) async fn apply_other(world: &World, narrator: &mut Narrator, other: &Other<'_>) -> anyhow::Result<()> {
    let live = world.live().await?;
    narrator.begin(&format!("{} at {}, directory {}", other.url, other.branch, other.path));
    let spec = json!({"ref": {"branch": other.branch}, "interval": "30s"});
    live.create(GIT_REPOSITORY, &git_repository(NAMESPACE, "source", other.url, spec)).await?;
    let source = live.wait(GIT_REPOSITORY, NAMESPACE, "source", "become Ready", is_ready).await?;
    narrator.done(condition(&source, "Ready").2);

    narrator.begin("applying it");
    let spec = json!({"targetNamespace": null, "interval": "30s"});
    live.create(KUSTOMIZATION, &kustomization(NAMESPACE, "all", other.path, spec)).await?;
    let object = live.wait(KUSTOMIZATION, NAMESPACE, "all", "become Ready", is_ready).await?;
    narrator.done(condition(&object, "Ready").2);
    for entry in inventory(&object) {
        narrator.detail(&entry);
    }
    Ok(())
}

/// What a Kustomization says it has applied: `Deployment shop-dev/shop`.
fn inventory(object: &Value) -> Vec<String> {
    let entries = object["status"]["inventory"]["entries"].as_array();
    let ids = entries.into_iter().flatten().filter_map(|entry| entry["id"].as_str());
    // namespace_name_group_kind; no part but the name may hold an underscore, which then is doubled.
    let readable = |id: &str| match id.split('_').collect::<Vec<_>>()[..] {
        ["", name, _, kind] => format!("{kind} {name}"),
        [namespace, name, _, kind] => format!("{kind} {namespace}/{name}"),
        _ => id.to_owned(),
    };
    ids.map(readable).collect()
}
