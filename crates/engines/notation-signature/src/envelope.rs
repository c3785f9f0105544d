//! What both forms of envelopes hold, and the rules for it.

use crate::{chain, cose, jws};
use certificate_chain::{Certificate, CertificateError, KeyKind, Scheme};
use jiff::Timestamp;
use serde::Deserialize;

/// What an envelope holds.
const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";
/// Headers that name a plugin, without which the signature cannot be judged.
const PLUGIN: &str = "io.cncf.notary.verificationPlugin";

/// Who vouches for the time of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SigningScheme {
    /// `notary.x509`: the maker, who is not believed.
    X509,
    /// `notary.x509.signingAuthority`: an authority that signs for others.
    SigningAuthority,
}

/// A way to sign that an envelope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
}

/// An envelope whose signature is that of its first certificate's key.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) payload: Payload,
    pub(crate) scheme: SigningScheme,
    pub(crate) time: Timestamp,
    pub(crate) expiry: Option<Timestamp>,
    /// From the one that signed to its root.
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) signature: Vec<u8>,
    /// A token of a timestamp authority; not signed.
    pub(crate) timestamp: Option<Vec<u8>>,
}

/// What an envelope is before its rules are checked.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The bytes that are signed.
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) content_type: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) scheme: String,
    pub(crate) signing_time: Option<Timestamp>,
    pub(crate) authentic_signing_time: Option<Timestamp>,
    pub(crate) expiry: Option<Timestamp>,
    /// The headers that are to be understood.
    pub(crate) critical: Vec<String>,
    /// Each DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) timestamp: Option<Vec<u8>>,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload {
    pub(crate) target_artifact: Target,
}

/// The artifact that a signature is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// Why an envelope is not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is of a kind that is not known.
    #[error("signature envelope format with media type {0:?} is not supported")]
    MediaType(String),
    /// It cannot be read, in words where.
    #[error("the signature envelope cannot be read: {0}")]
    Malformed(&'static str),
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its certificates break a rule.
    #[error("certificate-chain is invalid, {0}")]
    Chain(String),
    /// It is signed by another key, or changed.
    #[error("signature is invalid")]
    Signature,
    /// It demands what is not known.
    #[error("the signature has the critical header {0:?}, which is not supported")]
    Critical(String),
    /// A header that has to be critical is not.
    #[error("the header {0:?} is not marked as critical")]
    NotCritical(&'static str),
}

impl Envelope {
    /// Reads an envelope and checks that it is whole: its form, its chain of certificates, its signature.
    pub(crate) fn open(bytes: &[u8], media_type: &str) -> Result<Self, EnvelopeError> {
        let parts = match media_type {
            "application/jose+json" => jws::read(bytes)?,
            "application/cose" => cose::read(bytes)?,
            _ => return Err(EnvelopeError::MediaType(media_type.to_owned())),
        };
        let certificates: Vec<Certificate> =
            parts.certificates.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>()?;
        let leaf = certificates.first().ok_or(EnvelopeError::Malformed("certificate chain is not present"))?;
        if parts.algorithm.kind() != leaf.key_kind() {
            return Err(EnvelopeError::Malformed("the algorithm is not that of the certificate's key"));
        }
        if parts.signature.is_empty() || !leaf.has_signed(parts.algorithm.scheme(), &parts.message, &parts.signature) {
            return Err(EnvelopeError::Signature);
        }
        chain::verify(&certificates).map_err(EnvelopeError::Chain)?;
        let (scheme, time) = parts.time()?;
        if parts.expiry.is_some_and(|expiry| expiry <= time) {
            return Err(EnvelopeError::Malformed("expiry cannot be equal or before the signing time"));
        }
        if parts.content_type != PAYLOAD {
            return Err(EnvelopeError::Malformed("the content type of the payload is not supported"));
        }
        let payload =
            serde_json::from_slice(&parts.payload).map_err(|_| EnvelopeError::Malformed("the payload names no artifact"))?;
        let Parts { expiry, signature, timestamp, .. } = parts;
        Ok(Self { payload, scheme, time, expiry, certificates, signature, timestamp })
    }
}

impl Parts {
    /// Who vouches for which time. Headers that have to be understood are those that are.
    fn time(&self) -> Result<(SigningScheme, Timestamp), EnvelopeError> {
        const SCHEME: &str = "io.cncf.notary.signingScheme";
        const EXPIRY: &str = "io.cncf.notary.expiry";
        const AUTHENTIC: &str = "io.cncf.notary.authenticSigningTime";
        let malformed = EnvelopeError::Malformed;
        let (scheme, time) = match (self.scheme.as_str(), self.signing_time, self.authentic_signing_time) {
            ("notary.x509", Some(time), None) => (SigningScheme::X509, time),
            ("notary.x509.signingAuthority", None, Some(time)) => (SigningScheme::SigningAuthority, time),
            ("notary.x509" | "notary.x509.signingAuthority", ..) => {
                return Err(malformed("its signing time is not the one that its signing scheme has"));
            }
            _ => return Err(malformed("its signing scheme is not known")),
        };
        let needed = [(SCHEME, true), (EXPIRY, self.expiry.is_some()), (AUTHENTIC, scheme == SigningScheme::SigningAuthority)];
        let has = |name: &str| self.critical.iter().any(|critical| critical == name);
        if let Some((name, _)) = needed.iter().find(|(name, is_needed)| *is_needed && !has(name)) {
            return Err(EnvelopeError::NotCritical(name));
        }
        let known = |critical: &&String| needed.iter().any(|(name, is_needed)| *is_needed && name == critical);
        match self.critical.iter().find(|critical| !known(critical)) {
            Some(unknown) => Err(EnvelopeError::Critical(unknown.clone())),
            None => Ok((scheme, time)),
        }
    }

    /// Complains where a header names a plugin.
    pub(crate) fn refuse_plugin(names: impl IntoIterator<Item = String>) -> Result<(), EnvelopeError> {
        names.into_iter().find(|name| name.starts_with(PLUGIN)).map_or(Ok(()), |name| Err(EnvelopeError::Critical(name)))
    }
}

impl Algorithm {
    /// The kind of key that signs so.
    fn kind(self) -> Option<KeyKind> {
        Some(match self {
            Self::Ps256 => KeyKind::Rsa(2048),
            Self::Ps384 => KeyKind::Rsa(3072),
            Self::Ps512 => KeyKind::Rsa(4096),
            Self::Es256 => KeyKind::Ec(256),
            Self::Es384 => KeyKind::Ec(384),
            Self::Es512 => KeyKind::Ec(521),
        })
    }

    fn scheme(self) -> Scheme {
        match self {
            Self::Ps256 => Scheme::PssSha256,
            Self::Ps384 => Scheme::PssSha384,
            Self::Ps512 => Scheme::PssSha512,
            Self::Es256 | Self::Es384 | Self::Es512 => Scheme::EcdsaFixed,
        }
    }
}
