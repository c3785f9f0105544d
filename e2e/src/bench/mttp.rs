//! Mean time to production: from objects created to objects Ready, and what that costs each process.

#![expect(clippy::print_stdout, reason = "the rows are the result")]

use super::record::{self, rounded};
use super::{requests, workload};
use crate::objects::{GIT_REPOSITORY, KUSTOMIZATION, Kind, NAMESPACE as NAMESPACES, git_repository, is_ready, kustomization};
use crate::world::{Accounts, Settings};
use crate::{Live, World};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use test_support::Repository;
use test_support::controller::{Controller, binaries};

const NAMESPACE: &str = "bench";

/// How long one phase may take.
const PHASE_WITHIN: Duration = Duration::from_secs(900);

/// How often all objects are listed to see how many are done.
const POLL_EVERY: Duration = Duration::from_millis(250);

const NOTE: &str = "The control plane runs on the same machine and is not counted, but for `apiserver_cpu_s`.";

/// Flags of `cargo xtask bench mttp`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// How many sources, and how many Kustomizations
    #[arg(short, default_value_t = 100)]
    n: usize,
    /// A directory with a source-controller and a kustomize-controller that take Flux's flags, to be measured in place of ours
    #[arg(long)]
    bin_dir: Option<PathBuf>,
    /// How many objects each controller works on at once
    #[arg(long, default_value_t = 20)]
    concurrent: usize,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

/// The cluster under measurement.
struct Bench {
    world: World,
    live: Live,
    client: kube::Client,
    n: usize,
    set: String,
    rows: Vec<Value>,
}

/// Whose cost a phase counts.
#[derive(Clone, Copy)]
enum Measured {
    Source,
    Kustomize,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut bench = Bench::start(arguments).await?;
    let repository = bench.world.git.repository("app").context("create the repository")?;
    commit(&repository, "1.0.0")?;
    eprintln!("creating {} namespaces", bench.n);
    for number in 0..bench.n {
        bench.live.create(NAMESPACES, &NAMESPACES.object("", &format!("app-{number}"), json!({}))).await?;
    }
    bench.phase("sources", Measured::Source, async |bench| bench.create_sources().await).await?;
    bench.phase("sources-noop", Measured::Source, async |bench| bench.touch(GIT_REPOSITORY, bench.n).await).await?;
    bench.phase("install", Measured::Kustomize, async |bench| bench.create_kustomizations().await).await?;
    let head = commit(&repository, "2.0.0")?;
    let upgrade = async |bench: &Bench| {
        bench.touch(GIT_REPOSITORY, 1).await?;
        bench.wait_until_ready(KUSTOMIZATION, &head).await
    };
    bench.phase("upgrade", Measured::Kustomize, upgrade).await?;
    bench.phase("noop", Measured::Kustomize, async |bench| bench.touch(KUSTOMIZATION, bench.n).await).await?;
    bench.wait_until_ready(KUSTOMIZATION, &head).await?;
    if let Some(name) = &arguments.record {
        let directory = record::write(name, &bench.rows, NOTE)?;
        eprintln!("kept in {}", directory.display());
    }
    Ok(())
}

fn commit(repository: &Repository, version: &str) -> anyhow::Result<String> {
    Ok(repository.commit(version).file(workload::FILE, workload::manifests(version)).create()?)
}

impl Bench {
    async fn start(arguments: &Arguments) -> anyhow::Result<Self> {
        let binaries = match &arguments.bin_dir {
            Some(directory) => directory.canonicalize().with_context(|| format!("find {}", directory.display()))?,
            None => binaries()?,
        };
        let flags = vec!["--log-level=error".to_owned(), format!("--concurrent={}", arguments.concurrent)];
        eprintln!("starting the control plane and the controllers of {}", binaries.display());
        let set = if arguments.bin_dir.is_some() { binaries.display().to_string() } else { "weir".to_owned() };
        let world = World::start(&Settings { nodes: 0, binaries, flags, accounts: Accounts::Administrator }).await?;
        let client = world.cluster.client().await?;
        let live = Live::new(client.clone());
        live.create(NAMESPACES, &NAMESPACES.object("", NAMESPACE, json!({}))).await?;
        Ok(Self { world, live, client, n: arguments.n, set, rows: Vec::new() })
    }

