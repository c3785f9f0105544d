//! Signatures that cosign made: who has to have signed, and where in a registry signatures are.

use super::{Demand, MOST_SIGNATURES, Subject};
use crate::secrets::SecretRead;
use cosign_signature::{
    BUNDLE_ARTIFACT_TYPE, Identity, Keyless, PAYLOAD_MEDIA_TYPE, PublicKey, SIGNATURE_BYTES, Signers, TrustedRoot, signature_tag,
    verify_bundle, verify_payload,
};
use http_client::SecretData;
use oci_client::{Class, Descriptor, Reference, Registry};
use runtime::error_chain::error_chain;

/// What the names of entries with keys end with.
const KEY_SUFFIX: &str = ".pub";
/// The entry with a trusted root.
const TRUSTED_ROOT: &str = "trusted_root.json";

/// Who has to have signed: who has a key of the Secret, or one of the identities where there is no Secret.
pub(super) fn signers(demand: &Demand<'_>) -> Result<Signers, String> {
    match demand.secret.0 {
        SecretRead::Found(data) => keys(data).map(Signers::Keys),
        SecretRead::Failed(error) => Err(error.clone()),
        SecretRead::NotWanted => {
            let root = TrustedRoot::parse(&root(demand)?);
            let root = root.map_err(|error| format!("unable to parse trusted root: {}", error_chain(&error)))?;
            let identities = demand.identities.iter().map(|identity| Identity::new(&identity.issuer, &identity.subject));
            let identities = identities.collect::<Result<_, _>>().map_err(|error| error_chain(&error))?;
            Ok(Signers::Keyless(Box::new(Keyless { root, identities })))
        }
    }
}

fn keys(data: &SecretData) -> Result<Vec<PublicKey>, String> {
    let keys = data.iter().filter(|(name, _)| name.ends_with(KEY_SUFFIX));
    keys.map(|(name, text)| PublicKey::from_pem(text).map_err(|error| format!("{name}: {error}"))).collect()
}

/// The trusted root that the object names, else the one of the process.
fn root(demand: &Demand<'_>) -> Result<Vec<u8>, String> {
    let (secret, name) = &demand.root;
    let failed = |why: String| format!("failed to read trusted root from secret '{name}': {why}");
    match (secret, demand.default_root) {
        (SecretRead::Found(data), _) => {
            data.get(TRUSTED_ROOT).cloned().ok_or_else(|| failed(format!("'{TRUSTED_ROOT}' not found in secret '{name}'")))
        }
        (SecretRead::Failed(error), _) => Err(failed(error.clone())),
        (SecretRead::NotWanted, Some(root)) => Ok(root.to_vec()),
        (SecretRead::NotWanted, None) => {
            Err("the root of the public Sigstore is not fetched; give a trusted_root.json, in the Secret of \
             spec.verify.trustedRootSecretRef or to the controller by --sigstore-trusted-root"
                .to_owned())
        }
    }
}

/// Whether one of `signers` signed the artifact. As cosign, bundles count where there are any, else the older form.
pub(super) async fn verify(registry: &Registry, subject: &Subject<'_>, signers: &Signers) -> Result<(), String> {
    let Subject { digest, name, .. } = subject;
    let unmatched = format!("no matching signatures were found for '{name}'");
    let referrers = registry.referrers(digest).await.map_err(|error| format!("{unmatched}: {}", error_chain(&error)))?;
    let is_bundle = |descriptor: &&Descriptor| descriptor.artifact_type.starts_with(BUNDLE_ARTIFACT_TYPE);
    let bundles: Vec<&Descriptor> = referrers.iter().filter(is_bundle).take(MOST_SIGNATURES).collect();
    let mut reason = None;
    if bundles.is_empty() {
        for layer in payloads(registry, digest).await.map_err(|error| format!("{unmatched}: {error}"))? {
            let Ok(payload) = registry.blob(&layer, SIGNATURE_BYTES).await else { continue };
            match verify_payload(&payload, &layer.annotations, digest, signers) {
                Ok(()) => return Ok(()),
                Err(error) => reason = Some(error),
            }
        }
    }
    for descriptor in bundles {
        let Ok(manifest) = registry.manifest(&Reference::Digest(descriptor.digest.clone())).await else { continue };
        let Some(layer) = manifest.layers.first() else { continue };
        let Ok(bundle) = registry.blob(layer, SIGNATURE_BYTES).await else { continue };
        match verify_bundle(&bundle, digest, signers) {
            Ok(()) => return Ok(()),
            Err(error) => reason = Some(error),
        }
    }
    Err(reason.map_or(unmatched.clone(), |reason| format!("{unmatched}: {}", error_chain(&reason))))
}

/// The signed documents under the artifact's signature tag; none where there is no such tag.
async fn payloads(registry: &Registry, digest: &str) -> Result<Vec<Descriptor>, String> {
    let Some(tag) = signature_tag(digest).and_then(|tag| Reference::tag(&tag).ok()) else { return Ok(Vec::new()) };
    match registry.manifest(&tag).await {
        Ok(manifest) => {
            let layers = manifest.layers.into_iter().filter(|layer| layer.media_type == PAYLOAD_MEDIA_TYPE);
            Ok(layers.take(MOST_SIGNATURES).collect())
        }
        Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
        Err(error) => Err(error_chain(&error)),
    }
}
