//! ImageRepository and ImagePolicy: tags of a real registry become known, and one of them wanted.

use anyhow::ensure;
use e2e::objects::{IMAGE_POLICY, IMAGE_REPOSITORY, NAMESPACE, SECRET, condition};
use scenarios::images::{image, push_tags};
use scenarios::play_with_images;
use serde_json::json;
use test_support::registry::{Protection, RegistryServer};

#[tokio::test]
async fn tags_are_scanned_and_policies_choose_among_them() -> anyhow::Result<()> {
    play_with_images("images", async |scene, stage| {
        let registry = RegistryServer::start(Protection { password: true, tls: false }).await?;
        let tags = ["1.0.0", "1.1.0", "1.2.0-rc.1", "main-abc-100", "main-def-99", "1.0.0.sig"];
        push_tags(&registry, "org/app", &tags).await?;
        let name = image(&registry, "org/app");
        let config = json!({ ".dockerconfigjson": registry.docker_config() });
        let secret = json!({ "type": "kubernetes.io/dockerconfigjson", "stringData": config });
        scene.add(SECRET, "pull", secret).await?;
        scene.add_images("app", &name, json!({ "secretRef": { "name": "pull" } })).await?;
        let scanned = scene.ready(IMAGE_REPOSITORY, "app").await?;
        let status = &scanned["status"];
        let result = &status["lastScanResult"];
        assert_eq!((&result["tagCount"], &status["canonicalImageName"]), (&json!(5), &json!(name)));
        assert_eq!(result["latestTags"], json!(["main-def-99", "main-abc-100", "1.2.0-rc.1", "1.1.0", "1.0.0"]));
        assert_eq!(status["observedExclusionList"], json!(["^.*\\.sig$"]));
        let revision = result["revision"].as_str().unwrap_or_default();
        let message = format!("successful scan: found 5 tags with checksum {revision}");
        assert_eq!(condition(&scanned, "Ready"), ("True", "Succeeded", message.as_str()));
        scene.wait_for_event(IMAGE_REPOSITORY, "app", "Succeeded", &message).await?;

        let builds = json!({ "filterTags": { "pattern": "^main-[a-f0-9]+-(?P<ts>[0-9]+)", "extract": "$ts" } });
        scene.add_policy("stable", "app", json!({ "semver": { "range": "1.x" } }), json!({})).await?;
        scene.add_policy("builds", "app", json!({ "numerical": { "order": "asc" } }), builds).await?;
        scene.add_policy("first", "app", json!({ "alphabetical": { "order": "desc" } }), json!({})).await?;
        let pin = json!({ "digestReflectionPolicy": "IfNotPresent" });
        scene.add_policy("next", "app", json!({ "semver": { "range": ">=1.0.0-0" } }), pin).await?;
        for (policy, tag) in [("stable", "1.1.0"), ("builds", "main-abc-100"), ("first", "1.0.0"), ("next", "1.2.0-rc.1")] {
            let chosen = scene.ready(IMAGE_POLICY, policy).await?;
            assert_eq!(
                (&chosen["status"]["latestRef"]["tag"], &chosen["status"]["latestRef"]["name"]),
                (&json!(tag), &json!(name))
            );
        }
        let old = scene.get(IMAGE_POLICY, "next").await?["status"]["latestRef"]["digest"].clone();
        ensure!(old.as_str().is_some_and(|digest| digest.starts_with("sha256:")), "a digest is known: {old}");

        let digest = push_tags(&registry, "org/app", &["1.2.0"]).await?;
        scene.reconcile(IMAGE_REPOSITORY, "app").await?;
        let next = scene.wants("next", "1.2.0").await?;
        assert_eq!(next["status"]["latestRef"]["digest"], digest);
        let previous = format!("{name}:1.2.0-rc.1@{}", old.as_str().unwrap_or_default());
        let message = format!("Latest image tag for {name} resolved to 1.2.0 with digest {digest} (previously {previous})");
        assert_eq!(condition(&next, "Ready"), ("True", "Succeeded", message.as_str()));
        assert_eq!(next["status"]["observedPreviousRef"]["tag"], "1.2.0-rc.1");
        scene.wants("stable", "1.2.0").await?;
        let posted = stage.events.about(scene.name());
        ensure!(posted.iter().any(|event| event["message"] == message && event["severity"] == "info"), "posted: {posted:#?}");
        scene.delete(IMAGE_REPOSITORY, "app").await
    })
    .await
}

