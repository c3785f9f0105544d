//! A release from its first revision to its end: install, upgrade, what costs nothing, suspension, moving, deletion.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_CHART, HELM_RELEASE, NAMESPACE, OCI_REPOSITORY, SECRET, condition};
use scenarios::{Scene, Stage, play};
use serde_json::{Value, json};

/// A chart with one ConfigMap, whose text is a value.
pub(crate) const TEXT: [(&str, &str); 3] = [
    ("values.yaml", "text: hello\n"),
    (
        "templates/cm.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ .Values.text | quote }}\n",
    ),
    ("templates/NOTES.txt", "Installed {{ .Release.Name }}.\n"),
];

/// Version and state of the records of a release, as their labels tell.
pub(crate) async fn records(scene: &Scene) -> anyhow::Result<Vec<(String, String)>> {
    let mut records: Vec<(String, String)> = scene
        .live
        .list(SECRET, scene.name())
        .await?
        .iter()
        .filter(|secret| secret["type"] == "helm.sh/release.v1")
        .map(|secret| {
            let label = |name: &str| secret["metadata"]["labels"][name].as_str().unwrap_or_default().to_owned();
            (label("version"), label("status"))
        })
        .collect();
    records.sort();
    Ok(records)
}

/// Waits until Ready has a message that ends so, in the current generation.
pub(crate) async fn says(scene: &Scene, name: &str, end: &str) -> anyhow::Result<Value> {
    let said = |object: &Value| {
        let handled = object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].is_null()
            || object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"] == object["status"]["lastHandledReconcileAt"];
        handled && condition(object, "Ready").2.ends_with(end)
    };
    scene.wait(HELM_RELEASE, name, &format!("say '{end}'"), said).await
}

fn state(version: &str, status: &str) -> (String, String) {
    (version.to_owned(), status.to_owned())
}

