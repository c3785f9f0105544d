//! `/metrics` is in Prometheus's text format, by Prometheus's own parser, and counts what happened.

use crate::scenario::scenario;
use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::metrics::{Sample, samples};
use e2e::objects::{KUSTOMIZATION, config_map};
use serde_json::json;
use std::time::{Duration, Instant};
use test_support::controller::Controller;

#[tokio::test]
async fn what_happened_is_counted() -> anyhow::Result<()> {
    scenario("metrics", async |scenario| {
        scenario.commit(&[("a.yaml", &config_map("settings", "k", "v"))])?;
        scenario.follow().await?;
        scenario.apply("all", "./", json!({})).await?;
        scenario.ready(KUSTOMIZATION, "all").await?;
        scenario.live.reconcile(KUSTOMIZATION, scenario.namespace(), "all").await?;
        counts(&scenario.world.source, "GitRepository", "gitrepository", (scenario.namespace(), "source")).await?;
        counts(&scenario.world.kustomize, "Kustomization", "kustomization", (scenario.namespace(), "all")).await
    })
    .await
}

async fn counts(controller: &Controller, kind: &str, queue: &str, object: (&str, &str)) -> anyhow::Result<()> {
    // A run is counted when it is over, a moment after its status is there.
    let deadline = Instant::now() + SOON;
    let counted = format!("namespace=\"{}\"", object.0);
    let mut text = controller.metrics().await?;
    while !text.lines().any(|line| line.starts_with("gotk_reconcile_duration_seconds_count{") && line.contains(&counted)) {
        ensure!(Instant::now() < deadline, "the runs of {object:?} are not counted:\n{text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        text = controller.metrics().await?;
    }
    let Some(samples) = samples(&text).await? else {
        eprintln!("SKIPPED: the parser is part of the control plane, which is not used");
        return Ok(());
    };
    let value = |name: &str, labels: &[(&str, &str)]| {
        let found = samples.iter().find(|sample: &&Sample| sample.is(name, labels));
        found.map(|sample| sample.value).with_context(|| format!("no sample {name} {labels:?}"))
    };
    let (namespace, name) = object;
    let of = [("kind", kind), ("namespace", namespace), ("name", name)];
    ensure!(value("gotk_reconcile_duration_seconds_count", &of)? >= 1.0);
    ensure!(value("gotk_reconcile_duration_seconds_sum", &of)? > 0.0);
    ensure!(value("controller_runtime_reconcile_total", &[("controller", queue), ("result", "success")])? >= 0.0);
    ensure!(value("controller_runtime_active_workers", &[("controller", queue)])? >= 0.0);
    ensure!(value("workqueue_depth", &[("name", queue)])? >= 0.0);
    ensure!(value("workqueue_adds_total", &[("name", queue)])? >= 1.0);
    ensure!(value("process_cpu_seconds_total", &[])? > 0.0);
    ensure!(value("process_resident_memory_bytes", &[])? > 0.0);
    Ok(())
}
