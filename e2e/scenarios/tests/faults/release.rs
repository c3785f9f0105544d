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
    async fn start(title: &str) -> anyhow::Result<Option<Self>> {
        let Some(ground) = Ground::shared().await? else { return Ok(None) };
        let directory = tempfile::Builder::new().prefix("weir-helm-").tempdir().context("make a directory")?;
        test_support::process::remove_when_killed(directory.path()).context("start the watchdog")?;
        let scene = Scene::new(&ground.cluster, &ground.git, directory.path(), title).await?;
        let mut settings = Settings::for_tests()?;
        settings.flags.push("--watch-all-namespaces=false".to_owned());
        let kubeconfig = ground.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
        let builder = helm_controller(&settings, &kubeconfig).variable("RUNTIME_NAMESPACE", scene.name());
        let mut helm = builder.start(directory.path())?;
        helm.wait_until_ready().await?;
        let charts = ChartServer::start()?;
        charts.publish(&scene, "1.0.0", &CHART).await?;
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
    let Some(play) = Play::start("hr-cost").await? else { return Ok(()) };
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
    let Some(mut play) = Play::start("hr-killed").await? else { return Ok(()) };
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
