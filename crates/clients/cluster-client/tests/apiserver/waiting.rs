//! Waiting on watches.

use std::time::Duration;

use cluster_client::{Wait, Waited};
use object_health::summary::FailFast;
use serde_json::{Value, json};

use crate::world::{TestResult, World, assess, config_map};

fn deployment(name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}})
}

async fn wait(world: &mut World, keys: &[(&str, &str, &str)], timeout: Duration) -> Result<(), String> {
    let set = keys
        .iter()
        .map(|(api_version, kind, name)| Waited { key: world.key(api_version, kind, name), removed_when_finished: false })
        .collect();
    let wait = Wait { cluster: &world.cluster, index: Some(&world.index), assess: &assess, fail_fast: FailFast::AtOnce };
    wait.until_ready(set, timeout, &mut world.remembered).await.map_err(|failure| failure.message)
}

#[tokio::test]
async fn a_ready_set_costs_nothing_the_second_time() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.apply(&[deployment("d", 0), config_map("a", "1")]).await?;
    let keys = [("apps/v1", "Deployment", "d"), ("v1", "ConfigMap", "a")];
    wait(&mut world, &keys, Duration::from_secs(30)).await?;
    // The deployment controller may still be writing; once it is quiet nothing more is asked.
    for _ in 0..50 {
        world.requests();
        wait(&mut world, &keys, Duration::from_secs(30)).await?;
        if world.requests().is_empty() {
            world.apply(&[deployment("d", 0), config_map("a", "1")]).await?;
            assert_eq!(world.requests(), Vec::<String>::new(), "status written by others makes no request either");
            return Ok(());
        }
    }
    Err("still asking after fifty rounds".into())
}

#[tokio::test]
async fn what_is_late_or_absent_is_named() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.apply(&[deployment("never", 1)]).await?;
    let namespace = world.namespace.clone();
    let late = wait(&mut world, &[("apps/v1", "Deployment", "never")], Duration::from_secs(3)).await;
    assert_eq!(late, Err(format!("timeout waiting for: [Deployment/{namespace}/never status: 'InProgress']")));
    let absent = wait(&mut world, &[("apps/v1", "Deployment", "absent")], Duration::from_secs(3)).await;
    assert_eq!(absent, Err(format!("timeout waiting for: [Deployment/{namespace}/absent status: 'NotFound']")));
    Ok(())
}

#[tokio::test]
async fn objects_without_our_label_are_waited_for_too() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let mut foreign = config_map("foreign", "1");
    foreign["metadata"]["namespace"] = json!(world.namespace);
    let admin = world.admin.clone();
    let created = tokio::spawn(async move { admin.apply(&foreign, "somebody", cluster_client::Mode::Persist).await.is_ok() });
    wait(&mut world, &[("v1", "ConfigMap", "foreign")], Duration::from_secs(30)).await?;
    assert!(created.await?);
    Ok(())
}
