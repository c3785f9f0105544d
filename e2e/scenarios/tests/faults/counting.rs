//! `/metrics` has what Flux's dashboards read, with the right numbers: the controllers have nothing else to do here.

use anyhow::{Context, ensure};
use e2e::live::SOON;
use e2e::metrics::{Sample, samples};
use e2e::objects::{GIT_REPOSITORY, KUSTOMIZATION, config_map};
use scenarios::own::play_with_own;
use scenarios::{Own, Scene};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use test_support::controller::Controller;

/// What Flux's controllers show, but for certificates and webhooks, which they have none of.
const FAMILIES: [&str; 15] = [
    "controller_runtime_active_workers",
    "controller_runtime_max_concurrent_reconciles",
    "controller_runtime_reconcile_errors_total",
    "controller_runtime_reconcile_panics_total",
    "controller_runtime_reconcile_time_seconds",
    "controller_runtime_reconcile_total",
    "gotk_reconcile_duration_seconds",
    "rest_client_requests_total",
    "workqueue_adds_total",
    "workqueue_depth",
    "workqueue_longest_running_processor_seconds",
    "workqueue_queue_duration_seconds",
    "workqueue_retries_total",
    "workqueue_unfinished_work_seconds",
    "workqueue_work_duration_seconds",
];

/// The numbers that have to agree with each other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Counted {
    /// Runs of the object.
    runs: f64,
    /// Runs of the kind, of all results.
    total: f64,
    /// Runs of the kind that failed, as a result.
    failed: f64,
    /// Runs of the kind that failed, as errors.
    errors: f64,
}

fn read(samples: &[Sample], queue: &str, object: &[(&str, &str)]) -> Counted {
    let sum = |name: &str, labels: &[(&str, &str)]| -> f64 {
        samples.iter().filter(|sample| sample.is(name, labels)).map(|sample| sample.value).sum()
    };
    Counted {
        runs: sum("gotk_reconcile_duration_seconds_count", object),
        total: sum("controller_runtime_reconcile_total", &[("controller", queue)]),
        failed: sum("controller_runtime_reconcile_total", &[("controller", queue), ("result", "error")]),
        errors: sum("controller_runtime_reconcile_errors_total", &[("controller", queue)]),
    }
}

/// Waits until nothing is being done and the numbers are as wanted: a run is counted a moment after its status is written.
async fn wait_for(
    controller: &Controller,
    labels: (&str, &[(&str, &str)]),
    wanted: impl Fn(Counted) -> bool,
) -> anyhow::Result<Option<Counted>> {
    let deadline = Instant::now() + SOON;
    loop {
        let text = controller.metrics().await?;
        let Some(samples) = samples(&text).await? else {
            eprintln!("SKIPPED: the parser is part of the control plane, which is not used");
            return Ok(None);
        };
        let counted = read(&samples, labels.0, labels.1);
        if wanted(counted) {
            return Ok(Some(counted));
        }
        ensure!(Instant::now() < deadline, "{labels:?}: {counted:?}\n{text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn each_run_is_counted_once_and_forgotten_with_its_object() -> anyhow::Result<()> {
    play_with_own("counting", &[], async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        for (kind, queue, name, controller) in
            [(GIT_REPOSITORY, "gitrepository", "source", &own.source), (KUSTOMIZATION, "kustomization", "app", &own.kustomize)]
        {
            let object = [("kind", kind.kind), ("namespace", scene.name()), ("name", name)];
            let labels = (queue, &object[..]);
            let settled = |counted: Counted| counted.runs > 0.0 && counted.runs == counted.total;
            let Some(before) = wait_for(controller, labels, settled).await? else { return Ok(()) };
            for _ in 0..3 {
                scene.reconcile(kind, name).await?;
            }
            let wanted = Counted { runs: before.runs + 3.0, total: before.total + 3.0, ..before };
            wait_for(controller, labels, |counted| counted == wanted).await?;
            ensure!(before.failed == before.errors, "{before:?}");
        }
        for (kind, queue, name, controller) in
            [(KUSTOMIZATION, "kustomization", "app", &own.kustomize), (GIT_REPOSITORY, "gitrepository", "source", &own.source)]
        {
            scene.delete(kind, name).await?;
            let object = [("kind", kind.kind), ("namespace", scene.name()), ("name", name)];
            wait_for(controller, (queue, &object), |counted| counted.runs == 0.0).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn failed_runs_are_counted_as_errors() -> anyhow::Result<()> {
    play_with_own("errors", &[], async |scene: &Scene, own: &mut Own| {
        scene.add_source("source", json!({"ref": {"branch": "absent"}})).await?;
        let labels: (&str, &[(&str, &str)]) = ("gitrepository", &[]);
        wait_for(&own.source, labels, |counted| counted.failed >= 2.0 && counted.failed == counted.errors).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn families_and_buckets_are_those_of_flux() -> anyhow::Result<()> {
    play_with_own("families", &[], async |scene: &Scene, own: &mut Own| {
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        for (controller, queue) in [(&own.source, "gitrepository"), (&own.kustomize, "kustomization")] {
            wait_for(controller, (queue, &[("namespace", scene.name())]), |counted| counted.runs > 0.0).await?;
            let text = controller.metrics().await?;
            let families: BTreeSet<&str> =
                text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
            let missing: Vec<&str> = FAMILIES.into_iter().filter(|name| !families.contains(name)).collect();
            ensure!(missing.is_empty(), "{}: {missing:?} of {families:?}", controller.name());
            let bounds = bounds(&text)?;
            // Ten that grow by the same factor from a hundredth of a second to half an hour.
            let wanted = (0..10).map(|power| 0.01 * (1800.0_f64 / 0.01).powf(f64::from(power) / 9.0));
            ensure!(bounds.len() == 10, "{bounds:?}");
            for (bound, wanted) in bounds.iter().zip(wanted) {
                ensure!((bound / wanted - 1.0).abs() < 1e-6, "{bounds:?}: {bound} is not {wanted}");
            }
        }
        Ok(())
    })
    .await
}

/// The finite bounds of the buckets of one object's runs.
fn bounds(text: &str) -> anyhow::Result<Vec<f64>> {
    let lines = text.lines().filter(|line| line.starts_with("gotk_reconcile_duration_seconds_bucket{"));
    let texts = lines.filter_map(|line| line.split("le=\"").nth(1)?.split('"').next()).filter(|text| *text != "+Inf");
    texts.map(|text| text.parse().with_context(|| text.to_owned())).collect()
}
