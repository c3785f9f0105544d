//! The form since cosign 3: a bundle with a statement in an envelope, whose type is signed along.

use crate::{PublicKey, SignatureError};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the envelope says it holds.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The most subjects and signatures that are looked at.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Option<Envelope>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

/// Checks that one of `keys` signed the statement in `bundle`, and that it is about the artifact with `digest`.
///
/// # Errors
/// When it is not. Nothing of the statement is looked at before its signature is good.
pub fn verify_bundle(bundle: &[u8], digest: &str, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let malformed = SignatureError::Malformed;
    let bundle: Bundle = serde_json::from_slice(bundle).map_err(|_| malformed("it is no bundle"))?;
    let envelope = bundle.dsse_envelope.ok_or(malformed("the bundle holds no envelope"))?;
    if envelope.payload_type != STATEMENT {
        return Err(malformed("the envelope holds no statement"));
    }
    let payload = BASE64_STANDARD.decode(&envelope.payload).map_err(|_| malformed("the payload is not base64"))?;
    let message = authenticated(&envelope.payload_type, &payload);
    let is_signed = envelope.signatures.iter().take(MOST).any(|signature| {
        let signature = BASE64_STANDARD.decode(&signature.sig).unwrap_or_default();
        keys.iter().any(|key| key.has_signed(&message, &signature))
    });
    if !is_signed {
        return Err(SignatureError::OtherKey);
    }
    let statement: Statement = serde_json::from_slice(&payload).map_err(|_| malformed("it is no statement"))?;
    let (algorithm, hex) = digest.split_once(':').ok_or(malformed("the artifact has no digest"))?;
    let names = |subject: &Subject| subject.digest.get(algorithm).is_some_and(|named| named == hex);
    if statement.subject.iter().take(MOST).any(names) { Ok(()) } else { Err(SignatureError::OtherArtifact) }
}

/// What is signed of an envelope: its type and payload with their lengths.
fn authenticated(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}
