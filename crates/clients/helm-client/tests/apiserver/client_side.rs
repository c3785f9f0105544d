//! Releases that were applied from the client's side, as Helm 3 did.

use cluster_client::Mode;
use helm_client::{Method, MethodChoice};
use helm_release::ApplyMethod;
use serde_json::{Value, json};

use crate::world::{TestResult, World, chart, rollback, upgrade};

fn deployment(containers: Value) -> String {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 0,
        "selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": containers}}}})
    .to_string()
}

#[tokio::test]
async fn fields_of_others_stay_and_dropped_fields_go() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut options =
        world.install(chart(&[&deployment(json!([{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}]))]));
    options.method = Method::ClientSide;
    let record = world.helm().install(&options).await?;
    assert_eq!(record.apply_method, ApplyMethod::ClientSide);
    let injected = json!([{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "sidecar", "image": "s:1"}},
        {"op": "add", "path": "/metadata/labels/theirs", "value": "1"}]);
    world.admin.json_patch(&world.key("apps/v1", "Deployment", "d"), &injected, "injector").await?;

    let record = world.helm().upgrade(&upgrade(chart(&[&deployment(json!([{"name": "a", "image": "a:2"}]))]))).await?;
    assert_eq!(record.apply_method, ApplyMethod::ClientSide, "as the revision before");
    let live = world.live("Deployment", "d").await?.unwrap_or_default();
    let containers = live["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let seen: Vec<_> = containers.iter().map(|container| (&container["name"], &container["image"], &container["env"])).collect();
    let (null, [a, a2, sidecar, s1]) = (json!(null), ["a", "a:2", "sidecar", "s:1"].map(|text| json!(text)));
    assert_eq!(seen, [(&a, &a2, &null), (&sidecar, &s1, &null)]);
    assert_eq!(live["metadata"]["labels"], json!({"app.kubernetes.io/managed-by": "Helm", "theirs": "1"}));

    let unchanged = live["metadata"]["resourceVersion"].clone();
    world.helm().upgrade(&upgrade(chart(&[&deployment(json!([{"name": "a", "image": "a:2"}]))]))).await?;
    assert_eq!(world.live("Deployment", "d").await?.unwrap_or_default()["metadata"]["resourceVersion"], unchanged);

    let mut options = upgrade(chart(&[&deployment(json!([{"name": "a", "image": "a:3"}]))]));
    options.force = true;
    world.helm().upgrade(&options).await?;
    let live = world.live("Deployment", "d").await?.unwrap_or_default();
    assert_eq!(live["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len), Some(1), "replaced");
    world.helm().rollback(&rollback(1)).await?;
    let live = world.live("Deployment", "d").await?.unwrap_or_default();
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"], "1");
    Ok(())
}

#[tokio::test]
async fn a_release_that_turns_to_server_side_apply_still_loses_dropped_fields() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let map = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}).to_string();
    let mut options = world.install(chart(&[&map(json!({"k": "1", "dropped": "1"}))]));
    options.method = Method::ClientSide;
    world.helm().install(&options).await?;
    let mut theirs: Value = serde_json::from_str(&map(json!({"theirs": "1"})))?;
    theirs["metadata"]["namespace"] = json!(world.namespace);
    world.admin.apply(&theirs, "somebody", Mode::Persist).await?;
    let mut options = upgrade(chart(&[&map(json!({"k": "2"}))]));
    options.method = MethodChoice::Given(Method::ServerSide);
    let record = world.helm().upgrade(&options).await?;
    assert_eq!(record.apply_method, ApplyMethod::ServerSide);
    assert_eq!(world.live("ConfigMap", "a").await?.unwrap_or_default()["data"], json!({"k": "2", "theirs": "1"}));
    Ok(())
}
