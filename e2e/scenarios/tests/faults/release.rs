//! What a release costs when nothing changes, and what is left of it when its controller is killed at any moment.

use anyhow::{Context, ensure};
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, SECRET, condition, is_ready};
use e2e::world::{Settings, helm_controller};
use scenarios::own::Ground;
use scenarios::{ChartServer, Scene};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use test_support::controller::Controller;

const CHART: [(&str, &str); 2] = [
    ("values.yaml", "text: none\n"),
    (
        "templates/cm.yaml",
        "{{ range $n := until 5 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ $.Release.Name }}-{{ $n }}\ndata:\n  text: {{ $.Values.text | quote }}\n{{ end }}\n",
    ),
];

/// A scene with a helm-controller of its own.
struct Play {
    scene: Scene,
    helm: Controller,
    _directory: tempfile::TempDir,
}

impl Play {
    /// With this chart; flags go to the controller.
    async fn start(title: &str, chart: &[(&str, &str)], flags: &[&str]) -> anyhow::Result<Option<Self>> {
        let Some(ground) = Ground::shared().await? else { return Ok(None) };
        let directory = tempfile::Builder::new().prefix("weir-helm-").tempdir().context("make a directory")?;
        test_support::process::remove_when_killed(directory.path()).context("start the watchdog")?;
        let scene = Scene::new(&ground.cluster, &ground.git, directory.path(), title).await?;
        let mut settings = Settings::for_tests()?;
        settings.flags.push("--watch-all-namespaces=false".to_owned());
        settings.flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let kubeconfig = ground.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
        let builder = helm_controller(&settings, &kubeconfig).variable("RUNTIME_NAMESPACE", scene.name());
        let mut helm = builder.start(directory.path())?;
        helm.wait_until_ready().await?;
        let charts = ChartServer::start()?;
        charts.publish(&scene, "1.0.0", chart).await?;
        Ok(Some(Self { scene, helm, _directory: directory }))
    }

    /// Requests that were answered, by method.
    async fn requests(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let text = self.helm.metrics().await?;
        let mut requests = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with("rest_client_requests_total{code=\"20")) {
            let method = line.split("method=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            let count: f64 = line.rsplit(' ').next().unwrap_or_default().parse().context("read a number")?;
            *requests.entry(method.to_owned()).or_default() += count as u64;
        }
        Ok(requests)
    }
}

#[tokio::test]
async fn unchanged_release_costs_a_look_at_its_records_and_one_status() -> anyhow::Result<()> {
    let Some(play) = Play::start("hr-cost", &CHART, &[]).await? else { return Ok(()) };
    play.scene.add_release("hr", json!({"values": {"text": "x"}})).await?;
    play.scene.ready(HELM_RELEASE, "hr").await?;
    play.scene.reconcile(HELM_RELEASE, "hr").await?;
    let before = play.requests().await?;
    play.scene.reconcile(HELM_RELEASE, "hr").await?;
    let after = play.requests().await?;
    let spent = |method: &str| after.get(method).copied().unwrap_or_default() - before.get(method).copied().unwrap_or_default();
    // The list of records, without what is in them; and that the request was handled.
    ensure!(spent("GET") <= 1 && spent("PATCH") <= 1 && spent("POST") + spent("PUT") == 0, "{before:?} {after:?}");
    Ok(())
}

