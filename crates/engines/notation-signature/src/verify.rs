//! One envelope before one policy.

use crate::envelope::{Envelope, EnvelopeError, SigningScheme};
use crate::name::Name;
use crate::policy::{Action, Check, Statement, StoreKind, VerifyTimestamp};
use certificate_chain::{Authority, Certificate, ObjectIdentifier, verify_timestamp};
use jiff::Timestamp;

/// Where a certificate says who knows of its revocation: by OCSP, in lists.
const AUTHORITY_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
const REVOCATION_LISTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
/// The method of access that is OCSP, in DER.
const OCSP: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];

/// An artifact of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// The media type of its manifest.
    pub media_type: &'a str,
    /// `algorithm:hex` of its manifest.
    pub digest: &'a str,
    /// The bytes of its manifest.
    pub size: u64,
}

/// What a signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether somebody trusted made it.
    pub is_authentic: bool,
    /// The checks that failed, but are not enforced, each with its reason.
    pub noted: Vec<(Check, String)>,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Its envelope is not whole.
    #[error(transparent)]
    Integrity(#[from] EnvelopeError),
    /// A check that is enforced failed.
    #[error("{0}")]
    Check(String),
    /// It is about something else.
    #[error("content descriptor mismatch")]
    OtherArtifact,
}

/// Whether a signature of `artifact` counts by the policy `statement`, with these trusted certificates, now.
///
/// # Errors
/// When it does not. A policy that skips signatures has to be asked before: it takes none here either.
pub fn verify(
    (envelope, media_type): (&[u8], &str),
    artifact: &Artifact<'_>,
    (statement, trusted): (&Statement, &[Certificate]),
    now: Timestamp,
) -> Result<Verdict, SignatureError> {
    let envelope = Envelope::open(envelope, media_type)?;
    let mut verdict = Verdict { is_authentic: true, noted: Vec::new() };
    let mut judge = |check, outcome: Result<(), String>| match (outcome, statement.action(check)) {
        (Ok(()), _) | (Err(_), Action::Skip) => Ok(()),
        (Err(reason), Action::Log) => {
            verdict.is_authentic &= check != Check::Authenticity;
            verdict.noted.push((check, reason));
            Ok(())
        }
        (Err(reason), Action::Enforce) => Err(SignatureError::Check(reason)),
    };
    judge(Check::Authenticity, authenticity(&envelope, statement, trusted))?;
    judge(Check::Expiry, expiry(&envelope, now))?;
    judge(Check::AuthenticTimestamp, time(&envelope, statement, trusted, now))?;
    judge(Check::Revocation, revocation(&envelope.certificates))?;
    let target = &envelope.payload.target_artifact;
    let named = Artifact { media_type: &target.media_type, digest: &target.digest, size: target.size };
    if named == *artifact { Ok(verdict) } else { Err(SignatureError::OtherArtifact) }
}

/// Whether one of the certificates is trusted, and the one that signed is about who is.
fn authenticity(envelope: &Envelope, statement: &Statement, trusted: &[Certificate]) -> Result<(), String> {
    let kind = match envelope.scheme {
        SigningScheme::X509 => StoreKind::Authority,
        SigningScheme::SigningAuthority => StoreKind::SigningAuthority,
    };
    if !statement.stores.contains(&kind) || trusted.is_empty() {
        return Err("no trusted certificates are found to verify authenticity".to_owned());
    }
    if !envelope.certificates.iter().any(|certificate| trusted.contains(certificate)) {
        return Err("the signature's certificate chain does not contain any trusted certificate".to_owned());
    }
    let (Some(identities), Some(leaf)) = (&statement.identities, envelope.certificates.first()) else { return Ok(()) };
    let subject = Name::of_subject(leaf).map_err(|error| {
        format!("error while parsing the certificate subject {:?} from the digital signature: {error}", leaf.subject())
    })?;
    if identities.iter().any(|identity| identity.is_part_of(&subject)) {
        return Ok(());
    }
    let (subject, name) = (leaf.subject(), statement.name());
    Err(format!(
        "signing certificate {subject:?} does not match the X.509 trusted identities defined in the trust policy {name:?}"
    ))
}

fn expiry(envelope: &Envelope, now: Timestamp) -> Result<(), String> {
    match envelope.expiry {
        Some(expiry) if expiry <= now => Err(format!("digital signature has expired on {expiry}")),
        _ => Ok(()),
    }
}

/// Whether it was made while all of its certificates were valid, by a time that is believed.
fn time(envelope: &Envelope, statement: &Statement, trusted: &[Certificate], now: Timestamp) -> Result<(), String> {
    let chain = &envelope.certificates;
    if envelope.scheme == SigningScheme::SigningAuthority {
        return valid(chain, (envelope.time, envelope.time), "when the digital signature was produced");
    }
    let is_past = chain.iter().any(|certificate| certificate.validity().1 < now);
    let is_asked = statement.timestamps == VerifyTimestamp::Always || is_past;
    if !statement.stores.contains(&StoreKind::Timestamps) || !is_asked {
        return valid(chain, (now, now), "at the time of verification");
    }
    let token = envelope.timestamp.as_ref().ok_or("no timestamp countersignature was found in the signature envelope")?;
    let authority = Authority { roots: trusted, intermediates: &[], signer: None };
    let stamp = verify_timestamp(token, &envelope.signature, &authority)
        .map_err(|error| format!("failed to verify the timestamp countersignature with error: {error}"))?;
    revocation(&stamp.certificates)?;
    valid(chain, stamp.range(), "when its timestamp was made")
}

fn valid(chain: &[Certificate], (earliest, latest): (Timestamp, Timestamp), when: &str) -> Result<(), String> {
    let is_invalid = |certificate: &&Certificate| !certificate.is_valid_at(earliest) || !certificate.is_valid_at(latest);
    match chain.iter().find(is_invalid) {
        Some(certificate) => Err(format!("certificate {:?} was not valid {when}, {latest}", certificate.subject())),
        None => Ok(()),
    }
}

/// Whether no certificate but the root names somebody who would know that it is revoked: nobody is asked.
fn revocation(chain: &[Certificate]) -> Result<(), String> {
    let Some((_, others)) = chain.split_last() else { return Ok(()) };
    match others.iter().find(|certificate| is_revocable(certificate)) {
        Some(certificate) => Err(format!(
            "signing certificate with subject {:?} revocation status is unknown: nobody is asked, set the override of revocation",
            certificate.subject()
        )),
        None => Ok(()),
    }
}

fn is_revocable(certificate: &Certificate) -> bool {
    let access = certificate.extension(AUTHORITY_ACCESS);
    let by_ocsp = access.is_some_and(|(_, value)| value.windows(OCSP.len()).any(|window| window == OCSP));
    by_ocsp || certificate.extension(REVOCATION_LISTS).is_some()
}
