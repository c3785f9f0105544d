//! Where one set is measured: a cluster of its own, the servers, the two controllers, and phases.

use super::tags::TagServer;
use crate::Live;
use crate::bench::sets::{Set, Sets, measure};
use crate::objects::{IMAGE_POLICY, IMAGE_REPOSITORY, Kind, NAMESPACE as NAMESPACES, is_ready};
use crate::world::{image_automation_controller, image_reflector_controller};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_support::controller::Controller;
use test_support::{Cluster, GitServer};

/// How long one phase may take.
const PHASE_WITHIN: Duration = Duration::from_secs(1_800);

/// How often objects are looked at to see how many are done. A list of a thousand costs the machine that is measured.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// Everything that a set works on. Dropping it stops all of it.
pub(super) struct Ground {
    /// The figures so far.
    pub(super) rows: Vec<Value>,
    pub(super) live: Live,
    pub(super) git: GitServer,
    pub(super) registry: TagServer,
    set: String,
    reflector: Controller,
    automation: Controller,
    cluster: Cluster,
    _directory: TempDir,
}

/// Whose cost a phase counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measured {
    /// image-reflector-controller.
    Reflector,
    /// image-automation-controller.
    Automation,
}

impl Ground {
    /// Starts everything, with the controllers of the set.
    pub(super) async fn start(set: &Set, sets: &Sets) -> anyhow::Result<Self> {
        let cluster = Cluster::builder().nodes(0).start().await.context("start a cluster")?;
        cluster.apply_crds().await.context("install the CRDs")?;
        let directory = tempfile::Builder::new().prefix("weir-bench-").tempdir().context("make a directory")?;
        test_support::process::remove_when_killed(directory.path()).context("start the watchdog")?;
        let settings = set.settings(sets);
        let kubeconfig = cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
        let reflector = image_reflector_controller(&settings, &kubeconfig, directory.path());
        let mut reflector = reflector.start(directory.path())?;
        let mut automation = image_automation_controller(&settings, &kubeconfig).start(directory.path())?;
        reflector.wait_until_ready().await?;
        automation.wait_until_ready().await?;
        Ok(Self {
            rows: Vec::new(),
            live: Live::new(cluster.client().await?),
            git: GitServer::start().context("start a Git server")?,
            registry: TagServer::start().await.context("start a registry")?,
            set: set.name.clone(),
            reflector,
            automation,
            cluster,
            _directory: directory,
        })
    }

    /// Does the work and keeps what it cost.
    pub(super) async fn phase(
        &mut self,
        name: &str,
        measured: Measured,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let controller = match measured {
            Measured::Reflector => &self.reflector,
            Measured::Automation => &self.automation,
        };
        controller.forget_peak()?;
        let row = measure((&self.set, name), controller, &self.cluster, work(self)).await?;
        self.rows.push(row);
        Ok(())
    }

    /// The automation-controller has had its turn.
    pub(super) fn end_automation(&mut self) {
        self.automation.kill();
    }

    pub(super) async fn create_namespace(&self, name: &str) -> anyhow::Result<()> {
        self.live.create(NAMESPACES, &NAMESPACES.object("", name, json!({}))).await.map(drop)
    }

    /// Creates an ImageRepository of that name in the registry, which is scanned rarely, and a policy for its highest version.
    pub(super) async fn create_image(&self, namespace: &str, name: &str) -> anyhow::Result<()> {
        let image = format!("{}/{name}", self.registry.address());
        let spec = json!({ "image": image, "interval": "12h" });
        self.live.create(IMAGE_REPOSITORY, &IMAGE_REPOSITORY.object(namespace, name, json!({ "spec": spec }))).await?;
        let spec = json!({ "imageRepositoryRef": { "name": name }, "policy": { "semver": { "range": "*" } } });
        self.live.create(IMAGE_POLICY, &IMAGE_POLICY.object(namespace, name, json!({ "spec": spec }))).await.map(drop)
    }

    /// Waits until so many objects of a kind and a namespace are Ready and as wanted.
    pub(super) async fn wait(
        &self,
        (kind, namespace): (Kind, &str),
        count: usize,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + PHASE_WITHIN;
        loop {
            let objects = self.live.list(kind, namespace).await?;
            let number = objects.iter().filter(|object| is_ready(object) && wanted(object)).count();
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
