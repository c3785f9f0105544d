//! What a release costs when nothing changes, and how its waits end. Killing its controller is in `release_killed`.

use anyhow::{Context, ensure};
use e2e::objects::{HELM_RELEASE, condition};
use e2e::world::{Settings, helm_controller};
use scenarios::own::Ground;
use scenarios::{ChartServer, Scene};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::controller::Controller;

const CHART: [(&str, &str); 2] = [
    ("values.yaml", "text: none\n"),
    (
        "templates/cm.yaml",
        "{{ range $n := until 5 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ $.Release.Name }}-{{ $n }}\ndata:\n  text: {{ $.Values.text | quote }}\n{{ end }}\n",
    ),
];

/// A scene with a helm-controller of its own.
pub(super) struct Play {
    pub(super) scene: Scene,
    pub(super) helm: Controller,
    _directory: tempfile::TempDir,
}

impl Play {
    /// With this chart; flags go to the controller.
    pub(super) async fn start(title: &str, chart: &[(&str, &str)], flags: &[&str]) -> anyhow::Result<Option<Self>> {
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
