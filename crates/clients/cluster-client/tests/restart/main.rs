//! An API server that goes away and comes back.

#[path = "../apiserver/world.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod world;

use std::time::Duration;

use cluster_client::Lookup;
use serde_json::json;
use world::{TestResult, World, actions, config_map};

#[tokio::test]
async fn sec_l1_the_index_and_the_apply_survive_a_restart_of_the_api_server() -> TestResult {
    if test_support::Cluster::shared_if_at_hand().await?.is_none_or(|shared| !shared.is_ours()) {
        eprintln!("SKIPPED: no API server that may be stopped");
        return Ok(());
    }
    let server = test_support::Cluster::start().await?;
    let mut world = World::on(&server).await?;
    let objects = [config_map("a", "v"), config_map("b", "v")];
    world.apply(&objects).await?;
    for round in 0..3 {
        let mut drift = world.index.drift();
        server.stop_api_server()?;
        assert!(matches!(world.index.lookup(&world.key("v1", "ConfigMap", "a")), Lookup::Live(_) | Lookup::Unknown));
        server.start_api_server().await?;
        world.edit("a", json!([{"op": "replace", "path": "/data/k", "value": format!("drifted {round}")}])).await?;
        // Seen at once if the watch resumed, else by the next list.
        tokio::time::timeout(Duration::from_secs(40), drift.recv()).await??;
        assert_eq!(actions(&world.apply(&objects).await?), ["ConfigMap a configured", "ConfigMap b unchanged"]);
    }
    Ok(())
}
