//! Waiting for objects.

use std::time::Duration;

use helm_client::{WaitFor, Waiter};
use helm_release::Status;
use serde_json::{Value, json};

use crate::world::{NAME, TestResult, World, chart, config_map, description, job, upgrade};

fn deployment(name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas,
        "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}})
}

#[tokio::test]
async fn an_action_waits_for_its_objects_and_fails_when_they_are_late() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let ready = [deployment("ready", 0), config_map("a", "1")].map(|object| object.to_string());
    world.helm().install(&world.install(chart(&ready.each_ref().map(String::as_str)))).await?;
    let live = world.live("Deployment", "ready").await?.unwrap_or_default();
    assert_eq!(live["status"]["observedGeneration"], live["metadata"]["generation"]);

    let late = [deployment("ready", 0), deployment("late", 1)].map(|object| object.to_string());
    let mut options = upgrade(chart(&late.each_ref().map(String::as_str)));
    options.execution.timeout = Duration::from_secs(3);
    options.cleanup_on_fail = true;
    let failure = world.helm().upgrade(&options).await.expect_err("there are no nodes");
    let expected = format!("timeout waiting for: [Deployment/{}/late status: 'InProgress']", world.namespace);
    assert_eq!(failure.to_string(), expected);
    assert_eq!(failure.record.as_deref().map(description), Some(format!("Upgrade \"app\" failed: {expected}").as_str()));
    assert_eq!(world.statuses().await?, [(1, Status::Deployed), (2, Status::Failed)]);
    assert!(world.live("Deployment", "late").await?.is_none(), "what the failed upgrade created is cleaned up");

    options.execution.wait = WaitFor::Hooks;
    assert_eq!(world.helm().upgrade(&options).await?.version, 3);
    Ok(())
}

#[tokio::test]
async fn a_failed_job_ends_the_wait_at_once() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let objects = [deployment("late", 1), job("bad", json!({}), false)].map(|object| object.to_string());
    let mut options = world.install(chart(&objects.each_ref().map(String::as_str)));
    options.execution.timeout = Duration::from_secs(120);
    let began = std::time::Instant::now();
    let failure = world.helm().install(&options).await.expect_err("the job fails");
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(
        failure.to_string(),
        format!("failed early due to stalled resources: [Job/{}/bad status: 'Failed']", world.namespace)
    );
    assert_eq!(world.storage.last(NAME).await?.map(|record| record.status()), Some(Status::Failed));
    Ok(())
}

/// Helm 3 knew few kinds, and spoke of no object but a Job that failed.
#[tokio::test]
async fn the_waiter_of_helm_3_waits_for_less_and_says_less() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "claim"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "budget"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "none"}}}});
    world.waiter = Waiter::Legacy;
    let mut install = world.install(chart(&[&budget.to_string(), &job("going", json!({}), false).to_string()]));
    install.execution.wait = WaitFor::Objects;
    world.helm().install(&install).await?;
    let expect = async |objects: &[&Value], seconds: u64, expected: &str| -> TestResult {
        let texts: Vec<String> = objects.iter().map(ToString::to_string).collect();
        let mut options = upgrade(chart(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
        options.execution.timeout = Duration::from_secs(seconds);
        options.execution.wait = WaitFor::ObjectsAndJobs;
        let failure = world.helm().upgrade(&options).await.expect_err("it is not ready");
        assert_eq!(failure.record.as_deref().map(description), Some(format!("Upgrade \"app\" failed: {expected}").as_str()));
        Ok(())
    };
    expect(&[&claim], 2, "context deadline exceeded").await?;
    expect(&[&deployment("late", 1)], 2, "context deadline exceeded").await?;
    let hook = job("hook", json!({"helm.sh/hook": "pre-upgrade"}), false);
    expect(&[&hook], 60, "pre-upgrade hooks failed: job hook failed: DeadlineExceeded").await
}

#[tokio::test]
async fn a_watch_wakes_waits_for_objects_and_hooks() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.watch();
    let mut objects =
        [deployment("ready", 0), config_map("a", "1"), job("hook", json!({"helm.sh/hook": "pre-install,post-install"}), true)];
    for object in &mut objects {
        object["metadata"]["labels"] =
            json!({"helm.toolkit.fluxcd.io/name": NAME, "helm.toolkit.fluxcd.io/namespace": world.namespace});
    }
    let objects = objects.map(|object| object.to_string());
    world.helm().install(&world.install(chart(&objects.each_ref().map(String::as_str)))).await?;
    let index = world.index.as_ref().ok_or("there is an index")?;
    let is_known = |api_version: &str, kind: &str, name: &str| {
        matches!(index.lookup(&world.key(api_version, kind, name)), cluster_client::Lookup::Live(_))
    };
    assert!(is_known("apps/v1", "Deployment", "ready") && is_known("batch/v1", "Job", "hook"));
    assert!(!is_known("v1", "ConfigMap", "a"), "what is ready at once is not watched");
    Ok(())
}

#[tokio::test]
async fn an_interrupted_wait_fails_the_action() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let options = world.install(chart(&[&deployment("late", 1).to_string()]));
    let interrupt = async {
        while world.live("Deployment", "late").await.is_ok_and(|live| live.is_none()) {
            tokio::task::yield_now().await;
        }
        world.interrupt.cancel();
    };
    let helm = world.helm();
    let (result, ()) = tokio::join!(helm.install(&options), interrupt);
    let failure = result.expect_err("the wait is interrupted");
    assert_eq!(failure.to_string(), "context canceled");
    assert_eq!(world.statuses().await?, [(1, Status::Failed)]);
    Ok(())
}
