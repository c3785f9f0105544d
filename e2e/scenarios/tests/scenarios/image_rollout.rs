//! The whole way: an image is pushed, a policy wants it, a commit says so, and the cluster runs it.

use anyhow::ensure;
use e2e::objects::{DEPLOYMENT, GIT_REPOSITORY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION, condition};
use scenarios::images::{image, push_tags};
use scenarios::play_with_images;
use serde_json::{Value, json};
use std::time::Instant;
use test_support::registry::{Protection, RegistryServer};

fn deployment(namespace: &str, image: &str) -> String {
    format!(
        "# The web\r\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n    name: web\nspec:\n    replicas: 0\n    selector:\n        \
         matchLabels: {{app: web}}\n    template:\n        metadata:\n            labels: {{ app: web }}\n        spec:\n            \
         containers:\n            -   name: web # the only one\n                image: '{image}' # {{\"$imagepolicy\": \"{namespace}:web\"}}\n"
    )
}

#[tokio::test]
async fn an_image_that_is_pushed_runs_in_the_cluster() -> anyhow::Result<()> {
    play_with_images("image-rollout", async |scene, stage| {
        let registry = RegistryServer::start(Protection::default()).await?;
        push_tags(&registry, "org/web", &["1.0.0"]).await?;
        let name = image(&registry, "org/web");
        let old = deployment(scene.name(), &format!("{name}:0.9.0"));
        scene.repository.commit("Begin").file("apps/web.yaml", &old).file("apps/notes.txt", "as they are").create()?;
        scene.add_source("source", json!({ "interval": "1s" })).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        scene.add_kustomization("apps", "./apps", json!({})).await?;
        scene.add_images("web", &name, json!({})).await?;
        scene.add_policy("web", "web", json!({ "semver": { "range": "1.x" } }), json!({})).await?;
        let template = "Release{{ range .Changed.Changes }}\n\n{{ .OldValue }} -> {{ .NewValue }} ({{ .Setter }}){{ end }}\n\n\
                        By {{ .AutomationObject }} for {{ .Values.who }}\n";
        let commit = json!({
            "author": { "name": "Bot", "email": "bot@example.com" },
            "messageTemplate": template, "messageTemplateValues": { "who": "all" },
        });
        scene
            .add_automation("auto", json!({ "git": { "commit": commit }, "update": { "strategy": "Setters", "path": "./apps" } }))
            .await?;
        let first = scene.pushed("auto", "").await?;
        assert_eq!(scene.file("main", "apps/web.yaml")?, old.replace("0.9.0", "1.0.0").trim_end(), "every other byte stays");
        scene.applied("apps", &first).await?;

        let started = Instant::now();
        push_tags(&registry, "org/web", &["1.1.0"]).await?;
        scene.live.request(IMAGE_REPOSITORY, scene.name(), "web").await?;
        let second = scene.pushed("auto", &first).await?;
        let pushed = started.elapsed();
        let wanted = format!("{name}:1.1.0");
        let runs = |object: &Value| object["spec"]["template"]["spec"]["containers"][0]["image"] == wanted.as_str();
        scene.wait(DEPLOYMENT, "web", "run the new image", runs).await?;
        eprintln!("from the push of the image: commit after {pushed:?}, live object after {:?}", started.elapsed());

        let log = scene.repository.git(&["log", "-1", "--format=%an <%ae> %cn%n%B", &second])?;
        let message = format!(
            "Bot <bot@example.com> Bot\nRelease\n\n{name}:1.0.0 -> {name}:1.1.0 ({}:web)\n\nBy {}/auto for all",
            scene.name(),
            scene.name()
        );
        assert_eq!(log, message);
        assert_eq!(
            scene.repository.git(&["diff", "--stat", "--format=", &first, &second])?.lines().count(),
            2,
            "one file changed"
        );
        let automation = scene.ready(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        let status = &automation["status"];
        assert_eq!(condition(&automation, "Ready"), ("True", "Succeeded", "repository up-to-date"));
        assert_eq!(status["observedSourceRevision"], format!("main@sha1:{second}"));
        assert_eq!(status["observedPolicies"]["web"], json!({ "name": name, "tag": "1.1.0" }));
        ensure!(status["lastPushTime"].is_string() && status["lastAutomationRunTime"].is_string(), "{status}");
        let said = format!("pushed commit '{}' to branch 'main'\nRelease", &second[..7]);
        scene.wait_for_event(IMAGE_UPDATE_AUTOMATION, "auto", "Succeeded", &said).await?;
        let posted = stage.events.about(scene.name());
        let told = |event: &Value| event["message"].as_str().is_some_and(|message| message.starts_with(&said));
        ensure!(posted.iter().any(told), "posted: {posted:#?}");

        scene.reconcile(IMAGE_UPDATE_AUTOMATION, "auto").await?;
        assert_eq!(scene.repository.resolve("main")?, second, "where nothing is new, no commit is made");
        Ok(())
    })
    .await
}
