//! What a controller costs that has nothing to do, and what is left when it is killed at any moment.

#[path = "../recorded/world.rs"]
#[expect(dead_code, reason = "the recorded scenarios use the rest")]
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use world::{Outcome, World};

fn config_map(name: &str, value: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}}).to_string()
}

/// Requests of the controller by method, as its metrics say.
async fn requests(world: &World) -> Outcome<BTreeMap<String, u64>> {
    let metrics = world.metrics().await?;
    let mut requests = BTreeMap::new();
    // Kinds of sources whose definitions are not installed answer 404.
    for line in metrics.lines().filter(|line| line.starts_with("rest_client_requests_total{code=\"20")) {
        let method = line.split("method=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let count: f64 = line.rsplit(' ').next().unwrap_or_default().parse()?;
        *requests.entry(method.to_owned()).or_default() += count as u64;
    }
    Ok(requests)
}

/// One controller on one cluster: these would be in each other's way side by side.
#[tokio::test(flavor = "multi_thread")]
async fn life_of_a_kustomization() -> Outcome<()> {
    let Some(world) = World::start().await? else { return Ok(()) };
    an_unchanged_kustomization_costs_one_status_write_and_one_event(&world).await?;
    sec_g4_without_its_service_account_nothing_is_pruned(&world).await?;
    another_cluster_is_reached_by_its_kubeconfig(&world).await?;
    sec_l13_killed_at_any_moment_nothing_is_forgotten(world).await
}

async fn an_unchanged_kustomization_costs_one_status_write_and_one_event(world: &World) -> Outcome<()> {
    let namespace = "unchanged";
    world.namespace(namespace).await?;
    let names: Vec<String> = (0..20).map(|number| format!("plain/c{number}.yaml")).collect();
    let files: Vec<(&str, String)> =
        names.iter().enumerate().map(|(number, path)| (path.as_str(), config_map(&format!("c{number}"), "v"))).collect();
    world.publish(namespace, "main@sha1:1", &files).await?;
    world.kustomization(namespace, "ks", json!({"wait": true})).await?;
    world.settle(namespace, "ks", None).await?;
    world.ask(namespace).await?;
    world.settle(namespace, "ks", None).await?;
    let before = requests(world).await?;
    world.ask(namespace).await?;
    world.settle(namespace, "ks", None).await?;
    let after = requests(world).await?;
    let spent = |method: &str| after.get(method).copied().unwrap_or_default() - before.get(method).copied().unwrap_or_default();
    // The event repeats an earlier one, so it is counted up; the other is the status. No object is read or applied.
    assert!(spent("PATCH") + spent("POST") + spent("PUT") <= 2 && spent("GET") <= 1, "{before:?} {after:?}");
    Ok(())
}

/// The account that applied is gone: its objects stay, an event says so, and the Kustomization goes.
async fn sec_g4_without_its_service_account_nothing_is_pruned(world: &World) -> Outcome<()> {
    let namespace = "orphans";
    world.namespace(namespace).await?;
    world.allow(namespace, "deployer").await?;
    world.publish_all(namespace, "main@sha1:1", &[("plain/a.yaml".to_owned(), config_map("a", "v"))]).await?;
    world.kustomization(namespace, "ks", json!({"serviceAccountName": "deployer"})).await?;
    world.applied(namespace, "main@sha1:1").await?;
    world.remove_account(namespace, "deployer").await?;
    world.delete(namespace).await?;
    assert_eq!(world.config_maps(namespace).await?.len(), 1, "nothing is deleted with the controller's own rights");
    let posted = world.snapshot(namespace).await?["posted"].to_string();
    assert!(posted.contains("unable to prune objects: \\nConfigMap/orphans/a"), "{posted}");
    Ok(())
}

/// The kubeconfig is that of the same cluster: what matters is that it is used, and that a broken one is not replaced by our own.
async fn another_cluster_is_reached_by_its_kubeconfig(world: &World) -> Outcome<()> {
    let namespace = "remote";
    world.namespace(namespace).await?;
    world.publish_all(namespace, "main@sha1:1", &[("plain/a.yaml".to_owned(), config_map("a", "v"))]).await?;
    world.kubeconfig_secret(namespace, "broken", "users: [").await?;
    world
        .kustomization(
            namespace,
            "ks",
            json!({"kubeConfig": {"secretRef": {"name": "broken"}}, "retryInterval": "1m", "wait": true}),
        )
        .await?;
    world.settle(namespace, "ks", None).await?;
    assert!(world.config_maps(namespace).await?.is_empty(), "never the local cluster instead");
    let text = std::fs::read_to_string(world.kubeconfig())?;
    world.kubeconfig_secret(namespace, "good", &text).await?;
    world.respec(namespace, json!({"kubeConfig": {"secretRef": {"name": "good"}}})).await?;
    world.applied(namespace, "main@sha1:1").await?;
    assert_eq!(world.config_maps(namespace).await?.len(), 1);
    world.delete(namespace).await?;
    assert!(world.config_maps(namespace).await?.is_empty());
    Ok(())
}

/// Twenty times: the controller is killed, or told to end, while it applies a revision with one more object; the next one is without it.
async fn sec_l13_killed_at_any_moment_nothing_is_forgotten(mut world: World) -> Outcome<()> {
    let namespace = "killed";
    world.namespace(namespace).await?;
    let stable: Vec<(String, String)> = (0..8).map(|number| (format!("plain/c{number}.yaml"), format!("c{number}"))).collect();
    let files = |value: &str, extra: Option<&str>| -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> =
            stable.iter().map(|(path, name)| (path.clone(), config_map(name, value))).collect();
        files.extend(extra.map(|name| (format!("plain/{name}.yaml"), config_map(name, value))));
        files
    };
    world.publish_all(namespace, "main@sha1:start", &files("0", None)).await?;
    world.kustomization(namespace, "ks", json!({})).await?;
    world.settle(namespace, "ks", None).await?;
    for round in 0..20_u64 {
        let extra = format!("extra{round}");
        let revision = format!("main@sha1:with{round}");
        world.publish_all(namespace, &revision, &files(&round.to_string(), Some(&extra))).await?;
        // From before the first request to after the last.
        tokio::time::sleep(Duration::from_millis(round * 12)).await;
        if round % 3 == 2 {
            world.terminate()?;
        } else {
            world.kill();
        }
        let revision = format!("main@sha1:without{round}");
        world.publish_all(namespace, &revision, &files(&format!("{round}-later"), None)).await?;
        world.restart()?;
        world.applied(namespace, &revision).await?;
        let live = world.config_maps(namespace).await?;
        let expected: BTreeMap<String, String> =
            stable.iter().map(|(_, name)| (name.clone(), format!("{round}-later"))).collect();
        assert_eq!(live, expected, "round {round}");
    }
    Ok(())
}
