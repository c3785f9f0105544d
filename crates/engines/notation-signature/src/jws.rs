//! Envelopes in JSON: RFC 7515, the flattened form.

use crate::envelope::{Algorithm, EnvelopeError, Parts};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Envelope {
    payload: String,
    protected: String,
    header: Header,
    signature: String,
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "io.cncf.notary.timestampSignature")]
    timestamp: Option<String>,
    #[serde(rename = "x5c", default)]
    certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Protected {
    alg: String,
    #[serde(default)]
    cty: String,
    #[serde(default)]
    crit: Vec<String>,
    #[serde(rename = "io.cncf.notary.expiry")]
    expiry: Option<Timestamp>,
    #[serde(rename = "io.cncf.notary.signingScheme", default)]
    scheme: String,
    #[serde(rename = "io.cncf.notary.signingTime")]
    signing_time: Option<Timestamp>,
    #[serde(rename = "io.cncf.notary.authenticSigningTime")]
    authentic_signing_time: Option<Timestamp>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The parts of an envelope; nothing is verified.
pub(crate) fn read(bytes: &[u8]) -> Result<Parts, EnvelopeError> {
    let malformed = EnvelopeError::Malformed;
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| malformed("it is not JSON of one"))?;
    let url = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed("a part is not base64url"));
    let standard = |text: &String| STANDARD.decode(text).map_err(|_| malformed("a header is not base64"));
    let protected = url(&envelope.protected)?;
    let protected: Protected = serde_json::from_slice(&protected).map_err(|_| malformed("its protected header is not known"))?;
    Parts::refuse_plugin(protected.others.keys().cloned())?;
    Ok(Parts {
        message: format!("{}.{}", envelope.protected, envelope.payload).into_bytes(),
        signature: url(&envelope.signature)?,
        algorithm: match protected.alg.as_str() {
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "ES512" => Algorithm::Es512,
            _ => return Err(malformed("its algorithm is not supported")),
        },
        content_type: protected.cty,
        payload: url(&envelope.payload)?,
        scheme: protected.scheme,
        signing_time: protected.signing_time,
        authentic_signing_time: protected.authentic_signing_time,
        expiry: protected.expiry,
        critical: protected.crit,
        certificates: envelope
            .header
            .certificates
            .iter()
            .take(certificate_chain::MOST_CERTIFICATES)
            .map(standard)
            .collect::<Result<_, _>>()?,
        timestamp: envelope.header.timestamp.as_ref().filter(|token| !token.is_empty()).map(standard).transpose()?,
    })
}
