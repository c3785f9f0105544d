//! Mean time to production: from objects created to objects Ready, and what that costs each process.

use super::sets::{Set, Sets};
use super::stand::{Bench, NAMESPACE, name};
use super::workload;
use crate::objects::{
    GIT_REPOSITORY, HELM_CHART, HELM_RELEASE, KUSTOMIZATION, Kind, git_repository, helm_release, is_ready, kustomization,
};
use crate::world::helm_controller;
use anyhow::Context;
use serde_json::{Value, json};
use test_support::Repository;

const SOURCE: &str = "source-controller";
const KUSTOMIZE: &str = "kustomize-controller";
const HELM: &str = "helm-controller";

/// Flags of `cargo xtask bench mttp`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sets: Sets,
    /// How many objects
    #[arg(short, default_value_t = 100)]
    n: usize,
    /// Instead: HelmReleases of one chart are installed, upgraded by a change of values, and reconciled unchanged
    #[arg(long)]
    helm: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let work = async |set: &Set| {
        let mut bench = Bench::start(set, &arguments.sets, arguments.n).await?;
        if arguments.helm {
            releases(&mut bench).await?
        } else {
            kustomizations(&mut bench).await?
        };
        Ok(bench.rows)
    };
    arguments.sets.run("", work).await
}

async fn kustomizations(bench: &mut Bench) -> anyhow::Result<()> {
    let repository = bench.world.git.repository("app").context("create the repository")?;
    commit(&repository, "1.0.0")?;
    bench.create_namespaces().await?;
    bench.phase("sources", SOURCE, async |bench| create_sources(bench, bench.n).await).await?;
    bench.phase("sources-noop", SOURCE, async |bench| bench.touch(GIT_REPOSITORY, bench.n).await).await?;
    bench.phase("install", KUSTOMIZE, async |bench| create_kustomizations(bench).await).await?;
    let head = commit(&repository, "2.0.0")?;
    let upgrade = async |bench: &Bench| {
        bench.touch(GIT_REPOSITORY, 1).await?;
        wait_until_ready(bench, KUSTOMIZATION, &head).await
    };
    bench.phase("upgrade", KUSTOMIZE, upgrade).await?;
    bench.phase("noop", KUSTOMIZE, async |bench| bench.touch(KUSTOMIZATION, bench.n).await).await?;
    wait_until_ready(bench, KUSTOMIZATION, &head).await
}

async fn releases(bench: &mut Bench) -> anyhow::Result<()> {
    let repository = bench.world.git.repository("app").context("create the repository")?;
    workload::chart("1.0.0").iter().fold(repository.commit("1.0.0"), |commit, (path, text)| commit.file(path, text)).create()?;
    bench.create_namespaces().await?;
    let kubeconfig = bench.world.kubeconfig_of("helm-controller").await?;
    let controller = helm_controller(&bench.settings, &kubeconfig).start(bench.world.directory())?;
    bench.add(controller).await?;
    create_sources(bench, 1).await?;
    let source = json!({"kind": "GitRepository", "name": name(0)});
    let chart = json!({"spec": {"interval": "1h", "chart": "./chart", "sourceRef": source}});
    bench.live.create(HELM_CHART, &HELM_CHART.object(NAMESPACE, "app", chart)).await?;
    bench.wait(HELM_CHART, 1, is_ready).await?;
    bench.phase("helm-install", HELM, async |bench| create_releases(bench).await).await?;
    bench.phase("helm-upgrade", HELM, async |bench| change_values(bench).await).await?;
    bench.phase("helm-noop", HELM, async |bench| bench.touch(HELM_RELEASE, bench.n).await).await
}

fn commit(repository: &Repository, version: &str) -> anyhow::Result<String> {
    Ok(repository.commit(version).file(workload::FILE, workload::manifests(version)).create()?)
}

async fn create_sources(bench: &Bench, count: usize) -> anyhow::Result<()> {
    let url = bench.world.git.url("app");
    for number in 0..count {
        let object = git_repository(NAMESPACE, &name(number), &url, json!({"interval": "1h"}));
        bench.live.create(GIT_REPOSITORY, &object).await?;
    }
    bench.wait(GIT_REPOSITORY, count, is_ready).await
}

async fn create_kustomizations(bench: &Bench) -> anyhow::Result<()> {
    for name in bench.names() {
        let spec = json!({
            "interval": "1h", "retryInterval": null, "timeout": "5m", "wait": true, "targetNamespace": name,
            "sourceRef": {"kind": "GitRepository", "name": "app-0"},
        });
        bench.live.create(KUSTOMIZATION, &kustomization(NAMESPACE, &name, "./app", spec)).await?;
    }
    wait_until_ready(bench, KUSTOMIZATION, "").await
}

async fn create_releases(bench: &Bench) -> anyhow::Result<()> {
    for name in bench.names() {
        let spec = json!({
            "interval": "1h", "timeout": null, "releaseName": "app", "targetNamespace": name, "storageNamespace": name,
            "values": {"image": {"tag": "1.0.0"}},
        });
        bench.live.create(HELM_RELEASE, &helm_release(NAMESPACE, &name, spec)).await?;
    }
    bench.wait(HELM_RELEASE, bench.n, is_ready).await
}

async fn change_values(bench: &Bench) -> anyhow::Result<()> {
    let change = json!({"spec": {"values": {"image": {"tag": "2.0.0"}}}});
    for name in bench.names() {
        bench.live.patch(HELM_RELEASE, NAMESPACE, &name, &change).await?;
    }
    let upgraded = |object: &Value| is_ready(object) && object["status"]["history"][0]["version"] == 2;
    bench.wait(HELM_RELEASE, bench.n, upgraded).await
}

/// Waits until all objects of a kind are Ready, Kustomizations with a revision that ends so.
async fn wait_until_ready(bench: &Bench, kind: Kind, revision: &str) -> anyhow::Result<()> {
    let done = |object: &Value| {
        is_ready(object) && object["status"]["lastAppliedRevision"].as_str().unwrap_or_default().ends_with(revision)
    };
    bench.wait(kind, bench.n, done).await
}
