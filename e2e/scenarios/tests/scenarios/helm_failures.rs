//! Releases that fail: what is said, what is counted, what is undone, and when it is given up.

use super::helm_lifecycle::{TEXT, records, says};
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, condition, is_ready};
use scenarios::play;
use serde_json::{Value, json};

/// A chart whose object the API server refuses when `bad` is set.
const BREAKABLE: [(&str, &str); 2] = [
    ("values.yaml", "bad: false\ntext: hello\n"),
    (
        "templates/cm.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  {{ if .Values.bad }}bad key{{ else }}text{{ end }}: {{ .Values.text | quote }}\n",
    ),
];

/// What Helm's log said of the same failure in an event of helm-controller 1.6.2.
fn log_of_flux(namespace: &str) -> [String; 10] {
    let named = format!(r#"{{"error":{{}},"gvk":"/v1, Kind=ConfigMap","name":"hr","namespace":"{namespace}"}}"#);
    let apply = r#"{"dryRun":false,"fieldValidationDirective":"Strict","forceConflicts":true"#;
    [
        r#"preparing upgrade: {"name":"hr"}"#.to_owned(),
        "resetting values to the chart's original version: {}".to_owned(),
        r#"determined release apply method: {"previous_release_apply_method":"ssa","server_side_apply":true}"#.to_owned(),
        r#"performing update: {"name":"hr"}"#.to_owned(),
        r#"creating upgraded release: {"name":"hr"}"#.to_owned(),
        format!("using server-side apply for resource creation: {apply}}}"),
        format!("using server-side apply for resource update: {apply},\"upgradeClientSideFieldManager\":false}}"),
        r#"checking resources for changes: {"resources":1}"#.to_owned(),
        format!("Error patching resource: {named}"),
        r#"warning: upgrade failed: {"error":{},"name":"hr"}"#.to_owned(),
    ]
}

fn stalled(object: &Value) -> bool {
    condition(object, "Stalled").0 == "True"
}

/// In the words of the recorded scenario `hr-bad-values`: nothing is stored, so nothing is counted and it is tried again.
#[tokio::test]
async fn chart_that_does_not_render_is_tried_again() -> anyhow::Result<()> {
    play("hr-render", async |scene, stage| {
        let required = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ required \"text is needed\" .Values.text | quote }}\n";
        stage.charts.publish(scene, "1.2.3", &[("values.yaml", "text: hello\n"), ("templates/cm.yaml", required)]).await?;
        scene.add_release("hr", json!({"values": {"text": ""}})).await?;
        let message = scene.failed(HELM_RELEASE, "hr", "InstallFailed").await?;
        let end = "/hr with chart app@1.2.3: execution error at (app/templates/cm.yaml:6:11): text is needed";
        ensure!(message.ends_with(end), "{message}");
        let object = scene.wait(HELM_RELEASE, "hr", "fail again", |object| object["status"]["failures"].as_i64() > Some(1)).await?;
        assert_eq!(object["status"]["installFailures"], Value::Null);
        assert_eq!(object["status"]["observedGeneration"], -1);
        assert_eq!(condition(&object, "Reconciling").0, "True");
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"text": "given"}}})).await?;
        scene.ready(HELM_RELEASE, "hr").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn failed_upgrade_is_given_up_after_its_first_failure() -> anyhow::Result<()> {
    play("hr-stall", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &BREAKABLE).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"bad": true}}})).await?;
        let object = scene.wait(HELM_RELEASE, "hr", "stall", stalled).await?;
        assert_eq!(condition(&object, "Stalled"), ("True", "RetriesExceeded", "Failed to upgrade after 1 attempt(s)"));
        assert_eq!(condition(&object, "Ready").1, "UpgradeFailed");
        assert_eq!(object["status"]["upgradeFailures"], 1);
        assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
        let kept: Vec<String> =
            records(scene).await?.into_iter().map(|(version, status)| format!("{version} {status}")).collect();
        assert_eq!(kept, ["1 deployed", "2 failed"]);
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"bad": false, "text": "better"}}})).await?;
        let recovered = says(scene, "hr", "hr.v3 with chart app@1.2.3").await?;
        ensure!(is_ready(&recovered) && !stalled(&recovered), "{recovered:#}");
        assert_eq!(recovered["status"]["upgradeFailures"], Value::Null);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn failed_upgrade_is_rolled_back_as_often_as_allowed() -> anyhow::Result<()> {
    play("hr-rollback", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &BREAKABLE).await?;
        scene.add_release("hr", json!({"upgrade": {"remediation": {"retries": 1}}})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"bad": true}}})).await?;
        let object = scene.wait(HELM_RELEASE, "hr", "stall", stalled).await?;
        assert_eq!(condition(&object, "Stalled").2, "Failed to upgrade after 2 attempt(s)");
        let (status, reason, message) = condition(&object, "Ready");
        assert_eq!((status, reason), ("False", "RollbackSucceeded"));
        ensure!(message.ends_with("succeeded") && message.starts_with("Helm rollback to previous release "), "{message}");
        assert_eq!(condition(&object, "Remediated").0, "True");
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "hello");
        let last = records(scene).await?.pop();
        assert_eq!(last, Some(("5".to_owned(), "deployed".to_owned())));
        let failed = scene.wait_for_event(HELM_RELEASE, "hr", "UpgradeFailed", "Last Helm logs").await?;
        let text = failed["message"].as_str().unwrap_or_default();
        let lines: Vec<&str> =
            text.lines().skip(4).map(|line| line.split_once("Z: ").map_or("no time", |(_, rest)| rest)).collect();
        assert_eq!(lines, log_of_flux(scene.name()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn failed_install_is_uninstalled_and_tried_again() -> anyhow::Result<()> {
    play("hr-remediate", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &BREAKABLE).await?;
        scene.add_release("hr", json!({"values": {"bad": true}, "install": {"remediation": {"retries": 1}}})).await?;
        let object = scene.wait(HELM_RELEASE, "hr", "stall", stalled).await?;
        assert_eq!(condition(&object, "Stalled").2, "Failed to install after 2 attempt(s)");
        assert_eq!(object["status"]["installFailures"], 2);
        let seen = stage.events.about(scene.name());
        let count = |reason: &str| seen.iter().filter(|event| event["reason"] == reason).count();
        assert_eq!((count("InstallFailed"), count("UninstallSucceeded")), (2, 1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn retrying_waits_and_goes_on_from_what_failed() -> anyhow::Result<()> {
    play("hr-retry", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &BREAKABLE).await?;
        let strategy = json!({"strategy": {"name": "RetryOnFailure", "retryInterval": "2s"}});
        scene.add_release("hr", json!({"values": {"bad": true}, "install": strategy, "upgrade": strategy})).await?;
        let retrying = |object: &Value| {
            condition(object, "Reconciling").2 == "retrying after 2s" && object["status"]["failures"].as_i64() > Some(1)
        };
        let object = scene.wait(HELM_RELEASE, "hr", "try again", retrying).await?;
        assert_eq!(condition(&object, "Reconciling").1, "ProgressingWithRetry");
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"bad": false}}})).await?;
        scene.ready(HELM_RELEASE, "hr").await.map(drop)
    })
    .await
}

