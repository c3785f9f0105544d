//! Drift of one test's own objects: tests share a cluster, and the index of each sees what the others do as drift.

use std::time::Duration;

use cluster_client::Drift;
use tokio::sync::broadcast::Receiver;

use crate::world::World;

/// Waits for drift in the namespace of `world`.
pub(crate) async fn next(reports: &mut Receiver<Drift>, world: &World) -> Result<Drift, Box<dyn std::error::Error>> {
    tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let drift = reports.recv().await?;
            if drift.owner.namespace == world.namespace {
                return Ok(drift);
            }
        }
    })
    .await?
}

/// What was reported so far in the namespace of `world`.
pub(crate) fn reported(reports: &mut Receiver<Drift>, world: &World) -> Vec<Drift> {
    std::iter::from_fn(|| reports.try_recv().ok()).filter(|drift| drift.owner.namespace == world.namespace).collect()
}
