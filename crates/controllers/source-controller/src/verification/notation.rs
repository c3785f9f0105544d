//! Signatures that notation made: the policies of a Secret, and where in a registry signatures are.

use super::{Demand, Subject, Verdict};
use crate::secrets::SecretRead;
use certificate_chain::Certificate;
use notation_signature::{ARTIFACT_TYPE, Artifact, ENVELOPE_BYTES, Policies};
use oci_client::{Reference, Registry};
use runtime::error_chain::error_chain;

/// The entry with policies, and what the names of entries with certificates end with.
const POLICIES: &str = "trustpolicy.json";
const CERTIFICATE_SUFFIXES: [&str; 2] = [".crt", ".pem"];
/// The most signatures of one artifact that are looked at, as in Flux.
const MOST_SIGNATURES: usize = 3;

/// Which signatures count, and whose certificates are trusted.
#[derive(Debug)]
pub(crate) struct Trust {
    policies: Policies,
    certificates: Vec<Certificate>,
}

/// What the Secret of an object says.
pub(super) fn trust(demand: &Demand<'_>) -> Result<Trust, String> {
    let (secret, name) = &demand.secret;
    let data = match secret {
        SecretRead::Found(data) => data,
        SecretRead::Failed(error) => return Err(error.clone()),
        SecretRead::NotWanted => return Err("verification secret cannot be empty".to_owned()),
    };
    let policies = data.get(POLICIES).ok_or_else(|| format!("'{POLICIES}' not found in secret '{name}'"))?;
    let policies =
        Policies::parse(policies).map_err(|error| format!("error occurred while parsing {POLICIES}: {}", error_chain(&error)))?;
    let mut certificates = Vec::new();
    let is_certificate = |key: &str| CERTIFICATE_SUFFIXES.iter().any(|suffix| key.ends_with(suffix));
    for (key, text) in data.iter().filter(|(key, _)| is_certificate(key)) {
        // PEM or, as Flux takes it too, the bytes themselves.
        let read = if text.starts_with(b"0") {
            Certificate::from_der(text).map(|certificate| vec![certificate])
        } else {
            Certificate::all_from_pem(text)
        };
        certificates.extend(read.map_err(|error| format!("failed to parse certificate '{key}': {}", error_chain(&error)))?);
    }
    if certificates.is_empty() {
        return Err(format!("no certificates found in secret '{name}'"));
    }
    Ok(Trust { policies, certificates })
}

/// Whether the policy for the repository accepts a signature of the artifact.
pub(super) async fn verify(registry: &Registry, subject: &Subject<'_>, trust: &Trust) -> Result<Verdict, String> {
    let Subject { repository, digest, name, now } = subject;
    let statement = trust.policies.of(&repository.to_string()).map_err(|error| error_chain(&error))?;
    if statement.skips() {
        return Ok(Verdict::PassedOver);
    }
    let in_words = |error: oci_client::Error| error_chain(&error);
    let (manifest, media_type) = registry.fetch_manifest(&Reference::Digest((*digest).to_owned())).await.map_err(in_words)?;
    let artifact = Artifact { media_type: &media_type, digest, size: manifest.len() as u64 };
    let referrers = registry.referrers(digest).await.map_err(in_words)?;
    let mut signatures = referrers.iter().filter(|referrer| referrer.artifact_type == ARTIFACT_TYPE);
    let mut reasons = Vec::new();
    for signature in signatures.by_ref().take(MOST_SIGNATURES) {
        let manifest = registry.manifest(&Reference::Digest(signature.digest.clone())).await.map_err(in_words)?;
        let [layer] = &manifest.layers[..] else {
            reasons.push(format!("the signature {} has not one envelope", signature.digest));
            continue;
        };
        let envelope = registry.blob(layer, ENVELOPE_BYTES).await.map_err(in_words)?;
        let trusted = (statement, trust.certificates.as_slice());
        match notation_signature::verify((&envelope, &layer.media_type), &artifact, trusted, *now) {
            Ok(verdict) => {
                for (check, reason) in &verdict.noted {
                    tracing::info!(?check, name, reason, "a check of the signature failed that the policy does not enforce");
                }
                return Ok(if verdict.is_authentic { Verdict::Verified } else { Verdict::PassedOver });
            }
            Err(error) => {
                reasons.push(format!("failed to verify signature with digest {}, {}", signature.digest, error_chain(&error)));
            }
        }
    }
    if reasons.is_empty() {
        return Err(format!("no signature is associated with \"{name}\", make sure the artifact was signed successfully"));
    }
    if signatures.next().is_some() {
        reasons.push(format!("the configured limit of {MOST_SIGNATURES} signatures to verify per artifact exceeded"));
    }
    Err(format!("signature verification failed: {}", reasons.join("; ")))
}
