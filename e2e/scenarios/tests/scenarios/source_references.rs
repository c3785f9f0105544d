//! Which commit a GitRepository publishes, and when it downloads one.

use anyhow::ensure;
use e2e::objects::GIT_REPOSITORY;
use scenarios::{artifact, play};
use serde_json::json;
use test_support::GitServer;
use test_support::git::Exchange;

#[tokio::test]
async fn every_kind_of_reference_gives_its_commit_and_revision() -> anyhow::Result<()> {
    play("references", async |scene, _| {
        let repository = &scene.repository;
        let first = repository.commit_file("file", "first")?;
        repository.tag("v1.9.0", &first)?;
        let second = repository.commit_file("file", "second")?;
        repository.annotated_tag("v1.10.0", &second, "Release")?;
        repository.tag("v2.0.0-rc.1", &second)?;
        let third = repository.commit_file("file", "third")?;
        let other = repository.commit("On a branch").on("feature/x").file("file", "other").create()?;
        let pulled = repository.commit("Not merged").on("pulled").file("file", "pulled").create()?;
        repository.reference("refs/pull/1/head", &pulled)?;
        repository.delete_reference("refs/heads/pulled")?;
        let wanted = [
            ("branch", json!({"branch": "main"}), format!("main@sha1:{third}"), "third"),
            ("other-branch", json!({"branch": "feature/x"}), format!("feature/x@sha1:{other}"), "other"),
            ("tag", json!({"tag": "v1.9.0"}), format!("v1.9.0@sha1:{first}"), "first"),
            ("annotated-tag", json!({"tag": "v1.10.0"}), format!("v1.10.0@sha1:{second}"), "second"),
            ("semver", json!({"semver": ">=1.0.0"}), format!("v1.10.0@sha1:{second}"), "second"),
            ("prerelease", json!({"semver": ">=1.0.0-0"}), format!("v2.0.0-rc.1@sha1:{second}"), "second"),
            ("name", json!({"name": "refs/heads/main"}), format!("refs/heads/main@sha1:{third}"), "third"),
            ("tag-name", json!({"name": "refs/tags/v1.9.0"}), format!("refs/tags/v1.9.0@sha1:{first}"), "first"),
            ("pull-request", json!({"name": "refs/pull/1/head"}), format!("refs/pull/1/head@sha1:{pulled}"), "pulled"),
            ("commit", json!({"commit": first}), format!("sha1:{first}"), "first"),
            ("branch-commit", json!({"branch": "main", "commit": second}), format!("main@sha1:{second}"), "second"),
            // As the code of Flux has it, not its documentation: commit, name, tag, semver, branch.
            ("precedence", json!({"tag": "v1.9.0", "semver": "*", "branch": "main"}), format!("v1.9.0@sha1:{first}"), "first"),
        ];
        for (name, reference, _, _) in &wanted {
            scene.add_source(name, json!({"ref": reference})).await?;
        }
        for (name, _, revision, content) in &wanted {
            let source = scene.ready(GIT_REPOSITORY, name).await?;
            let published = &source["status"]["artifact"];
            assert_eq!(published["revision"], *revision, "{name}");
            let commit = revision.rsplit(':').next().unwrap_or_default();
            assert_eq!(published["path"], format!("gitrepository/{}/{name}/{commit}.tar.gz", scene.name()));
            assert_eq!(artifact::download(&source).await?["file"], *content, "{name}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unmoved_remote_is_not_downloaded() -> anyhow::Result<()> {
    play("unmoved", async |scene, _| {
        // A server of its own, as its requests are counted.
        let server = GitServer::start()?;
        let repository = server.repository("counted")?;
        let commit = repository.commit_file("file", "first")?;
        repository.tag("v1.0.0", &commit)?;
        let references = [
            ("branch", json!({"branch": "main"})),
            ("tag", json!({"tag": "v1.0.0"})),
            ("name", json!({"name": "refs/heads/main"})),
        ];
        for (name, reference) in &references {
            server.forget_requests();
            scene.add_source(name, json!({"url": server.url("counted"), "ref": reference})).await?;
            let before = scene.ready(GIT_REPOSITORY, name).await?;
            assert_eq!(server.count(Exchange::Fetch), 1, "{name}: {:?}", server.requests());
            server.forget_requests();
            let after = scene.reconcile(GIT_REPOSITORY, name).await?;
            assert_eq!(server.count(Exchange::Fetch), 0, "{name}: {:?}", server.requests());
            ensure!(server.count(Exchange::ListReferences) > 0, "{name}: the remote was not asked");
            assert_eq!(after["status"]["artifact"], before["status"]["artifact"], "{name}");
            let message = "no changes since last reconciliation: observed revision";
            scene.wait_for_event(GIT_REPOSITORY, name, "GitOperationSucceeded", message).await?;
        }
        server.forget_requests();
        let moved = repository.commit_file("file", "second")?;
        scene.reconcile(GIT_REPOSITORY, "branch").await?;
        let source = scene.published("branch", &moved).await?;
        assert_eq!(server.count(Exchange::Fetch), 1, "{:?}", server.requests());
        assert_eq!(artifact::download(&source).await?["file"], "second");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn ignored_files_and_links_are_not_published() -> anyhow::Result<()> {
    play("ignored", async |scene, _| {
        let commit = scene.repository.commit("All sorts");
        let commit =
            commit.file("kept.yaml", "a").file("picture.png", "b").file(".github/x.yaml", "c").symlink("link", "kept.yaml");
        commit.file("docs/read.md", "d").file("docs/.gitignore", "").create()?;
        scene
            .repository
            .commit("Own rules")
            .on("own")
            .file(".sourceignore", "*.md\n")
            .file("a.md", "")
            .file("b.png", "")
            .create()?;
        let cases: [(&str, _, &[&str]); 3] = [
            ("defaults", json!({}), &["docs/read.md", "kept.yaml"]),
            ("spec", json!({"ignore": "/docs\n"}), &[".github/x.yaml", "kept.yaml", "picture.png"]),
            ("file", json!({"ref": {"branch": "own"}}), &[".sourceignore", "b.png"]),
        ];
        for (name, spec, files) in cases {
            scene.add_source(name, spec).await?;
            let source = scene.ready(GIT_REPOSITORY, name).await?;
            let published = artifact::download(&source).await?;
            assert_eq!(published.keys().collect::<Vec<_>>(), files, "{name}");
        }
        Ok(())
    })
    .await
}
