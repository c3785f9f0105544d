//! Commits that are signed, and repositories that want credentials.

use anyhow::{Context, ensure};
use e2e::objects::{GIT_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
use scenarios::images::{image, push_tags};
use scenarios::{Scene, play_with_images};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use test_support::registry::{Protection, RegistryServer};

fn run(program: &str, arguments: &[&str], home: &Path) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).env("GNUPGHOME", home).env("HOME", home).env("LC_ALL", "C").output();
    let output = output.with_context(|| format!("run {program}"))?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn commit_signed_with(scene: &Scene, key: serde_json::Value) -> anyhow::Result<String> {
    let registry = RegistryServer::start(Protection::default()).await?;
    push_tags(&registry, "org/app", &["1.0.0"]).await?;
    let name = image(&registry, "org/app");
    scene.add_images("app", &name, json!({})).await?;
    scene.add_policy("app", "app", json!({ "semver": { "range": "*" } }), json!({})).await?;
    scene.repository.commit_file("a.yaml", format!("image: x:1 # {{\"$imagepolicy\": \"{}:app\"}}\n", scene.name()))?;
    scene.add_source("source", json!({})).await?;
    scene.ready(GIT_REPOSITORY, "source").await?;
    let commit = json!({ "author": { "name": "Bot", "email": "bot@example.com" }, "signingKey": key });
    scene.add_automation("auto", json!({ "git": { "commit": commit } })).await?;
    scene.pushed("auto", "").await
}

#[tokio::test]
async fn git_accepts_a_commit_that_was_signed_by_ssh() -> anyhow::Result<()> {
    play_with_images("image-ssh", async |scene, _| {
        let home = tempfile::tempdir()?;
        let key = home.path().join("key");
        let path = key.display().to_string();
        run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "hunter2", "-C", "", "-f", &path], home.path())?;
        scene.add_secret("signing", &[("identity", &std::fs::read_to_string(&key)?), ("password", "hunter2")]).await?;
        let commit = commit_signed_with(scene, json!({ "type": "ssh", "secretRef": { "name": "signing" } })).await?;
        let signers = home.path().join("signers");
        std::fs::write(&signers, format!("bot@example.com {}", std::fs::read_to_string(home.path().join("key.pub"))?))?;
        let allowed = format!("gpg.ssh.allowedSignersFile={}", signers.display());
        let directory = scene.repository.path().display().to_string();
        run("git", &["-C", &directory, "-c", &allowed, "verify-commit", &commit], home.path()).map(drop)
    })
    .await
}

#[tokio::test]
async fn git_accepts_a_commit_that_was_signed_by_gpg() -> anyhow::Result<()> {
    play_with_images("image-gpg", async |scene, _| {
        let home = tempfile::tempdir()?;
        let generate = ["--batch", "--passphrase", "", "--quick-gen-key", "Bot <bot@example.com>", "ed25519", "sign", "never"];
        run("gpg", &generate, home.path())?;
        let key = run("gpg", &["--batch", "--armor", "--export-secret-keys"], home.path())?;
        scene.add_secret("signing", &[("git.asc", &key)]).await?;
        let commit = commit_signed_with(scene, json!({ "secretRef": { "name": "signing" } })).await?;
        let directory = scene.repository.path().display().to_string();
        let verified = run("git", &["-C", &directory, "verify-commit", &commit], home.path());
        // What gpg started for the keys ends with it.
        run("gpgconf", &["--kill", "all"], home.path())?;
        verified.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_key_that_is_not_there_keeps_the_commit_back() -> anyhow::Result<()> {
    play_with_images("image-nokey", async |scene, _| {
        scene.repository.commit_file("a.yaml", "a: b\n")?;
        scene.add_source("source", json!({})).await?;
        scene.add_secret("signing", &[("other", "x")]).await?;
        for (name, key, expect) in [
            ("absent", json!({ "secretRef": { "name": "absent" } }), "could not find signing key secret 'absent'"),
            (
                "empty",
                json!({ "secretRef": { "name": "signing" } }),
                "signing key secret 'signing' does not contain a 'git.asc' key",
            ),
        ] {
            let commit = json!({ "author": { "email": "bot@example.com" }, "signingKey": key });
            scene.add_automation(name, json!({ "git": { "commit": commit } })).await?;
            let message = scene.failed(IMAGE_UPDATE_AUTOMATION, name, "SourceManagerFailed").await?;
            ensure!(message.starts_with(&format!("failed configuring source manager: {expect}")), "{message}");
        }
        Ok(())
    })
    .await
}
