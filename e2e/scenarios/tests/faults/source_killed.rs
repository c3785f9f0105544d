//! SIGKILL at random moments while a bucket, an artifact of a registry and a chart become artifacts: what status names is whole, and is
//! what was there before or what is new.

use crate::killed::noise;
use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::objects::{BUCKET, GIT_REPOSITORY, HELM_CHART, Kind, OCI_REPOSITORY};
use scenarios::own::play_with_own;
use scenarios::{Own, Scene, archive, artifact};
use serde_json::json;
use std::time::{Duration, Instant};
use test_support::object_store::{ACCESS_KEY, ObjectStore, SECRET_KEY};
use test_support::registry::{Layer, Protection, RegistryServer};

const KILLS: u32 = 15;
/// The latest moment of a kill after everything has changed.
const LATEST_KILL: u64 = 600;
/// What of each source says which round it is of.
const SOURCES: [(Kind, &str); 3] = [(BUCKET, "round"), (OCI_REPOSITORY, "round"), (HELM_CHART, "app/round")];

/// Where all sources come from.
struct Origins {
    store: ObjectStore,
    registry: RegistryServer,
}

impl Origins {
    async fn start(scene: &Scene) -> anyhow::Result<Self> {
        let store = ObjectStore::start().await?;
        store.create_bucket("content").await?;
        scene.add_secret("keys", &[("accesskey", ACCESS_KEY), ("secretkey", SECRET_KEY)]).await?;
        Ok(Self { store, registry: RegistryServer::start(Protection::default()).await? })
    }

    async fn add(&self, scene: &Scene) -> anyhow::Result<()> {
        let bucket = json!({
            "bucketName": "content", "endpoint": self.store.endpoint(), "insecure": true, "interval": "10m", "secretRef": { "name": "keys" },
        });
        scene.add(BUCKET, "source", json!({ "spec": bucket })).await?;
        let artifact = json!({ "url": self.registry.url("org/app"), "interval": "10m" });
        scene.add(OCI_REPOSITORY, "source", json!({ "spec": artifact })).await?;
        scene.add_source("source", json!({})).await?;
        let chart = json!({
            "chart": "app", "interval": "10m", "reconcileStrategy": "Revision", "sourceRef": { "kind": "GitRepository", "name": "source" },
        });
        scene.add(HELM_CHART, "source", json!({ "spec": chart })).await
    }

    /// All sources as they are in a round.
    async fn change(&self, scene: &Scene, round: u32) -> anyhow::Result<()> {
        let (number, noise) = (round.to_string(), noise(round, 1 << 20));
        let files = [("round", number.as_str()), ("noise", noise.as_str())];
        for (key, content) in files {
            self.store.put("content", key, content).await?;
        }
        let media_type = "application/vnd.cncf.flux.content.v1.tar+gzip".to_owned();
        let layer = Layer { media_type, content: archive::of(&files)? };
        self.registry.push("org/app", "latest", &[layer], &[]).await?;
        let chart = scene.repository.commit(&format!("Round {round}"));
        let chart = chart.file("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
        chart.file("app/round", &number).file("app/noise", noise).create()?;
        Ok(())
    }
}

/// The round of which a source's artifact is. Fails unless the file that status names is there and is what status says.
async fn round_of(scene: &Scene, own: &Own, (kind, marker): (Kind, &str)) -> anyhow::Result<u32> {
    let source = scene.get(kind, "source").await?;
    let published = &source["status"]["artifact"];
    let path = published["path"].as_str().with_context(|| format!("{} has no artifact: {source:#}", kind.kind))?;
    let bytes = std::fs::read(own.storage.join(path)).with_context(|| format!("status names {path}"))?;
    artifact::check(published, &bytes)?;
    let files = artifact::unpack(&bytes)?;
    files.get(marker).with_context(|| format!("{path} has no {marker}"))?.parse().context("the marker is a number")
}

#[tokio::test]
async fn what_status_names_after_a_kill_is_old_or_new_and_whole() -> anyhow::Result<()> {
    play_with_own("sources-killed", &[], async |scene: &Scene, own: &mut Own| {
        let origins = Origins::start(scene).await?;
        origins.change(scene, 0).await?;
        origins.add(scene).await?;
        for (kind, _) in SOURCES {
            scene.ready(kind, "source").await?;
        }
        let mut moment = 7_u64;
        for round in 1..=KILLS {
            origins.change(scene, round).await?;
            for kind in [GIT_REPOSITORY, BUCKET, OCI_REPOSITORY] {
                scene.live.request(kind, scene.name(), "source").await?;
            }
            moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The moment is the point; nothing is waited for.
            tokio::time::sleep(Duration::from_millis((moment >> 33) % LATEST_KILL)).await;
            own.source.kill();
            for source in SOURCES {
                let found = round_of(scene, own, source).await.with_context(|| format!("after kill {round}"))?;
                ensure!(found == round || found == round - 1, "{} is of round {found} after kill {round}", source.0.kind);
            }
            own.source.restart()?;
            own.source.wait_until_ready().await?;
            for kind in [GIT_REPOSITORY, BUCKET, OCI_REPOSITORY] {
                scene.live.request(kind, scene.name(), "source").await?;
            }
            let deadline = Instant::now() + SOON;
            for source in SOURCES {
                while round_of(scene, own, source).await.ok() != Some(round) {
                    ensure!(Instant::now() < deadline, "{} does not become of round {round}", source.0.kind);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        Ok(())
    })
    .await
}
