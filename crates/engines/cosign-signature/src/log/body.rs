//! What a log keeps of a signature: kinds of entries, and whether one is about a given signature.

use super::{Content, Signed, to_hex};
use crate::SignatureError;
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use certificate_chain::{Certificate, KeyKind};
use serde::Deserialize;
use serde_json::Value;

/// What is known of an entry that is about the signature.
pub(super) struct Body {
    /// Whether it is of a log of the second generation, which promises nothing and says no time.
    pub(super) is_tiled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    api_version: String,
    kind: String,
    spec: Value,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
struct Data {
    hash: Hash,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

/// Of a document.
#[derive(Deserialize)]
struct HashedRecord {
    data: Data,
    signature: HashedSignature,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashedSignature {
    content: String,
    public_key: Text,
}

/// Of an envelope.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    payload_hash: Hash,
    signatures: Vec<DsseSignature>,
}

#[derive(Deserialize)]
struct DsseSignature {
    signature: String,
    verifier: String,
}

/// Of an envelope, before there was a kind of its own.
#[derive(Deserialize)]
struct InToto {
    content: InTotoContent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InTotoContent {
    envelope: InTotoEnvelope,
    payload_hash: Hash,
}

#[derive(Deserialize)]
struct InTotoEnvelope {
    signatures: Vec<InTotoSignature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InTotoSignature {
    sig: String,
    public_key: String,
}

/// Checks that an entry is about a signature, its certificate and its content.
pub(super) fn verify(body: &[u8], signed: &Signed<'_>) -> Result<Body, SignatureError> {
    let unread = || SignatureError::Log("the entry cannot be read");
    let record: Record = serde_json::from_slice(body).map_err(|_| unread())?;
    match (record.kind.as_str(), record.api_version.as_str(), signed.content) {
        ("hashedrekord", "0.0.1", Content::Payload(payload)) => {
            let record: HashedRecord = serde_json::from_value(record.spec).map_err(|_| unread())?;
            let signature = BASE64_STANDARD.decode(&record.signature.content).map_err(|_| unread())?;
            compare(signed, &signature, &record.signature.public_key.content, (&record.data.hash, payload))?;
        }
        ("dsse", "0.0.1", Content::Envelope { payload, .. }) => {
            let record: Dsse = serde_json::from_value(record.spec).map_err(|_| unread())?;
            let [only] = &record.signatures[..] else { return Err(unread()) };
            let signature = BASE64_STANDARD.decode(&only.signature).map_err(|_| unread())?;
            compare(signed, &signature, &only.verifier, (&record.payload_hash, payload))?;
        }
        ("intoto", "0.0.2", Content::Envelope { payload, .. }) => {
            let record: InToto = serde_json::from_value(record.spec).map_err(|_| unread())?;
            let [only] = &record.content.envelope.signatures[..] else { return Err(unread()) };
            // The log writes in base64 what is base64 already.
            let once = BASE64_STANDARD.decode(&only.sig).map_err(|_| unread())?;
            let signature = BASE64_STANDARD.decode(once).map_err(|_| unread())?;
            compare(signed, &signature, &only.public_key, (&record.content.payload_hash, payload))?;
        }
        ("hashedrekord", "0.0.2", Content::Envelope { message, .. }) => {
            let expected =
                tiled(signed, message).ok_or(SignatureError::Log("the entry is of a kind of key that is not known"))?;
            if expected.as_bytes() != body {
                return Err(SignatureError::Log("the entry is about another signature"));
            }
            return Ok(Body { is_tiled: true });
        }
        _ => return Err(SignatureError::Log("the entry is of another kind")),
    }
    Ok(Body { is_tiled: false })
}

/// Compares an entry's parts with the signature; `certificate` is base64 of PEM.
fn compare(
    signed: &Signed<'_>,
    signature: &[u8],
    certificate: &str,
    (hash, content): (&Hash, &[u8]),
) -> Result<(), SignatureError> {
    let differs = SignatureError::Log;
    if signature != signed.signature {
        return Err(differs("the entry is about another signature"));
    }
    let certificate = BASE64_STANDARD.decode(certificate).ok().and_then(|pem| Certificate::all_from_pem(&pem).ok());
    if certificate.as_deref() != Some(std::slice::from_ref(signed.certificate)) {
        return Err(differs("the entry is about another certificate"));
    }
    if hash.algorithm != "sha256" || hash.value != to_hex(digest(&SHA256, content).as_ref()) {
        return Err(differs("the entry is about another content"));
    }
    Ok(())
}

/// The entry that a log of the second generation makes of a signature: JSON by RFC 8785.
fn tiled(signed: &Signed<'_>, message: &[u8]) -> Option<String> {
    let (key, name, algorithm) = match signed.certificate.key_kind()? {
        KeyKind::Ec(256) => ("PKIX_ECDSA_P256_SHA_256", "SHA2_256", &SHA256),
        KeyKind::Ec(384) => ("PKIX_ECDSA_P384_SHA_384", "SHA2_384", &SHA384),
        KeyKind::Ec(521) => ("PKIX_ECDSA_P521_SHA_512", "SHA2_512", &SHA512),
        KeyKind::Rsa(2048) => ("PKIX_RSA_PKCS1V15_2048_SHA256", "SHA2_256", &SHA256),
        KeyKind::Rsa(3072) => ("PKIX_RSA_PKCS1V15_3072_SHA256", "SHA2_256", &SHA256),
        KeyKind::Rsa(4096) => ("PKIX_RSA_PKCS1V15_4096_SHA256", "SHA2_256", &SHA256),
        _ => return None,
    };
    let hash = BASE64_STANDARD.encode(digest(algorithm, message));
    let (signature, certificate) = (BASE64_STANDARD.encode(signed.signature), BASE64_STANDARD.encode(signed.certificate.der()));
    let data = format!(r#"{{"algorithm":"{name}","digest":"{hash}"}}"#);
    let verifier = format!(r#"{{"keyDetails":"{key}","x509Certificate":{{"rawBytes":"{certificate}"}}}}"#);
    let signature = format!(r#"{{"content":"{signature}","verifier":{verifier}}}"#);
    let spec = format!(r#"{{"hashedRekordV002":{{"data":{data},"signature":{signature}}}}}"#);
    Some(format!(r#"{{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{spec}}}"#))
}
