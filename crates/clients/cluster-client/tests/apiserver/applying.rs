//! What is written, and with how few requests.

use apply_plan::ignore::IgnoreRule;
use cluster_client::{Drift, Lookup, Owner, Remembered};
use serde_json::json;

use crate::drift;
use crate::world::{TestResult, World, actions, config_map};

#[tokio::test]
async fn an_unchanged_set_costs_no_request_and_a_changed_object_one() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let objects = [
        config_map("a", "1"),
        config_map("b", "1"),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}}),
    ];
    assert_eq!(
        actions(&world.apply(&objects).await?),
        ["ServiceAccount s created", "ConfigMap a created", "ConfigMap b created"]
    );
    let requests = world.requests();
    assert_eq!(requests.len(), 6, "one dry-run and one apply an object: {requests:#?}");

    assert_eq!(
        actions(&world.apply(&objects).await?),
        ["ServiceAccount s unchanged", "ConfigMap a unchanged", "ConfigMap b unchanged"]
    );
    assert_eq!(world.requests(), Vec::<String>::new());

    let changed = [config_map("a", "2"), objects[1].clone(), objects[2].clone()];
    assert_eq!(
        actions(&world.apply(&changed).await?),
        ["ServiceAccount s unchanged", "ConfigMap a configured", "ConfigMap b unchanged"]
    );
    assert_eq!(world.requests(), [format!("PATCH /api/v1/namespaces/{}/configmaps/a", world.namespace)]);
    assert_eq!(world.live("ConfigMap", "a").await?.unwrap_or_default()["data"]["k"], "2");
    Ok(())
}

