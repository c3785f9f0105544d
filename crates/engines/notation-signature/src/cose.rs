//! Envelopes in CBOR: COSE_Sign1 of RFC 9052, with its tag.

use crate::envelope::{Algorithm, EnvelopeError, Parts};
use coset::cbor::value::Value;
use coset::iana::{self, EnumI64 as _};
use coset::{CoseSign1, Header, Label, RegisteredLabel, RegisteredLabelWithPrivate, TaggedCborSerializable as _};
use jiff::Timestamp;

/// The tag of a time in seconds since 1970.
const EPOCH: u64 = 1;
/// The headers, besides those that COSE itself numbers, whose meaning is known.
const EXPIRY: &str = "io.cncf.notary.expiry";
const SCHEME: &str = "io.cncf.notary.signingScheme";
const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
const AUTHENTIC: &str = "io.cncf.notary.authenticSigningTime";
const TIMESTAMP: &str = "io.cncf.notary.timestampSignature";

/// The parts of an envelope; nothing is verified.
pub(crate) fn read(bytes: &[u8]) -> Result<Parts, EnvelopeError> {
    let malformed = EnvelopeError::Malformed;
    let envelope = CoseSign1::from_tagged_slice(bytes).map_err(|_| malformed("it is not COSE of one signer"))?;
    let header = &envelope.protected.header;
    Parts::refuse_plugin(header.rest.iter().filter_map(|(label, _)| match label {
        Label::Text(name) => Some(name.clone()),
        Label::Int(_) => None,
    }))?;
    let certificates = find(&envelope.unprotected, &Label::Int(iana::HeaderParameter::X5Chain.to_i64()));
    let certificates = certificates.and_then(Value::as_array).into_iter().flatten().take(certificate_chain::MOST_CERTIFICATES);
    let certificate = |value: &Value| value.as_bytes().cloned().ok_or(malformed("a certificate is no string of bytes"));
    Ok(Parts {
        message: envelope.tbs_data(&[]),
        signature: envelope.signature.clone(),
        algorithm: algorithm(header).ok_or(malformed("its algorithm is not supported"))?,
        content_type: match &header.content_type {
            Some(RegisteredLabel::Text(text)) => text.clone(),
            _ => return Err(malformed("missing content type")),
        },
        payload: envelope.payload.clone().unwrap_or_default(),
        scheme: text(header, SCHEME).and_then(Value::as_text).unwrap_or_default().to_owned(),
        signing_time: time(header, SIGNING_TIME)?,
        authentic_signing_time: time(header, AUTHENTIC)?,
        expiry: time(header, EXPIRY)?,
        critical: header.crit.iter().map(name_of).collect(),
        certificates: certificates.map(certificate).collect::<Result<_, _>>()?,
        timestamp: text(&envelope.unprotected, TIMESTAMP).and_then(Value::as_bytes).filter(|token| !token.is_empty()).cloned(),
    })
}

fn find<'h>(header: &'h Header, wanted: &Label) -> Option<&'h Value> {
    header.rest.iter().find(|(label, _)| label == wanted).map(|(_, value)| value)
}

fn text<'h>(header: &'h Header, name: &str) -> Option<&'h Value> {
    find(header, &Label::Text(name.to_owned()))
}

fn time(header: &Header, name: &str) -> Result<Option<Timestamp>, EnvelopeError> {
    let malformed = EnvelopeError::Malformed("a time is none in seconds with its tag");
    let Some(value) = text(header, name) else { return Ok(None) };
    let seconds = match value {
        Value::Tag(EPOCH, inner) => inner.as_integer().and_then(|seconds| i64::try_from(seconds).ok()),
        _ => None,
    };
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(Some).ok_or(malformed)
}

fn algorithm(header: &Header) -> Option<Algorithm> {
    let Some(RegisteredLabelWithPrivate::Assigned(algorithm)) = &header.alg else { return None };
    Some(match algorithm {
        iana::Algorithm::PS256 => Algorithm::Ps256,
        iana::Algorithm::PS384 => Algorithm::Ps384,
        iana::Algorithm::PS512 => Algorithm::Ps512,
        iana::Algorithm::ES256 => Algorithm::Es256,
        iana::Algorithm::ES384 => Algorithm::Es384,
        iana::Algorithm::ES512 => Algorithm::Es512,
        _ => return None,
    })
}

/// A critical header by name; those with numbers get names that nobody knows.
fn name_of(label: &RegisteredLabelWithPrivate<iana::HeaderParameter>) -> String {
    match label {
        RegisteredLabelWithPrivate::Text(name) => name.clone(),
        RegisteredLabelWithPrivate::Assigned(parameter) => parameter.to_i64().to_string(),
        RegisteredLabelWithPrivate::PrivateUse(number) => number.to_string(),
    }
}
