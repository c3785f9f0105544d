//! Failures: the reason, a message that names the cause, and nobody else held up.

use anyhow::ensure;
use e2e::objects::{GIT_REPOSITORY, condition, is_ready};
use scenarios::{artifact, play};
use serde_json::{Value, json};
use std::time::Duration;
use test_support::GitServer;

#[tokio::test]
async fn each_failure_has_the_reason_and_message_of_flux_and_others_go_on() -> anyhow::Result<()> {
    play("failures", async |scene, stage| {
        let first = scene.repository.commit_file("file", "first")?;
        scene.repository.tag("v1.0.0", &first)?;
        scene.add_source("healthy", json!({})).await?;
        let url = &scene.url;
        let checkout = "failed to checkout and determine revision: ";
        let options = "failed to configure authentication options: ";
        let absent = stage.world.git.url("absent");
        let secret = format!("failed to get secret '{}/absent'", scene.name());
        scene.add_secret("half", &[("password", "S3NTINEL")]).await?;
        scene.add_secret("no-hosts", &[("identity", "S3NTINEL")]).await?;
        let cases = [
            (
                "branch",
                json!({"ref": {"branch": "nope"}}),
                "GitOperationFailed",
                format!("{checkout}unable to clone '{url}': couldn't find remote ref \"refs/heads/nope\""),
            ),
            (
                "default-branch",
                json!({"ref": null}),
                "GitOperationFailed",
                format!("{checkout}unable to clone '{url}': couldn't find remote ref \"refs/heads/master\""),
            ),
            (
                "semver",
                json!({"ref": {"semver": ">=9"}}),
                "GitOperationFailed",
                format!("{checkout}no match found for semver: >=9"),
            ),
            (
                "repository",
                json!({"url": absent}),
                "GitOperationFailed",
                format!("{checkout}unable to clone '{absent}': repository not found"),
            ),
            (
                "no-secret",
                json!({"secretRef": {"name": "absent"}}),
                "AuthenticationFailed",
                format!("{secret}: {secret}: secrets \"absent\" not found"),
            ),
            (
                "half-secret",
                json!({"secretRef": {"name": "half"}}),
                "AuthenticationFailed",
                format!("{options}invalid 'http' auth option: 'password' requires 'username' to be set"),
            ),
            (
                "no-hosts",
                json!({"url": "ssh://git@127.0.0.1/app", "secretRef": {"name": "no-hosts"}}),
                "AuthenticationFailed",
                format!("{options}invalid 'ssh' auth option: 'known_hosts' is required"),
            ),
            (
                "no-identity",
                json!({"url": "ssh://git@127.0.0.1/app"}),
                "AuthenticationFailed",
                format!("{options}invalid 'ssh' auth option: 'identity' is required"),
            ),
        ];
        for (name, spec, _, _) in &cases {
            scene.add_source(name, spec.clone()).await?;
        }
        for (name, _, reason, wanted) in &cases {
            let message = scene.failed(GIT_REPOSITORY, name, reason).await?;
            // Flux's own text ends with what the server said, which is nothing here.
            assert_eq!(message.trim_end_matches(": "), wanted, "{name}");
            let object = scene.get(GIT_REPOSITORY, name).await?;
            assert_eq!(condition(&object, "FetchFailed"), ("True", *reason, &*message), "{name}");
            assert_eq!(condition(&object, "Reconciling").1, "ProgressingWithRetry", "{name}");
            assert_eq!(object["status"]["observedGeneration"], -1, "{name}: a failure that is retried is not observed");
            scene.wait_for_event(GIT_REPOSITORY, name, reason, &message).await?;
        }
        let second = scene.repository.commit_file("file", "second")?;
        scene.reconcile(GIT_REPOSITORY, "healthy").await?;
        scene.published("healthy", &second).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn empty_repository_is_called_so_until_there_is_a_commit() -> anyhow::Result<()> {
    play("empty", async |scene, _| {
        scene.add_source("source", json!({})).await?;
        scene.failed(GIT_REPOSITORY, "source", "EmptyGitRepository").await?;
        let commit = scene.repository.commit_file("file", "first")?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.published("source", &commit).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn unreachable_remote_is_named() -> anyhow::Result<()> {
    play("unreachable", async |scene, _| {
        // Port 1 of loopback has no listener on any machine that runs tests.
        scene.add_source("source", json!({"url": "http://127.0.0.1:1/x.git"})).await?;
        let message = scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        let start = "failed to checkout and determine revision: unable to clone 'http://127.0.0.1:1/x.git': ";
        assert!(message.starts_with(start), "{message}");
        assert!(message.to_lowercase().contains("connection refused"), "{message}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn malformed_url_stalls_until_the_spec_changes() -> anyhow::Result<()> {
    play("url", async |scene, _| {
        let commit = scene.repository.commit_file("file", "first")?;
        scene.add_source("source", json!({"url": "http://[::1"})).await?;
        let message = scene.failed(GIT_REPOSITORY, "source", "URLInvalid").await?;
        assert!(message.starts_with("failed to parse url 'http://[::1': "), "{message}");
        let object = scene.get(GIT_REPOSITORY, "source").await?;
        assert_eq!(condition(&object, "Stalled"), ("True", "URLInvalid", &*message));
        assert_eq!(condition(&object, "Reconciling").0, "");
        assert_eq!(object["status"]["observedGeneration"], 1);
        scene.patch(GIT_REPOSITORY, "source", json!({"spec": {"url": scene.url}})).await?;
        let object = scene.published("source", &commit).await?;
        assert_eq!(condition(&object, "Stalled").0, "");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn silent_remote_holds_up_nobody() -> anyhow::Result<()> {
    play("silent", async |scene, _| {
        let silent = GitServer::start()?;
        silent.repository("app")?.commit_file("file", "late")?;
        silent.delay(Duration::from_secs(3600));
        scene.add_source("silent", json!({"url": silent.url("app")})).await?;
        let working = |object: &Value| condition(object, "Reconciling").0 == "True";
        scene.wait(GIT_REPOSITORY, "silent", "begin", working).await?;
        let commit = scene.repository.commit_file("file", "first")?;
        scene.add_source("healthy", json!({})).await?;
        scene.published("healthy", &commit).await?;
        // Its own timeout is a minute, so it still waits: the healthy one did not have to wait for it.
        let object = scene.get(GIT_REPOSITORY, "silent").await?;
        assert_eq!(condition(&object, "FetchFailed").0, "", "{object:#}");
        scene.delete(GIT_REPOSITORY, "silent").await
    })
    .await
}

#[tokio::test]
async fn timeout_of_the_spec_ends_a_silent_remote() -> anyhow::Result<()> {
    play("timeout", async |scene, _| {
        let silent = GitServer::start()?;
        silent.repository("app")?.commit_file("file", "late")?;
        silent.delay(Duration::from_secs(3600));
        scene.add_source("source", json!({"url": silent.url("app"), "timeout": "1s"})).await?;
        let message = scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        assert!(message.contains("timed out after 1s"), "{message}");
        silent.delay(Duration::ZERO);
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.ready(GIT_REPOSITORY, "source").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn failing_remote_keeps_the_artifact_and_recovers() -> anyhow::Result<()> {
    play("keeps", async |scene, _| {
        let server = GitServer::start()?;
        let repository = server.repository("app")?;
        repository.commit_file("file", "first")?;
        scene.add_source("source", json!({"url": server.url("app")})).await?;
        let before = scene.ready(GIT_REPOSITORY, "source").await?;
        server.fail_with(Some(503));
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        let failing = scene.get(GIT_REPOSITORY, "source").await?;
        assert_eq!(failing["status"]["artifact"], before["status"]["artifact"]);
        assert_eq!(condition(&failing, "ArtifactInStorage").0, "True");
        assert_eq!(artifact::download(&failing).await?["file"], "first");
        server.fail_with(None);
        let recovered = scene.reconcile(GIT_REPOSITORY, "source").await?;
        ensure!(is_ready(&recovered), "{recovered:#}");
        assert_eq!(condition(&recovered, "FetchFailed").0, "");
        scene.wait_for_event(GIT_REPOSITORY, "source", "Succeeded", "stored artifact for commit").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn repaired_secret_is_used_by_the_next_try() -> anyhow::Result<()> {
    play("repaired", async |scene, _| {
        let server = GitServer::builder().basic("user", "pass").start()?;
        let commit = server.repository("app")?.commit_file("file", "inside")?;
        scene.add_secret("login", &[("username", "user"), ("password", "wrong")]).await?;
        scene.add_source("source", json!({"url": server.url("app"), "secretRef": {"name": "login"}})).await?;
        scene.failed(GIT_REPOSITORY, "source", "GitOperationFailed").await?;
        scene.patch(e2e::objects::SECRET, "login", json!({"stringData": {"password": "pass"}})).await?;
        // Without a request: the backoff's next try reads the Secret anew.
        scene.published("source", &commit).await.map(drop)
    })
    .await
}
