//! Order between Kustomizations.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, condition, config_map};
use scenarios::play;
use serde_json::{Value, json};

#[tokio::test]
async fn dependency_is_applied_first_at_the_start_and_at_each_commit() -> anyhow::Result<()> {
    play("depends", async |scene, _| {
        let commit = scene.repository.commit("Two").file("first/a.yaml", config_map("a", "k", "1"));
        let commit = commit.file("second/b.yaml", config_map("b", "k", "1")).create()?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("second", "./second", json!({"dependsOn": [{"name": "first"}]})).await?;
        let message = scene.failed(KUSTOMIZATION, "second", "DependencyNotReady").await?;
        let wanted = format!("dependency '{}/first' not found", scene.name());
        ensure!(message.starts_with(&wanted), "{message}");
        scene
            .wait_for_event(
                KUSTOMIZATION,
                "second",
                "DependencyNotReady",
                "Dependencies do not meet ready condition, retrying in 3s",
            )
            .await?;
        assert_eq!(scene.find(CONFIG_MAP, "b").await?, None);
        scene.add_kustomization("first", "./first", json!({})).await?;
        scene.applied("first", &commit).await?;
        scene.applied("second", &commit).await?;

        // While the first cannot be applied, the second keeps its old revision.
        let broken =
            scene.repository.commit("Broken").file("first/a.yaml", "kind: {").file("second/b.yaml", config_map("b", "k", "2"));
        broken.create()?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.failed(KUSTOMIZATION, "first", "BuildFailed").await?;
        let waiting = format!("dependency '{}/first' is not ready", scene.name());
        let waits = |object: &Value| condition(object, "Ready") == ("False", "DependencyNotReady", &*waiting);
        scene.wait(KUSTOMIZATION, "second", "wait for the first", waits).await?;
        assert_eq!(scene.get(CONFIG_MAP, "b").await?["data"]["k"], "1");
        let repaired = scene.repository.commit_file("first/a.yaml", config_map("a", "k", "2"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.applied("second", &repaired).await?;
        assert_eq!(scene.get(CONFIG_MAP, "a").await?["data"]["k"], "2");
        assert_eq!(scene.get(CONFIG_MAP, "b").await?["data"]["k"], "2");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn circle_of_dependencies_applies_nothing_and_holds_up_nobody() -> anyhow::Result<()> {
    play("circle", async |scene, _| {
        scene.repository.commit_file("app/a.yaml", config_map("a", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        for (name, other) in [("one", "two"), ("two", "one")] {
            scene.add_kustomization(name, "./app", json!({"dependsOn": [{"name": other}]})).await?;
        }
        for name in ["one", "two"] {
            scene.failed(KUSTOMIZATION, name, "DependencyNotReady").await?;
        }
        assert_eq!(scene.find(CONFIG_MAP, "a").await?, None);
        scene.add_kustomization("alone", "./app", json!({})).await?;
        scene.ready(KUSTOMIZATION, "alone").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn expression_decides_when_a_dependency_is_ready() -> anyhow::Result<()> {
    play("expression", async |scene, _| {
        let commit = scene.repository.commit("Two").file("first/a.yaml", config_map("a", "k", "1"));
        commit.file("second/b.yaml", config_map("b", "k", "1")).create()?;
        scene.add_source("source", json!({})).await?;
        let expression = "has(dep.metadata.annotations) && dep.metadata.annotations['example.com/open'] == self.metadata.name";
        scene.add_kustomization("first", "./first", json!({})).await?;
        scene.add_kustomization("second", "./second", json!({"dependsOn": [{"name": "first", "readyExpr": expression}]})).await?;
        scene.ready(KUSTOMIZATION, "first").await?;
        let message = scene.failed(KUSTOMIZATION, "second", "DependencyNotReady").await?;
        assert_eq!(message, format!("dependency '{}/first' is not ready according to readyExpr eval", scene.name()));
        scene.patch(KUSTOMIZATION, "first", json!({"metadata": {"annotations": {"example.com/open": "second"}}})).await?;
        scene.ready(KUSTOMIZATION, "second").await?;
        scene.add_kustomization("third", "./second", json!({"dependsOn": [{"name": "first", "readyExpr": "dep +"}]})).await?;
        scene.failed(KUSTOMIZATION, "third", "InvalidCELExpression").await?;
        let third = scene.get(KUSTOMIZATION, "third").await?;
        assert_eq!(condition(&third, "Stalled").1, "InvalidCELExpression");
        Ok(())
    })
    .await
}
