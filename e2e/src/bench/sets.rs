//! Sets of binaries under measurement, side by side: each has the same work on a cluster of its own, one after the other.

use super::record::{self, rounded};
use super::requests;
use crate::objects::{Kind, NAMESPACE as NAMESPACES};
use crate::world::{Accounts, Settings};
use crate::{Live, World};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};
use test_support::controller::{Controller, binaries};

/// Where the objects of controllers are.
pub(super) const NAMESPACE: &str = "bench";

/// How long one phase may take.
const PHASE_WITHIN: Duration = Duration::from_secs(1800);

/// How often all objects are listed to see how many are done.
const POLL_EVERY: Duration = Duration::from_millis(250);

const NOTE: &str = "The control plane runs on the same machine and is not counted, but for `apiserver_cpu_s`. A row with `beside` is one set's phase \
divided by that of the first set: how many times as much it took.";

/// Flags of all benchmarks that run controllers.
#[derive(clap::Args)]
pub(super) struct Sets {
    /// What to measure, each as NAME=DIRECTORY of controllers that take Flux's flags; the first is what the others are compared with.
    /// Ours alone if there is none; `weir` alone stands for ours
    sets: Vec<Set>,
    /// How many objects
    #[arg(short, default_value_t = 100)]
    pub(super) n: usize,
    /// How many objects each controller works on at once
    #[arg(long, default_value_t = 20)]
    concurrent: usize,
    /// Keep the rows in e2e/bench/results under this name
    #[arg(long)]
    record: Option<String>,
}

/// Controllers with a name.
#[derive(Debug, Clone)]
struct Set {
    name: String,
    binaries: PathBuf,
}

impl FromStr for Set {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once('=') {
            Some((name, directory)) => {
                let binaries = PathBuf::from(directory).canonicalize().with_context(|| format!("find {directory}"))?;
                Ok(Self { name: name.to_owned(), binaries })
            }
            None if text == "weir" => Self::ours(),
            None => bail!("{text} is neither `weir` nor NAME=DIRECTORY"),
        }
    }
}

impl Set {
    fn ours() -> anyhow::Result<Self> {
        Ok(Self { name: "weir".to_owned(), binaries: binaries()? })
    }
}

impl Sets {
    /// Measures the work with every set, prints a row a phase and how the sets compare, and keeps the rows if that is wanted.
    pub(super) async fn run(&self, work: impl AsyncFn(&mut Bench) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let sets = if self.sets.is_empty() { vec![Set::ours()?] } else { self.sets.clone() };
        let mut rows: Vec<Value> = Vec::new();
        for set in &sets {
            let mut bench = Bench::start(set, self).await?;
            work(&mut bench).await.with_context(|| format!("measure {}", set.name))?;
            rows.append(&mut bench.rows);
        }
        let compared = compare(&rows, &sets[0].name);
        compared.iter().for_each(print);
        rows.extend(compared);
        if let Some(name) = &self.record {
            let directory = record::write(name, &rows, NOTE)?;
            eprintln!("kept in {}", directory.display());
        }
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "the rows are the result")]
fn print(row: &Value) {
    println!("{row}");
}

/// Each phase of the other sets, divided by that of the first.
fn compare(rows: &[Value], first: &str) -> Vec<Value> {
    let (own, others): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["set"] == first);
    let compared = others.iter().filter_map(|row| {
        let own = own.iter().find(|own| own["phase"] == row["phase"])?;
        let times = |key: &str| rounded(row[key].as_f64().unwrap_or_default() / own[key].as_f64().unwrap_or_default(), 1);
        let (wall, cpu, peak) = (times("wall_s"), times("cpu_s"), times("peak_mib"));
        Some(json!({"set": row["set"], "beside": first, "phase": row["phase"], "wall": wall, "cpu": cpu, "peak": peak}))
    });
    compared.collect()
}

/// A cluster with a Git server and one set's controllers, under measurement.
pub(super) struct Bench {
    /// Cluster, Git server, source-controller and kustomize-controller.
    pub(super) world: World,
    /// The cluster as an administrator sees it.
    pub(super) live: Live,
    /// How any further controller of the set is started.
    pub(super) settings: Settings,
    /// How many objects.
    pub(super) n: usize,
    others: Vec<Controller>,
    client: kube::Client,
    set: String,
    rows: Vec<Value>,
}

impl Bench {
    async fn start(set: &Set, arguments: &Sets) -> anyhow::Result<Self> {
        let flags = vec!["--log-level=error".to_owned(), format!("--concurrent={}", arguments.concurrent)];
        eprintln!("starting the control plane and the controllers of {}", set.name);
        let settings = Settings { nodes: 0, binaries: set.binaries.clone(), flags, accounts: Accounts::Administrator };
        let world = World::start(&settings).await?;
        let client = world.cluster.client().await?;
        let live = Live::new(client.clone());
        live.create(NAMESPACES, &NAMESPACES.object("", NAMESPACE, json!({}))).await?;
        Ok(Self { world, live, settings, n: arguments.n, others: Vec::new(), client, set: set.name.clone(), rows: Vec::new() })
    }

    /// The names of the objects.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.n).map(name)
    }

    /// Creates a namespace for each object.
    pub(super) async fn create_namespaces(&self) -> anyhow::Result<()> {
        eprintln!("creating {} namespaces", self.n);
        for name in self.names() {
            self.live.create(NAMESPACES, &NAMESPACES.object("", &name, json!({}))).await?;
        }
        Ok(())
    }

    /// Does a phase's work and prints what it cost the controller of this name.
    pub(super) async fn phase(
        &mut self,
        name: &str,
        controller: &str,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let requests = requests::for_applied_objects(&self.client).await?;
        let before = self.controller(controller)?.usage()?;
        let api_server = self.world.cluster.api_server_usage()?;
        let start = Instant::now();
        work(self).await.with_context(|| format!("phase {name}"))?;
        let wall = start.elapsed().as_secs_f64();
        let after = self.controller(controller)?.usage()?;
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
        print(&row);
        self.rows.push(row);
        Ok(())
    }

    /// Waits until one more controller of the set is ready.
    pub(super) async fn add(&mut self, mut controller: Controller) -> anyhow::Result<()> {
        controller.wait_until_ready().await?;
        self.others.push(controller);
        Ok(())
    }

    fn controller(&self, name: &str) -> anyhow::Result<&Controller> {
        let mut all = [&self.world.source, &self.world.kustomize].into_iter().chain(&self.others);
        all.find(|controller| controller.name() == name).with_context(|| format!("{name} does not run"))
    }

    /// Asks for a reconciliation of the first `count` objects of a kind and waits until all have had it.
    pub(super) async fn touch(&self, kind: Kind, count: usize) -> anyhow::Result<()> {
        let mut stamp = String::new();
        for number in 0..count {
            stamp = self.live.request_with(kind, (NAMESPACE, &name(number)), &stamp).await?;
        }
        self.wait(kind, count, |object| object["status"]["lastHandledReconcileAt"] == *stamp).await
    }

    /// Waits until so many objects of a kind are done.
    pub(super) async fn wait(&self, kind: Kind, count: usize, done: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
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

/// The name of the object of a number.
pub(super) fn name(number: usize) -> String {
    format!("app-{number}")
}
