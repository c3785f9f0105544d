//! A chart from a registry, released by a HelmRelease in Git: installed, upgraded, rolled back, and kept as it is.

use super::narrator::Narrator;
use super::own::{NAMESPACE, Story};
use crate::objects::{CONFIG_MAP, HELM_RELEASE, KUSTOMIZATION, condition, is_ready, kustomization};
use crate::world::{Settings, World, helm_controller};
use anyhow::{Context, ensure};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use test_support::registry::{Layer, Protection, RegistryServer};

/// The name of the release, of what it makes, and of its file in Git.
const NAME: &str = "greeter";

/// The Kustomization that applies the HelmRelease.
const KUSTOMIZATION_NAME: &str = "releases";

const CHART: [(&str, &str); 4] = [
    ("greeter/Chart.yaml", "apiVersion: v2\nname: greeter\nversion: 1.0.0\n"),
    ("greeter/values.yaml", "greeting: hello\nbroken: false\n"),
    (
        "greeter/templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {greeting: {{ .Values.greeting | quote }}}\n",
    ),
    // The API server refuses the name.
    (
        "greeter/templates/broken.yaml",
        "{{ if .Values.broken }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name}\n{{ end }}\n",
    ),
];

/// Shows a release from its first installation to its drift.
pub(super) async fn run(world: &World, settings: &Settings, story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a registry with the chart greeter 1.0.0, and helm-controller");
    let registry = RegistryServer::start(Protection::default()).await.context("start a registry")?;
    let layer = Layer { media_type: "application/vnd.cncf.helm.chart.content.v1.tar+gzip".to_owned(), content: package()? };
    registry.push(NAME, "1.0.0", &[layer], &[]).await.context("push the chart")?;
    let kubeconfig = world.kubeconfig_of("helm-controller").await?;
    let mut controller = helm_controller(settings, &kubeconfig).start(world.directory())?;
    controller.wait_until_ready().await?;
    narrator.done(&format!("the registry is at {}", registry.address()));
    let shown = show(registry.address(), story, narrator).await;
    if !world.cluster.is_ours() {
        story.live.delete(KUSTOMIZATION, NAMESPACE, KUSTOMIZATION_NAME).await?;
        story.live.wait_gone(KUSTOMIZATION, NAMESPACE, KUSTOMIZATION_NAME).await?;
        story.live.wait_gone(HELM_RELEASE, NAMESPACE, NAME).await?;
    }
    shown
}

async fn show(registry: &str, story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a commit: an OCIRepository and a HelmRelease, which a Kustomization applies");
    commit(story, registry, "hello", false)?;
    let spec = json!({"targetNamespace": null, "interval": "1m"});
    story.live.create(KUSTOMIZATION, &kustomization(NAMESPACE, KUSTOMIZATION_NAME, "./releases", spec)).await?;
    let installed = released(story, "be installed", "hello", 1).await?;
    narrator.done(condition(&installed, "Ready").2);

    narrator.begin("a commit that changes a value");
    commit(story, registry, "good day", false)?;
    let upgraded = released(story, "be upgraded", "good day", 2).await?;
    narrator.done(condition(&upgraded, "Ready").2);

    narrator.begin("a commit whose upgrade the API server refuses");
    commit(story, registry, "never seen", true)?;
    let rolled_back = |object: &Value| condition(object, "Remediated").0 == "True" && condition(object, "Stalled").0 == "True";
    let failed = story.live.wait(HELM_RELEASE, NAMESPACE, NAME, "be rolled back", rolled_back).await?;
    ensure!(greeting(story).await? == "good day", "what was there before is there again");
    narrator.done(condition(&failed, "Ready").2);

    narrator.begin("a commit that mends it, and somebody's change to a live object");
    commit(story, registry, "welcome", false)?;
    released(story, "be mended", "welcome", 5).await?;
    let change = json!({"data": {"greeting": "by hand"}});
    story.live.patch(CONFIG_MAP, NAMESPACE, NAME, &change).await?;
    story.live.request(HELM_RELEASE, NAMESPACE, NAME).await?;
    let back = |object: &Value| object["data"]["greeting"] == "welcome";
    story.live.wait(CONFIG_MAP, NAMESPACE, NAME, "be corrected", back).await?;
    narrator.done("the change is undone");
    Ok(())
}

/// Waits for a revision that made this greeting.
async fn released(story: &Story, what: &str, text: &str, revision: u64) -> anyhow::Result<Value> {
    let done = |object: &Value| is_ready(object) && object["status"]["history"][0]["version"].as_u64() == Some(revision);
    let object = story.live.wait(HELM_RELEASE, NAMESPACE, NAME, what, done).await?;
    let found = greeting(story).await?;
    ensure!(found == text, "the greeting is {found:?}");
    Ok(object)
}

async fn greeting(story: &Story) -> anyhow::Result<String> {
    let object = story.live.get(CONFIG_MAP, NAMESPACE, NAME).await?.context("the release made nothing")?;
    Ok(object["data"]["greeting"].as_str().unwrap_or_default().to_owned())
}

/// Commits the release with these values.
fn commit(story: &Story, registry: &str, greeting: &str, broken: bool) -> anyhow::Result<()> {
    let metadata = json!({"name": NAME, "namespace": NAMESPACE});
    let source = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "metadata": metadata,
        "spec": {
            "interval": "1m", "insecure": true, "url": format!("oci://{registry}/{NAME}"), "ref": {"semver": "1.x"},
            "layerSelector": {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "operation": "copy"},
        },
    });
    let release = json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata,
        "spec": {
            "interval": "1m", "chartRef": {"kind": "OCIRepository", "name": NAME},
            "upgrade": {"remediation": {"remediateLastFailure": true}},
            "driftDetection": {"mode": "enabled"},
            "values": {"greeting": greeting, "broken": broken},
        },
    });
    let text = format!("{source}\n---\n{release}\n");
    story.repository.commit(&format!("Greet with {greeting:?}")).file("releases/greeter.yaml", text).create()?;
    Ok(())
}

/// The chart as `helm package` would make it.
fn package() -> anyhow::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::fast()));
    for (path, text) in CHART {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}
