//! Controllers of a scenario's own, for what would disturb others: killing them, counting all they do, two of a kind.

use crate::Scene;
use anyhow::Context;
use e2e::world::{self, Settings};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use test_support::controller::{Controller, ControllerBuilder};
use test_support::{Cluster, GitServer};
use tokio::sync::OnceCell;

/// A cluster and a Git server without controllers.
pub struct Ground {
    /// The cluster.
    pub cluster: Cluster,
    /// Where commits are made.
    pub git: GitServer,
}

static SHARED: OnceCell<Ground> = OnceCell::const_new();

impl Ground {
    /// Starts a cluster with the CRDs, and a Git server.
    pub async fn start() -> anyhow::Result<Self> {
        let cluster = Cluster::start().await.context("start a cluster")?;
        cluster.apply_crds().await.context("install the CRDs")?;
        Ok(Self { cluster, git: GitServer::start().context("start a Git server")? })
    }

    /// The one that the scenarios of a binary share. `None`, aloud, where no API server is at hand and none may be built.
    pub async fn shared() -> anyhow::Result<Option<&'static Self>> {
        if !world::at_hand()? {
            return Ok(None);
        }
        SHARED.get_or_try_init(Self::start).await.map(Some)
    }
}

/// Both controllers, for the objects of one namespace only.
pub struct Own {
    /// Fetches.
    pub source: Controller,
    /// Applies.
    pub kustomize: Controller,
    /// Where the artifacts are.
    pub storage: PathBuf,
    directory: TempDir,
}

impl Own {
    /// Builds the controllers' command lines for a namespace; flags go to both. Their storage and logs go to `directory`.
    pub fn builders(
        cluster: &Cluster,
        namespace: &str,
        directory: &Path,
        flags: &[String],
    ) -> anyhow::Result<[ControllerBuilder; 2]> {
        let kubeconfig = cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
        let mut settings = Settings::for_tests()?;
        settings.flags.push("--watch-all-namespaces=false".to_owned());
        settings.flags.extend_from_slice(flags);
        let builders =
            [world::source_controller(&settings, &kubeconfig, directory)?, world::kustomize_controller(&settings, &kubeconfig)];
        Ok(builders.map(|builder| builder.variable("RUNTIME_NAMESPACE", namespace)))
    }

    /// A scene on this ground with controllers of its own, which are ready.
    pub async fn scene(ground: &Ground, title: &str, flags: &[String]) -> anyhow::Result<(Scene, Self)> {
        Self::scene_with(ground, title, flags, |source| source).await
    }

    /// The same; `edit` changes the command line of its source-controller.
    pub async fn scene_with(
        ground: &Ground,
        title: &str,
        flags: &[String],
        edit: impl FnOnce(ControllerBuilder) -> ControllerBuilder,
    ) -> anyhow::Result<(Scene, Self)> {
        let directory = tempfile::Builder::new().prefix("weir-own-").tempdir().context("make a directory")?;
        test_support::process::remove_when_killed(directory.path()).context("start the watchdog")?;
        let scene = Scene::new(&ground.cluster, &ground.git, directory.path(), title).await?;
        let [source, kustomize] = Self::builders(&ground.cluster, scene.name(), directory.path(), flags)?;
        let (mut source, mut kustomize) = (edit(source).start(directory.path())?, kustomize.start(directory.path())?);
        source.wait_until_ready().await?;
        kustomize.wait_until_ready().await?;
        let storage = directory.path().join("storage");
        Ok((scene, Self { source, kustomize, storage, directory }))
    }

    /// Where the logs are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// Plays a scenario with controllers of its own on the shared ground. Passes, aloud, where there is no API server.
pub async fn play_with_own(
    title: &str,
    flags: &[String],
    scenario: impl AsyncFnOnce(&Scene, &mut Own) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    let (scene, mut own) = Own::scene(ground, title, flags).await?;
    let outcome = scenario(&scene, &mut own).await;
    if outcome.is_err() {
        scene.explain().await;
    }
    outcome
}

/// Plays a scenario with controllers of its own, whose source-controller has another command line.
pub async fn play_with_source(
    title: &str,
    edit: impl FnOnce(ControllerBuilder) -> ControllerBuilder,
    scenario: impl AsyncFnOnce(&Scene, &mut Own) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    let (scene, mut own) = Own::scene_with(ground, title, &[], edit).await?;
    let outcome = scenario(&scene, &mut own).await;
    if outcome.is_err() {
        scene.explain().await;
    }
    outcome
}
