//! OCIRepository: artifacts of a real registry become artifacts.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, KUSTOMIZATION, OCI_REPOSITORY, condition, config_map};
use scenarios::artifact::download;
use scenarios::cosign::Signer;
use scenarios::{Scene, archive, play};
use serde_json::{Value, json};
use test_support::registry::{Layer, Protection, RegistryServer};

const CONTENT: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";

fn layer(media_type: &str, files: &[(&str, &str)]) -> anyhow::Result<Layer> {
    Ok(Layer { media_type: media_type.to_owned(), content: archive::of(files)? })
}

async fn add(scene: &Scene, name: &str, registry: &RegistryServer, spec: Value) -> anyhow::Result<()> {
    let mut fields = json!({ "url": registry.url("org/app"), "interval": "10m" });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    scene.add(OCI_REPOSITORY, name, json!({ "spec": fields })).await
}

#[tokio::test]
async fn a_pushed_artifact_is_published_and_applied() -> anyhow::Result<()> {
    play("oci", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        let files = layer(CONTENT, &[("map.yaml", &config_map("from-oci", "k", "1")), ("notes.txt", "n"), (".sourceignore", "*.txt\n")])?;
        let annotations = [("org.opencontainers.image.source", "https://git.example.com"), ("org.opencontainers.image.revision", "main@sha1:abc")];
        let digest = registry.push("org/app", "1.0.0", &[files], &annotations).await?;
        add(scene, "source", &registry, json!({ "ref": { "tag": "1.0.0" } })).await?;
        let source = scene.ready(OCI_REPOSITORY, "source").await?;
        let artifact = &source["status"]["artifact"];
        assert_eq!(artifact["revision"], format!("1.0.0@{digest}"));
        assert_eq!(artifact["metadata"]["org.opencontainers.image.revision"], "main@sha1:abc");
        assert_eq!(artifact["path"], format!("ocirepository/{}/source/{digest}.tar.gz", scene.name()));
        let message = format!("stored artifact for digest '1.0.0@{digest}'");
        assert_eq!(condition(&source, "Ready"), ("True", "Succeeded", message.as_str()));
        let published = download(&source).await?;
        assert_eq!(published.keys().collect::<Vec<_>>(), [".sourceignore", "map.yaml"], "ignore rules of the artifact hold");
        let latest = reqwest::get(source["status"]["url"].as_str().unwrap_or_default()).await?;
        ensure!(latest.status().is_success(), "status.url leads to the latest artifact: {latest:?}");
        let said = format!("stored artifact with revision '1.0.0@{digest}' from '{}', origin source 'https://git.example.com', origin revision 'main@sha1:abc'", registry.url("org/app"));
        scene.wait_for_event(OCI_REPOSITORY, "source", "NewArtifact", &said).await?;

        let reference = json!({ "kind": "OCIRepository", "name": "source" });
        scene.add_kustomization("app", "./", json!({ "sourceRef": reference })).await?;
        let applied = scene.ready(KUSTOMIZATION, "app").await?;
        assert_eq!(applied["status"]["lastAppliedOriginRevision"], "main@sha1:abc");
        assert_eq!(scene.get(CONFIG_MAP, "from-oci").await?["data"]["k"], "1");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_highest_version_in_the_range_wins_over_pages_of_tags() -> anyhow::Result<()> {
    play("oci-semver", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        for tag in ["1.0.0", "1.2.0-rc.1", "1.1.0", "2.0.0", "latest", "1.9.0-dev"] {
            registry.push("org/app", tag, &[layer(CONTENT, &[("tag", tag)])?], &[]).await?;
        }
        for (name, reference, tag) in [
            ("range", json!({ "semver": "1.x" }), "1.1.0"),
            ("prerelease", json!({ "semver": ">=1.0.0-0 <2.0.0-0", "semverFilter": ".*-rc.*" }), "1.2.0-rc.1"),
            ("default", json!({}), "latest"),
        ] {
            add(scene, name, &registry, json!({ "ref": reference })).await?;
            let source = scene.ready(OCI_REPOSITORY, name).await?;
            assert_eq!(download(&source).await?["tag"], tag, "{name}");
        }
        add(scene, "none", &registry, json!({ "ref": { "semver": ">3" } })).await?;
        let message = scene.failed(OCI_REPOSITORY, "none", "ReadOperationFailed").await?;
        assert_eq!(
            message,
            format!("failed to determine the artifact tag for '{}': no match found for semver: >3", registry.url("org/app"))
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_layer_is_chosen_by_media_type_and_copied_as_it_is() -> anyhow::Result<()> {
    play("oci-layer", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        let first = layer(CONTENT, &[("first", "1")])?;
        let second = layer("application/vnd.example", &[("second", "2")])?;
        let bytes = second.content.len();
        let digest = registry.push("org/app", "latest", &[first, second], &[]).await?;
        let selector = json!({ "mediaType": "application/vnd.example", "operation": "copy" });
        add(scene, "copy", &registry, json!({ "layerSelector": selector, "ref": { "digest": digest } })).await?;
        let source = scene.ready(OCI_REPOSITORY, "copy").await?;
        assert_eq!(source["status"]["artifact"]["size"], bytes);
        assert_eq!(source["status"]["artifact"]["revision"], digest);
        assert_eq!(source["status"]["observedLayerSelector"], selector);
        assert_eq!(download(&source).await?.keys().collect::<Vec<_>>(), ["second"]);
        add(scene, "absent", &registry, json!({ "layerSelector": { "mediaType": "x/y" } })).await?;
        let message = scene.failed(OCI_REPOSITORY, "absent", "OCIArtifactLayerOperationFailed").await?;
        assert_eq!(message, "failed to find layer with media type 'x/y' in artifact");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_protected_registry_wants_its_password_and_its_authority() -> anyhow::Result<()> {
    play("oci-auth", async |scene, _| {
        let registry = RegistryServer::start(Protection { password: true, tls: true }).await?;
        registry.push("org/app", "latest", &[layer(CONTENT, &[("a", "b")])?], &[]).await?;
        scene.add_secret("ca", &[("ca.crt", &registry.authority_pem().unwrap_or_default())]).await?;
        let auth =
            json!({ "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": registry.docker_config() } });
        scene.add(e2e::objects::SECRET, "auth", auth).await?;
        let trusted = json!({ "certSecretRef": { "name": "ca" }, "secretRef": { "name": "auth" } });
        add(scene, "trusted", &registry, trusted).await?;
        scene.ready(OCI_REPOSITORY, "trusted").await?;
        add(scene, "nobody", &registry, json!({ "certSecretRef": { "name": "ca" } })).await?;
        let message = scene.failed(OCI_REPOSITORY, "nobody", "OCIArtifactPullFailed").await?;
        ensure!(message.contains("UNAUTHORIZED"), "{message}");
        add(scene, "stranger", &registry, json!({ "secretRef": { "name": "auth" } })).await?;
        scene.failed(OCI_REPOSITORY, "stranger", "OCIArtifactPullFailed").await?;
        add(scene, "absent", &registry, json!({ "secretRef": { "name": "absent" } })).await?;
        let message = scene.failed(OCI_REPOSITORY, "absent", "AuthenticationFailed").await?;
        assert_eq!(
            message,
            format!("failed to get credential: failed to get secret '{}/absent': secrets \"absent\" not found", scene.name())
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_registry_that_is_away_keeps_the_artifact_and_a_bad_url_stalls() -> anyhow::Result<()> {
    play("oci-away", async |scene, _| {
        let mut registry = RegistryServer::start(Protection::default()).await?;
        registry.push("org/app", "latest", &[layer(CONTENT, &[("a", "b")])?], &[]).await?;
        add(scene, "source", &registry, json!({ "timeout": "5s" })).await?;
        let before = scene.ready(OCI_REPOSITORY, "source").await?;
        registry.stop();
        scene.reconcile(OCI_REPOSITORY, "source").await?;
        scene.failed(OCI_REPOSITORY, "source", "OCIArtifactPullFailed").await?;
        let after = scene.get(OCI_REPOSITORY, "source").await?;
        assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
        download(&after).await?;
        add(scene, "tagged", &registry, json!({ "url": "oci://ghcr.io/org/app:1.0" })).await?;
        let message = scene.failed(OCI_REPOSITORY, "tagged", "URLInvalid").await?;
        assert_eq!(message, "URL validation failed for 'oci://ghcr.io/org/app:1.0': URL must not contain a tag; remove ':1.0'");
        let stalled = scene.get(OCI_REPOSITORY, "tagged").await?;
        assert_eq!(condition(&stalled, "Stalled").0, "True");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_verified_or_identified_is_refused_in_words() -> anyhow::Result<()> {
    play("oci-refused", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        registry.push("org/app", "latest", &[layer(CONTENT, &[("a", "b")])?], &[]).await?;
        add(scene, "signed", &registry, json!({ "verify": { "provider": "cosign" } })).await?;
        let message = scene.failed(OCI_REPOSITORY, "signed", "VerificationError").await?;
        let why =
            "failed to verify the signature using provider 'cosign keyless': the root of the public Sigstore is not fetched; ";
        ensure!(message.starts_with(why), "{message}");
        ensure!(scene.get(OCI_REPOSITORY, "signed").await?["status"]["artifact"].is_null(), "nothing unverified is published");
        add(scene, "cloud", &registry, json!({ "provider": "aws" })).await?;
        let message = scene.failed(OCI_REPOSITORY, "cloud", "AuthenticationFailed").await?;
        let said = format!("failed to get credential from aws: invalid AWS registry: '{}'", registry.address());
        assert_eq!(message, said, "what the controller is to a cloud is shown to the cloud only");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_c7_c8_only_what_the_key_signed_is_published() -> anyhow::Result<()> {
    play("oci-signed", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        let (signer, stranger) = (Signer::new()?, Signer::new()?);
        scene.add_secret("keys", &[("cosign.pub", &signer.public_key()?), ("other.txt", "no key")]).await?;
        scene.add_secret("strange", &[("cosign.pub", &stranger.public_key()?)]).await?;
        scene.add_secret("broken", &[("cosign.pub", "no key")]).await?;
        let verified = |tag: &str, secret: &str| {
            json!({ "ref": { "tag": tag }, "verify": { "provider": "cosign", "secretRef": { "name": secret } } })
        };
        for tag in ["old", "new"] {
            let digest = registry.push("org/app", tag, &[layer(CONTENT, &[("tag", tag)])?], &[]).await?;
            match tag {
                "old" => signer.sign(&registry, "org/app", &digest).await?,
                _ => signer.sign_by_bundle(&registry, "org/app", &digest).await?,
            }
            add(scene, tag, &registry, verified(tag, "keys")).await?;
            let source = scene.ready(OCI_REPOSITORY, tag).await?;
            let message = format!("verified signature of revision {tag}@{digest}");
            assert_eq!(condition(&source, "SourceVerified"), ("True", "Succeeded", message.as_str()));
            let stranger = format!("stranger-{tag}");
            add(scene, &stranger, &registry, verified(tag, "strange")).await?;
            let message = scene.failed(OCI_REPOSITORY, &stranger, "VerificationError").await?;
            let named = format!("{}/org/app:{tag}", registry.address());
            let why = format!("no matching signatures were found for '{named}': the signature is of another key");
            assert_eq!(message, format!("failed to verify the signature using provider 'cosign': {why}"));
        }
        let unsigned = registry.push("org/app", "unsigned", &[layer(CONTENT, &[("tag", "unsigned")])?], &[]).await?;
        for (name, secret, part) in [
            ("unsigned", "keys", "no matching signatures were found for "),
            ("broken", "broken", "cosign.pub: the key is not PEM of a public key"),
            ("absent", "absent", "secrets \"absent\" not found"),
        ] {
            add(scene, name, &registry, verified("unsigned", secret)).await?;
            let message = scene.failed(OCI_REPOSITORY, name, "VerificationError").await?;
            ensure!(message.contains(part), "{message}");
            ensure!(scene.get(OCI_REPOSITORY, name).await?["status"]["artifact"].is_null(), "nothing unverified is published");
        }
        signer.sign(&registry, "org/app", &unsigned).await?;
        scene.reconcile(OCI_REPOSITORY, "unsigned").await?;
        let before = scene.ready(OCI_REPOSITORY, "unsigned").await?;

        registry.push("org/app", "unsigned", &[layer(CONTENT, &[("tag", "moved")])?], &[]).await?;
        scene.reconcile(OCI_REPOSITORY, "unsigned").await?;
        scene.failed(OCI_REPOSITORY, "unsigned", "VerificationError").await?;
        let after = scene.get(OCI_REPOSITORY, "unsigned").await?;
        assert_eq!(condition(&after, "SourceVerified").0, "False");
        assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"], "the verified one is served on");
        Ok(())
    })
    .await
}
