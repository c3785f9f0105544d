//! One certificate: its bytes and what they say.

use crate::pem;
use crate::scheme::{self, Scheme};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519;
use const_oid::db::rfc5280::{ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_CE_SUBJECT_ALT_NAME};
use der::asn1::AnyRef;
use der::{Decode, Encode, Tagged};
use jiff::Timestamp;
use x509_cert::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};

/// The most certificates that one text or chain may have.
pub const MOST_CERTIFICATES: usize = 100;
/// The most bytes of a certificate.
const MOST_BYTES: usize = 64 << 10;

/// The kinds of parts of names that have a short name, as Go prints them.
const SHORT_NAMES: [(ObjectIdentifier, &str); 9] = [
    (rfc4519::C, "C"),
    (rfc4519::O, "O"),
    (rfc4519::OU, "OU"),
    (rfc4519::CN, "CN"),
    (rfc4519::SERIAL_NUMBER, "SERIALNUMBER"),
    (rfc4519::L, "L"),
    (rfc4519::ST, "ST"),
    (rfc4519::STREET, "STREET"),
    (rfc4519::POSTAL_CODE, "POSTALCODE"),
];

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
}

/// Why bytes are not such a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not DER of a certificate.
    #[error("the certificate cannot be read: {0}")]
    Der(der::Error),
    /// Not PEM of certificates.
    #[error("the certificates are not PEM")]
    Pem,
    /// There are too many, or one is too large.
    #[error("the certificates are more than {MOST_CERTIFICATES}, or one has more than {MOST_BYTES} bytes")]
    Large,
    /// An extension says something else than its kind demands.
    #[error("the extension {0} of the certificate cannot be read")]
    Extension(ObjectIdentifier),
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// When it is not that of one certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MOST_BYTES {
            return Err(CertificateError::Large);
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(CertificateError::Der)?;
        Ok(Self { der: der.to_vec(), parsed })
    }

    /// Reads all certificates of a PEM text.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn all_from_pem(text: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::blocks(text, "CERTIFICATE").filter(|blocks| !blocks.is_empty()).ok_or(CertificateError::Pem)?;
        if blocks.len() > MOST_CERTIFICATES {
            return Err(CertificateError::Large);
        }
        blocks.iter().map(|block| Self::from_der(block)).collect()
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whom it is about, as RFC 4514 writes it: the last part of the name first.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate.subject.to_string()
    }

    /// The parts of the name of whom it is about, each a kind (`CN`, or numbers where it has no short name) and a text.
    ///
    /// `None` where a part is no text.
    pub fn subject_parts(&self) -> Option<Vec<(String, String)>> {
        let parts = self.parsed.tbs_certificate.subject.0.iter().flat_map(|relative| relative.0.iter());
        let read = |part: &x509_cert::attr::AttributeTypeAndValue| {
            let kind = short_name(part.oid).map_or_else(|| part.oid.to_string(), str::to_owned);
            let text = match part.value.tag() {
                der::Tag::Utf8String | der::Tag::PrintableString | der::Tag::Ia5String => {
                    std::str::from_utf8(part.value.value()).ok()?.to_owned()
                }
                _ => return None,
            };
            Some((kind, text))
        };
        parts.map(read).collect()
    }

    /// Whether `other` is named as who issued it.
    pub fn is_named_issuer(&self, other: &Self) -> bool {
        self.parsed.tbs_certificate.issuer == other.parsed.tbs_certificate.subject
    }

    /// The key, as the DER of a SubjectPublicKeyInfo; empty where it cannot be written.
    pub fn public_key(&self) -> Vec<u8> {
        self.parsed.tbs_certificate.subject_public_key_info.to_der().unwrap_or_default()
    }

    /// Whether its key made that signature of a message.
    pub fn has_signed(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        scheme.is_signature(&self.public_key(), message, signature)
    }

    /// Whether `issuer` has the name of its issuer and signed it.
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        let Ok(message) = self.signed_part() else { return false };
        let scheme = Scheme::of_certificate(&self.parsed.signature_algorithm);
        self.parsed.signature_algorithm == self.parsed.tbs_certificate.signature
            && self.is_named_issuer(issuer)
            && scheme
                .zip(self.parsed.signature.as_bytes())
                .is_some_and(|(scheme, signature)| issuer.has_signed(scheme, &message, signature))
    }

    /// The bytes that its issuer signed: the first member of the outer sequence, as it stands there.
    fn signed_part(&self) -> Result<Vec<u8>, der::Error> {
        let outer = AnyRef::from_der(&self.der)?;
        let mut reader = der::SliceReader::new(outer.value())?;
        let first: AnyRef<'_> = der::Reader::decode(&mut reader)?;
        first.to_der()
    }

    /// From when to when it is valid, both included, in seconds.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        let validity = &self.parsed.tbs_certificate.validity;
        let read = |time: &x509_cert::time::Time| {
            // A certificate's year has four digits, which a Timestamp holds.
            i64::try_from(time.to_unix_duration().as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
        };
        (read(&validity.not_before).unwrap_or(Timestamp::MAX), read(&validity.not_after).unwrap_or(Timestamp::MIN))
    }

    /// Whether it is valid at that time.
    pub fn is_valid_at(&self, time: Timestamp) -> bool {
        let (first, last) = self.validity();
        first <= time && time <= last
    }

    /// Whether `serial`, in DER without its head, is its number.
    pub(crate) fn has_serial(&self, serial: &[u8]) -> bool {
        self.parsed.tbs_certificate.serial_number.as_bytes() == serial
    }

    pub(crate) fn issuer(&self) -> &x509_cert::name::Name {
        &self.parsed.tbs_certificate.issuer
    }

    /// Whether it is of version 3, the one that has extensions.
    pub fn is_version_3(&self) -> bool {
        self.parsed.tbs_certificate.version == Version::V3
    }

    /// The extension of a kind: whether it is critical, and its value.
    pub fn extension(&self, kind: ObjectIdentifier) -> Option<(bool, &[u8])> {
        let mut extensions = self.parsed.tbs_certificate.extensions.iter().flatten();
        extensions
            .find(|extension| extension.extn_id == kind)
            .map(|extension| (extension.critical, extension.extn_value.as_bytes()))
    }

    /// The kinds of the extensions that must not be passed over.
    pub fn critical_extensions(&self) -> impl Iterator<Item = ObjectIdentifier> {
        let extensions = self.parsed.tbs_certificate.extensions.iter().flatten();
        extensions.filter(|extension| extension.critical).map(|extension| extension.extn_id)
    }

    fn read<'c, T: Decode<'c>>(&'c self, kind: ObjectIdentifier) -> Result<Option<(bool, T)>, CertificateError> {
        let Some((critical, value)) = self.extension(kind) else { return Ok(None) };
        T::from_der(value).map(|value| Some((critical, value))).map_err(|_| CertificateError::Extension(kind))
    }

    /// Its other names that are addresses of mail or URIs, and those of a kind of its own as text.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn other_names(&self, own_kind: ObjectIdentifier) -> Result<Vec<String>, CertificateError> {
        let unread = || CertificateError::Extension(ID_CE_SUBJECT_ALT_NAME);
        let Some((_, names)) = self.read::<SubjectAltName>(ID_CE_SUBJECT_ALT_NAME)? else { return Ok(Vec::new()) };
        let mut texts = Vec::new();
        for name in names.0.iter().take(MOST_CERTIFICATES) {
            match name {
                GeneralName::Rfc822Name(text) => texts.push(text.as_str().to_owned()),
                GeneralName::UniformResourceIdentifier(text) => texts.push(text.as_str().to_owned()),
                GeneralName::OtherName(other) if other.type_id == own_kind => {
                    let text = other.value.decode_as::<String>().map_err(|_| unread())?;
                    texts.push(text);
                }
                _ => {}
            }
        }
        Ok(texts)
    }

    /// Whether it is critical what its key may be used for, and for which purposes; `None` where it does not say.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn purposes(&self) -> Result<Option<(bool, Vec<ObjectIdentifier>)>, CertificateError> {
        Ok(self.read::<ExtendedKeyUsage>(ID_CE_EXT_KEY_USAGE)?.map(|(critical, purposes)| (critical, purposes.0)))
    }

    /// What its key may do; `None` where it does not say.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn key_usage(&self) -> Result<Option<(bool, KeyUsage)>, CertificateError> {
        self.read(ID_CE_KEY_USAGE)
    }

    /// Whether it may issue others, and how many may stand between it and the last; `None` where it does not say.
    ///
    /// # Errors
    /// When the extension cannot be read.
    pub fn constraints(&self) -> Result<Option<(bool, BasicConstraints)>, CertificateError> {
        self.read(ID_CE_BASIC_CONSTRAINTS)
    }

    /// The kind of its key.
    pub fn key_kind(&self) -> Option<scheme::KeyKind> {
        scheme::key_kind(&self.public_key())
    }

    /// The bytes that its issuer would have signed without the extension of a kind: what a log of certificates signs.
    ///
    /// # Errors
    /// When its bytes are not canonical, so that they cannot be written again.
    pub fn signed_part_without(&self, kind: ObjectIdentifier) -> Result<Vec<u8>, CertificateError> {
        let mut inner = self.parsed.tbs_certificate.clone();
        let as_it_is = inner.to_der().map_err(CertificateError::Der)?;
        if as_it_is != self.signed_part().map_err(CertificateError::Der)? {
            return Err(CertificateError::Der(der::ErrorKind::Noncanonical { tag: der::Tag::Sequence }.into()));
        }
        let kept = |extensions: Vec<Extension>| extensions.into_iter().filter(|extension| extension.extn_id != kind).collect();
        inner.extensions = inner.extensions.map(kept);
        inner.to_der().map_err(CertificateError::Der)
    }
}

fn short_name(kind: ObjectIdentifier) -> Option<&'static str> {
    SHORT_NAMES.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}
