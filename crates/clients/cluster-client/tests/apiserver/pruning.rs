//! What is deleted, and what is not.

use std::time::Duration;

use apply_plan::inventory::{Entry, all_for_deletion, from_changes};
use cluster_client::Prune;
use serde_json::json;

use crate::drift;
use crate::world::{TestResult, World, actions, config_map};

fn prune<'a>(world: &'a World) -> Prune<'a> {
    Prune { cluster: &world.cluster, index: Some(&world.index), owner: world.owner(), concurrency: 4 }
}

#[tokio::test]
async fn owned_objects_are_deleted_backwards_and_excluded_ones_stay() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let mut kept = config_map("kept", "1");
    kept["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}});
    let changes = world.apply(&[config_map("a", "1"), config_map("gone", "1"), kept, account]).await?;
    world.admin.delete(&world.key("v1", "ConfigMap", "gone"), None).await?;
    let stale = all_for_deletion(&from_changes(&changes));
    let mut reports = world.index.drift();
    let deleted = prune(&world).delete(&stale).await?;
    assert_eq!(
        actions(&deleted),
        ["ConfigMap kept skipped", "ConfigMap gone deleted", "ConfigMap a deleted", "ServiceAccount s deleted"]
    );
    prune(&world).await_gone(&deleted, Duration::from_secs(20)).await?;
    assert!(world.live("ConfigMap", "a").await?.is_none());
    assert!(world.live("ConfigMap", "kept").await?.is_some());
    let drifted = drift::reported(&mut reports, &world);
    assert!(drifted.iter().all(|drift| drift.object.name == "gone"), "only the deletion by somebody else is drift: {drifted:?}");
    Ok(())
}

#[tokio::test]
async fn sec_d11_objects_of_another_owner_survive_a_forged_inventory() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut foreign = config_map("foreign", "1");
    foreign["metadata"]["namespace"] = json!(world.namespace);
    foreign["metadata"]["labels"] =
        json!({"kustomize.toolkit.fluxcd.io/name": "other", "kustomize.toolkit.fluxcd.io/namespace": world.namespace});
    world.admin.apply(&foreign, "kustomize-controller", cluster_client::Mode::Persist).await?;
    let forged = [
        Entry::parse(&format!("{}_foreign__ConfigMap", world.namespace), "v1")?,
        Entry::parse("kube-system_extension-apiserver-authentication__ConfigMap", "v1")?,
        Entry::parse("_default__Namespace", "v1")?,
    ];
    let changes = prune(&world).delete(&forged).await?;
    assert!(
        changes.iter().all(|change| change.action != apply_plan::Action::Deleted || change.id.name.starts_with("extension")),
        "{changes:?}"
    );
    assert!(world.live("ConfigMap", "foreign").await?.is_some());
    Ok(())
}

#[tokio::test]
async fn sec_g4_deletion_uses_the_impersonated_rights() -> TestResult {
    let Some(mut world) = World::new().await? else { return Ok(()) };
    let changes = world.apply(&[config_map("a", "1")]).await?;
    world.impersonate("absent")?;
    let failure = prune(&world).delete(&from_changes(&changes)).await.err().map(|failure| failure.message).unwrap_or_default();
    assert!(
        failure.starts_with(&format!(
            "delete failed, errors: ConfigMap/{}/a query failed: configmaps \"a\" is forbidden",
            world.namespace
        )),
        "{failure}"
    );
    assert!(world.live("ConfigMap", "a").await?.is_some());
    Ok(())
}
