//! Signatures whose key a certificate gives to an identity.

mod certificate_log;
mod identity;
pub(crate) mod root;

use crate::SignatureError;
use crate::log::{Content, Entry, Signed};
use certificate_chain::{Authority, Certificate, KeyKind, Scheme, Usage, token_of_response, verify_path, verify_timestamp};
pub use identity::{Identity, IdentityError};
use jiff::Timestamp;
pub use root::{RootError, TrustedRoot};

/// The most entries of logs, and timestamps, of one signature; sigstore's clients have the same bound.
const MOST: usize = 32;

/// Who may have signed, and whom to believe that.
#[derive(Debug)]
pub struct Keyless {
    /// The authorities and logs.
    pub root: TrustedRoot,
    /// The identities, of which one has to match. Where there are none, anybody counts who signed a payload, nobody who signed a bundle:
    /// so does cosign.
    pub identities: Vec<Identity>,
}

/// What comes with a signature.
pub(crate) struct Evidence<'a> {
    /// The certificate of the key.
    pub(crate) certificate: &'a Certificate,
    /// The signature.
    pub(crate) signature: &'a [u8],
    /// What it is over.
    pub(crate) content: Content<'a>,
    /// What logs say.
    pub(crate) entries: Vec<Entry>,
    /// What timestamp authorities say.
    pub(crate) timestamps: Vec<Vec<u8>>,
}

impl Keyless {
    /// Checks that the signature was made by one of the identities while its certificate was valid.
    ///
    /// # Errors
    /// When it was not; the first reason.
    pub(crate) fn verify(&self, evidence: &Evidence<'_>) -> Result<(), SignatureError> {
        if evidence.entries.len() > MOST || evidence.timestamps.len() > MOST {
            return Err(SignatureError::Malformed("it has too many entries of logs or timestamps"));
        }
        let mut times = self.logged(evidence)?;
        times.extend(self.stamped(evidence));
        let mut issuer = None;
        for time in times {
            issuer = Some(self.issuer(evidence.certificate, time)?);
        }
        let issuer = issuer.ok_or(SignatureError::NoTime)?;
        certificate_log::verify(evidence.certificate, &issuer, &self.root.certificate_logs)?;
        let message = evidence.content.message();
        let has_signed = |scheme: &Scheme| evidence.certificate.has_signed(*scheme, message, evidence.signature);
        if !schemes(evidence.certificate).iter().any(has_signed) {
            return Err(SignatureError::OtherKey);
        }
        identity::verify(evidence.certificate, &self.identities)
    }

    /// The times at which trusted logs took the signature; at least one log has to have it, even if it does not sign a time.
    fn logged(&self, evidence: &Evidence<'_>) -> Result<Vec<Timestamp>, SignatureError> {
        let Evidence { certificate, signature, content, entries, .. } = evidence;
        let signed = Signed { certificate, signature, content: *content };
        let (mut times, mut is_logged) = (Vec::new(), false);
        for entry in entries {
            // What logs say that are not known is no evidence, for or against.
            let Some(log) = self.root.logs.iter().find(|log| log.id == entry.log) else { continue };
            times.extend(entry.verify(log, &signed)?);
            is_logged = true;
        }
        if is_logged { Ok(times) } else { Err(SignatureError::Log("no entry of such a log comes with it")) }
    }

    /// The times at which trusted authorities saw the signature. What others say is no evidence.
    fn stamped(&self, evidence: &Evidence<'_>) -> Vec<Timestamp> {
        let mut times = Vec::new();
        for token in evidence.timestamps.iter().filter_map(|response| token_of_response(response).ok()) {
            times.extend(self.root.timestamp_authorities.iter().find_map(|trusted| {
                let authority =
                    Authority { roots: &trusted.roots, intermediates: &trusted.intermediates, signer: trusted.leaf.as_ref() };
                let stamp = verify_timestamp(&token, evidence.signature, &authority).ok()?;
                trusted.period.contains(stamp.time).then_some(stamp.time)
            }));
        }
        times
    }

    /// The key of who issued a certificate, if a trusted authority did, and it was valid at that time.
    fn issuer(&self, certificate: &Certificate, time: Timestamp) -> Result<Vec<u8>, SignatureError> {
        let mut reason = SignatureError::NoAuthority;
        for authority in self.root.authorities.iter().filter(|authority| authority.period.contains(time)) {
            let chain = (authority.intermediates.as_slice(), authority.roots.as_slice());
            match verify_path(certificate, chain, time, Usage::CodeSigning) {
                Ok(issuer) => return Ok(issuer),
                Err(error) => reason = SignatureError::Untrusted(error),
            }
        }
        Err(reason)
    }
}

/// How the key of a certificate may sign.
fn schemes(certificate: &Certificate) -> &'static [Scheme] {
    match certificate.key_kind() {
        Some(KeyKind::Ec(256)) => &[Scheme::EcdsaSha256],
        Some(KeyKind::Ec(384)) => &[Scheme::EcdsaSha384, Scheme::EcdsaSha256],
        Some(KeyKind::Ec(_)) => &[Scheme::EcdsaSha512, Scheme::EcdsaSha256],
        Some(KeyKind::Rsa(_)) => &[Scheme::RsaSha256],
        Some(KeyKind::Ed25519) => &[Scheme::Ed25519],
        None => &[],
    }
}
