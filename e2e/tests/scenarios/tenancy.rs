//! Strict tenancy, as the install chart sets it up: controllers that are nobody's administrator themselves.

use crate::scenario::Scenario;
use anyhow::ensure;
use e2e::World;
use e2e::objects::{CONFIG_MAP, KUSTOMIZATION, Kind, config_map, is_ready};
use e2e::world::{Accounts, Settings, at_hand};
use serde_json::{Value, json};

const ROLE_BINDING: Kind = Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings" };

#[tokio::test]
async fn tenants_are_bound_to_what_their_accounts_may_do() -> anyhow::Result<()> {
    if !at_hand()? {
        return Ok(());
    }
    let settings = Settings { accounts: Accounts::StrictChart, ..Settings::for_tests()? };
    let world = World::start(&settings).await?;
    let scenario = Scenario::begin(&world, "tenant").await?;
    let told = tenant(&scenario).await;
    scenario.end(told).await
}

async fn tenant(scenario: &Scenario<'_>) -> anyhow::Result<()> {
    let namespace = scenario.namespace();
    scenario.commit(&[("a.yaml", &config_map("settings", "k", "1"))])?;
    scenario.follow().await?;
    scenario.apply("all", "./", json!({"retryInterval": "2s"})).await?;
    let user = format!("User \"system:serviceaccount:{namespace}:default\"");
    let refused = |object: &Value| object["status"]["conditions"].to_string().replace("\\\"", "\"").contains(&user);
    scenario.live.wait(KUSTOMIZATION, namespace, "all", "be refused as the tenant's account", refused).await?;
    ensure!(scenario.live.get(CONFIG_MAP, namespace, "settings").await?.is_none());
    let binding = json!({
        "apiVersion": ROLE_BINDING.api_version, "kind": ROLE_BINDING.kind,
        "metadata": {"namespace": namespace, "name": "tenant"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    });
    scenario.live.create(ROLE_BINDING, &binding).await?;
    scenario.live.wait(KUSTOMIZATION, namespace, "all", "be ready with the new right", is_ready).await?;
    ensure!(scenario.value("settings", "k").await?.as_deref() == Some("1"));
    Ok(())
}