/// A request by annotation: once, and only together with a request to reconcile.
#[tokio::test]
async fn force_and_reset_are_handled_once() -> anyhow::Result<()> {
    play("hr-force", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        let annotations = json!({"reconcile.fluxcd.io/requestedAt": "1", "reconcile.fluxcd.io/forceAt": "1", "reconcile.fluxcd.io/resetAt": "1"});
        scene.patch(HELM_RELEASE, "hr", json!({"metadata": {"annotations": annotations}})).await?;
        let forced = says(scene, "hr", "hr.v2 with chart app@1.2.3").await?;
        assert_eq!(forced["status"]["lastHandledForceAt"], "1");
        assert_eq!(forced["status"]["lastHandledResetAt"], "1");
        scene.reconcile(HELM_RELEASE, "hr").await?;
        assert_eq!(records(scene).await?.len(), 2);
        Ok(())
    })
    .await
}

/// The record of an action whose process died: it is called failed, and the release goes on.
#[tokio::test]
async fn release_that_was_left_pending_is_unlocked() -> anyhow::Result<()> {
    play("hr-locked", async |scene, stage| {
        use e2e::objects::SECRET;
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        // As it is left by a process that dies in the middle of an upgrade.
        let mut pending = scene.get(SECRET, "sh.helm.release.v1.hr.v1").await?;
        let record = pending["data"]["release"].as_str().unwrap_or_default().to_owned();
        pending["metadata"] =
            json!({"name": "sh.helm.release.v1.hr.v2", "namespace": scene.name(), "labels": pending["metadata"]["labels"]});
        pending["metadata"]["labels"]["version"] = json!("2");
        pending["metadata"]["labels"]["status"] = json!("pending-upgrade");
        pending["data"]["release"] = json!(scenarios::chart_server::edited_record(&record, |record| {
            record["version"] = json!(2);
            record["info"]["status"] = json!("pending-upgrade");
        })?);
        scene.live.create(SECRET, &pending).await?;
        scene.reconcile(HELM_RELEASE, "hr").await?;
        says(scene, "hr", "hr.v3 with chart app@1.2.3").await?;
        scene.wait_for_event(HELM_RELEASE, "hr", "PendingRelease", "Unlocked Helm release ").await?;
        let kept: Vec<String> =
            records(scene).await?.into_iter().map(|(version, status)| format!("{version} {status}")).collect();
        assert_eq!(kept, ["1 superseded", "2 failed", "3 deployed"]);
        Ok(())
    })
    .await
}
