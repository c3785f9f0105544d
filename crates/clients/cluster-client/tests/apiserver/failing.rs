//! Refusals in Flux's words (recordings ks-*.json), and that a refused stage leaves nothing behind.

use apply_plan::controls::Recreation;
use serde_json::{Value, json};

use crate::drift;
use crate::world::{TestResult, World, actions, config_map};

async fn failure(world: &mut World, objects: &[Value]) -> String {
    world.apply(objects).await.err().map(|failure| failure.message).unwrap_or_default()
}

#[tokio::test]
async fn refusals_read_as_in_flux() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let namespace = world.namespace.clone();
    let unknown = json!({"apiVersion": "nowhere.example/v1", "kind": "Nothing", "metadata": {"name": "x"}});
    assert_eq!(
        failure(&mut world, &[unknown]).await,
        format!("Nothing/{namespace}/x dry-run failed: no matches for kind \"Nothing\" in version \"nowhere.example/v1\"")
    );
    let port = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 99_999_999}]}});
    assert_eq!(
        failure(&mut world, &[port]).await,
        format!(
            "Service/{namespace}/x dry-run failed (Invalid): Service \"x\" is invalid: [spec.ports[0].port: Invalid value: 99999999: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 99999999: must be between 1 and 65535, inclusive]"
        )
    );
    let mut homeless = world.prepared(&config_map("x", "1"));
    homeless["metadata"]["namespace"] = Value::Null;
    let message = world.apply_as_is(vec![homeless]).await.err().map(|failure| failure.message).unwrap_or_default();
    assert_eq!(message, "ConfigMap/x namespace not specified: the server could not find the requested resource");
    let mut elsewhere = config_map("x", "1");
    elsewhere["metadata"]["namespace"] = json!("absent");
    assert_eq!(failure(&mut world, &[elsewhere]).await, "ConfigMap/absent/x not found: namespaces \"absent\" not found");
    Ok(())
}

#[tokio::test]
async fn sec_f1_a_refused_secret_shows_no_value() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "not base64 hunter2"}});
    let message = failure(&mut world, &[secret]).await;
    let namespace = &world.namespace;
    assert_eq!(
        message,
        format!(
            "Secret/{namespace}/s dry-run failed: failed to convert new object ({namespace}/s; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 3"
        )
    );
    Ok(())
}

#[tokio::test]
async fn sec_g2_a_missing_service_account_may_nothing() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.impersonate("absent")?;
    let namespace = world.namespace.clone();
    assert_eq!(
        failure(&mut world, &[config_map("a", "1")]).await,
        format!(
            "ConfigMap/{namespace}/a dry-run failed (Forbidden): configmaps \"a\" is forbidden: User \"system:serviceaccount:{namespace}:absent\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"{namespace}\""
        )
    );
    assert!(world.live("ConfigMap", "a").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_stage_with_one_refused_object_writes_nothing() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let bad = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 0}]}});
    assert!(world.apply(&[config_map("a", "1"), bad.clone()]).await.is_err());
    assert!(world.live("ConfigMap", "a").await?.is_none());
    Ok(())
}

#[tokio::test]
async fn unknown_fields_of_built_in_kinds_are_dropped() -> TestResult {
    // The scenario ks-unknown-field of the recordings.
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80, "nope": 1}]}});
    assert_eq!(actions(&world.apply(std::slice::from_ref(&service)).await?), ["Service x created"]);
    assert_eq!(actions(&world.apply(&[service]).await?), ["Service x unchanged"]);
    Ok(())
}

#[tokio::test]
async fn immutable_fields_fail_or_recreate() -> TestResult {
    // The scenarios ks-immutable and ks-immutable-force of the recordings.
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let fixed = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fixed"}, "immutable": true, "data": {"v": value}});
    world.apply(&[fixed("1")]).await?;
    let namespace = world.namespace.clone();
    assert_eq!(
        failure(&mut world, &[fixed("2")]).await,
        format!(
            "ConfigMap/{namespace}/fixed dry-run failed (Invalid): ConfigMap \"fixed\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
        )
    );
    let mut reports = world.index.drift();
    world.recreation = Recreation::Everywhere;
    assert_eq!(actions(&world.apply(&[fixed("2")]).await?), ["ConfigMap fixed created"]);
    assert_eq!(world.live("ConfigMap", "fixed").await?.unwrap_or_default()["data"]["v"], "2");
    assert_eq!(actions(&world.apply(&[fixed("2")]).await?), ["ConfigMap fixed unchanged"]);
    assert_eq!(drift::reported(&mut reports, &world), [], "our own deletion is no drift");
    Ok(())
}
