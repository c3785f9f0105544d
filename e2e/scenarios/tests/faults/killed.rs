//! SIGKILL at the worst moments: while an archive is written, while the first of many objects are applied.

use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, config_map};
use scenarios::DEFINITION;
use scenarios::own::play_with_own;
use scenarios::{Own, Scene, artifact};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const KILLS: u32 = 20;

/// How many objects one Kustomization applies.
const OBJECTS: usize = 40;

/// Text that hardly compresses, so that the archive takes a while to write: the numbers of a simple generator.
pub(crate) fn noise(seed: u32, bytes: usize) -> String {
    let mut state = u64::from(seed) | 1;
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    text
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(current) = pending.pop() {
        for entry in std::fs::read_dir(current).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension != "gz" && extension != "lock")
}

/// Fails unless the file that status names is there and is what status says.
async fn check_artifact(scene: &Scene, own: &Own) -> anyhow::Result<()> {
    let source = scene.get(GIT_REPOSITORY, "source").await?;
    let published = &source["status"]["artifact"];
    if published.is_null() {
        return Ok(());
    }
    let path = published["path"].as_str().context("an artifact has a path")?;
    let bytes = std::fs::read(own.storage.join(path)).with_context(|| format!("status names {path}"))?;
    artifact::check(published, &bytes)
}

#[tokio::test]
async fn status_names_a_whole_artifact_after_a_kill_while_it_is_written() -> anyhow::Result<()> {
    play_with_own("archive", &[], async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("noise", noise(0, 1 << 20))?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        let (mut last, mut hits) = (String::new(), 0);
        for number in 1..=KILLS {
            last = scene.repository.commit_file("noise", noise(number, 1 << 20))?;
            scene.live.request(GIT_REPOSITORY, scene.name(), "source").await?;
            hits += u32::from(wait_for_unfinished(&own.storage, &last, u64::from(number) * 30_000).await?);
            own.source.kill();
            check_artifact(scene, own).await.with_context(|| format!("after kill {number}"))?;
            own.source.restart()?;
            own.source.wait_until_ready().await?;
        }
        ensure!(hits > 0, "no archive was ever seen unfinished");
        let source = scene.published("source", &last).await?;
        check_artifact(scene, own).await?;
        artifact::download(&source).await?;
        let left: Vec<PathBuf> = files(&own.storage).into_iter().filter(|path| is_unfinished(path)).collect();
        ensure!(left.is_empty(), "left behind: {left:?}");
        Ok(())
    })
    .await
}

/// Waits until an unfinished file has so many bytes, or until the archive of the commit is there: then it was too late.
async fn wait_for_unfinished(storage: &Path, commit: &str, bytes: u64) -> anyhow::Result<bool> {
    let deadline = Instant::now() + SOON;
    loop {
        let all = files(storage);
        let large = |path: &Path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() >= bytes);
        if all.iter().any(|path| is_unfinished(path) && large(path)) {
            return Ok(true);
        }
        let finished = format!("{commit}.tar.gz");
        if all.iter().any(|path| path.file_name().is_some_and(|name| *name == *finished)) {
            return Ok(false);
        }
        ensure!(Instant::now() < deadline, "the commit is not fetched: {all:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The names of the scene's ConfigMaps, but for the one that each namespace has.
async fn names(scene: &Scene) -> anyhow::Result<Vec<String>> {
    let list = scene.live.list(CONFIG_MAP, scene.name()).await?;
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    Ok(list.iter().map(name).filter(|name| name != "kube-root-ca.crt").collect())
}

#[tokio::test]
async fn nothing_that_a_killed_run_applied_is_forgotten() -> anyhow::Result<()> {
    play_with_own("forgotten", &[], async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("a/kept.yaml", config_map("kept", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let uid = scene.get(CONFIG_MAP, "kept").await?["metadata"]["uid"].clone();
        for number in 1..=KILLS {
            let mut commit = scene.repository.commit(&format!("Round {number}"));
            for object in 0..OBJECTS {
                let name = format!("round-{number}-{object}");
                commit = commit.file(&format!("a/{name}.yaml"), config_map(&name, "k", "v"));
            }
            commit.create()?;
            scene.live.request(GIT_REPOSITORY, scene.name(), "source").await?;
            // One more object of the round each time is live when the controller is killed: from the first one on.
            let deadline = Instant::now() + SOON;
            while names(scene).await?.len() <= number as usize {
                ensure!(Instant::now() < deadline, "round {number} is not applied");
            }
            own.kustomize.kill();
            // The very next commit has none of them: whatever is live has to go all the same.
            let mut commit = scene.repository.commit(&format!("After round {number}"));
            for object in 0..OBJECTS {
                commit = commit.remove(&format!("a/round-{number}-{object}.yaml"));
            }
            let commit = commit.create()?;
            scene.live.request(GIT_REPOSITORY, scene.name(), "source").await?;
            scene.published("source", &commit).await?;
            own.kustomize.restart()?;
            own.kustomize.wait_until_ready().await?;
            scene.applied("app", &commit).await?;
            assert_eq!(names(scene).await?, ["kept"], "round {number}");
            assert_eq!(scene.get(CONFIG_MAP, "kept").await?["metadata"]["uid"], uid, "round {number}: recreated");
        }
        Ok(())
    })
    .await
}

/// A kind that a stage waits for: as those of Flux, its objects are not current until somebody has observed them.
fn slow_class(group: &str) -> Value {
    let status = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "default": {"observedGeneration": -1}});
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"status": status}});
    let version = json!({
        "name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": schema},
    });
    let names = json!({"kind": "SlowClass", "plural": "slowclasses"});
    let spec = json!({"group": group, "scope": "Namespaced", "names": names, "versions": [version]});
    DEFINITION.object("", &format!("slowclasses.{group}"), json!({"spec": spec}))
}

#[tokio::test]
async fn what_is_being_applied_stays_in_the_inventory_while_a_stage_is_waited_for() -> anyhow::Result<()> {
    play_with_own("announced", &[], async |scene: &Scene, own: &mut Own| {
        let group = format!("{}.example", scene.name());
        scene.live.create(DEFINITION, &slow_class(&group)).await?;
        let established = |object: &Value| e2e::objects::condition(object, "Established").0 == "True";
        scene.live.wait(DEFINITION, "", &format!("slowclasses.{group}"), "be established", established).await?;
        scene.repository.commit_file("a/kept.yaml", config_map("kept", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let slow = format!("apiVersion: {group}/v1\nkind: SlowClass\nmetadata: {{name: slow}}\n");
        scene.repository.commit_file("a/slow.yaml", slow)?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let id = format!("{}_slow_{group}_SlowClass", scene.name());
        let announced = |object: &Value| {
            let entries = object["status"]["inventory"]["entries"].as_array();
            entries.into_iter().flatten().any(|entry| entry["id"] == *id)
        };
        scene.wait(KUSTOMIZATION, "app", "announce the object", announced).await?;
        // Long enough for the report of a run that takes long, which is due after a second.
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            let object = scene.get(KUSTOMIZATION, "app").await?;
            ensure!(announced(&object), "no longer announced: {:#}", object["status"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        own.kustomize.kill();
        let commit = scene.repository.commit("Without it").remove("a/slow.yaml").create()?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        own.kustomize.restart()?;
        scene.applied("app", &commit).await?;
        let kind = format!("/apis/{group}/v1/namespaces/{}/slowclasses/slow", scene.name());
        ensure!(!scene.live.exists(&kind).await?, "what the killed run had created is still there");
        Ok(())
    })
    .await
}
