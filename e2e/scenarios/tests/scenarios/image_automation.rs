//! ImageUpdateAutomation: which files, which policies, which branches.

use anyhow::ensure;
use e2e::objects::{GIT_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION};
use scenarios::images::{image, push_tags};
use scenarios::{Scene, play_with_images};
use serde_json::{Value, json};
use test_support::registry::{Protection, RegistryServer};

/// A registry with the image `org/app` in two versions, an ImageRepository `app` of it, and the policy `app`.
async fn prepare(scene: &Scene) -> anyhow::Result<(RegistryServer, String)> {
    let registry = RegistryServer::start(Protection::default()).await?;
    push_tags(&registry, "org/app", &["1.0.0", "1.1.0"]).await?;
    let name = image(&registry, "org/app");
    scene.add_images("app", &name, json!({})).await?;
    scene.add_policy("app", "app", json!({ "semver": { "range": "*" } }), json!({})).await?;
    scene.wants("app", "1.1.0").await?;
    Ok((registry, name))
}

fn marker(scene: &Scene, policy: &str) -> String {
    format!("# {{\"$imagepolicy\": \"{}:{policy}\"}}", scene.name())
}

fn git(push: Value) -> Value {
    json!({ "git": { "commit": { "author": { "email": "bot@example.com" } }, "push": push } })
}

