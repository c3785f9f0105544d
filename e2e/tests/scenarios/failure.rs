//! What goes wrong is said with the right reason and the cause, and disturbs nothing else.

use crate::scenario::{Scenario, scenario};
use anyhow::ensure;
use e2e::objects::{GIT_REPOSITORY, KUSTOMIZATION, SECRET, config_map, git_repository};
use serde_json::{Value, json};
use test_support::GitServer;

/// The healthy neighbour of a failing object still follows Git.
async fn neighbour_goes_on(scenario: &Scenario<'_>) -> anyhow::Result<()> {
    let commit = scenario.publish(&[("healthy/a.yaml", &config_map("healthy", "k", "after"))]).await?;
    scenario.applied("healthy", &commit).await?;
    ensure!(scenario.value("healthy", "k").await?.as_deref() == Some("after"));
    Ok(())
}

async fn with_neighbour(scenario: &Scenario<'_>, files: &[(&str, &str)]) -> anyhow::Result<()> {
    scenario.commit(&[("healthy/a.yaml", &config_map("healthy", "k", "before"))])?;
    scenario.commit(files)?;
    scenario.follow().await?;
    scenario.apply("healthy", "./healthy", json!({})).await?;
    scenario.ready(KUSTOMIZATION, "healthy").await.map(drop)
}

#[tokio::test]
async fn wrong_credentials_and_a_wrong_branch_are_explained() -> anyhow::Result<()> {
    scenario("remote", async |scenario| {
        with_neighbour(scenario, &[("readme.md", "hello\n")]).await?;
        let closed = GitServer::builder().basic("user", "right").start()?;
        closed.repository("closed")?.commit_file("a.yaml", config_map("a", "k", "v"))?;
        let secret = |password: &str| json!({"stringData": {"username": "user", "password": password}});
        scenario.live.create(SECRET, &SECRET.object(scenario.namespace(), "login", secret("wrong"))).await?;
        let spec = json!({"secretRef": {"name": "login"}, "interval": "2s"});
        let object = git_repository(scenario.namespace(), "closed", &closed.url("closed"), spec);
        scenario.live.create(GIT_REPOSITORY, &object).await?;
        let message = scenario.failed(GIT_REPOSITORY, "closed", "GitOperationFailed").await?;
        ensure!(message.contains(&closed.url("closed")) && message.contains("authentication"), "{message}");
        ensure!(!message.contains("wrong"), "the message shows the password: {message}");

        let branch = git_repository(scenario.namespace(), "branch", &scenario.url(), json!({"ref": {"branch": "absent"}}));
        scenario.live.create(GIT_REPOSITORY, &branch).await?;
        let message = scenario.failed(GIT_REPOSITORY, "branch", "GitOperationFailed").await?;
        ensure!(message.contains("refs/heads/absent"), "{message}");

        let absent = git_repository(scenario.namespace(), "secret", &scenario.url(), json!({"secretRef": {"name": "absent"}}));
        scenario.live.create(GIT_REPOSITORY, &absent).await?;
        let message = scenario.failed(GIT_REPOSITORY, "secret", "AuthenticationFailed").await?;
        ensure!(message.contains("\"absent\" not found"), "{message}");
        neighbour_goes_on(scenario).await?;

        scenario.live.patch(SECRET, scenario.namespace(), "login", &secret("right")).await?;
        scenario.ready(GIT_REPOSITORY, "closed").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn an_unknown_path_is_explained() -> anyhow::Result<()> {
    scenario("no-path", async |scenario| {
        with_neighbour(scenario, &[("readme.md", "hello\n")]).await?;
        scenario.apply("lost", "./nowhere", json!({})).await?;
        let message = scenario.failed(KUSTOMIZATION, "lost", "ArtifactFailed").await?;
        ensure!(message.starts_with("kustomization path not found") && message.contains("nowhere"), "{message}");
        neighbour_goes_on(scenario).await
    })
    .await
}

#[tokio::test]
async fn invalid_yaml_is_explained() -> anyhow::Result<()> {
    scenario("bad-yaml", async |scenario| {
        let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n";
        with_neighbour(scenario, &[("broken/bad.yaml", broken)]).await?;
        scenario.apply("broken", "./broken", json!({})).await?;
        let message = scenario.failed(KUSTOMIZATION, "broken", "BuildFailed").await?;
        ensure!(message.contains("bad.yaml") && message.contains("line"), "{message}");
        neighbour_goes_on(scenario).await?;
        let commit = scenario.publish(&[("broken/bad.yaml", &config_map("repaired", "k", "v"))]).await?;
        scenario.applied("broken", &commit).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_rejected_object_is_explained_and_nothing_else_of_the_commit_is_applied() -> anyhow::Result<()> {
    scenario("rejected", async |scenario| {
        let service =
            "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {selector: {a: b}, ports: [{port: 99999999}]}\n";
        with_neighbour(scenario, &[("bad/service.yaml", service), ("bad/a.yaml", &config_map("good", "k", "v"))]).await?;
        scenario.apply("bad", "./bad", json!({})).await?;
        let message = scenario.failed(KUSTOMIZATION, "bad", "ReconciliationFailed").await?;
        let start = format!("Service/{}/bad dry-run failed (Invalid):", scenario.namespace());
        ensure!(message.starts_with(&start) && message.contains("99999999"), "{message}");
        ensure!(scenario.uid("good").await?.is_none(), "applied although the dry run failed");
        neighbour_goes_on(scenario).await
    })
    .await
}

#[tokio::test]
async fn an_unhealthy_object_is_named() -> anyhow::Result<()> {
    scenario("unhealthy", async |scenario| {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "never"},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "never"}}, "template": {
                "metadata": {"labels": {"app": "never"}},
                "spec": {"nodeSelector": {"no": "such-node"}, "containers": [{"name": "app", "image": "app:1"}]},
            }},
        });
        with_neighbour(scenario, &[("never/deployment.yaml", &format!("{deployment}\n"))]).await?;
        scenario.apply("never", "./never", json!({"wait": true, "timeout": "3s"})).await?;
        let message = scenario.failed(KUSTOMIZATION, "never", "HealthCheckFailed").await?;
        let name = format!("Deployment/{}/never status: 'InProgress'", scenario.namespace());
        ensure!(message.contains(&name), "{message}");
        neighbour_goes_on(scenario).await
    })
    .await
}

#[tokio::test]
async fn a_secret_value_never_shows() -> anyhow::Result<()> {
    scenario("secret", async |scenario| {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "not base64 hunter2"},
        });
        with_neighbour(scenario, &[("bad/secret.yaml", &format!("{secret}\n"))]).await?;
        scenario.apply("bad", "./bad", json!({})).await?;
        let message = scenario.failed(KUSTOMIZATION, "bad", "ReconciliationFailed").await?;
        let events = Value::from(scenario.live.list(e2e::objects::EVENT, scenario.namespace()).await?).to_string();
        let log = scenario.world.kustomize.log();
        for (what, text) in [("condition", &message), ("events", &events), ("log", &log)] {
            ensure!(!text.contains("hunter2"), "the {what} shows a Secret's value");
        }
        Ok(())
    })
    .await
}