#[tokio::test]
async fn release_is_installed_upgraded_and_uninstalled() -> anyhow::Result<()> {
    play("hr-life", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        let installed = scene.ready(HELM_RELEASE, "hr").await?;
        let message = format!("Helm install succeeded for release {}/hr.v1 with chart app@1.2.3", scene.name());
        assert_eq!(condition(&installed, "Ready"), ("True", "InstallSucceeded", &*message));
        assert_eq!(condition(&installed, "Released"), ("True", "InstallSucceeded", &*message));
        let entry = json!({"id": format!("{}_hr__ConfigMap", scene.name()), "v": "v1"});
        assert_eq!(installed["status"]["inventory"]["entries"], json!([entry]));
        let live = scene.get(CONFIG_MAP, "hr").await?;
        assert_eq!(live["data"]["text"], "hello");
        let labels = json!({"app.kubernetes.io/managed-by": "Helm", "helm.toolkit.fluxcd.io/name": "hr", "helm.toolkit.fluxcd.io/namespace": scene.name()});
        assert_eq!(live["metadata"]["labels"], labels);

        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"text": "changed"}}})).await?;
        let upgraded = says(scene, "hr", "hr.v2 with chart app@1.2.3").await?;
        assert_eq!(condition(&upgraded, "Ready").1, "UpgradeSucceeded");
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "changed");
        let history: Vec<(&Value, &Value)> = upgraded["status"]["history"].as_array().into_iter().flatten()
            .map(|one| (&one["version"], &one["status"])).collect();
        assert_eq!(history, [(&json!(2), &json!("deployed")), (&json!(1), &json!("superseded"))]);
        assert_eq!(records(scene).await?, [state("1", "superseded"), state("2", "deployed")]);

        scene.delete(HELM_RELEASE, "hr").await?;
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the release is not uninstalled");
        assert_eq!(records(scene).await?, []);
        let events = stage.events.about(scene.name());
        let reasons: Vec<&Value> = events.iter().filter(|event| event["involvedObject"]["kind"] == "HelmRelease").map(|event| &event["reason"]).collect();
        assert_eq!(reasons, ["InstallSucceeded", "UpgradeSucceeded", "UninstallSucceeded"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn new_version_of_the_chart_is_released_by_itself() -> anyhow::Result<()> {
    play("hr-version", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        stage.charts.publish(scene, "1.3.0", &TEXT).await?;
        let upgraded = says(scene, "hr", "hr.v2 with chart app@1.3.0").await?;
        assert_eq!(upgraded["status"]["lastAttemptedRevision"], "1.3.0");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tag_that_moved_is_a_new_version() -> anyhow::Result<()> {
    play("hr-tag", async |scene, stage| {
        let spec = json!({"chartRef": {"kind": "OCIRepository", "name": "app"}});
        let first = stage.charts.push(scene, "1.0.0", "1.0.0", &TEXT).await?;
        scene.add_release("hr", spec).await?;
        let version = |digest: &str| format!("1.0.0+{}", &digest["sha256:".len()..][..12]);
        let installed = says(scene, "hr", &format!("hr.v1 with chart app@{}", version(&first))).await?;
        assert_eq!(installed["status"]["lastAttemptedRevisionDigest"], first);
        assert_eq!(installed["status"]["history"][0]["ociDigest"], first);
        let other = [("values.yaml", "text: moved\n"), TEXT[1], TEXT[2]];
        let second = stage.charts.push(scene, "1.0.0", "1.0.0", &other).await?;
        says(scene, "hr", &format!("hr.v2 with chart app@{}", version(&second))).await?;
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "moved");
        scene.delete(OCI_REPOSITORY, "app").await
    })
    .await
}

/// What is written when nothing changed: only that the request was handled.
#[tokio::test]
async fn unchanged_release_stays_as_it_is() -> anyhow::Result<()> {
    play("hr-same", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"values": {"text": "x", "number": 3, "list": [1, {"a": null}]}})).await?;
        let before = scene.ready(HELM_RELEASE, "hr").await?;
        // The chart is not needed to see that nothing changed.
        stage.charts.forget(scene);
        for _ in 0..2 {
            let after = scene.reconcile(HELM_RELEASE, "hr").await?;
            assert_eq!(after["status"]["conditions"], before["status"]["conditions"]);
            assert_eq!(after["status"]["history"], before["status"]["history"]);
        }
        assert_eq!(records(scene).await?, [state("1", "deployed")]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn suspended_release_is_neither_upgraded_nor_uninstalled() -> anyhow::Result<()> {
    play("hr-suspended", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"suspend": true, "values": {"text": "changed"}}})).await?;
        let passed_over = scene.reconcile(HELM_RELEASE, "hr").await?;
        assert_eq!(passed_over["status"]["observedGeneration"], passed_over["metadata"]["generation"]);
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "hello");
        scene.delete(HELM_RELEASE, "hr").await?;
        assert_eq!(records(scene).await?, [state("1", "deployed")]);
        scene.get(CONFIG_MAP, "hr").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn release_that_moves_is_uninstalled_first() -> anyhow::Result<()> {
    play("hr-moves", async |scene, stage| {
        let other = format!("{}-other", scene.name());
        scene.live.create(NAMESPACE, &NAMESPACE.object("", &other, json!({}))).await?;
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"targetNamespace": other, "storageNamespace": other}})).await?;
        let moved = says(scene, "hr", &format!("{other}/{other}-hr.v1 with chart app@1.2.3")).await?;
        assert_eq!(moved["status"]["storageNamespace"], other);
        assert_eq!(moved["status"]["history"].as_array().map(Vec::len), Some(1));
        ensure!(scene.find(CONFIG_MAP, "hr").await?.is_none(), "the first release is still there");
        assert_eq!(records(scene).await?, []);
        scene.delete(HELM_RELEASE, "hr").await
    })
    .await
}

