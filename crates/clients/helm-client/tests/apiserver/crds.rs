//! Definitions in `crds/`.

use cluster_client::{Detail, ObjectKey};
use helm_client::{CrdPolicy, Source};
use serde_json::{Value, json};

use crate::world::{TestResult, World, chart_with, upgrade};

fn definition(group: &str, field: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {field: {"type": "string"}}}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("things.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}})
}

/// A chart with the definition, and with an object of its kind if the cluster knows it when the chart is rendered.
fn source(group: &str, field: &str) -> Source {
    let template = format!(
        "{{{{- if .Capabilities.APIVersions.Has \"{group}/v1/Thing\" }}}}\napiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: t}}\n\
         spec: {{{field}: x}}\n{{{{- end }}}}\n"
    );
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: not-here}\n";
    let crds = definition(group, field).to_string();
    chart_with(&[&template], &[("crds/thing.yaml", &crds), ("crds/other.yaml", other)], json!({}))
}

async fn fields(world: &World, group: &str) -> Result<Option<Vec<String>>, Box<dyn std::error::Error>> {
    let key = ObjectKey { namespace: String::new(), ..ObjectKey::of(&definition(group, "")) };
    let live = world.admin.get(&key, Detail::Full).await?;
    let fields =
        live.map(|live| live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"].clone());
    Ok(fields.map(|fields| fields.as_object().into_iter().flatten().map(|(field, _)| field.clone()).collect()))
}

#[tokio::test]
async fn definitions_are_written_by_policy_before_templates_ask_for_them() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let group = format!("{}.example", world.namespace);
    let mut options = world.install(source(&group, "one"));
    options.crds.policy = CrdPolicy::Skip;
    options.replace = true;
    let record = world.helm().install(&options).await?;
    assert_eq!((fields(&world, &group).await?, record.manifest.as_str()), (None, ""));

    let mut options = upgrade(source(&group, "one"));
    options.crds.policy = CrdPolicy::Create;
    options.crds.labels = [("owner".to_owned(), "me".to_owned())].into();
    let record = world.helm().upgrade(&options).await?;
    assert!(record.manifest.contains("kind: Thing"), "{}", record.manifest);
    assert_eq!(fields(&world, &group).await?, Some(vec!["one".to_owned()]));
    let key = ObjectKey { namespace: String::new(), ..ObjectKey::of(&definition(&group, "")) };
    assert_eq!(world.admin.get(&key, Detail::Metadata).await?.unwrap_or_default()["metadata"]["labels"], json!({"owner": "me"}));
    assert!(world.live("ConfigMap", "not-here").await?.is_none(), "only definitions are taken from crds/");

    // One that is there stays as it is, so that the object has a field that nobody knows.
    options.source = source(&group, "two");
    let failure = world.helm().upgrade(&options).await.expect_err("the field is unknown");
    assert!(failure.to_string().contains(".spec.two: field not declared in schema"), "{failure}");
    options.crds.policy = CrdPolicy::CreateReplace;
    world.helm().upgrade(&options).await?;
    assert_eq!(fields(&world, &group).await?, Some(vec!["two".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn a_kind_that_somebody_has_just_defined_is_known() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let group = format!("{}.late.example", world.namespace);
    let absent = source(&group, "one");
    let mut options = world.install(absent);
    options.crds.policy = CrdPolicy::Skip;
    assert_eq!(world.helm().install(&options).await?.manifest, "");
    let created = world.admin.create(&definition(&group, "one"), "somebody").await?;
    let key = ObjectKey { namespace: String::new(), ..ObjectKey::of(&created) };
    let is_established = |live: Value| {
        let conditions = live["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().any(|condition| condition["type"] == "Established" && condition["status"] == "True")
    };
    while !world.admin.get(&key, Detail::Full).await?.is_some_and(is_established) {
        tokio::task::yield_now().await;
    }
    let mut options = upgrade(source(&group, "one"));
    options.crds.policy = CrdPolicy::Skip;
    // The API server itself shows a kind some moments after it is established.
    for _ in 0..100 {
        if !world.helm().upgrade(&options).await?.manifest.is_empty() {
            return Ok(());
        }
    }
    Err("the kind is never known".into())
}
