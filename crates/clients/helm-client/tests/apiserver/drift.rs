//! Finding and correcting drift.

use apply_plan::ignore::{IgnoreRule, IgnoreRules, Target};
use helm_client::{Difference, DriftRules};
use serde_json::json;

use crate::world::{NAME, TestResult, World, chart, config_map, hook};

const EXCLUSION: (&str, &str) = ("helm.toolkit.fluxcd.io/driftDetection", "disabled");

fn rules(ignore: &IgnoreRules) -> DriftRules<'_> {
    DriftRules { ignore, exclusion: EXCLUSION, overridden: &[] }
}

#[tokio::test]
async fn drift_is_found_described_and_corrected() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut excluded = config_map("excluded", "1");
    excluded["metadata"]["annotations"] = json!({EXCLUSION.0: EXCLUSION.1});
    let templates = [
        config_map("changed", "1"),
        config_map("gone", "1"),
        config_map("same", "1"),
        config_map("ignored", "1"),
        excluded,
        hook("hook", json!({"helm.sh/hook": "pre-install"})),
    ]
    .map(|object| object.to_string());
    let record = world.helm().install(&world.install(chart(&templates.each_ref().map(String::as_str)))).await?;
    let none = IgnoreRules::default();
    let drifts = world.helm().drift(&record, &rules(&none)).await?;
    assert!(drifts.objects.is_empty() && drifts.errors.is_empty(), "{drifts:?}");

    let changed = json!([{"op": "replace", "path": "/data/k", "value": "other"}, {"op": "add", "path": "/metadata/labels/theirs", "value": "1"}]);
    for name in ["changed", "ignored", "excluded", "hook"] {
        let changed = if name == "hook" { json!([changed[0]]) } else { changed.clone() };
        world.edit(name, changed).await?;
    }
    world.admin.delete(&world.key("v1", "ConfigMap", "gone"), None).await?;
    let target = Target { name: "ignored".to_owned(), ..Target::default() };
    let ignore = IgnoreRules::compile(&[IgnoreRule { paths: vec!["/data/k".to_owned()], target: Some(target) }])?;
    let drifts = world.helm().drift(&record, &rules(&ignore)).await?;
    let namespace = &world.namespace;
    let texts: Vec<String> = drifts.objects.iter().map(ToString::to_string).collect();
    let expected = ["changed changed (0 additions, 1 changes, 0 removals)", "gone removed"];
    assert_eq!(texts, expected.map(|text| format!("ConfigMap/{namespace}/{text}")));
    let patch = vec![json!({"op": "replace", "path": "/data/k", "value": "1"})];
    assert_eq!(drifts.objects[0].difference, Difference::Changed { patch });

    let correction = world.helm().correct(&drifts.objects).await;
    let changes: Vec<String> = correction.changes.iter().map(ToString::to_string).collect();
    let expected = [format!("ConfigMap/{namespace}/gone created"), format!("ConfigMap/{namespace}/changed configured")];
    assert_eq!((changes, correction.errors.len()), (expected.to_vec(), 0));
    assert!(world.helm().drift(&record, &rules(&ignore)).await?.objects.is_empty());
    let live = world.live("ConfigMap", "changed").await?.unwrap_or_default();
    assert_eq!((&live["data"]["k"], &live["metadata"]["labels"]["theirs"]), (&json!("1"), &json!("1")));
    assert_eq!(world.value("ignored").await?.as_deref(), Some("other"));
    assert_eq!(world.storage.last(NAME).await?.map(|last| last.version), Some(1), "a correction is no revision");
    Ok(())
}