#[tokio::test]
async fn three_policies_change_one_file_and_unselected_ones_nothing() -> anyhow::Result<()> {
    play_with_images("image-markers", async |scene, _| {
        let (_registry, name) = prepare(scene).await?;
        scene.patch(IMAGE_POLICY, "app", json!({ "metadata": { "labels": { "team": "a" } } })).await?;
        for (policy, order) in [("oldest", "desc"), ("newest", "asc"), ("other", "asc")] {
            let spec = json!({ "digestReflectionPolicy": if policy == "newest" { "IfNotPresent" } else { "Never" } });
            scene.add_policy(policy, "app", json!({ "alphabetical": { "order": order } }), spec).await?;
            scene.ready(IMAGE_POLICY, policy).await?;
            if policy != "other" {
                scene.patch(IMAGE_POLICY, policy, json!({ "metadata": { "labels": { "team": "a" } } })).await?;
            }
        }
        let digest = scene.get(IMAGE_POLICY, "newest").await?["status"]["latestRef"]["digest"].clone();
        let text = |app: &str, oldest: &str, newest: &str, digest: &str| {
            format!(
                "kind: A\nimages:\n- image: {app} {}\n  tag: \"{oldest}\" {}\n  name:   x\n---\nkind: B\nfull: {newest} {}\n\
                 digest: {digest} {}\nother: x:1 {}\nunknown: x:2 {}",
                marker(scene, "app"),
                marker(scene, "oldest:tag"),
                marker(scene, "newest"),
                marker(scene, "newest:digest"),
                marker(scene, "other"),
                marker(scene, "nobody"),
            )
        };
        scene
            .repository
            .commit("Begin")
            .file("all.yaml", text("a:1", "1", "b:2", "none"))
            .file("x/all.txt", text("a", "b", "c", "d"))
            .create()?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        let selector = json!({ "matchLabels": { "team": "a" } });
        scene.add_automation("auto", json!({ "policySelector": selector })).await?;
        scene.pushed("auto", "").await?;
        let digest = digest.as_str().unwrap_or_default();
        let expect = text(&format!("{name}:1.1.0"), "1.0.0", &format!("{name}:1.1.0@{digest}"), digest);
        assert_eq!(scene.file("main", "all.yaml")?, expect);
        assert_eq!(scene.file("main", "x/all.txt")?, text("a", "b", "c", "d"), "other files are not looked at");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_branch_is_made_and_continued_and_a_refspec_goes_along() -> anyhow::Result<()> {
    play_with_images("image-branch", async |scene, _| {
        let (registry, name) = prepare(scene).await?;
        let line = |tag: &str| format!("image: {name}:{tag} {}", marker(scene, "app"));
        let base = scene.repository.commit_file("a.yaml", line("0"))?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        let push = json!({ "branch": "images/next", "refspec": "refs/heads/images/next:refs/heads/copy", "options": { "ci.skip": "1" } });
        scene.repository.git(&["config", "receive.advertisePushOptions", "true"])?;
        scene.add_automation("auto", git(push)).await?;
        let first = scene.pushed("auto", "").await?;
        assert_eq!(scene.repository.resolve("main")?, base, "the branch that was checked out stays");
        assert_eq!(scene.repository.resolve("images/next^")?, base);
        assert_eq!(scene.repository.resolve("refs/heads/copy")?, first);
        let automation = scene.get(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        assert_eq!(automation["status"]["observedSourceRevision"], format!("main@sha1:{base}"));
        scene.reconcile(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        assert_eq!(scene.repository.resolve("images/next")?, first, "nothing new, no commit");

        let theirs = scene.repository.commit("Somebody else").on("images/next").file("b.txt", "b").create()?;
        scene.repository.reference("refs/heads/copy", &theirs)?;
        push_tags(&registry, "org/app", &["1.2.0"]).await?;
        scene.reconcile(IMAGE_REPOSITORY, "app").await?;
        scene.pushed("auto", &first).await?;
        assert_eq!(scene.repository.resolve("images/next^")?, theirs, "work of others is kept");
        assert_eq!(scene.file("images/next", "a.yaml")?, line("1.2.0"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_automations_of_one_repository_lose_nothing() -> anyhow::Result<()> {
    play_with_images("image-race", async |scene, _| {
        let (_registry, name) = prepare(scene).await?;
        let line = |tag: &str| format!("image: {name}:{tag} {}", marker(scene, "app"));
        let mut commit = scene.repository.commit("Begin");
        for number in 0..8 {
            commit = commit.file(&format!("{number}/a.yaml"), line("0"));
        }
        let base = commit.create()?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        for number in 0..8 {
            let update = json!({ "strategy": "Setters", "path": format!("./{number}") });
            scene.add_automation(&format!("auto-{number}"), json!({ "update": update })).await?;
        }
        for number in 0..8 {
            scene.pushed(&format!("auto-{number}"), "").await?;
            assert_eq!(scene.file("main", &format!("{number}/a.yaml"))?, line("1.1.0"));
        }
        let count = scene.repository.git(&["rev-list", "--count", "--no-merges", &format!("{base}..main")])?;
        assert_eq!(count, "8", "eight commits, one after the other");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_suspended_automation_pushes_nothing_and_records_a_request() -> anyhow::Result<()> {
    play_with_images("image-rest", async |scene, _| {
        let (_registry, name) = prepare(scene).await?;
        let line = |tag: &str| format!("image: {name}:{tag} {}", marker(scene, "app"));
        let base = scene.repository.commit_file("a.yaml", line("0"))?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        scene.add_automation("auto", json!({ "suspend": true })).await?;
        let handled = scene.reconcile(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        assert_eq!((&handled["status"]["lastPushCommit"], scene.repository.resolve("main")?), (&Value::Null, base));
        scene.patch(IMAGE_UPDATE_AUTOMATION, "auto", json!({ "spec": { "suspend": false } })).await?;
        scene.pushed("auto", "").await?;
        assert_eq!(scene.file("main", "a.yaml")?, line("1.1.0"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn markers_that_set_nothing_are_told_with_file_and_line() -> anyhow::Result<()> {
    play_with_images("image-wrong", async |scene, _| {
        prepare(scene).await?;
        let wrong = "kind: A\nimage: x:1 # {\"$imagepolicy\": \"no-colon\"}\n";
        scene
            .repository
            .commit("Begin")
            .file("a/wrong.yaml", wrong)
            .file("a/broken.yaml", "a: [ # {\"$imagepolicy\": \"x:y\"}\n")
            .create()?;
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        scene.add_automation("auto", json!({})).await?;
        scene.ready(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        for part in ["a/wrong.yaml:2: the marker names \"no-colon\"", "a/broken.yaml:"] {
            scene.wait_for_event(IMAGE_UPDATE_AUTOMATION, "auto", "MarkerIgnored", part).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_work_is_told() -> anyhow::Result<()> {
    play_with_images("image-auto-bad", async |scene, _| {
        let (_registry, name) = prepare(scene).await?;
        scene.repository.commit_file("a.yaml", format!("image: {name}:0 {}", marker(scene, "app")))?;
        let absent = json!({ "sourceRef": { "kind": "GitRepository", "name": "absent" } });
        scene.add_automation("early", absent).await?;
        let message = scene.failed(IMAGE_UPDATE_AUTOMATION, "early", "SourceManagerFailed").await?;
        ensure!(message.contains("referenced git repository does not exist"), "{message}");
        scene.add_source("source", json!({})).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;

        let commit = |template: &str| {
            json!({ "git": { "commit": { "author": { "email": "b@example.com" }, "messageTemplate": template } } })
        };
        scene.add_automation("removed", commit("{{ .Updated.Images }}")).await?;
        let message = scene.failed(IMAGE_UPDATE_AUTOMATION, "removed", "RemovedTemplateField").await?;
        ensure!(message.starts_with("template uses removed '.Updated' field."), "{message}");
        scene.add_automation("template", commit("{{ .Values.x | nothing }}")).await?;
        let message = scene.failed(IMAGE_UPDATE_AUTOMATION, "template", "GitOperationFailed").await?;
        let prefix = "failed to update source: unable to create commit message template from spec: template: commit message:1: function";
        ensure!(message.starts_with(prefix), "{message}");
        scene.add_automation("branch", json!({ "git": { "checkout": { "ref": { "branch": "absent" } }, "commit": { "author": { "email": "b@example.com" } } } })).await?;
        let message = scene.failed(IMAGE_UPDATE_AUTOMATION, "branch", "GitOperationFailed").await?;
        ensure!(message.starts_with("failed to checkout source: "), "{message}");
        scene.add_automation("path", json!({ "update": { "strategy": "Setters", "path": "./absent" } })).await?;
        let message = scene.failed(IMAGE_UPDATE_AUTOMATION, "path", "UpdateFailed").await?;
        ensure!(message.starts_with("failed to apply policies: "), "{message}");
        scene.add_automation("none", json!({ "git": null })).await?;
        scene.failed(IMAGE_UPDATE_AUTOMATION, "none", "InvalidSourceConfiguration").await?;
        assert_eq!(scene.repository.git(&["rev-list", "--count", "main"])?, "1", "nobody pushed anything");
        Ok(())
    })
    .await
}
