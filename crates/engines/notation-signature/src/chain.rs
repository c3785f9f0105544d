//! The rules for chains of certificates: complete, in order, from the one that signs to a root that signed itself.

use certificate_chain::{Certificate, KeyKind, ObjectIdentifier};
use const_oid::db::rfc5280::{
    ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH, ID_KP_TIME_STAMPING,
};

/// Purposes that exclude signing of code.
const EXCLUDED: [ObjectIdentifier; 5] =
    [ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION, ID_KP_TIME_STAMPING, ID_KP_OCSP_SIGNING];
/// Extensions that are looked at here, and so may be critical.
const KNOWN: [&str; 5] = ["2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.35", "2.5.29.14"];

/// Checks a chain; in words why it breaks a rule.
pub(crate) fn verify(chain: &[Certificate]) -> Result<(), String> {
    let said =
        |certificate: &Certificate, what: &str| Err(format!("certificate with subject {:?} {what}", certificate.subject()));
    for (index, certificate) in chain.iter().enumerate() {
        let next = chain.get(index + 1);
        let signed_itself = certificate.is_issued_by(certificate);
        match next {
            Some(_) if signed_itself => return said(certificate, "signed itself, but is not the last"),
            Some(issuer) if !certificate.is_issued_by(issuer) => return said(certificate, "is not issued by the next"),
            None if !signed_itself => return said(certificate, "is the last and did not sign itself"),
            _ => {}
        }
        let rules = if index == 0 { leaf(certificate) } else { authority(certificate, index - 1) };
        if let Err(broken) = rules {
            return said(certificate, broken);
        }
    }
    Ok(())
}

/// The rules for the certificate that signs.
fn leaf(certificate: &Certificate) -> Result<(), &'static str> {
    const UNREAD: &str = "has an extension that cannot be read";
    if certificate.constraints().map_err(|_| UNREAD)?.is_some_and(|(_, constraints)| constraints.ca) {
        return Err("signs code, but may issue certificates");
    }
    let (is_critical, usage) = certificate.key_usage().map_err(|_| UNREAD)?.ok_or("has no key usage")?;
    if !is_critical {
        return Err("has a key usage that is not critical");
    }
    let others = usage.key_encipherment()
        || usage.data_encipherment()
        || usage.key_agreement()
        || usage.key_cert_sign()
        || usage.crl_sign()
        || usage.encipher_only()
        || usage.decipher_only();
    if !usage.digital_signature() || others {
        return Err("has a key usage other than digital signatures");
    }
    let purposes = certificate.purposes().map_err(|_| UNREAD)?.map(|(_, purposes)| purposes).unwrap_or_default();
    if purposes.iter().any(|purpose| EXCLUDED.contains(purpose)) {
        return Err("is for something else than signing code");
    }
    match certificate.key_kind() {
        Some(KeyKind::Rsa(2048 | 3072 | 4096) | KeyKind::Ec(_)) => understood(certificate),
        _ => Err("has a key of a kind or size that is not supported"),
    }
}

/// The rules for a certificate with so many others between it and the one that signs.
fn authority(certificate: &Certificate, between: usize) -> Result<(), &'static str> {
    const UNREAD: &str = "has an extension that cannot be read";
    let constraints = certificate.constraints().map_err(|_| UNREAD)?.map(|(_, constraints)| constraints);
    let constraints = constraints.filter(|constraints| constraints.ca).ok_or("may issue no certificates")?;
    if constraints.path_len_constraint.is_some_and(|most| usize::from(most) < between) {
        return Err("may not issue so long a chain");
    }
    let (is_critical, usage) = certificate.key_usage().map_err(|_| UNREAD)?.ok_or("has no key usage")?;
    match (is_critical, usage.key_cert_sign()) {
        (false, _) => Err("has a key usage that is not critical"),
        (_, false) => Err("may sign no certificates by its key usage"),
        _ => understood(certificate),
    }
}

/// What is critical and not known must not be passed over.
fn understood(certificate: &Certificate) -> Result<(), &'static str> {
    let is_known = |kind: ObjectIdentifier| KNOWN.contains(&kind.to_string().as_str());
    if certificate.critical_extensions().all(is_known) { Ok(()) } else { Err("has a critical extension that is not known") }
}
