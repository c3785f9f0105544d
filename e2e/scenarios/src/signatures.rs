//! Signatures in registries: where they lie, and those that were recorded with the tests of the engines.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use test_support::RegistryServer;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The type of an artifact that is a bundle of cosign.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The type of an artifact that is an envelope of notation.
pub const NOTATION: &str = "application/vnd.cncf.notary.signature";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// Signs an artifact in cosign's form before version 3: a document with annotations, under a tag.
pub async fn attach_payload(
    registry: &RegistryServer,
    (repository, digest): (&str, &str),
    payload: &[u8],
    annotations: &Value,
) -> anyhow::Result<()> {
    let mut layer = layer(registry, repository, PAYLOAD, payload).await?;
    layer["annotations"] = annotations.clone();
    let manifest = manifest(registry, repository, &layer).await?;
    let tag = format!("{}.sig", digest.replace(':', "-"));
    registry.push_manifest(repository, &tag, &manifest).await.map(drop).context("push the signature")
}

/// Makes one layer refer to an artifact, listed under the tag of its referrers, instead of what was listed there.
pub async fn attach_referrer(
    registry: &RegistryServer,
    (repository, digest): (&str, &str),
    artifact_type: &str,
    (media_type, content): (&str, &[u8]),
) -> anyhow::Result<()> {
    let layer = layer(registry, repository, media_type, content).await?;
    let mut manifest = manifest(registry, repository, &layer).await?;
    manifest["artifactType"] = json!(artifact_type);
    let size = manifest.to_string().len();
    let pushed = registry.push_manifest(repository, "", &manifest).await.context("push the referrer")?;
    let entry = json!({ "mediaType": MANIFEST, "artifactType": artifact_type, "digest": pushed, "size": size });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
    registry.push_manifest(repository, &digest.replace(':', "-"), &index).await.map(drop).context("list the referrer")
}

async fn layer(registry: &RegistryServer, repository: &str, kind: &str, content: &[u8]) -> anyhow::Result<Value> {
    let digest = registry.push_blob(repository, content).await?;
    Ok(json!({ "mediaType": kind, "digest": digest, "size": content.len() }))
}

async fn manifest(registry: &RegistryServer, repository: &str, layer: &Value) -> anyhow::Result<Value> {
    let config = self::layer(registry, repository, "application/vnd.oci.empty.v1+json", b"{}").await?;
    Ok(json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] }))
}

/// Recorded artifacts, and signatures of them.
pub struct Recorded(Value);

impl Recorded {
    /// Those of cosign without keys.
    pub fn keyless() -> anyhow::Result<Self> {
        let text = include_str!("../../../crates/engines/cosign-signature/tests/data/keyless.json");
        Ok(Self(serde_json::from_str(text)?))
    }

    /// Those of notation.
    pub fn notation() -> anyhow::Result<Self> {
        let text = include_str!("../../../crates/engines/notation-signature/tests/data/notation.json");
        Ok(Self(serde_json::from_str(text)?))
    }

    /// A recorded trusted root, JSON.
    pub fn root(&self, name: &str) -> String {
        self.0["roots"][name].to_string()
    }

    /// A recorded case.
    pub fn case(&self, name: &str) -> anyhow::Result<&Value> {
        let cases = self.0["cases"].as_array().context("there are cases")?;
        cases.iter().find(|case| case["name"] == name).with_context(|| format!("a case named {name}"))
    }

    /// Publishes a recorded artifact; gives its digest.
    pub async fn publish(
        &self,
        registry: &RegistryServer,
        (repository, tag): (&str, &str),
        name: &str,
    ) -> anyhow::Result<String> {
        let artifact = &self.0["artifacts"][name];
        for blob in artifact["blobs"].as_object().context("there are blobs")?.values() {
            registry.push_blob(repository, &bytes(blob)?).await?;
        }
        let manifest: Value = serde_json::from_str(artifact["manifest"].as_str().context("there is a manifest")?)?;
        let digest = registry.push_manifest(repository, tag, &manifest).await?;
        ensure!(artifact["digest"] == digest, "the manifest has the bytes that were signed");
        Ok(digest)
    }

    /// Publishes a recorded artifact with the signature of a case.
    pub async fn publish_signed(
        &self,
        registry: &RegistryServer,
        place: (&str, &str),
        (artifact, case): (&str, &str),
    ) -> anyhow::Result<String> {
        let digest = self.publish(registry, place, artifact).await?;
        let (case, signed) = (self.case(case)?, (place.0, digest.as_str()));
        if let Some(bundle) = case["bundle"].as_str() {
            attach_referrer(registry, signed, BUNDLE, (BUNDLE, bundle.as_bytes())).await?;
        } else if let Some(media_type) = case["mediaType"].as_str() {
            attach_referrer(registry, signed, NOTATION, (media_type, &bytes(&case["envelope"])?)).await?;
        } else {
            attach_payload(registry, signed, &bytes(&case["payload"])?, &case["annotations"]).await?;
        }
        Ok(digest)
    }
}

fn bytes(value: &Value) -> anyhow::Result<Vec<u8>> {
    BASE64_STANDARD.decode(value.as_str().context("it is base64")?).context("it is base64")
}
