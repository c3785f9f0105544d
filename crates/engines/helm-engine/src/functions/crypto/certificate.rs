//! X.509 certificates as sprig has Go make them.

use std::net::IpAddr;

use go_template::{Call, FunctionError, Value};
use sha2::{Digest, Sha256};

use super::asn1::{self, Reader, tag};
use super::key::PrivateKey;
use crate::functions::date::{Duration, Time};
use crate::functions::random;
use crate::ports::ports;

/// Encoded identifiers of what certificates extend themselves with.
mod identifier {
    pub(super) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    pub(super) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
    pub(super) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    pub(super) const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    pub(super) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
    pub(super) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
    pub(super) const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    pub(super) const CLIENT_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
}

/// What is asked for.
pub(super) struct Request {
    /// Whose certificate it is.
    pub(super) common_name: String,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) host_names: Vec<String>,
    pub(super) valid_days: i64,
    /// Whether it may sign others.
    pub(super) is_authority: bool,
}

/// Who signs.
pub(super) struct Issuer {
    /// The subject of the issuer's certificate, encoded.
    subject: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
}

/// A certificate that was read, as far as it matters here.
pub(super) struct Certificate {
    issuer: Issuer,
    public_key_info: Vec<u8>,
}

impl Certificate {
    /// Reads an encoded certificate. The error is Go's text.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, &'static str> {
        const MALFORMED: &str = "x509: malformed certificate";
        let mut outer = Reader::new(encoded);
        let mut certificate = outer.enter(tag::SEQUENCE).ok_or(MALFORMED)?;
        if !outer.is_empty() {
            return Err("x509: trailing data");
        }
        let mut parts = certificate.enter(tag::SEQUENCE).ok_or("x509: malformed tbs certificate")?;
        certificate.expect(tag::SEQUENCE).ok_or("x509: malformed signature algorithm identifier")?;
        certificate.expect(tag::BIT_STRING).ok_or("x509: malformed signature")?;
        parts.take_if(tag::context(0));
        parts.expect(tag::INTEGER).ok_or("x509: malformed serial number")?;
        parts.expect(tag::SEQUENCE).ok_or("x509: malformed signature algorithm identifier")?;
        parts.expect(tag::SEQUENCE).ok_or("x509: malformed issuer")?;
        parts.expect(tag::SEQUENCE).ok_or("x509: malformed validity")?;
        let is_sequence = |element: &asn1::Element<'_>| element.tag == tag::SEQUENCE;
        let subject = parts.next().filter(is_sequence).ok_or("x509: malformed subject")?.whole.to_vec();
        let public_key_info = parts.next().filter(is_sequence).ok_or("x509: malformed spki")?.whole.to_vec();
        let mut key_identifier = None;
        while let Some(part) = parts.next() {
            if part.tag == tag::context(3) {
                key_identifier = subject_key_identifier(part.content);
            }
        }
        Ok(Self { issuer: Issuer { subject, key_identifier }, public_key_info })
    }

    /// The certificate as an issuer whose key is `key`.
    pub(super) fn into_issuer(self, key: &PrivateKey) -> Result<Issuer, FunctionError> {
        if self.public_key_info != key.public_key_info() {
            return Err(FunctionError::new(
                "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
            ));
        }
        Ok(self.issuer)
    }
}

fn subject_key_identifier(extensions: &[u8]) -> Option<Vec<u8>> {
    let mut extensions = Reader::new(extensions).enter(tag::SEQUENCE)?;
    while let Some(mut extension) = extensions.enter(tag::SEQUENCE) {
        if extension.expect(tag::OBJECT_IDENTIFIER)? == identifier::SUBJECT_KEY_IDENTIFIER {
            extension.take_if(tag::BOOLEAN);
            return Reader::new(extension.expect(tag::OCTET_STRING)?).expect(tag::OCTET_STRING).map(<[u8]>::to_vec);
        }
    }
    None
}

/// Makes a certificate for the public part of `key`, encoded. Without an issuer it signs itself.
pub(super) fn create(
    request: &Request,
    key: &PrivateKey,
    issuer: Option<(&Issuer, &PrivateKey)>,
    call: &mut Call<'_>,
) -> Result<Vec<u8>, FunctionError> {
    let subject = name(&request.common_name);
    let signing_key = issuer.map_or(key, |(_, key)| key);
    let issuer_name = issuer.map_or(&subject, |(issuer, _)| &issuer.subject);
    let issuer_key = issuer.and_then(|(issuer, _)| issuer.key_identifier.as_deref()).filter(|_| *issuer_name != subject);
    let mut serial = [0; 16];
    random::fill(&mut serial, call)?;
    let body = asn1::sequence(&[
        asn1::element(tag::context(0), &asn1::integer(&[2])),
        asn1::integer(&serial),
        signing_key.signature_algorithm(),
        issuer_name.clone(),
        validity(request.valid_days, call)?,
        subject,
        key.public_key_info(),
        asn1::element(tag::context(3), &asn1::sequence(&extensions(request, key, issuer_key, call)?)),
    ]);
    let signature = signing_key.sign(&body)?;
    Ok(asn1::sequence(&[body, signing_key.signature_algorithm(), asn1::bit_string(&signature)]))
}

fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return asn1::sequence(&[]);
    }
    let is_printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let text = if common_name.bytes().all(is_printable) { tag::PRINTABLE_STRING } else { tag::UTF8_STRING };
    let identifier = asn1::element(tag::OBJECT_IDENTIFIER, identifier::COMMON_NAME);
    let attribute = asn1::sequence(&[identifier, asn1::element(text, common_name.as_bytes())]);
    asn1::sequence(&[asn1::element(tag::SET, &attribute)])
}

/// From now on for some days.
fn validity(days: i64, call: &Call<'_>) -> Result<Vec<u8>, FunctionError> {
    let begin = Time::from_timestamp(ports(call)?.now(), jiff::tz::TimeZone::UTC);
    let end = begin.add(Duration::DAY.times(days));
    Ok(asn1::sequence(&[time(&begin)?, time(&end)?]))
}

fn time(time: &Time) -> Result<Vec<u8>, FunctionError> {
    let text = time.format(b"20060102150405Z");
    match time.civil_year() {
        1950..=2049 => Ok(asn1::element(tag::UTC_TIME, &text[2..])),
        0..=9999 => Ok(asn1::element(tag::GENERALIZED_TIME, &text)),
        _ => {
            Err(FunctionError::new("error creating certificate: asn1: structure error: cannot represent time as GeneralizedTime"))
        }
    }
}

fn extensions(
    request: &Request,
    key: &PrivateKey,
    issuer_key: Option<&[u8]>,
    call: &mut Call<'_>,
) -> Result<Vec<Vec<u8>>, FunctionError> {
    // Signing and enciphering keys; authorities sign certificates, too.
    let usage: &[u8] = if request.is_authority { &[2, 0b1010_0100] } else { &[5, 0b1010_0000] };
    let purposes = [identifier::SERVER_AUTHENTICATION, identifier::CLIENT_AUTHENTICATION];
    let purposes = purposes.map(|purpose| asn1::element(tag::OBJECT_IDENTIFIER, purpose));
    let constraints = if request.is_authority { vec![asn1::element(tag::BOOLEAN, &[0xff])] } else { Vec::new() };
    let mut extensions = vec![
        critical(identifier::KEY_USAGE, &asn1::element(tag::BIT_STRING, usage)),
        extension(identifier::EXTENDED_KEY_USAGE, &asn1::sequence(&purposes)),
        critical(identifier::BASIC_CONSTRAINTS, &asn1::sequence(&constraints)),
    ];
    if request.is_authority {
        // The first 160 bits, by RFC 7093.
        let identifier = &Sha256::digest(key.public_bits())[..20];
        extensions.push(extension(identifier::SUBJECT_KEY_IDENTIFIER, &asn1::element(tag::OCTET_STRING, identifier)));
    }
    if let Some(identifier) = issuer_key {
        let identifier = asn1::element(tag::context_value(0), identifier);
        extensions.push(extension(identifier::AUTHORITY_KEY_IDENTIFIER, &asn1::sequence(&[identifier])));
    }
    let names = alternative_names(request, call)?;
    if !names.is_empty() {
        let make = if request.common_name.is_empty() { critical } else { extension };
        extensions.push(make(identifier::SUBJECT_ALTERNATIVE_NAME, &asn1::sequence(&names)));
    }
    Ok(extensions)
}

fn alternative_names(request: &Request, call: &mut Call<'_>) -> Result<Vec<Vec<u8>>, FunctionError> {
    let mut names = Vec::new();
    for name in &request.host_names {
        if !name.is_ascii() {
            let text = "error creating certificate: x509: %q cannot be encoded as an IA5String";
            return Err(FunctionError::new(call.sprintf(text, &[Value::from(name.as_str())])?.to_string_lossy()));
        }
        names.push(asn1::element(tag::context_value(2), name.as_bytes()));
    }
    for address in &request.addresses {
        names.push(match address.to_canonical() {
            IpAddr::V4(address) => asn1::element(tag::context_value(7), &address.octets()),
            IpAddr::V6(address) => asn1::element(tag::context_value(7), &address.octets()),
        });
    }
    Ok(names)
}

fn extension(identifier: &[u8], value: &[u8]) -> Vec<u8> {
    let identifier = asn1::element(tag::OBJECT_IDENTIFIER, identifier);
    asn1::sequence(&[identifier, asn1::element(tag::OCTET_STRING, value)])
}

/// An extension that whoever does not know it must not ignore.
fn critical(identifier: &[u8], value: &[u8]) -> Vec<u8> {
    let identifier = asn1::element(tag::OBJECT_IDENTIFIER, identifier);
    asn1::sequence(&[identifier, asn1::element(tag::BOOLEAN, &[0xff]), asn1::element(tag::OCTET_STRING, value)])
}
