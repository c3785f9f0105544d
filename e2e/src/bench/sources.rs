//! Sources other than Git: OCIRepositories of a registry, HelmCharts of a Helm repository.

use super::sets::{Set, Sets};
use super::stand::{Bench, NAMESPACE};
use super::workload;
use crate::objects::{HELM_CHART, HELM_REPOSITORY, Kind, OCI_REPOSITORY, is_ready};
use anyhow::Context;
use serde_json::{Value, json};
use test_support::file_server::{FileServer, Protection};
use test_support::registry::{self, Layer, RegistryServer};

const CONTROLLER: &str = "source-controller";

/// How many other charts the repository has, and how many versions of each.
const OTHERS: (usize, usize) = (50, 20);

/// Flags of `cargo xtask bench sources`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sets: Sets,
    /// How many objects
    #[arg(short, default_value_t = 100)]
    n: usize,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let work = async |set: &Set| {
        let mut bench = Bench::start(set, &arguments.sets, arguments.n).await?;
        artifacts(&mut bench).await?;
        charts(&mut bench).await?;
        Ok(bench.rows)
    };
    arguments.sets.run("", work).await
}

async fn artifacts(bench: &mut Bench) -> anyhow::Result<()> {
    let registry = RegistryServer::start(registry::Protection::default()).await.context("start a registry")?;
    let push = async |version: &str| {
        let layer =
            Layer { media_type: "application/vnd.cncf.flux.content.v1.tar+gzip".to_owned(), content: workload::layer(version)? };
        registry.push("app", version, &[layer], &[]).await.context("push the artifact")
    };
    push("1.0.0").await?;
    let url = registry.url("app");
    let create = async |bench: &Bench| {
        for name in bench.names() {
            let spec = json!({"interval": "1h", "insecure": true, "url": url, "ref": {"semver": "*"}});
            bench.live.create(OCI_REPOSITORY, &OCI_REPOSITORY.object(NAMESPACE, &name, json!({ "spec": spec }))).await?;
        }
        bench.wait(OCI_REPOSITORY, bench.n, is_ready).await
    };
    bench.phase("oci", CONTROLLER, create).await?;
    bench.phase("oci-noop", CONTROLLER, async |bench| bench.touch(OCI_REPOSITORY, bench.n).await).await?;
    push("2.0.0").await?;
    bench.phase("oci-upgrade", CONTROLLER, async |bench| upgrade(bench, OCI_REPOSITORY).await).await
}

async fn charts(bench: &mut Bench) -> anyhow::Result<()> {
    let server = FileServer::start(Protection::default()).await.context("start a Helm repository")?;
    for version in ["1.0.0", "2.0.0"] {
        server.put(&format!("app-{version}.tgz"), workload::package(version)?);
    }
    server.put("index.yaml", index(&["1.0.0"]));
    let repository = json!({"spec": {"url": server.url(""), "interval": "1h"}});
    bench.live.create(HELM_REPOSITORY, &HELM_REPOSITORY.object(NAMESPACE, "app-0", repository)).await?;
    bench.wait(HELM_REPOSITORY, 1, is_ready).await?;
    let create = async |bench: &Bench| {
        for name in bench.names() {
            let source = json!({"kind": "HelmRepository", "name": "app-0"});
            let spec = json!({"interval": "1h", "chart": "app", "version": "*", "sourceRef": source});
            bench.live.create(HELM_CHART, &HELM_CHART.object(NAMESPACE, &name, json!({ "spec": spec }))).await?;
        }
        bench.wait(HELM_CHART, bench.n, is_ready).await
    };
    bench.phase("charts", CONTROLLER, create).await?;
    bench.phase("charts-noop", CONTROLLER, async |bench| bench.touch(HELM_CHART, bench.n).await).await?;
    server.put("index.yaml", index(&["2.0.0", "1.0.0"]));
    let upgrade = async |bench: &Bench| {
        bench.touch(HELM_REPOSITORY, 1).await?;
        wait_for_second_version(bench, HELM_CHART).await
    };
    bench.phase("charts-upgrade", CONTROLLER, upgrade).await
}

async fn upgrade(bench: &Bench, kind: Kind) -> anyhow::Result<()> {
    bench.touch(kind, bench.n).await?;
    wait_for_second_version(bench, kind).await
}

async fn wait_for_second_version(bench: &Bench, kind: Kind) -> anyhow::Result<()> {
    let upgraded = |object: &Value| {
        let revision = object["status"]["artifact"]["revision"].as_str().unwrap_or_default();
        is_ready(object) && revision.starts_with("2.0.0")
    };
    bench.wait(kind, bench.n, upgraded).await
}

/// The index of a repository that has these versions of the chart `app`, and others.
fn index(versions: &[&str]) -> String {
    let entry = |name: &str, version: &str| json!({"apiVersion": "v2", "name": name, "version": version, "urls": [format!("{name}-{version}.tgz")]});
    let app: Vec<Value> = versions.iter().map(|version| entry("app", version)).collect();
    let mut entries = json!({ "app": app });
    for number in 0..OTHERS.0 {
        let name = format!("other-{number}");
        entries[&name] = (0..OTHERS.1).rev().map(|minor| entry(&name, &format!("1.{minor}.0"))).collect();
    }
    json!({"apiVersion": "v1", "entries": entries}).to_string()
}
