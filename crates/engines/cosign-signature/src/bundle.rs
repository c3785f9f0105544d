//! The form since cosign 3: a bundle with a statement in an envelope, whose type is signed along.

use crate::keyless::Evidence;
use crate::log::{Content, Entry, Proof};
use crate::{SignatureError, Signers};
use base64::{Engine, prelude::BASE64_STANDARD};
use certificate_chain::Certificate;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// What the envelope says it holds.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The kind of the first bundles, in which a promise of the log was enough.
const FIRST_KIND: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
/// The most subjects and signatures that are looked at.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    #[serde(default)]
    media_type: String,
    dsse_envelope: Option<Envelope>,
    #[serde(default)]
    verification_material: Material,
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

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Material {
    certificate: Option<Raw>,
    x509_certificate_chain: Option<Chain>,
    tlog_entries: Vec<Logged>,
    timestamp_verification_data: Option<Stamps>,
}

/// Bytes in base64.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: String,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<Raw>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Stamps {
    rfc3161_timestamps: Vec<Stamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stamp {
    signed_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logged {
    #[serde(default, deserialize_with = "number")]
    log_index: u64,
    log_id: LogId,
    #[serde(default, deserialize_with = "number")]
    integrated_time: u64,
    inclusion_promise: Option<Promise>,
    inclusion_proof: Option<Inclusion>,
    canonicalized_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogId {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    #[serde(default, deserialize_with = "number")]
    log_index: u64,
    root_hash: String,
    #[serde(default, deserialize_with = "number")]
    tree_size: u64,
    #[serde(default)]
    hashes: Vec<String>,
    checkpoint: Checkpoint,
}

#[derive(Deserialize)]
struct Checkpoint {
    envelope: String,
}

/// A number, as such or as text, which is how JSON of Protocol Buffers writes long ones.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(u64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// Checks that one of `signers` signed the statement in `bundle`, and that it is about the artifact with `digest`.
///
/// # Errors
/// When it is not. Nothing of the statement is looked at before its signature is good.
pub fn verify_bundle(bundle: &[u8], digest: &str, signers: &Signers) -> Result<(), SignatureError> {
    let malformed = SignatureError::Malformed;
    let bundle: Bundle = serde_json::from_slice(bundle).map_err(|_| malformed("it is no bundle"))?;
    let envelope = bundle.dsse_envelope.as_ref().ok_or(malformed("the bundle holds no envelope"))?;
    if envelope.payload_type != STATEMENT {
        return Err(malformed("the envelope holds no statement"));
    }
    let payload = BASE64_STANDARD.decode(&envelope.payload).map_err(|_| malformed("the payload is not base64"))?;
    let message = authenticated(&envelope.payload_type, &payload);
    match signers {
        Signers::Keys(keys) => {
            let is_signed = envelope.signatures.iter().take(MOST).any(|signature| {
                let signature = BASE64_STANDARD.decode(&signature.sig).unwrap_or_default();
                keys.iter().any(|key| key.has_signed(&message, &signature))
            });
            if !is_signed {
                return Err(SignatureError::OtherKey);
            }
        }
        Signers::Keyless(keyless) => {
            let [signature] = &envelope.signatures[..] else { return Err(malformed("the envelope has not one signature")) };
            let material = bundle.verification_material;
            if keyless.identities.is_empty() {
                return Err(SignatureError::NoIdentity);
            }
            if bundle.media_type != FIRST_KIND && material.tlog_entries.iter().any(|entry| entry.inclusion_proof.is_none()) {
                return Err(SignatureError::Log("the bundle lacks the proof of an entry"));
            }
            let evidence = Evidence {
                certificate: &material.leaf()?,
                signature: &base64(&signature.sig)?,
                content: Content::Envelope { payload: &payload, message: &message },
                entries: material.tlog_entries.iter().map(Logged::read).collect::<Result<_, _>>()?,
                timestamps: material.timestamps()?,
            };
            keyless.verify(&evidence)?;
        }
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

fn base64(text: &str) -> Result<Vec<u8>, SignatureError> {
    BASE64_STANDARD.decode(text).map_err(|_| SignatureError::Malformed("a part of the bundle is not base64"))
}

impl Material {
    /// The certificate of the key that signed: the only one, or the first of a chain, whose rest is not to be trusted.
    fn leaf(&self) -> Result<Certificate, SignatureError> {
        let first = self.x509_certificate_chain.as_ref().and_then(|chain| chain.certificates.first());
        let raw = self.certificate.as_ref().or(first).ok_or(SignatureError::NoCertificate)?;
        Ok(Certificate::from_der(&base64(&raw.raw_bytes)?)?)
    }

    fn timestamps(&self) -> Result<Vec<Vec<u8>>, SignatureError> {
        let stamps = self.timestamp_verification_data.iter().flat_map(|data| &data.rfc3161_timestamps);
        stamps.map(|stamp| base64(&stamp.signed_timestamp)).collect()
    }
}

impl Logged {
    fn read(&self) -> Result<Entry, SignatureError> {
        let promise = self.inclusion_promise.as_ref().map(|promise| base64(&promise.signed_entry_timestamp));
        Ok(Entry {
            log: base64(&self.log_id.key_id)?,
            index: self.log_index,
            time: i64::try_from(self.integrated_time).map_err(|_| SignatureError::Malformed("its time is out of range"))?,
            body: base64(&self.canonicalized_body)?,
            promise: promise.transpose()?.filter(|promise| !promise.is_empty()),
            proof: self.inclusion_proof.as_ref().map(Inclusion::read).transpose()?,
        })
    }
}

impl Inclusion {
    fn read(&self) -> Result<Proof, SignatureError> {
        Ok(Proof {
            index: self.log_index,
            size: self.tree_size,
            root: base64(&self.root_hash)?,
            hashes: self.hashes.iter().take(MOST).map(|hash| base64(hash)).collect::<Result<_, _>>()?,
            checkpoint: self.checkpoint.envelope.clone(),
        })
    }
}