#[tokio::test]
async fn a_moved_tag_is_followed_where_its_digest_always_counts() -> anyhow::Result<()> {
    play_with_images("image-digest", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        push_tags(&registry, "org/app", &["latest"]).await?;
        scene.add_images("app", &image(&registry, "org/app"), json!({})).await?;
        let always = json!({ "digestReflectionPolicy": "Always", "interval": "1s" });
        scene.add_policy("latest", "app", json!({ "alphabetical": {} }), always).await?;
        let before = scene.ready(IMAGE_POLICY, "latest").await?["status"]["latestRef"]["digest"].clone();
        let layer = test_support::registry::Layer { media_type: "x/y".to_owned(), content: b"moved".to_vec() };
        let digest = registry.push("org/app", "latest", &[layer], &[]).await?;
        let moved = |object: &serde_json::Value| object["status"]["latestRef"]["digest"] == digest.as_str();
        let after = scene.wait(IMAGE_POLICY, "latest", "follow the tag", moved).await?;
        assert_eq!(after["status"]["observedPreviousRef"]["digest"], before);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_work_is_told_and_heals() -> anyhow::Result<()> {
    play_with_images("image-failures", async |scene, _| {
        let mut registry = RegistryServer::start(Protection::default()).await?;
        push_tags(&registry, "org/app", &["1.0.0", "main"]).await?;
        let name = image(&registry, "org/app");
        scene.add_images("scheme", &format!("https://{name}"), json!({})).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "scheme", "ImageURLInvalid").await?;
        assert_eq!(message, format!("image 'https://{name}' should not include URL scheme; remove 'https://'"));
        let stalled = scene.get(IMAGE_REPOSITORY, "scheme").await?;
        assert_eq!(condition(&stalled, "Stalled").1, "ImageURLInvalid");
        scene.add_images("secret", &name, json!({ "secretRef": { "name": "absent" } })).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "secret", "AuthenticationFailed").await?;
        assert_eq!(message, "failed to configure authentication options: secrets \"absent\" not found");
        scene.add_images("absent", &image(&registry, "org/absent"), json!({})).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "absent", "ReadOperationFailed").await?;
        ensure!(message.starts_with("scan failed: ") && message.contains("NAME_UNKNOWN"), "{message}");

        scene.add_policy("early", "app", json!({ "semver": { "range": "*" } }), json!({})).await?;
        let message = scene.failed(IMAGE_POLICY, "early", "DependencyNotReady").await?;
        ensure!(message.contains("ImageRepository.image.toolkit.fluxcd.io \"app\" not found"), "{message}");
        scene.add_images("app", &name, json!({})).await?;
        scene.ready(IMAGE_POLICY, "early").await?;
        scene.add_policy("numbers", "app", json!({ "numerical": {} }), json!({})).await?;
        let message = scene.failed(IMAGE_POLICY, "numbers", "Failure").await?;
        assert_eq!(message, "failed to parse invalid numeric value 'main'");
        scene.add_policy("range", "app", json!({ "semver": { "range": "a b" } }), json!({})).await?;
        let message = scene.failed(IMAGE_POLICY, "range", "InvalidPolicy").await?;
        assert_eq!(message, "invalid policy: improper constraint: \"a b\"");

        registry.stop();
        scene.live.request(IMAGE_REPOSITORY, scene.name(), "app").await?;
        let message = scene.failed(IMAGE_REPOSITORY, "app", "ReadOperationFailed").await?;
        ensure!(message.contains("connection failed"), "{message}");
        let known = scene.get(IMAGE_POLICY, "early").await?;
        assert_eq!(known["status"]["latestRef"]["tag"], "1.0.0", "what was known stays");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn certificates_of_the_object_are_trusted_besides_those_of_the_system() -> anyhow::Result<()> {
    play_with_images("image-tls", async |scene, _| {
        let registry = RegistryServer::start(Protection { password: false, tls: true }).await?;
        push_tags(&registry, "org/app", &["1"]).await?;
        scene.add_secret("ca", &[("ca.crt", &registry.authority_pem().unwrap_or_default())]).await?;
        let name = image(&registry, "org/app");
        scene.add_images("trusting", &name, json!({ "certSecretRef": { "name": "ca" } })).await?;
        scene.ready(IMAGE_REPOSITORY, "trusting").await?;
        scene.add_images("strange", &name, json!({})).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "strange", "ReadOperationFailed").await?;
        ensure!(message.contains("certificate"), "{message}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn other_namespaces_are_let_in_by_their_labels() -> anyhow::Result<()> {
    play_with_images("image-access", async |scene, stage| {
        let registry = RegistryServer::start(Protection::default()).await?;
        push_tags(&registry, "org/app", &["1"]).await?;
        let name = image(&registry, "org/app");
        scene.add_images("closed", &name, json!({})).await?;
        let selectors = json!({ "namespaceSelectors": [{ "matchLabels": { "team": "a" } }] });
        scene.add_images("open", &name, json!({ "accessFrom": selectors })).await?;
        let other = stage.world.cluster.namespace("image-guest").await?;
        for repository in ["closed", "open"] {
            let reference = json!({ "name": repository, "namespace": scene.name() });
            let spec = json!({ "imageRepositoryRef": reference, "policy": { "alphabetical": {} } });
            let object = IMAGE_POLICY.object(other.name(), repository, json!({ "spec": spec }));
            scene.live.create(IMAGE_POLICY, &object).await?;
        }
        let denied = |object: &serde_json::Value| e2e::objects::has_failed(object, "AccessDenied");
        for (policy, why) in [
            ("closed", "missing ACL labels on 'accessFrom'".to_owned()),
            ("open", format!("ACL labels mismatch on namespace '{}'", other.name())),
        ] {
            let object = scene.live.wait(IMAGE_POLICY, other.name(), policy, "be denied", denied).await?;
            let name = format!("{}/{policy}", scene.name());
            let message =
                format!("failed to get the referred ImageRepository: access denied: '{name}' can't be accessed due to {why}");
            assert_eq!(condition(&object, "Ready").2, message);
        }
        let labels = json!({ "metadata": { "labels": { "team": "a" } } });
        scene.live.patch(NAMESPACE, "", other.name(), &labels).await?;
        // Labels of namespaces are not watched: the back-off sees them.
        scene.live.wait(IMAGE_POLICY, other.name(), "open", "become Ready", e2e::objects::is_ready).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn suspended_objects_are_left_alone() -> anyhow::Result<()> {
    play_with_images("image-suspend", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        push_tags(&registry, "org/app", &["1"]).await?;
        scene.add_images("app", &image(&registry, "org/app"), json!({})).await?;
        scene.add_policy("app", "app", json!({ "alphabetical": {} }), json!({})).await?;
        scene.wants("app", "1").await?;
        scene.patch(IMAGE_POLICY, "app", json!({ "spec": { "suspend": true } })).await?;
        push_tags(&registry, "org/app", &["2"]).await?;
        scene.reconcile(IMAGE_REPOSITORY, "app").await?;
        let handled = scene.reconcile(IMAGE_POLICY, "app").await?;
        assert_eq!(handled["status"]["latestRef"]["tag"], "1");
        scene.patch(IMAGE_POLICY, "app", json!({ "spec": { "suspend": false } })).await?;
        scene.wants("app", "2").await.map(drop)
    })
    .await
}
