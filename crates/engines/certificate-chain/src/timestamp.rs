//! Timestamps of RFC 3161: an authority says that it saw a message at a time.

use crate::certificate::{Certificate, CertificateError};
use crate::path::{PathError, Usage, verify_path};
use crate::scheme::Scheme;
use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_KP_TIME_STAMPING;
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA};
use const_oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::asn1::{AnyRef, GeneralizedTime, Int, OctetString};
use der::{Decode, Encode, Sequence};
use jiff::{SignedDuration, Timestamp};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// The most bytes of a token.
const MOST_BYTES: usize = 256 << 10;
/// What a token holds.
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// The attribute with the hash of the certificate that signed.
const SIGNING_CERTIFICATE_2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The policy of authorities whose times are exact to a second (ETSI EN 319 421).
const BASELINE_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2023.1.1");

/// Who is believed what time it was.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    /// The roots that its certificate has to lead to.
    pub roots: &'a [Certificate],
    /// Certificates that may stand between, besides those in the token.
    pub intermediates: &'a [Certificate],
    /// The certificate that has to have signed, where it is known.
    pub signer: Option<&'a Certificate>,
}

/// When a message was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The time that the authority names.
    pub time: Timestamp,
    /// By how much that may be wrong, in both directions.
    pub accuracy: SignedDuration,
    /// The authority's certificate and those that stand between it and the root, in no order, then a root.
    pub certificates: Vec<Certificate>,
}

impl Stamp {
    /// The earliest and the latest time that it may have been.
    pub fn range(&self) -> (Timestamp, Timestamp) {
        let earliest = self.time.checked_sub(self.accuracy).unwrap_or(Timestamp::MIN);
        (earliest, self.time.checked_add(self.accuracy).unwrap_or(Timestamp::MAX))
    }
}

/// Why a timestamp does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// It cannot be read.
    #[error("the timestamp cannot be read: {0}")]
    Der(der::Error),
    /// It is not as it must be; in words.
    #[error("the timestamp {0}")]
    Malformed(&'static str),
    /// It is about another message.
    #[error("the timestamp is about another message")]
    OtherMessage,
    /// Its signature is of another key than its certificate's.
    #[error("the timestamp is signed by another key than that of its certificate")]
    OtherKey,
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its certificate is not trusted.
    #[error("the timestamp is not of a trusted authority")]
    Path(#[source] PathError),
}

impl From<der::Error> for TimestampError {
    fn from(error: der::Error) -> Self {
        Self::Der(error)
    }
}

#[derive(Sequence)]
struct Response<'a> {
    status: AnyRef<'a>,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

#[derive(Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    hash: OctetString,
}

#[derive(Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

#[derive(Sequence)]
struct Info {
    version: u8,
    policy: ObjectIdentifier,
    imprint: Imprint,
    serial: Int,
    time: GeneralizedTime,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    authority: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

#[derive(Sequence)]
struct SigningCertificates<'a> {
    certificates: Vec<CertificateHash<'a>>,
    #[asn1(optional = "true")]
    policies: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct CertificateHash<'a> {
    // SHA-256 where it is not named.
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    hash: der::asn1::OctetStringRef<'a>,
    #[asn1(optional = "true")]
    issuer: Option<AnyRef<'a>>,
}

/// The token in an authority's whole answer.
///
/// # Errors
/// When there is none.
pub fn token_of_response(response: &[u8]) -> Result<Vec<u8>, TimestampError> {
    if response.len() > MOST_BYTES {
        return Err(TimestampError::Malformed("is too large"));
    }
    let token = Response::from_der(response)?.token.ok_or(TimestampError::Malformed("is a refusal"))?;
    Ok(token.to_der()?)
}

/// When `authority` saw `message`, by a token that it signed.
///
/// # Errors
/// When it does not say so.
pub fn verify_timestamp(token: &[u8], message: &[u8], authority: &Authority<'_>) -> Result<Stamp, TimestampError> {
    let malformed = TimestampError::Malformed;
    if token.len() > MOST_BYTES {
        return Err(malformed("is too large"));
    }
    let outer = ContentInfo::from_der(token)?;
    if outer.content_type != ID_SIGNED_DATA {
        return Err(malformed("is not signed"));
    }
    let signed: SignedData = outer.content.decode_as()?;
    let content = &signed.encap_content_info;
    let text = content.econtent.as_ref().filter(|_| content.econtent_type == ID_CT_TST_INFO);
    let text: OctetString = text.ok_or(malformed("holds something else"))?.decode_as()?;
    let [signer] = signed.signer_infos.0.as_slice() else { return Err(malformed("is not signed by exactly one")) };
    let embedded = embedded(&signed)?;
    let certificate = authority.signer.into_iter().chain(&embedded).find(|certificate| is_of(certificate, signer));
    let certificate = certificate.ok_or(malformed("lacks the certificate of who signed it"))?;
    if authority.signer.is_some_and(|expected| expected != certificate) {
        return Err(malformed("is of another certificate than expected"));
    }
    verify_signature(signer, text.as_bytes(), certificate)?;

    let info = Info::from_der(text.as_bytes())?;
    let algorithm = hash(info.imprint.algorithm.oid).ok_or(malformed("has a weak or unknown hash"))?;
    if info.version != 1 {
        return Err(malformed("is of an unknown version"));
    }
    if digest(algorithm, message).as_ref() != info.imprint.hash.as_bytes() {
        return Err(TimestampError::OtherMessage);
    }
    let (time, accuracy) = stamp(&info)?;
    let critical = certificate.purposes()?;
    if critical != Some((true, vec![ID_KP_TIME_STAMPING])) {
        return Err(malformed("is of a certificate that is not for timestamps alone"));
    }
    let between: Vec<Certificate> = authority.intermediates.iter().cloned().chain(embedded.iter().cloned()).collect();
    verify_path(certificate, (&between, authority.roots), time, Usage::Timestamping).map_err(TimestampError::Path)?;
    let mut certificates = vec![certificate.clone()];
    certificates.extend(between.into_iter().filter(|other| other != certificate && !authority.roots.contains(other)));
    certificates.extend(authority.roots.first().cloned());
    Ok(Stamp { time, accuracy, certificates })
}

