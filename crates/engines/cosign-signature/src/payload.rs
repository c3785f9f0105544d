//! The form before cosign 3: a small document, signed as it is.

use crate::{PublicKey, SignatureError};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;

/// What the document says that it is.
const KIND: &str = "cosign container image signature";

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Checks that one of `keys` signed `payload`, and that it is about the artifact with `digest`; `signature` is base64.
///
/// # Errors
/// When it is not. Nothing of the payload is looked at before its signature is good.
pub fn verify_payload(payload: &[u8], signature: &str, digest: &str, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| SignatureError::Malformed("it is not base64"))?;
    if !keys.iter().any(|key| key.has_signed(payload, &signature)) {
        return Err(SignatureError::OtherKey);
    }
    let payload: Payload = serde_json::from_slice(payload).map_err(|_| SignatureError::Malformed("it is no payload"))?;
    if payload.critical.kind != KIND {
        return Err(SignatureError::Malformed("it is no payload of cosign"));
    }
    if payload.critical.image.digest == digest { Ok(()) } else { Err(SignatureError::OtherArtifact) }
}
