//! The stage that the scenarios of one binary share: a cluster, a Git server, the controllers, a sink for their events, and a server of charts.

use crate::event_sink::EventSink;
use crate::{ChartServer, Scene};
use anyhow::Context;
use e2e::World;
use e2e::world::{Settings, helm_controller};
use std::path::PathBuf;
use test_support::controller::Controller;
use tokio::sync::OnceCell;

/// A stage. It lasts as long as the process; what it started ends with that.
pub struct Stage {
    /// The cluster, the Git server, the source- and the kustomize-controller.
    pub world: World,
    /// Releases.
    pub helm: Controller,
    /// Where the controllers post their events.
    pub events: EventSink,
    /// Serves charts that no source-controller has made.
    pub charts: ChartServer,
}

static SHARED: OnceCell<Stage> = OnceCell::const_new();

impl Stage {
    async fn start() -> anyhow::Result<Self> {
        let events = EventSink::start()?;
        let settings = Self::settings(&events)?;
        let world = World::start(&settings).await?;
        let mut helm = helm_controller(&settings, &world.kubeconfig_of("helm-controller").await?).start(world.directory())?;
        helm.wait_until_ready().await?;
        Ok(Self { world, helm, events, charts: ChartServer::start()? })
    }

    /// How the controllers are started.
    pub fn settings(events: &EventSink) -> anyhow::Result<Settings> {
        let mut settings = Settings::for_tests()?;
        // Pods are needed where a Kustomization waits for them.
        settings.nodes = 1;
        settings.flags.push(format!("--events-addr={}", events.url()));
        settings.flags.push("--concurrent=8".to_owned());
        Ok(settings)
    }

    /// Where the source-controller keeps its artifacts.
    pub fn storage(&self) -> PathBuf {
        self.world.directory().join("storage")
    }
}

/// Plays a scenario on the shared stage. Passes, aloud, where no API server is at hand and none may be built.
pub async fn play(title: &str, scenario: impl AsyncFnOnce(&Scene, &Stage) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if !e2e::world::at_hand()? {
        return Ok(());
    }
    let stage = SHARED.get_or_try_init(Stage::start).await.context("set the stage")?;
    let scene = Scene::new(&stage.world.cluster, &stage.world.git, stage.world.directory(), title).await?;
    let outcome = scenario(&scene, stage).await;
    if outcome.is_err() {
        scene.explain().await;
    }
    outcome
}