/// `spec.chart` makes a HelmChart next to its source, and takes it along when it goes.
#[tokio::test]
async fn template_makes_a_chart_and_deletes_it() -> anyhow::Result<()> {
    play("hr-template", async |scene, _| {
        let template =
            json!({"spec": {"chart": "app", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "absent"}}});
        scene.add_release("hr", json!({"chartRef": null, "chart": template})).await?;
        let name = format!("{}-hr", scene.name());
        let chart = scene.wait(HELM_CHART, &name, "exist", |_| true).await?;
        assert_eq!(chart["spec"]["version"], "1.x");
        assert_eq!(chart["metadata"]["labels"]["helm.toolkit.fluxcd.io/name"], "hr");
        let waiting = scene.failed(HELM_RELEASE, "hr", "SourceNotReady").await?;
        ensure!(waiting.starts_with(&format!("HelmChart '{}/{name}' is not ready: ", scene.name())), "{waiting}");
        scene.wait_for_event(HELM_RELEASE, "hr", "HelmChartCreated", "with SourceRef 'HelmRepository/").await?;
        scene.patch(HELM_RELEASE, "hr", json!({"spec": {"chart": {"spec": {"version": "2.x"}}}})).await?;
        scene.wait(HELM_CHART, &name, "follow the template", |chart| chart["spec"]["version"] == "2.x").await?;
        scene.delete(HELM_RELEASE, "hr").await?;
        scene.live.wait_gone(HELM_CHART, scene.name(), &name).await
    })
    .await
}

/// All three controllers: a commit becomes a chart, and the chart a release.
#[tokio::test]
async fn chart_in_a_git_repository_is_released() -> anyhow::Result<()> {
    play("hr-git", async |scene, _| {
        for (path, text) in TEXT {
            scene.repository.commit_file(&format!("chart/{path}"), text)?;
        }
        scene.repository.commit_file("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n")?;
        scene.add_source("source", json!({})).await?;
        let template = json!({"spec": {"chart": "./chart", "sourceRef": {"kind": "GitRepository", "name": "source"}}});
        scene.add_release("hr", json!({"chartRef": null, "chart": template})).await?;
        says(scene, "hr", "hr.v1 with chart app@1.0.0").await?;
        scene.repository.commit_file("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.1.0\n")?;
        scene.reconcile(e2e::objects::GIT_REPOSITORY, "source").await?;
        says(scene, "hr", "hr.v2 with chart app@1.1.0").await?;
        scene.delete(HELM_RELEASE, "hr").await
    })
    .await
}

/// Helm's own command line on the stage's cluster.
fn helm(stage: &Stage, scene: &Scene, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = std::process::Command::new(e2e::helm::command_line()?);
    command
        .args(arguments)
        .args(["--namespace", scene.name(), "--kubeconfig"])
        .arg(stage.world.cluster.kubeconfig().canonicalize()?);
    let output = command.output()?;
    ensure!(output.status.success(), "helm {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// A release that Helm's command line made goes on as ours, and the other way round: it is never installed anew.
#[tokio::test]
async fn release_of_the_command_line_is_taken_over() -> anyhow::Result<()> {
    play("hr-adopt", async |scene, stage| {
        let directory = tempfile::tempdir()?;
        for (path, text) in TEXT.iter().chain(&[("Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.2.3\nappVersion: '9'\n")]) {
            let path = directory.path().join("app").join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(directory.path()))?;
            std::fs::write(path, text)?;
        }
        let chart = directory.path().join("app").display().to_string();
        helm(stage, scene, &["install", "hr", &chart, "--set", "text=by-hand"])?;
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add_release("hr", json!({"values": {"text": "ours"}})).await?;
        let taken = says(scene, "hr", "hr.v2 with chart app@1.2.3").await?;
        assert_eq!(condition(&taken, "Ready").1, "UpgradeSucceeded");
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "ours");
        let history: Value = serde_json::from_str(&helm(stage, scene, &["history", "hr", "--output", "json"])?)?;
        let rows: Vec<(&Value, &Value)> =
            history.as_array().into_iter().flatten().map(|row| (&row["status"], &row["chart"])).collect();
        let chart = json!("app-1.2.3");
        assert_eq!(rows, [(&json!("superseded"), &chart), (&json!("deployed"), &chart)]);
        // What was done by hand is noticed, and undone by an upgrade.
        helm(stage, scene, &["rollback", "hr", "1", "--force-conflicts"])?;
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "by-hand");
        scene.reconcile(HELM_RELEASE, "hr").await?;
        says(scene, "hr", "hr.v4 with chart app@1.2.3").await?;
        assert_eq!(scene.get(CONFIG_MAP, "hr").await?["data"]["text"], "ours");
        Ok(())
    })
    .await
}
