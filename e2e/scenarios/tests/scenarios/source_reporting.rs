//! What the source-controller tells others: events, and never a secret.

use anyhow::{Context, ensure};
use e2e::objects::GIT_REPOSITORY;
use scenarios::{Scene, Stage, play};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use test_support::GitServer;

/// Severity, reason and message.
type Said = BTreeSet<(String, String, String)>;

fn said(events: &[Value], severity: impl Fn(&Value) -> &str) -> Said {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (severity(event).to_owned(), text(event, "reason"), text(event, "message"))).collect()
}

/// Waits until the posted events are the Kubernetes events but those that are only traces.
async fn wait_for_equal_events(scene: &Scene, stage: &Stage) -> anyhow::Result<Said> {
    let traces = ["GitOperationSucceeded", "ArtifactUpToDate", "GarbageCollectionSucceeded"];
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut events = scene.events(GIT_REPOSITORY, "source").await?;
        events.retain(|event| !traces.iter().any(|trace| event["reason"] == *trace));
        let written = said(&events, |event| if event["type"] == "Warning" { "error" } else { "info" });
        let posted = said(&stage.events.about(scene.name()), |event| event["severity"].as_str().unwrap_or_default());
        if written == posted && written.iter().any(|(_, reason, _)| reason == "Succeeded") {
            return Ok(written);
        }
        ensure!(Instant::now() < deadline, "written: {written:#?}\nposted: {posted:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn posted_events_are_the_kubernetes_events_without_the_traces() -> anyhow::Result<()> {
    play("events", async |scene, stage| {
        let server = GitServer::start()?;
        let commit = server.repository("app")?.commit("A subject line").file("file", "first").create()?;
        scene.add_source("source", json!({"url": server.url("app")})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        server.fail_with(Some(503));
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        server.fail_with(None);
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let said = wait_for_equal_events(scene, stage).await?;
        let reasons: BTreeSet<&str> = said.iter().map(|(_, reason, _)| &**reason).collect();
        assert_eq!(reasons, BTreeSet::from(["GitOperationFailed", "NewArtifact", "Succeeded"]));

        let source = scene.get(GIT_REPOSITORY, "source").await?;
        let posted = stage.events.about(scene.name());
        let new = posted.iter().find(|event| event["reason"] == "NewArtifact").context("NewArtifact was not posted")?;
        assert_eq!(new["message"], "stored artifact for commit 'A subject line'");
        assert_eq!(new["reportingController"], "source-controller");
        assert_eq!(new["involvedObject"]["uid"], source["metadata"]["uid"]);
        assert_eq!(new["involvedObject"]["apiVersion"], "source.toolkit.fluxcd.io/v1");
        let metadata = json!({
            "source.toolkit.fluxcd.io/revision": format!("main@sha1:{commit}"),
            "source.toolkit.fluxcd.io/digest": source["status"]["artifact"]["digest"],
        });
        assert_eq!(new["metadata"], metadata);
        let written = scene.wait_for_event(GIT_REPOSITORY, "source", "NewArtifact", "").await?;
        assert_eq!(written["metadata"]["annotations"], metadata);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_c10_credentials_are_nowhere_in_logs_events_and_status() -> anyhow::Result<()> {
    play("sec-c10", async |scene, stage| {
        let server = GitServer::builder().basic("user", "right").start()?;
        server.repository("app")?.commit_file("file", "inside")?;
        let address = server.address();
        scene.add_secret("basic", &[("username", "user"), ("password", "S3NTINEL-password")]).await?;
        scene.add_secret("bearer", &[("bearerToken", "S3NTINEL-token")]).await?;
        scene
            .add_secret("ssh", &[("identity", "S3NTINEL-identity"), ("known_hosts", "127.0.0.1 ssh-ed25519 S3NTINEL-hosts")])
            .await?;
        scene.add_secret("tls", &[("ca.crt", "S3NTINEL-ca"), ("tls.crt", "S3NTINEL-crt"), ("tls.key", "S3NTINEL-key")]).await?;
        scene
            .add_secret("proxy", &[("address", "http://127.0.0.1:1"), ("username", "S3NTINEL"), ("password", "S3NTINEL")])
            .await?;
        let cases = [
            ("basic", json!({"url": server.url("app"), "secretRef": {"name": "basic"}})),
            ("bearer", json!({"url": server.url("app"), "secretRef": {"name": "bearer"}})),
            ("ssh", json!({"url": format!("ssh://git@{address}/app"), "secretRef": {"name": "ssh"}})),
            ("tls", json!({"url": format!("https://{address}/app.git"), "secretRef": {"name": "tls"}})),
            ("proxy", json!({"url": server.url("app"), "proxySecretRef": {"name": "proxy"}})),
            ("user-info", json!({"url": format!("http://user:S3NTINEL-url@{address}/app.git")})),
            ("query", json!({"url": format!("http://{address}/app.git?sig=S3NTINEL-query")})),
            ("token-path", json!({"url": "http://user:S3NTINEL-refused@127.0.0.1:1/app.git"})),
        ];
        for (name, spec) in &cases {
            scene.add_source(name, spec.clone()).await?;
        }
        for (name, _) in &cases {
            let failed = |object: &Value| e2e::objects::condition(object, "Ready").0 == "False";
            let object = scene.wait(GIT_REPOSITORY, name, "fail", failed).await?;
            ensure!(!object["status"].to_string().contains("S3NTINEL"), "{name}: {:#}", object["status"]);
            let reason = e2e::objects::condition(&object, "Ready").1.to_owned();
            scene.wait_for_event(GIT_REPOSITORY, name, &reason, "").await?;
            for event in scene.events(GIT_REPOSITORY, name).await? {
                ensure!(!event.to_string().contains("S3NTINEL"), "{name}: {event:#}");
            }
        }
        for event in stage.events.about(scene.name()) {
            ensure!(!event.to_string().contains("S3NTINEL"), "{event:#}");
        }
        let log = stage.world.source.log();
        let line = log.lines().find(|line| line.contains("S3NTINEL"));
        ensure!(line.is_none(), "the log has {line:?}");
        ensure!(!stage.world.source.metrics().await?.contains("S3NTINEL"), "the metrics have a secret");
        Ok(())
    })
    .await
}
