//! Where one set of controllers of sources is measured: a cluster of its own, the servers, the controllers, objects in one namespace.

use super::requests;
use super::sets::{Set, Sets, measure};
use crate::objects::{Kind, NAMESPACE as NAMESPACES};
use crate::world::Settings;
use crate::{Live, World};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::controller::Controller;

/// Where the objects of controllers are.
pub(super) const NAMESPACE: &str = "bench";

/// How long one phase may take.
const PHASE_WITHIN: Duration = Duration::from_secs(1800);

/// How often all objects are listed to see how many are done.
const POLL_EVERY: Duration = Duration::from_millis(250);

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
    /// The figures so far.
    pub(super) rows: Vec<Value>,
}

impl Bench {
    pub(super) async fn start(set: &Set, sets: &Sets, n: usize) -> anyhow::Result<Self> {
        let settings = set.settings(sets);
        let world = World::start(&settings).await?;
        let client = world.cluster.client().await?;
        let live = Live::new(client.clone());
        live.create(NAMESPACES, &NAMESPACES.object("", NAMESPACE, json!({}))).await?;
        Ok(Self { world, live, settings, n, others: Vec::new(), client, set: set.name.clone(), rows: Vec::new() })
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
        let measured = measure((&self.set, name), self.controller(controller)?, &self.world.cluster, work(self)).await;
        let mut row = measured?;
        row["n"] = json!(self.n);
        row["object_requests"] = json!(requests::for_applied_objects(&self.client).await? - requests);
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