/// Twenty times: an upgrade begins, and its controller is killed a moment later; the next one brings it to its end without help.
#[tokio::test]
async fn sec_l15_killed_in_an_upgrade_the_release_recovers() -> anyhow::Result<()> {
    let Some(mut play) = Play::start("hr-killed", &CHART, &[]).await? else { return Ok(()) };
    play.scene.add_release("hr", json!({"values": {"text": "start"}, "upgrade": {"remediation": {"retries": -1}}})).await?;
    play.scene.ready(HELM_RELEASE, "hr").await?;
    for round in 0..20_u64 {
        let text = format!("round {round}");
        play.scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"text": text}}})).await?;
        // From before the first write to after the last.
        tokio::time::sleep(Duration::from_millis(round * 15)).await;
        play.helm.kill();
        play.helm.restart()?;
        let settled = |object: &Value| is_ready(object) && condition(object, "Released").0 == "True";
        play.scene.wait(HELM_RELEASE, "hr", "recover", settled).await?;
        for number in 0..5 {
            let live = play.scene.get(CONFIG_MAP, &format!("hr-{number}")).await?;
            assert_eq!(live["data"]["text"], *text, "round {round}");
        }
        let records = play.scene.live.list(SECRET, play.scene.name()).await?;
        let count = |status: &str| records.iter().filter(|record| record["metadata"]["labels"]["status"] == *status).count();
        assert_eq!(count("deployed"), 1, "round {round}");
        let pending: usize = ["pending-install", "pending-upgrade", "pending-rollback"].map(count).iter().sum();
        assert_eq!(pending, 0, "round {round}");
    }
    Ok(())
}

/// The same for a first revision and for the end of a release.
#[tokio::test]
async fn sec_l15_killed_in_an_install_or_uninstall_nothing_is_left_over() -> anyhow::Result<()> {
    let Some(mut play) = Play::start("hr-killed-ends", &CHART, &[]).await? else { return Ok(()) };
    for round in 0..10_u64 {
        play.scene
            .add_release("hr", json!({"install": {"remediation": {"retries": -1}}, "upgrade": {"remediation": {"retries": -1}}}))
            .await?;
        tokio::time::sleep(Duration::from_millis(round * 30)).await;
        play.helm.kill();
        play.helm.restart()?;
        play.scene.ready(HELM_RELEASE, "hr").await?;
        play.scene.live.delete(HELM_RELEASE, play.scene.name(), "hr").await?;
        tokio::time::sleep(Duration::from_millis(round * 20)).await;
        play.helm.kill();
        play.helm.restart()?;
        play.scene.live.wait_gone(HELM_RELEASE, play.scene.name(), "hr").await?;
        let maps = play.scene.live.list(CONFIG_MAP, play.scene.name()).await?;
        let left: Vec<&Value> = maps
            .iter()
            .map(|map| &map["metadata"]["name"])
            .filter(|name| name.as_str().is_some_and(|name| name.starts_with("hr-")))
            .collect();
        ensure!(left.is_empty(), "round {round}: {left:?}");
        let records = play.scene.live.list(SECRET, play.scene.name()).await?;
        ensure!(records.iter().all(|secret| secret["type"] != "helm.sh/release.v1"), "round {round}: a record is left");
    }
    Ok(())
}

/// A wait that would last five minutes gives way to a corrected spec.
#[tokio::test]
async fn waits_give_way_to_a_new_spec_where_the_gate_is_open() -> anyhow::Result<()> {
    const WAITING: [(&str, &str); 2] = [
        ("values.yaml", "replicas: 1\n"),
        (
            "templates/d.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: 'app:1'}]}\n",
        ),
    ];
    let flags = ["--feature-gates=CancelHealthCheckOnNewRevision=true"];
    let Some(play) = Play::start("hr-cancel", &WAITING, &flags).await? else { return Ok(()) };
    // No node, so no pod ever runs.
    play.scene.add_release("hr", json!({"timeout": "5m", "install": {"remediation": {"retries": -1}}})).await?;
    let waiting = |object: &Value| condition(object, "Reconciling").2 == "Running 'install' action with timeout of 5m0s";
    play.scene.wait(HELM_RELEASE, "hr", "wait", waiting).await?;
    play.scene.patch(HELM_RELEASE, "hr", json!({"spec": {"values": {"replicas": 0}}})).await?;
    play.scene
        .wait_for_event(
            HELM_RELEASE,
            "hr",
            "HealthCheckCanceled",
            "Health checks canceled due to new reconciliation triggered by HelmRelease/",
        )
        .await?;
    play.scene.ready(HELM_RELEASE, "hr").await.map(drop)
}
