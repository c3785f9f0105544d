//! From a commit to live objects: overlays, order, moves, drift.

use crate::scenario::scenario;
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, condition, config_map};
use serde_json::{Value, json};

const BASE: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [settings.yaml]\n";

fn overlay(prefix: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: {prefix}-\nresources: [../base]\n")
}

#[tokio::test]
async fn two_overlays_come_from_one_source() -> anyhow::Result<()> {
    scenario("overlays", async |scenario| {
        scenario.commit(&[
            ("base/kustomization.yaml", BASE),
            ("base/settings.yaml", &config_map("settings", "mode", "shared")),
            ("dev/kustomization.yaml", &overlay("dev")),
            ("prod/kustomization.yaml", &overlay("prod")),
        ])?;
        scenario.follow().await?;
        for name in ["dev", "prod"] {
            scenario.apply(name, &format!("./{name}"), json!({})).await?;
        }
        for name in ["dev", "prod"] {
            let object = scenario.ready(KUSTOMIZATION, name).await?;
            let id = format!("{}_{name}-settings__ConfigMap", scenario.namespace());
            ensure!(object["status"]["inventory"]["entries"] == json!([{"id": id, "v": "v1"}]), "{object:#}");
            ensure!(scenario.value(&format!("{name}-settings"), "mode").await?.as_deref() == Some("shared"));
        }
        let commit = scenario.publish(&[("base/settings.yaml", &config_map("settings", "mode", "changed"))]).await?;
        for name in ["dev", "prod"] {
            scenario.applied(name, &commit).await?;
            ensure!(scenario.value(&format!("{name}-settings"), "mode").await?.as_deref() == Some("changed"));
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_dependent_waits_for_its_dependency() -> anyhow::Result<()> {
    scenario("depends", async |scenario| {
        scenario.commit(&[
            ("first/kustomization.yaml", "resources: [absent.yaml]\n"),
            ("second/a.yaml", &config_map("second", "k", "v")),
        ])?;
        scenario.follow().await?;
        scenario.apply("second", "./second", json!({"dependsOn": [{"name": "first"}]})).await?;
        let message = scenario.failed(KUSTOMIZATION, "second", "DependencyNotReady").await?;
        ensure!(message.contains("first"), "{message}");
        scenario.apply("first", "./first", json!({})).await?;
        scenario.failed(KUSTOMIZATION, "first", "BuildFailed").await?;
        ensure!(scenario.value("second", "k").await?.is_none(), "applied before its dependency");
        let commit = scenario
            .publish(&[("first/kustomization.yaml", "resources: [a.yaml]\n"), ("first/a.yaml", &config_map("first", "k", "v"))])
            .await?;
        scenario.applied("second", &commit).await?;
        let of = async |name| anyhow::Ok(scenario.live.get(CONFIG_MAP, scenario.namespace(), name).await?.unwrap_or_default());
        let created = |object: &Value| object["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
        let (first, second) = (of("first").await?, of("second").await?);
        ensure!(created(&first) <= created(&second), "{first:#}\n{second:#}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_path_prunes_what_the_old_one_brought() -> anyhow::Result<()> {
    scenario("path", async |scenario| {
        scenario.commit(&[
            ("one/a.yaml", &config_map("only-one", "k", "v")),
            ("one/b.yaml", &config_map("both", "k", "one")),
            ("two/b.yaml", &config_map("both", "k", "two")),
        ])?;
        scenario.follow().await?;
        scenario.apply("moving", "./one", json!({})).await?;
        scenario.ready(KUSTOMIZATION, "moving").await?;
        let kept = scenario.uid("both").await?;
        ensure!(kept.is_some() && scenario.uid("only-one").await?.is_some());
        scenario.live.patch(KUSTOMIZATION, scenario.namespace(), "moving", &json!({"spec": {"path": "./two"}})).await?;
        scenario.live.wait_gone(CONFIG_MAP, scenario.namespace(), "only-one").await?;
        scenario.ready(KUSTOMIZATION, "moving").await?;
        ensure!(scenario.uid("both").await? == kept, "an object of both paths was recreated");
        ensure!(scenario.value("both", "k").await?.as_deref() == Some("two"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_hand_edit_is_reverted_and_fields_of_others_are_left_alone() -> anyhow::Result<()> {
    scenario("drift", async |scenario| {
        scenario.commit(&[("a.yaml", &config_map("settings", "k", "git"))])?;
        scenario.follow().await?;
        scenario.apply("all", "./", json!({})).await?;
        scenario.ready(KUSTOMIZATION, "all").await?;
        let settings = (scenario.namespace(), "settings");
        let note = json!({"metadata": {"annotations": {"example.com/note": "theirs"}}});
        scenario.live.patch_as("another-controller", CONFIG_MAP, settings, &note).await?;
        // What kubectl brought goes, as in Flux: it is a hand, not a controller.
        let edit = json!({"data": {"k": "hand", "added": "by hand"}});
        scenario.live.patch(CONFIG_MAP, scenario.namespace(), "settings", &edit).await?;
        scenario.live.reconcile(KUSTOMIZATION, scenario.namespace(), "all").await?;
        let back = |object: &Value| object["data"] == json!({"k": "git"});
        let object = scenario.live.wait(CONFIG_MAP, scenario.namespace(), "settings", "be reverted", back).await?;
        ensure!(object["metadata"]["annotations"]["example.com/note"] == "theirs", "{object:#}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_suspended_object_rests_until_it_is_resumed() -> anyhow::Result<()> {
    scenario("suspend", async |scenario| {
        scenario.commit(&[("a.yaml", &config_map("settings", "k", "1"))])?;
        scenario.follow().await?;
        scenario.apply("resting", "./", json!({})).await?;
        scenario.apply("witness", "./", json!({"targetNamespace": null, "namePrefix": "witness-", "suspend": false})).await?;
        scenario.ready(KUSTOMIZATION, "resting").await?;
        let suspend = |value: bool| json!({"spec": {"suspend": value}});
        scenario.live.patch(KUSTOMIZATION, scenario.namespace(), "resting", &suspend(true)).await?;
        let commit = scenario.publish(&[("a.yaml", &config_map("settings", "k", "2"))]).await?;
        // A request of a suspended object is acknowledged without work: when that is seen, the new artifact was passed over.
        scenario.live.reconcile(KUSTOMIZATION, scenario.namespace(), "resting").await?;
        ensure!(scenario.value("settings", "k").await?.as_deref() == Some("1"));
        scenario.live.patch(KUSTOMIZATION, scenario.namespace(), "resting", &suspend(false)).await?;
        scenario.applied("resting", &commit).await?;
        ensure!(scenario.value("settings", "k").await?.as_deref() == Some("2"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_source_and_what_is_applied_name_the_commit() -> anyhow::Result<()> {
    scenario("revision", async |scenario| {
        let commit = scenario.commit(&[("a.yaml", &config_map("settings", "k", "v"))])?;
        scenario.follow().await?;
        scenario.apply("all", "./", json!({})).await?;
        let (source, all) = (scenario.ready(GIT_REPOSITORY, "source").await?, scenario.ready(KUSTOMIZATION, "all").await?);
        let revision = format!("main@sha1:{commit}");
        ensure!(source["status"]["artifact"]["revision"] == *revision, "{source:#}");
        ensure!(condition(&source, "Ready") == ("True", "Succeeded", &*format!("stored artifact for revision '{revision}'")));
        ensure!(all["status"]["lastAppliedRevision"] == *revision && all["status"]["lastAttemptedRevision"] == *revision);
        let message = format!("Applied revision: {revision}");
        ensure!(condition(&all, "Ready") == ("True", "ReconciliationSucceeded", &*message), "{all:#}");
        Ok(())
    })
    .await
}