/// The certificates in a token.
fn embedded(signed: &SignedData) -> Result<Vec<Certificate>, TimestampError> {
    let mut certificates = Vec::new();
    for choice in signed.certificates.iter().flat_map(|set| set.0.iter()).take(crate::MOST_CERTIFICATES) {
        if let CertificateChoices::Certificate(certificate) = choice {
            certificates.push(Certificate::from_der(&certificate.to_der()?)?);
        }
    }
    Ok(certificates)
}

/// Whether a certificate is the one that a signature names.
fn is_of(certificate: &Certificate, signer: &SignerInfo) -> bool {
    match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == *certificate.issuer() && certificate.has_serial(named.serial_number.as_bytes())
        }
        SignerIdentifier::SubjectKeyIdentifier(_) => false,
    }
}

/// Checks the signature of a token: the attributes name the content's hash and kind, and the certificate's key signed them.
fn verify_signature(signer: &SignerInfo, content: &[u8], certificate: &Certificate) -> Result<(), TimestampError> {
    let malformed = TimestampError::Malformed;
    let attributes = signer.signed_attrs.as_ref().ok_or(malformed("has no signed attributes"))?;
    let value = |kind| single(attributes.iter(), kind);
    let kind: ObjectIdentifier = value(ID_CONTENT_TYPE).ok_or(malformed("does not say what it holds"))?.decode_as()?;
    let named: OctetString = value(ID_MESSAGE_DIGEST).ok_or(malformed("does not say the hash of its content"))?.decode_as()?;
    let algorithm = hash(signer.digest_alg.oid).ok_or(malformed("has a weak or unknown hash"))?;
    if kind != ID_CT_TST_INFO || digest(algorithm, content).as_ref() != named.as_bytes() {
        return Err(malformed("is signed for something else"));
    }
    if let Some(certificates) = value(SIGNING_CERTIFICATE_2) {
        let named: SigningCertificates<'_> = certificates.decode_as()?;
        let first = named.certificates.first().ok_or(malformed("names no certificate"))?;
        let algorithm = first.algorithm.as_ref().map_or(Some(&SHA256), |algorithm| hash(algorithm.oid));
        let algorithm = algorithm.ok_or(malformed("has a weak or unknown hash"))?;
        if digest(algorithm, certificate.der()).as_ref() != first.hash.as_bytes() {
            return Err(malformed("is of another certificate than the one it names"));
        }
    }
    let scheme = Scheme::of_message(&signer.signature_algorithm, signer.digest_alg.oid);
    let scheme = scheme.ok_or(malformed("is signed in an unknown way"))?;
    let is_signed = certificate.has_signed(scheme, &attributes.to_der()?, signer.signature.as_bytes());
    if is_signed { Ok(()) } else { Err(TimestampError::OtherKey) }
}

/// The value of the one attribute of a kind.
fn single<'a>(attributes: impl Iterator<Item = &'a Attribute>, kind: ObjectIdentifier) -> Option<&'a der::Any> {
    let mut found = attributes.filter(|attribute| attribute.oid == kind);
    let only = found.next().filter(|_| found.next().is_none())?;
    only.values.get(0).filter(|_| only.values.len() == 1)
}

fn hash(kind: ObjectIdentifier) -> Option<&'static Algorithm> {
    match kind {
        ID_SHA_256 => Some(&SHA256),
        ID_SHA_384 => Some(&SHA384),
        ID_SHA_512 => Some(&SHA512),
        _ => None,
    }
}

/// The time of a token, and by how much it may be wrong: by a second where nothing is said under the baseline policy of ETSI.
fn stamp(info: &Info) -> Result<(Timestamp, SignedDuration), TimestampError> {
    let seconds = i64::try_from(info.time.to_unix_duration().as_secs()).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = time.ok_or(TimestampError::Malformed("names no time"))?;
    let micros = info.accuracy.as_ref().map_or(0, |accuracy| {
        let of = |part: Option<u16>| i64::from(part.unwrap_or_default());
        i64::from(accuracy.seconds.unwrap_or_default()) * 1_000_000 + of(accuracy.millis) * 1_000 + of(accuracy.micros)
    });
    let micros = if micros == 0 && info.policy == BASELINE_POLICY { 1_000_000 } else { micros };
    Ok((time, SignedDuration::from_micros(micros)))
}