#[tokio::test]
async fn after_a_restart_unchanged_objects_are_found_unchanged_and_not_written() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let objects = [config_map("a", "1")];
    world.apply(&objects).await?;
    world.remembered = Remembered::default();
    world.requests();
    assert_eq!(actions(&world.apply(&objects).await?), ["ConfigMap a unchanged"]);
    let path = format!("/api/v1/namespaces/{}/configmaps/a", world.namespace);
    assert_eq!(world.requests(), [format!("GET {path}"), format!("DRY PATCH {path}")]);
    world.apply(&objects).await?;
    assert_eq!(world.requests(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn drift_is_reported_at_once_and_repaired_with_what_kubectl_added() -> TestResult {
    // The scenario ks-drift of the recordings.
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let objects = [config_map("a", "v"), config_map("b", "v")];
    world.apply(&objects).await?;
    let mut reports = world.index.drift();
    world.edit("a", json!([{"op": "replace", "path": "/data/k", "value": "drifted"}, {"op": "add", "path": "/data/added", "value": "by hand"}])).await?;
    let reported = drift::next(&mut reports, &world).await?;
    let owner = Owner { namespace: world.namespace.clone(), name: "ks".to_owned() };
    assert_eq!(reported, Drift { object: world.key("v1", "ConfigMap", "a"), owner });
    assert_eq!(actions(&world.apply(&objects).await?), ["ConfigMap a configured", "ConfigMap b unchanged"]);
    let live = world.live("ConfigMap", "a").await?.unwrap_or_default();
    assert_eq!(live["data"], json!({"k": "v"}));
    let managers: Vec<_> =
        live["metadata"]["managedFields"].as_array().into_iter().flatten().map(|entry| entry["manager"].clone()).collect();
    assert_eq!(managers, ["kustomize-controller"]);
    assert_eq!(drift::reported(&mut reports, &world), [], "our own repair is no drift");
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_is_drift_and_created_again() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let objects = [config_map("a", "v")];
    world.apply(&objects).await?;
    let mut reports = world.index.drift();
    world.admin.delete(&world.key("v1", "ConfigMap", "a"), None).await?;
    drift::next(&mut reports, &world).await?;
    assert_eq!(actions(&world.apply(&objects).await?), ["ConfigMap a created"]);
    Ok(())
}

#[tokio::test]
async fn definitions_and_namespaces_come_before_what_needs_them() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let group = format!("{}.example", world.namespace);
    let inner = format!("{}-inner", world.namespace);
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("things.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"}, "versions": [{"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    let objects = [
        json!({"apiVersion": format!("{group}/v1"), "kind": "Thing", "metadata": {"name": "t", "namespace": inner}, "spec": {"a": 1}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "in-ns", "namespace": inner}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner}}),
        definition,
    ];
    let created = ["CustomResourceDefinition", "Namespace", "ConfigMap", "Thing"];
    let kinds =
        |actions: Vec<String>| actions.iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(kinds(actions(&world.apply(&objects).await?)), created);
    world.requests();
    let again = actions(&world.apply(&objects).await?);
    assert!(again.iter().all(|line| line.ends_with("unchanged")), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn controls_on_manifests_and_live_objects_are_respected() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let annotated = |name: &str, value: &str, control: &str, setting: &str| {
        let mut object = config_map(name, value);
        object["metadata"]["annotations"] = json!({format!("kustomize.toolkit.fluxcd.io/{control}"): setting});
        object
    };
    world
        .apply(&[annotated("once", "1", "ssa", "IfNotPresent"), annotated("merge", "1", "ssa", "Merge"), config_map("held", "1")])
        .await?;
    let hold =
        json!([{"op": "add", "path": "/metadata/annotations", "value": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}]);
    world.edit("held", hold).await?;
    world.edit("merge", json!([{"op": "add", "path": "/data/foreign", "value": "stays"}])).await?;
    let objects = [
        annotated("ignored", "1", "ssa", "Ignore"),
        annotated("merge", "2", "ssa", "Merge"),
        annotated("once", "2", "ssa", "IfNotPresent"),
        config_map("held", "2"),
    ];
    let expected =
        ["ConfigMap held skipped", "ConfigMap ignored skipped", "ConfigMap merge configured", "ConfigMap once skipped"];
    // The second time, from the index alone.
    let first = actions(&world.apply(&objects).await?);
    assert_eq!(first, expected);
    assert_eq!(world.live("ConfigMap", "merge").await?.unwrap_or_default()["data"], json!({"k": "2", "foreign": "stays"}));
    assert_eq!(world.live("ConfigMap", "held").await?.unwrap_or_default()["data"], json!({"k": "1"}));
    assert_eq!(world.live("ConfigMap", "once").await?.unwrap_or_default()["data"], json!({"k": "1"}));
    assert!(world.live("ConfigMap", "ignored").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn an_object_of_somebody_else_is_adopted() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let mut foreign = config_map("a", "theirs");
    foreign["metadata"]["namespace"] = json!(world.namespace);
    world.admin.apply(&foreign, "kubectl", cluster_client::Mode::Persist).await?;
    assert_eq!(world.index.lookup(&world.key("v1", "ConfigMap", "a")), Lookup::Unknown);
    assert_eq!(actions(&world.apply(&[config_map("a", "ours")]).await?), ["ConfigMap a configured"]);
    let live = world.live("ConfigMap", "a").await?.unwrap_or_default();
    assert_eq!(live["data"]["k"], "ours");
    assert_eq!(live["metadata"]["managedFields"].as_array().map(Vec::len), Some(1), "kubectl's share was taken over");
    Ok(())
}

#[tokio::test]
async fn ignored_fields_are_no_drift_and_survive_an_apply() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.ignore = vec![IgnoreRule { paths: vec!["/data/k".to_owned()], target: None }];
    world.apply(&[config_map("a", "1")]).await?;
    world.edit("a", json!([{"op": "replace", "path": "/data/k", "value": "theirs"}])).await?;
    let mut changed = config_map("a", "1");
    changed["data"]["other"] = json!("new");
    world.apply(&[changed]).await?;
    assert_eq!(world.live("ConfigMap", "a").await?.unwrap_or_default()["data"], json!({"k": "theirs", "other": "new"}));
    Ok(())
}
