//! A repository in the layout of Flux's example for kustomize and Helm (`fleet/`): controllers from charts, what needs their kinds, and an app with
//! an overlay for each cluster. All becomes Ready as it is committed; and when it goes, nothing is left.

use anyhow::{Context, ensure};
use e2e::objects::{CONFIG_MAP, DEPLOYMENT, KUSTOMIZATION, Kind, is_ready};
use scenarios::{DEFINITION, Scene, archive, play};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use test_support::file_server::FileServer;
use test_support::registry::{Layer, Protection, RegistryServer};
use test_support::workspace;

const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// The versions of the app; staging takes the newest, production the newest that is no pre-release.
const VERSIONS: [&str; 2] = ["1.1.0", "2.0.0-alpha.1"];
/// The Kustomizations of a cluster.
const KUSTOMIZATIONS: [&str; 3] = ["infra-controllers", "infra-configs", "apps"];

fn folder() -> PathBuf {
    workspace::root().join("e2e/scenarios/fleet")
}

/// The files below a folder by their paths, with other words in place of some.
fn files(folder: &Path, words: &[(&str, &str)]) -> anyhow::Result<Vec<(String, String)>> {
    let (mut files, mut pending) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(current) = pending.pop() {
        for entry in std::fs::read_dir(&current).with_context(|| format!("read {}", current.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            let text = words.iter().fold(text, |text, (word, other)| text.replace(word, other));
            files.push((path.strip_prefix(folder)?.display().to_string(), text));
        }
    }
    files.sort();
    Ok(files)
}

/// The package of a chart.
fn package(name: &str, words: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let files = files(&folder().join("charts").join(name), words)?;
    let named: Vec<(String, String)> = files.into_iter().map(|(path, text)| (format!("{name}/{path}"), text)).collect();
    archive::of(&named.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

/// A registry with the charts of the infrastructure, and a repository with those of the app.
async fn serve() -> anyhow::Result<(RegistryServer, FileServer)> {
    let registry = RegistryServer::start(Protection::default()).await?;
    for (name, version) in [("certificates", "1.2.0"), ("gateway", "1.0.3")] {
        let layer = Layer { media_type: CHART.to_owned(), content: package(name, &[])? };
        registry.push(&format!("charts/{name}"), version, &[layer], &[]).await?;
    }
    let repository = FileServer::start(test_support::file_server::Protection::default()).await?;
    let mut index = "apiVersion: v1\nentries:\n  shop:\n".to_owned();
    for version in VERSIONS {
        repository.put(&format!("charts/shop-{version}.tgz"), package("shop", &[("VERSION", version)])?);
        index.push_str(&format!("  - name: shop\n    version: {version}\n    urls: [shop-{version}.tgz]\n"));
    }
    repository.put("charts/index.yaml", index);
    Ok((registry, repository))
}

/// Waits until the cluster is as it is committed for that environment.
async fn ready(scene: &Scene, issuer: Kind, [server, host, version]: [&str; 3], replicas: u64) -> anyhow::Result<()> {
    let namespace = format!("{}-shop", scene.name());
    let settings = json!({"gateway": scene.name(), "host": host, "version": version});
    let released = |object: &Value| object["data"] == settings;
    scene.wait(KUSTOMIZATION, "cluster", "become Ready", is_ready).await?;
    scene.live.wait(CONFIG_MAP, &namespace, "shop", &format!("have the settings of {host}"), released).await?;
    for name in KUSTOMIZATIONS {
        scene.ready(KUSTOMIZATION, name).await?;
    }
    let deployment = scene.live.get(DEPLOYMENT, &namespace, "shop").await?.context("the app is not there")?;
    assert_eq!(deployment["status"]["readyReplicas"], replicas);
    let issuer = scene.live.get(issuer, "", scene.name()).await?.context("there is no issuer")?;
    assert_eq!(issuer["spec"]["acme"]["server"], server);
    Ok(())
}

#[tokio::test]
async fn a_fleet_is_ready_as_it_is_committed() -> anyhow::Result<()> {
    play("fleet", async |scene, _| {
        let (registry, repository) = serve().await?;
        let charts = repository.url("charts");
        let words = [("FLEET", scene.name()), ("REGISTRY", registry.address()), ("REPOSITORY", charts.as_str())];
        let files = files(&folder().join("repository"), &words)?;
        let commit = scene.repository.commit("The whole fleet");
        files.iter().fold(commit, |commit, (path, text)| commit.file(path, text)).create()?;

        let issuer = Kind {
            api_version: format!("{}.example.com/v1", scene.name()).leak(),
            kind: "ClusterIssuer",
            plural: "clusterissuers",
        };
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("cluster", "./clusters/staging", json!({"targetNamespace": null})).await?;
        let staging = ["https://staging.example.com/directory", "shop.staging.example.com", VERSIONS[1]];
        ready(scene, issuer, staging, 1).await?;

        scene.patch(KUSTOMIZATION, "cluster", json!({"spec": {"path": "./clusters/production"}})).await?;
        let production = ["https://example.com/directory", "shop.example.com", VERSIONS[0]];
        ready(scene, issuer, production, 2).await?;

        scene.delete(KUSTOMIZATION, "cluster").await?;
        for name in KUSTOMIZATIONS {
            scene.live.wait_gone(KUSTOMIZATION, scene.name(), name).await?;
        }
        let definition = format!("clusterissuers.{}.example.com", scene.name());
        scene.live.wait_gone(DEFINITION, "", &definition).await?;
        let left = scene.live.exists(&format!("/apis/apps/v1/namespaces/{}-shop/deployments/shop", scene.name())).await?;
        ensure!(!left, "the app is not uninstalled");
        Ok(())
    })
    .await
}
