//! GitRepository: commits and tags that have to be signed. The signers are gpg and ssh-keygen, through Git.

use anyhow::{Context, ensure};
use e2e::objects::{GIT_REPOSITORY, condition};
use scenarios::{Scene, play};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn run(program: &str, arguments: &[&str], home: &Path) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).env("GNUPGHOME", home).env("HOME", home).env("LC_ALL", "C").output();
    let output = output.with_context(|| format!("run {program}"))?;
    ensure!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A home with a key of each kind.
struct Signer {
    home: TempDir,
    /// The names that messages have for the keys: of OpenPGP, of SSH.
    names: (String, String),
}

impl Signer {
    fn new() -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let path = home.path();
        run("gpg", &["--batch", "--passphrase", "", "--quick-gen-key", "me@example.com", "ed25519", "sign", "never"], path)?;
        let listing = run("gpg", &["--batch", "--list-keys", "--with-colons"], path)?;
        let fingerprint = listing.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).context("a fingerprint")?;
        let key = path.join("key").display().to_string();
        run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", &key], path)?;
        let listed = run("ssh-keygen", &["-l", "-f", &key], path)?;
        let ssh = listed.split(' ').nth(1).context("a fingerprint")?.to_owned();
        Ok(Self { names: (fingerprint.trim_end_matches(':')[24..].to_owned(), ssh), home })
    }

    /// The public keys as a Secret has them.
    async fn add_secret(&self, scene: &Scene, name: &str) -> anyhow::Result<()> {
        let ring = run("gpg", &["--batch", "--armor", "--export"], self.home.path())?;
        let key = std::fs::read_to_string(self.home.path().join("key.pub"))?;
        scene.add_secret(name, &[("me.asc", &ring), ("me.sshpub", &key)]).await
    }

    fn git(&self, scene: &Scene, format: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let directory = scene.repository.path().display().to_string();
        let key = if format == "ssh" { self.home.path().join("key").display().to_string() } else { self.names.0.clone() };
        let settings = [format!("gpg.format={format}"), format!("user.signingKey={key}")];
        let who = ["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", &settings[0], "-c", &settings[1]];
        run("git", &[&["-C", directory.as_str()], &who[..], arguments].concat(), self.home.path())
    }

    /// A signed commit of the tree of `main`, which it becomes.
    fn commit(&self, scene: &Scene, format: &str, message: &str) -> anyhow::Result<String> {
        let commit = self.git(scene, format, &["commit-tree", "-S", "main^{tree}", "-m", message])?;
        scene.repository.reference("refs/heads/main", &commit)?;
        Ok(commit)
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        // What gpg started for the keys ends with it.
        let _ = run("gpgconf", &["--kill", "all"], self.home.path());
    }
}

fn wanted(mode: &str, secret: &str, reference: Value) -> Value {
    json!({ "verify": { "mode": mode, "secretRef": { "name": secret } }, "ref": reference })
}

