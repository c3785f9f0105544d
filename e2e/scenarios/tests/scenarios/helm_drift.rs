//! What others change of a release: told of, undone, or left alone.

use super::helm_lifecycle::TEXT;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, condition, is_ready};
use scenarios::play;
use serde_json::{Value, json};

fn drifted(object: &Value) -> bool {
    condition(object, "Drifted").0 == "True"
}

#[tokio::test]
async fn drift_is_told_of() -> anyhow::Result<()> {
    play("hr-drift-warn", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"driftDetection": {"mode": "warn"}})).await?;
        let object = scene.ready(HELM_RELEASE, "hr").await?;
        assert_eq!(condition(&object, "Drifted"), ("False", "NoDriftDetected", "No drift detected against the cluster state"));
        scene.patch(CONFIG_MAP, "hr", json!({"data": {"text": "by hand"}})).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        let object = scene.wait(HELM_RELEASE, "hr", "notice the drift", drifted).await?;
        let name = scene.name();
        let message = format!("Cluster state of release {name}/hr.v1 has drifted from the desired state:\nConfigMap/{name}/hr changed (0 additions, 1 changes, 0 removals)");
        assert_eq!(condition(&object, "Drifted"), ("True", "DriftDetected", &*message));
        assert_eq!(condition(&object, "Ready").0, "True");
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "by hand");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn drift_is_corrected() -> anyhow::Result<()> {
    play("hr-drift", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"driftDetection": {"mode": "enabled"}})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.delete(CONFIG_MAP, "hr").await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        scene.wait(CONFIG_MAP, "hr", "be there again", |object| object["data"]["text"] == "hello").await?;
        let corrected =
            format!("Cluster state of release {}/hr.v1 has been corrected:\nConfigMap/{}/hr created", scene.name(), scene.name());
        scene.wait_for_event(HELM_RELEASE, "hr", "DriftCorrected", &corrected).await?;
        scene.patch(CONFIG_MAP, "hr", json!({"data": {"text": "by hand"}})).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        scene.wait(CONFIG_MAP, "hr", "be as released", |object| object["data"]["text"] == "hello").await?;
        scene.wait(HELM_RELEASE, "hr", "be Ready", |object| is_ready(object) && !drifted(object)).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn what_may_drift_is_left_alone() -> anyhow::Result<()> {
    play("hr-drift-ignore", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        let ignore = json!([{"paths": ["/data/text"], "target": {"kind": "ConfigMap"}}]);
        scene.add_release("hr", json!({"driftDetection": {"mode": "enabled", "ignore": ignore}})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(CONFIG_MAP, "hr", json!({"data": {"text": "by hand"}})).await?;
        let object = scene.reconcile(HELM_RELEASE, "hr").await?;
        assert!(!drifted(&object), "{object:#}");
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "by hand");
        Ok(())
    })
    .await
}