    fn measured(&self, measured: Measured) -> &Controller {
        match measured {
            Measured::Source => &self.world.source,
            Measured::Kustomize => &self.world.kustomize,
        }
    }

    async fn phase(
        &mut self,
        name: &str,
        measured: Measured,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let requests = requests::for_applied_objects(&self.client).await?;
        let before = self.measured(measured).usage()?;
        let api_server = self.world.cluster.api_server_usage()?;
        let start = Instant::now();
        work(self).await.with_context(|| format!("phase {name}"))?;
        let wall = start.elapsed().as_secs_f64();
        let after = self.measured(measured).usage()?;
        let api_server_after = self.world.cluster.api_server_usage()?;
        let requests = requests::for_applied_objects(&self.client).await? - requests;
        let mebibytes = |bytes: u64| rounded(bytes as f64 / f64::from(1 << 20), 1);
        let row = json!({
            "set": self.set,
            "phase": name,
            "n": self.n,
            "wall_s": rounded(wall, 2),
            "cpu_s": rounded(after.cpu_seconds - before.cpu_seconds, 2),
            "apiserver_cpu_s": rounded(api_server_after.cpu_seconds - api_server.cpu_seconds, 2),
            "rss_mib": mebibytes(after.resident),
            "peak_mib": mebibytes(after.peak),
            "object_requests": requests,
        });
        println!("{row}");
        self.rows.push(row);
        Ok(())
    }

    async fn create_sources(&self) -> anyhow::Result<()> {
        let url = self.world.git.url("app");
        for number in 0..self.n {
            let object = git_repository(NAMESPACE, &format!("app-{number}"), &url, json!({"interval": "1h"}));
            self.live.create(GIT_REPOSITORY, &object).await?;
        }
        self.wait_until_ready(GIT_REPOSITORY, "").await
    }

    async fn create_kustomizations(&self) -> anyhow::Result<()> {
        for number in 0..self.n {
            let name = format!("app-{number}");
            let spec = json!({
                "interval": "1h", "retryInterval": null, "timeout": "5m", "wait": true, "targetNamespace": name,
                "sourceRef": {"kind": "GitRepository", "name": "app-0"},
            });
            self.live.create(KUSTOMIZATION, &kustomization(NAMESPACE, &name, "./app", spec)).await?;
        }
        self.wait_until_ready(KUSTOMIZATION, "").await
    }

    /// Waits until all objects of a kind are Ready, Kustomizations with a revision that ends so.
    async fn wait_until_ready(&self, kind: Kind, revision: &str) -> anyhow::Result<()> {
        let done = |object: &Value| {
            is_ready(object) && object["status"]["lastAppliedRevision"].as_str().unwrap_or_default().ends_with(revision)
        };
        self.wait(kind, self.n, done).await
    }

    /// Asks for a reconciliation of the first `count` objects of a kind and waits until all have had it.
    async fn touch(&self, kind: Kind, count: usize) -> anyhow::Result<()> {
        let mut stamp = String::new();
        for number in 0..count {
            stamp = self.live.request_with(kind, (NAMESPACE, &format!("app-{number}")), &stamp).await?;
        }
        self.wait(kind, count, |object| object["status"]["lastHandledReconcileAt"] == *stamp).await
    }

    async fn wait(&self, kind: Kind, count: usize, done: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PHASE_WITHIN;
        loop {
            let number = self.live.list(kind, NAMESPACE).await?.iter().filter(|object| done(object)).count();
            if number >= count {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{number} of {count} {} are done after {} s", kind.plural, PHASE_WITHIN.as_secs());
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}
