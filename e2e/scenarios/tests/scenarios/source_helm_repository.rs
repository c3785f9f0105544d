//! HelmRepository: the index of a repository over HTTP becomes an artifact.

use anyhow::ensure;
use e2e::objects::{HELM_REPOSITORY, condition};
use scenarios::{Scene, play};
use serde_json::{Value, json};
use test_support::file_server::{FileServer, Protection};

const INDEX: &str = "apiVersion: v1\nentries:\n  app:\n  - name: app\n    version: 1.0.0\n    urls: [app-1.0.0.tgz]\n";

async fn add(scene: &Scene, name: &str, server: &FileServer, spec: Value) -> anyhow::Result<()> {
    let mut fields = json!({ "url": server.url("charts"), "interval": "10m" });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    scene.add(HELM_REPOSITORY, name, json!({ "spec": fields })).await
}

#[tokio::test]
async fn an_index_is_published_as_json_and_again_when_it_changes() -> anyhow::Result<()> {
    play("helm-index", async |scene, _| {
        let server = FileServer::start(Protection::default()).await?;
        server.put("charts/index.yaml", INDEX);
        add(scene, "charts", &server, json!({})).await?;
        let first = scene.ready(HELM_REPOSITORY, "charts").await?;
        let artifact = &first["status"]["artifact"];
        let revision = artifact["revision"].as_str().unwrap_or_default();
        let hex = revision.strip_prefix("sha256:").unwrap_or_default();
        assert_eq!(artifact["path"], format!("helmrepository/{}/charts/index-{hex}.yaml", scene.name()));
        let message = format!("stored artifact: revision '{revision}'");
        assert_eq!(condition(&first, "Ready"), ("True", "Succeeded", message.as_str()));
        let latest = reqwest::get(first["status"]["url"].as_str().unwrap_or_default()).await?;
        let index: Value = serde_json::from_slice(&latest.error_for_status()?.bytes().await?)?;
        assert_eq!(index["entries"]["app"][0]["version"], "1.0.0");
        let said = format!("stored fetched index of size {}B from '{}'", artifact["size"], server.url("charts"));
        scene.wait_for_event(HELM_REPOSITORY, "charts", "NewArtifact", &said).await?;

        server.put("charts/index.yaml", INDEX.replace("1.0.0", "1.1.0"));
        scene.reconcile(HELM_REPOSITORY, "charts").await?;
        scene
            .wait(HELM_REPOSITORY, "charts", "the new index", |charts| charts["status"]["artifact"]["revision"] != revision)
            .await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_protected_repository_wants_its_password_and_its_authority() -> anyhow::Result<()> {
    play("helm-auth", async |scene, _| {
        let server = FileServer::start(Protection { user: Some(("me", "S3NTINEL")), tls: true }).await?;
        server.put("charts/index.yaml", INDEX);
        scene.add_secret("user", &[("username", "me"), ("password", "S3NTINEL")]).await?;
        scene.add_secret("half", &[("username", "me")]).await?;
        scene.add_secret("ca", &[("ca.crt", &server.authority_pem())]).await?;
        let user = |name: &str| json!({ "secretRef": { "name": name }, "certSecretRef": { "name": "ca" } });
        add(scene, "trusted", &server, user("user")).await?;
        scene.ready(HELM_REPOSITORY, "trusted").await?;
        add(scene, "nobody", &server, json!({ "certSecretRef": { "name": "ca" } })).await?;
        let message = scene.failed(HELM_REPOSITORY, "nobody", "Failed").await?;
        let index = server.url("charts/index.yaml");
        assert_eq!(message, format!("failed to fetch Helm repository index: failed to fetch {index}: 401 Unauthorized"));
        add(scene, "stranger", &server, json!({ "secretRef": { "name": "user" } })).await?;
        let message = scene.failed(HELM_REPOSITORY, "stranger", "Failed").await?;
        ensure!(message.contains("certificate"), "{message}");
        add(scene, "half", &server, user("half")).await?;
        let message = scene.failed(HELM_REPOSITORY, "half", "AuthenticationFailed").await?;
        let why = "malformed basic auth - has 'username' but missing 'password'";
        assert_eq!(message, format!("failed to detect authentication methods: secret '{}/half': {why}", scene.name()));
        add(scene, "absent", &server, user("absent")).await?;
        let message = scene.failed(HELM_REPOSITORY, "absent", "AuthenticationFailed").await?;
        let name = scene.name();
        assert_eq!(message, format!("failed to get authentication secret '{name}/absent': secrets \"absent\" not found"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bad_index_keeps_the_artifact_and_a_bad_address_stalls() -> anyhow::Result<()> {
    play("helm-bad", async |scene, _| {
        let server = FileServer::start(Protection::default()).await?;
        server.put("charts/index.yaml", INDEX);
        add(scene, "charts", &server, json!({})).await?;
        let before = scene.ready(HELM_REPOSITORY, "charts").await?;
        server.put("charts/index.yaml", "entries: {}\n");
        scene.reconcile(HELM_REPOSITORY, "charts").await?;
        let message = scene.failed(HELM_REPOSITORY, "charts", "IndexationFailed").await?;
        let why = "failed to load index: no API version specified";
        assert_eq!(message, format!("failed to load Helm repository from index YAML: {why}"));
        let after = scene.get(HELM_REPOSITORY, "charts").await?;
        assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
        server.put("charts/index.yaml", INDEX);
        scene.reconcile(HELM_REPOSITORY, "charts").await?;
        scene.ready(HELM_REPOSITORY, "charts").await?;
        scene.wait_for_event(HELM_REPOSITORY, "charts", "Succeeded", "stored fetched index of size").await?;

        add(scene, "registry", &server, json!({ "url": "oci://127.0.0.1/charts" })).await?;
        let message = scene.failed(HELM_REPOSITORY, "registry", "URLInvalid").await?;
        let why = "'oci' URL scheme cannot be used with 'default' HelmRepository type";
        assert_eq!(message, format!("invalid Helm repository URL: {why}"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_repository_that_becomes_a_registry_keeps_nothing_of_ours() -> anyhow::Result<()> {
    play("helm-static", async |scene, _| {
        let server = FileServer::start(Protection::default()).await?;
        server.put("charts/index.yaml", INDEX);
        add(scene, "charts", &server, json!({})).await?;
        let before = scene.ready(HELM_REPOSITORY, "charts").await?;
        let change = json!({ "spec": { "type": "oci", "url": "oci://127.0.0.1/charts" } });
        scene.patch(HELM_REPOSITORY, "charts", change).await?;
        let bare = |charts: &Value| {
            let status = charts["status"].as_object().is_none_or(serde_json::Map::is_empty);
            status && charts["metadata"]["finalizers"].is_null()
        };
        scene.wait(HELM_REPOSITORY, "charts", "no status and no finalizer", bare).await?;
        let gone = reqwest::get(before["status"]["artifact"]["url"].as_str().unwrap_or_default()).await?;
        assert_eq!(gone.status().as_u16(), 404);
        scene.delete(HELM_REPOSITORY, "charts").await
    })
    .await
}