#[tokio::test]
async fn sec_b8_only_commits_that_the_keys_signed_are_published() -> anyhow::Result<()> {
    play("git-signed", async |scene, _| {
        let (signer, stranger) = (Signer::new()?, Signer::new()?);
        signer.add_secret(scene, "keys").await?;
        stranger.add_secret(scene, "strange").await?;
        scene.repository.commit_file("a.yaml", "a: 1\n")?;
        for (format, key) in [("openpgp", &signer.names.0), ("ssh", &signer.names.1)] {
            let commit = signer.commit(scene, format, "signed")?;
            scene.add_source(format, wanted("HEAD", "keys", json!({ "branch": "main" }))).await?;
            let source = scene.published(format, &commit).await?;
            let message = format!("verified signature of\n\t- commit '{commit}' with key '{key}'");
            assert_eq!(condition(&source, "SourceVerified"), ("True", "Succeeded", message.as_str()));
            assert_eq!(source["status"]["sourceVerificationMode"], "HEAD");
            let strange = format!("{format}-strange");
            scene.add_source(&strange, wanted("HEAD", "strange", json!({ "branch": "main" }))).await?;
            let message = scene.failed(GIT_REPOSITORY, &strange, "InvalidCommitSignature").await?;
            let start = format!("signature verification of commit '{commit}' failed: unable to verify Git commit");
            ensure!(message.starts_with(&start) && message.ends_with(": no matching key"), "{message}");
            let source = scene.get(GIT_REPOSITORY, &strange).await?;
            ensure!(source["status"]["artifact"].is_null(), "nothing unverified is published");
        }
        let before = scene.get(GIT_REPOSITORY, "ssh").await?;
        let unsigned = scene.repository.commit_file("a.yaml", "a: 2\n")?;
        scene.reconcile(GIT_REPOSITORY, "ssh").await?;
        let message = scene.failed(GIT_REPOSITORY, "ssh", "InvalidCommitSignature").await?;
        assert_eq!(message, format!("signature verification of commit '{unsigned}' failed: unsupported signature type: empty"));
        let after = scene.get(GIT_REPOSITORY, "ssh").await?;
        assert_eq!(
            after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"],
            "the verified one is served on"
        );
        assert_eq!(condition(&after, "SourceVerified").0, "False");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_b8_only_tags_that_the_keys_signed_are_published() -> anyhow::Result<()> {
    play("git-signed-tag", async |scene, _| {
        let signer = Signer::new()?;
        signer.add_secret(scene, "keys").await?;
        scene.repository.commit_file("a.yaml", "a: 1\n")?;
        let commit = signer.commit(scene, "openpgp", "signed")?;
        signer.git(scene, "ssh", &["tag", "-s", "v1.0.0", "-m", "signed"])?;
        let tag = scene.repository.resolve("refs/tags/v1.0.0")?;
        scene.repository.reference("refs/tags/v2.0.0", &tag)?;
        scene.repository.tag("plain", "main")?;
        let annotated = scene.repository.annotated_tag("annotated", &commit, "unsigned")?;

        scene.add_source("both", wanted("TagAndHEAD", "keys", json!({ "tag": "v1.0.0" }))).await?;
        let source = scene.published("both", &commit).await?;
        let (open_pgp, ssh) = &signer.names;
        let tags = format!("verified signature of\n\t- tag 'v1.0.0@{tag}' with key '{ssh}'");
        let message = format!("{tags}\n\t- commit '{commit}' with key '{open_pgp}'");
        assert_eq!(condition(&source, "SourceVerified"), ("True", "Succeeded", message.as_str()));
        assert_eq!(source["status"]["sourceVerificationMode"], "TagAndHEAD");
        scene.add_source("version", wanted("Tag", "keys", json!({ "semver": "1.x" }))).await?;
        let source = scene.published("version", &commit).await?;
        assert_eq!(condition(&source, "SourceVerified").2, tags);

        for (name, reference, reason, expect) in [
            (
                "branch",
                json!({ "branch": "main" }),
                "InvalidVerificationMode",
                "cannot verify tag object's signature if a tag reference is not specified".to_owned(),
            ),
            (
                "plain",
                json!({ "tag": "plain" }),
                "InvalidGitObject",
                "cannot verify signature of tag 'plain' since it is not signed".to_owned(),
            ),
            (
                "annotated",
                json!({ "tag": "annotated" }),
                "InvalidGitObject",
                format!("cannot verify signature of tag 'annotated@{annotated}' since it is not signed"),
            ),
            (
                "moved",
                json!({ "tag": "v2.0.0" }),
                "InvalidTagSignature",
                format!("signature verification of tag 'v2.0.0@{tag}' failed: the tag was signed under the name 'v1.0.0'"),
            ),
        ] {
            scene.add_source(name, wanted("Tag", "keys", reference)).await?;
            assert_eq!(scene.failed(GIT_REPOSITORY, name, reason).await?, expect);
            let source = scene.get(GIT_REPOSITORY, name).await?;
            assert_eq!(condition(&source, "Stalled").0, if name == "branch" { "True" } else { "" });
            ensure!(source["status"]["artifact"].is_null(), "nothing unverified is published");
        }
        Ok(())
    })
    .await
}
