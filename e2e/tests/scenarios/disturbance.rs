//! The API server goes away and comes back; the leader dies and another takes over.

use crate::scenario::Scenario;
use anyhow::{Context, ensure};
use e2e::install::NAMESPACE;
use e2e::objects::{CONFIG_MAP, KUSTOMIZATION, LEASE, config_map};
use e2e::world::{Settings, at_hand, kustomize_controller};
use e2e::{Live, World};
use serde_json::{Value, json};

#[tokio::test]
async fn work_goes_on_after_the_api_server_was_away() -> anyhow::Result<()> {
    if !at_hand()? {
        return Ok(());
    }
    let mut world = World::start(&Settings::for_tests()?).await?;
    if !world.cluster.is_ours() {
        eprintln!("SKIPPED: the API server of KUBECONFIG is not stopped");
        return Ok(());
    }
    {
        let scenario = Scenario::begin(&world, "restart").await?;
        let told = restart(&scenario).await;
        scenario.end(told).await?;
    }
    ensure!(world.source.ended().is_none() && world.kustomize.ended().is_none(), "a controller ended");
    Ok(())
}

async fn restart(scenario: &Scenario<'_>) -> anyhow::Result<()> {
    scenario.commit(&[("a.yaml", &config_map("settings", "k", "1"))])?;
    scenario.follow().await?;
    scenario.apply("all", "./", json!({"interval": "2s"})).await?;
    scenario.ready(KUSTOMIZATION, "all").await?;
    let uid = scenario.uid("settings").await?;
    scenario.world.cluster.stop_api_server()?;
    scenario.commit(&[("a.yaml", &config_map("settings", "k", "2"))])?;
    scenario.world.cluster.start_api_server().await?;
    let commit = scenario.publish(&[("b.yaml", &config_map("more", "k", "v"))]).await?;
    scenario.applied("all", &commit).await?;
    ensure!(scenario.value("settings", "k").await?.as_deref() == Some("2"));
    ensure!(scenario.uid("settings").await? == uid, "recreated");
    // Watches are live again too: a hand edit is noticed.
    scenario.live.patch(CONFIG_MAP, scenario.namespace(), "settings", &json!({"data": {"k": "hand"}})).await?;
    let back = |object: &Value| object["data"]["k"] == "2";
    scenario.live.wait(CONFIG_MAP, scenario.namespace(), "settings", "be reverted", back).await.map(drop)
}

#[tokio::test]
async fn a_second_replica_takes_over() -> anyhow::Result<()> {
    if !at_hand()? {
        return Ok(());
    }
    let mut settings = Settings::for_tests()?;
    settings.flags.extend(
        [
            "--enable-leader-election",
            "--leader-election-lease-duration=4s",
            "--leader-election-renew-deadline=3s",
            "--leader-election-retry-period=1s",
        ]
        .map(str::to_owned),
    );
    let mut world = World::start(&settings).await?;
    let live = world.live().await?;
    let first = holder(&live, "").await?;
    let kubeconfig = world.kubeconfig_of("kustomize-controller").await?;
    let second = kustomize_controller(&settings, &kubeconfig).variable("RUNTIME_NAMESPACE", NAMESPACE);
    let mut second = second.instance("second").start(world.directory())?;
    second.wait_until_ready().await?;

    world.kustomize.kill();
    let next = holder(&live, &first).await?;
    {
        let scenario = Scenario::begin(&world, "leader").await?;
        let told = deliver(&scenario).await;
        scenario.end(told).await?;
    }
    // An orderly end gives the lease up, so that nobody waits until it is over.
    world.kustomize.restart()?;
    world.kustomize.wait_until_ready().await?;
    let status = second.terminate().context("the leader did not end in time")?;
    ensure!(status.success(), "the leader ended with {status}");
    holder(&live, &next).await?;
    let scenario = Scenario::begin(&world, "leader").await?;
    let told = deliver(&scenario).await;
    scenario.end(told).await
}

async fn deliver(scenario: &Scenario<'_>) -> anyhow::Result<()> {
    scenario.commit(&[("a.yaml", &config_map("settings", "k", "v"))])?;
    scenario.follow().await?;
    scenario.apply("all", "./", json!({})).await?;
    scenario.ready(KUSTOMIZATION, "all").await.map(drop)
}

/// Waits until the lease has a holder that is not `other`.
async fn holder(live: &Live, other: &str) -> anyhow::Result<String> {
    let identity = |lease: &Value| lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned();
    let wanted = |lease: &Value| !identity(lease).is_empty() && identity(lease) != other;
    let lease = live.wait(LEASE, NAMESPACE, "kustomize-controller-leader-election", "have another holder", wanted).await?;
    Ok(identity(&lease))
}
