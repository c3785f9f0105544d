//! What is released: values from elsewhere, post-renderers, metadata, definitions, tests, hooks.

use super::helm_lifecycle::{TEXT, says};
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, condition};
use scenarios::{DEFINITION, play};
use serde_json::{Value, json};

#[tokio::test]
async fn values_come_from_references_in_order_and_from_the_spec() -> anyhow::Result<()> {
    play("hr-values", async |scene, stage| {
        let template =
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: values\ndata:\n  values: {{ .Values | toJson | quote }}\n";
        stage.charts.publish(scene, "1.0.0", &[("values.yaml", "a: chart\nb: chart\n"), ("templates/cm.yaml", template)]).await?;
        scene.add(CONFIG_MAP, "one", json!({"data": {"values.yaml": "b: one\nc: one\nd: one\n"}})).await?;
        scene.add_secret("two", &[("own", "c: two"), ("text", "path")]).await?;
        let references = json!([{"kind": "ConfigMap", "name": "one"}, {"kind": "Secret", "name": "two", "valuesKey": "own"},
            {"kind": "Secret", "name": "two", "valuesKey": "text", "targetPath": "nested.key"},
            {"kind": "ConfigMap", "name": "absent", "optional": true}]);
        scene.add_release("hr", json!({"values": {"d": "spec", "nested": {"key": "spec"}}, "valuesFrom": references})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        let live = scene.get(CONFIG_MAP, "values").await?;
        let values: Value = serde_json::from_str(live["data"]["values"].as_str().unwrap_or_default())?;
        assert_eq!(values, json!({"a": "chart", "b": "one", "c": "two", "d": "spec", "nested": {"key": "path"}}));
        Ok(())
    })
    .await
}

/// In the words of the recorded scenario `hr-no-values`; and a labelled object wakes who refers to it.
#[tokio::test]
async fn values_that_are_missing_are_waited_for() -> anyhow::Result<()> {
    play("hr-no-values", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"valuesFrom": [{"kind": "ConfigMap", "name": "absent"}]})).await?;
        let message = scene.failed(HELM_RELEASE, "hr", "ValuesError").await?;
        let expected = format!(
            "could not resolve ConfigMap chart values reference '{}/absent' with key 'values.yaml': configmaps \"absent\" not found",
            scene.name()
        );
        assert_eq!(message, expected);
        let labels = json!({"reconcile.fluxcd.io/watch": "Enabled"});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "absent", "namespace": scene.name(), "labels": labels},
            "data": {"values.yaml": "text: found\n"}});
        scene.live.create(CONFIG_MAP, &map).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(CONFIG_MAP, "absent", json!({"data": {"values.yaml": "text: other\n"}})).await?;
        says(scene, "hr", "hr.v2 with chart app@1.2.3").await?;
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "other");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn manifests_are_changed_after_rendering() -> anyhow::Result<()> {
    play("hr-post", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        let patch = json!({"patch": "- {op: add, path: /data/patched, value: 'yes'}\n", "target": {"kind": "ConfigMap"}});
        let spec = json!({"postRenderers": [{"kustomize": {"patches": [patch]}}],
            "commonMetadata": {"labels": {"team": "a", "helm.toolkit.fluxcd.io/name": "mine"}, "annotations": {"note": "b"}}});
        scene.add_release("hr", spec).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        let live = scene.get(CONFIG_MAP, "hr").await?;
        assert_eq!(live["data"], json!({"text": "hello", "patched": "yes"}));
        assert_eq!((&live["metadata"]["labels"]["team"], &live["metadata"]["annotations"]["note"]), (&json!("a"), &json!("b")));
        assert_eq!(
            live["metadata"]["labels"]["helm.toolkit.fluxcd.io/name"], "hr",
            "where an object comes from is not the user's to say"
        );
        // A change of the post-renderers alone is an upgrade.
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"postRenderers": null}})).await?;
        says(scene, "hr", "hr.v2 with chart app@1.2.3").await?;
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"], json!({"text": "hello"}));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn definitions_of_a_chart_are_created_and_kept() -> anyhow::Result<()> {
    play("hr-crds", async |scene, stage| {
        let group = format!("{}.example", scene.name());
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("things.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
        .to_string();
        let thing = format!("apiVersion: {group}/v1\nkind: Thing\nmetadata:\n  name: thing\n");
        stage.charts.publish(scene, "1.0.0", &[("crds/things.yaml", &definition), ("templates/thing.yaml", &thing)]).await?;
        scene.add_release("hr", json!({})).await?;
        let object = scene.ready(HELM_RELEASE, "hr").await?;
        let ids: Vec<&Value> =
            object["status"]["inventory"]["entries"].as_array().into_iter().flatten().map(|entry| &entry["id"]).collect();
        let expected = [
            format!("{}_thing_{group}_Thing", scene.name()),
            format!("_things.{group}_apiextensions.k8s.io_CustomResourceDefinition"),
        ];
        assert_eq!(ids, expected.each_ref());
        scene.delete(HELM_RELEASE, "hr").await?;
        let kept = scene.live.get(DEFINITION, "", &format!("things.{group}")).await?;
        ensure!(kept.is_some(), "the definition went with the release");
        scene.live.delete(DEFINITION, "", &format!("things.{group}")).await
    })
    .await
}

#[tokio::test]
async fn tests_of_a_release_decide_whether_it_is_ready() -> anyhow::Result<()> {
    play("hr-tests", async |scene, stage| {
        // A hook of another kind than Pod and Job has succeeded as soon as it exists.
        let hook = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: checked\n  annotations:\n    helm.sh/hook: test\n";
        stage.charts.publish(scene, "1.2.3", &[TEXT[0], TEXT[1], ("templates/test.yaml", hook)]).await?;
        scene.add_release("hr", json!({"test": {"enable": true}})).await?;
        let object = scene.ready(HELM_RELEASE, "hr").await?;
        let (status, reason, message) = condition(&object, "Ready");
        assert_eq!((status, reason), ("True", "TestSucceeded"));
        ensure!(message.ends_with("/hr.v1 with chart app@1.2.3: 1 test hook completed successfully"), "{message}");
        assert_eq!(object["status"]["history"][0]["testHooks"]["checked"]["phase"], "Succeeded");
        assert_eq!(condition(&object, "TestSuccess").0, "True");
        Ok(())
    })
    .await
}
