//! What templates see of the cluster.

use helm_release::Status;
use serde_json::json;

use crate::world::{TestResult, World, chart, chart_with, config_map};

const LOOKUP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: copy}\ndata:\n  \
    k: {{ (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"a\").data.k | quote }}\n  \
    all: {{ range (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"\").items }}{{ .kind }}/{{ .metadata.name }} {{ end }}\n  \
    none: {{ empty (lookup \"v1\" \"ConfigMap\" .Release.Namespace \"missing\") | quote }}\n";

#[tokio::test]
async fn templates_look_up_what_the_identity_may_see() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    world.foreign("a").await?;
    world.helm().install(&world.install(chart(&[LOOKUP]))).await?;
    let live = world.live("ConfigMap", "copy").await?.unwrap_or_default();
    let all = "ConfigMap/a ConfigMap/kube-root-ca.crt";
    assert_eq!(live["data"], json!({"k": "theirs", "all": all, "none": "true"}));

    world.impersonate("nobody")?;
    let mut options = world.install(chart(&[LOOKUP]));
    "other".clone_into(&mut options.name);
    let failure = world.helm().install(&options).await.expect_err("nobody may see it");
    let text = failure.to_string();
    assert!(text.contains("executing \"demo/templates/00.yaml\" at <lookup ") && text.contains("is forbidden"), "{text}");
    assert!(failure.record.is_none());
    Ok(())
}

#[tokio::test]
async fn what_fails_before_the_record_leaves_none() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let failing = chart(&["{{ fail \"no\" }}"]);
    let unknown = chart(&["apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"]);
    for (source, expected) in [
        (failing, "execution error at (demo/templates/00.yaml:1:3): no"),
        (unknown, "unable to build kubernetes objects from release manifest"),
    ] {
        let failure = world.helm().install(&world.install(source)).await.expect_err("it fails");
        assert_eq!((failure.to_string().as_str(), failure.record.is_none()), (expected, true));
    }
    assert_eq!(world.statuses().await?, []);
    Ok(())
}

#[tokio::test]
async fn what_the_cluster_refuses_is_in_the_record() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let templates = [config_map("Wrong", "1").to_string(), config_map("right", "1").to_string()];
    let source = chart_with(&templates.each_ref().map(String::as_str), &[], json!({}));
    let failure = world.helm().install(&world.install(source)).await.expect_err("a name is wrong");
    let namespace = &world.namespace;
    let expected =
        format!("server-side apply failed for object {namespace}/Wrong /v1, Kind=ConfigMap: ConfigMap \"Wrong\" is invalid: ");
    assert!(failure.to_string().starts_with(&expected), "{failure}");
    assert_eq!(failure.record.map(|record| record.status()), Some(Status::Failed));
    assert!(world.value("right").await?.is_some(), "an install tries all objects");
    Ok(())
}
