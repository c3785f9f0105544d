//! The form before cosign 3: a small document, signed as it is, with everything else in annotations.

use crate::keyless::Evidence;
use crate::log::{Content, Entry};
use crate::{SignatureError, Signers};
use base64::{Engine, prelude::BASE64_STANDARD};
use certificate_chain::Certificate;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the document says that it is.
const KIND: &str = "cosign container image signature";
/// The annotation with the signature in base64.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The annotation with the certificate of the key, PEM.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// The annotation with what the log says.
const LOGGED: &str = "dev.sigstore.cosign/bundle";
/// The annotation with what a timestamp authority says.
const STAMPED: &str = "dev.sigstore.cosign/rfc3161timestamp";

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logged {
    signed_entry_timestamp: String,
    payload: LoggedPayload,
}

#[derive(Deserialize)]
struct LoggedPayload {
    body: String,
    #[serde(rename = "integratedTime")]
    time: i64,
    #[serde(rename = "logIndex")]
    index: u64,
    #[serde(rename = "logID")]
    log: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stamped {
    #[serde(rename = "SignedRFC3161Timestamp")]
    response: String,
}

/// Checks that one of `signers` signed `payload`, and that it is about the artifact with `digest`. The signature, and what vouches for
/// it, is in the annotations of the layer that the payload is.
///
/// # Errors
/// When it is not. Nothing of the payload is looked at before its signature is good.
pub fn verify_payload(
    payload: &[u8],
    annotations: &BTreeMap<String, String>,
    digest: &str,
    signers: &Signers,
) -> Result<(), SignatureError> {
    let malformed = SignatureError::Malformed;
    let signature = annotations.get(SIGNATURE).map(String::as_str).unwrap_or_default();
    let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| malformed("it is not base64"))?;
    match signers {
        Signers::Keys(keys) => {
            if !keys.iter().any(|key| key.has_signed(payload, &signature)) {
                return Err(SignatureError::OtherKey);
            }
        }
        Signers::Keyless(keyless) => {
            let certificate =
                annotations.get(CERTIFICATE).filter(|text| !text.is_empty()).ok_or(SignatureError::NoCertificate)?;
            let [certificate] = &Certificate::all_from_pem(certificate.as_bytes())?[..] else {
                return Err(malformed("it has several certificates"));
            };
            let evidence = Evidence {
                certificate,
                signature: &signature,
                content: Content::Payload(payload),
                entries: annotations.get(LOGGED).map(|text| logged(text)).transpose()?.into_iter().collect(),
                timestamps: annotations.get(STAMPED).map(|text| stamped(text)).transpose()?.into_iter().flatten().collect(),
            };
            keyless.verify(&evidence)?;
        }
    }
    let payload: Payload = serde_json::from_slice(payload).map_err(|_| malformed("it is no payload"))?;
    if payload.critical.kind != KIND {
        return Err(malformed("it is no payload of cosign"));
    }
    if payload.critical.image.digest == digest { Ok(()) } else { Err(SignatureError::OtherArtifact) }
}

/// The entry of a log that an annotation holds.
fn logged(text: &str) -> Result<Entry, SignatureError> {
    let malformed = || SignatureError::Malformed("what it says of a log cannot be read");
    let logged: Logged = serde_json::from_str(text).map_err(|_| malformed())?;
    let log = crate::log::from_hex(&logged.payload.log).ok_or_else(malformed)?;
    Ok(Entry {
        log,
        index: logged.payload.index,
        time: logged.payload.time,
        body: BASE64_STANDARD.decode(&logged.payload.body).map_err(|_| malformed())?,
        promise: Some(BASE64_STANDARD.decode(&logged.signed_entry_timestamp).map_err(|_| malformed())?),
        proof: None,
    })
}

/// The answer of a timestamp authority that an annotation holds.
fn stamped(text: &str) -> Result<Option<Vec<u8>>, SignatureError> {
    let malformed = || SignatureError::Malformed("its timestamp cannot be read");
    let stamped: Option<Stamped> = serde_json::from_str(text).map_err(|_| malformed())?;
    stamped.map(|stamped| BASE64_STANDARD.decode(&stamped.response).map_err(|_| malformed())).transpose()
}
