//! What becomes of the objects when their Kustomization is deleted.

use crate::scenario::{Scenario, scenario};
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, KUSTOMIZATION, config_map};
use serde_json::{Value, json};

async fn delete_with(scenario: &Scenario<'_>, name: &str, spec: Value) -> anyhow::Result<()> {
    scenario.publish(&[(&format!("{name}/a.yaml"), &config_map(name, "k", "v"))]).await?;
    scenario.apply(name, &format!("./{name}"), spec).await?;
    scenario.ready(KUSTOMIZATION, name).await?;
    scenario.live.delete(KUSTOMIZATION, scenario.namespace(), name).await
}

#[tokio::test]
async fn each_deletion_policy_does_what_it_says() -> anyhow::Result<()> {
    scenario("deletion", async |scenario| {
        scenario.commit(&[("readme.md", "nothing to apply\n")])?;
        scenario.follow().await?;
        for (name, spec, kept) in [
            ("mirror-prune", json!({"deletionPolicy": "MirrorPrune", "prune": true}), false),
            ("mirror-keep", json!({"deletionPolicy": "MirrorPrune", "prune": false}), true),
            ("default", json!({"prune": true}), false),
            ("delete", json!({"deletionPolicy": "Delete", "prune": false}), false),
            ("orphan", json!({"deletionPolicy": "Orphan", "prune": true}), true),
            ("wait", json!({"deletionPolicy": "WaitForTermination", "prune": false}), false),
            ("suspended", json!({"prune": true}), false),
        ] {
            delete_with(scenario, name, spec).await?;
            scenario.live.wait_gone(KUSTOMIZATION, scenario.namespace(), name).await?;
            if kept {
                ensure!(scenario.uid(name).await?.is_some(), "{name}: the object is gone");
            } else {
                scenario.live.wait_gone(CONFIG_MAP, scenario.namespace(), name).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn waiting_for_termination_waits_for_the_last_object() -> anyhow::Result<()> {
    scenario("termination", async |scenario| {
        scenario.commit(&[("readme.md", "nothing to apply\n")])?;
        scenario.follow().await?;
        scenario.publish(&[("slow/a.yaml", &config_map("slow", "k", "v"))]).await?;
        scenario.apply("slow", "./slow", json!({"deletionPolicy": "WaitForTermination"})).await?;
        scenario.ready(KUSTOMIZATION, "slow").await?;
        let hold = |finalizers: Value| json!({"metadata": {"finalizers": finalizers}});
        scenario.live.patch(CONFIG_MAP, scenario.namespace(), "slow", &hold(json!(["example.com/hold"]))).await?;
        scenario.live.delete(KUSTOMIZATION, scenario.namespace(), "slow").await?;
        let terminating = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null();
        scenario.live.wait(CONFIG_MAP, scenario.namespace(), "slow", "terminate", terminating).await?;
        ensure!(scenario.live.get(KUSTOMIZATION, scenario.namespace(), "slow").await?.is_some(), "did not wait");
        scenario.live.patch(CONFIG_MAP, scenario.namespace(), "slow", &hold(Value::Null)).await?;
        scenario.live.wait_gone(KUSTOMIZATION, scenario.namespace(), "slow").await
    })
    .await
}
