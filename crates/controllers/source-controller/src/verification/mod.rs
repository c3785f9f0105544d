//! Signatures of artifacts in registries: which are wanted, and whether there is one.

use crate::secrets::SecretRead;
use api::source::SignatureProvider;
use cosign_signature::{
    BUNDLE_ARTIFACT_TYPE, PAYLOAD_MEDIA_TYPE, PublicKey, SIGNATURE_ANNOTATION, SIGNATURE_BYTES, signature_tag, verify_bundle,
    verify_payload,
};
use oci_client::{Class, Descriptor, Reference, Registry};
use runtime::error_chain::error_chain;

/// What the names of entries with keys end with.
const KEY_SUFFIX: &str = ".pub";
/// The most signatures of one artifact that are looked at.
const MOST_SIGNATURES: usize = 50;

/// Which signature an artifact has to have.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// None.
    Nothing,
    /// One by any of these keys.
    Keys(Vec<PublicKey>),
    /// One that cannot be verified here, or whose keys cannot be had; in words.
    Refused(String),
}

/// Which signature is wanted with `provider`, and the Secret that the object names for it.
pub(crate) fn wanted(provider: SignatureProvider, secret: &SecretRead) -> Wanted {
    match (provider, secret) {
        (SignatureProvider::Cosign, SecretRead::Found(data)) => {
            let keys = data.iter().filter(|(name, _)| name.ends_with(KEY_SUFFIX));
            let keys = keys.map(|(name, text)| PublicKey::from_pem(text).map_err(|error| format!("{name}: {error}")));
            keys.collect::<Result<_, _>>().map_or_else(Wanted::Refused, Wanted::Keys)
        }
        (SignatureProvider::Cosign, SecretRead::Failed(error)) => Wanted::Refused(error.clone()),
        _ => Wanted::Refused(
            "of the ways to verify signatures only that of cosign with public keys is supported; set spec.verify.secretRef to a Secret \
             with keys named *.pub, or let a controller that verifies reconcile this object"
                .to_owned(),
        ),
    }
}

/// The provider as messages name it.
pub(crate) fn title(provider: SignatureProvider, has_secret: bool) -> String {
    let keyless = !has_secret && provider == SignatureProvider::Cosign;
    format!("{}{}", provider.as_str(), if keyless { " keyless" } else { "" })
}

/// Whether the artifact with a digest is signed by one of `keys`. As cosign, bundles count where there are any, else the older form.
///
/// # Errors
/// When it is not; in words. `name` is how the artifact is called there.
pub(crate) async fn verify(registry: &Registry, digest: &str, name: &str, keys: &[PublicKey]) -> Result<(), String> {
    let unmatched = format!("no matching signatures were found for '{name}'");
    let referrers = registry.referrers(digest).await.map_err(|error| format!("{unmatched}: {}", error_chain(&error)))?;
    let is_bundle = |descriptor: &&Descriptor| descriptor.artifact_type.starts_with(BUNDLE_ARTIFACT_TYPE);
    let bundles: Vec<&Descriptor> = referrers.iter().filter(is_bundle).take(MOST_SIGNATURES).collect();
    let (mut verified, mut reason) = (false, None);
    if bundles.is_empty() {
        match payloads(registry, digest).await {
            Ok(payloads) => {
                for layer in payloads.iter().take(MOST_SIGNATURES) {
                    let signature = layer.annotations.get(SIGNATURE_ANNOTATION).map(String::as_str).unwrap_or_default();
                    let Ok(payload) = registry.blob(layer, SIGNATURE_BYTES).await else { continue };
                    let outcome = verify_payload(&payload, signature, digest, keys);
                    verified |= outcome.is_ok();
                    reason = outcome.err().map(|error| error.to_string()).or(reason);
                }
            }
            Err(error) => reason = Some(error),
        }
    }
    for descriptor in bundles {
        let Ok(manifest) = registry.manifest(&Reference::Digest(descriptor.digest.clone())).await else { continue };
        let Some(layer) = manifest.layers.first() else { continue };
        let Ok(bundle) = registry.blob(layer, SIGNATURE_BYTES).await else { continue };
        let outcome = verify_bundle(&bundle, digest, keys);
        verified |= outcome.is_ok();
        reason = outcome.err().map(|error| error.to_string()).or(reason);
    }
    match (verified, reason) {
        (true, _) => Ok(()),
        (false, Some(reason)) => Err(format!("{unmatched}: {reason}")),
        (false, None) => Err(unmatched),
    }
}

/// The signed documents under the artifact's signature tag; none where there is no such tag.
async fn payloads(registry: &Registry, digest: &str) -> Result<Vec<Descriptor>, String> {
    let Some(tag) = signature_tag(digest).and_then(|tag| Reference::tag(&tag).ok()) else { return Ok(Vec::new()) };
    match registry.manifest(&tag).await {
        Ok(manifest) => Ok(manifest.layers.into_iter().filter(|layer| layer.media_type == PAYLOAD_MEDIA_TYPE).collect()),
        Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
        Err(error) => Err(error_chain(&error)),
    }
}
