//! Paths from a certificate to a root, by `webpki`.

use crate::certificate::Certificate;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_KP_CODE_SIGNING, ID_KP_TIME_STAMPING};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// What the last certificate of a path has to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Signing of code: 1.3.6.1.5.5.7.3.3.
    CodeSigning,
    /// Timestamps: 1.3.6.1.5.5.7.3.8.
    Timestamping,
}

/// Why no path leads to a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No root is valid at that time.
    #[error("no root certificate is valid at {0}")]
    Roots(Timestamp),
    /// The certificate does not say that it is for that.
    #[error("the certificate is not for {0:?}")]
    Usage(Usage),
    /// The rules of paths are broken, at that time.
    #[error("the certificate does not lead to a trusted root at {0}: {1:?}")]
    Path(Timestamp, webpki::Error),
}

impl Usage {
    fn purpose(self) -> ObjectIdentifier {
        match self {
            Self::CodeSigning => ID_KP_CODE_SIGNING,
            Self::Timestamping => ID_KP_TIME_STAMPING,
        }
    }

    /// What certificates that stand between may be for: this, or anything, where they say nothing.
    fn allowed(self) -> KeyUsage {
        KeyUsage::required_if_present(match self {
            Self::CodeSigning => &[0x2b, 6, 1, 5, 5, 7, 3, 3],
            Self::Timestamping => &[0x2b, 6, 1, 5, 5, 7, 3, 8],
        })
    }
}

/// Checks that a path leads from `leaf`, which is for `usage`, over some of `intermediates` to one of `roots`, all valid at a time.
/// Gives the key of the issuer of `leaf`, as the DER of a SubjectPublicKeyInfo.
///
/// # Errors
/// When there is none.
pub fn verify_path(
    leaf: &Certificate,
    (intermediates, roots): (&[Certificate], &[Certificate]),
    time: Timestamp,
    usage: Usage,
) -> Result<Vec<u8>, PathError> {
    let failed = |error| PathError::Path(time, error);
    if !leaf.purposes().is_ok_and(|purposes| purposes.is_some_and(|(_, purposes)| purposes.contains(&usage.purpose()))) {
        return Err(PathError::Usage(usage));
    }
    // To webpki a root is a name and a key; that it must be valid as well is the rule of all who sign so.
    let roots: Vec<_> = roots.iter().filter(|root| root.is_valid_at(time)).map(|root| CertificateDer::from(root.der())).collect();
    let anchors: Vec<_> = roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    if anchors.is_empty() {
        return Err(PathError::Roots(time));
    }
    let intermediates: Vec<_> = intermediates.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let seconds = u64::try_from(time.as_second()).map_err(|_| {
        failed(webpki::Error::CertNotValidYet {
            time: UnixTime::since_unix_epoch(Duration::ZERO),
            not_before: UnixTime::since_unix_epoch(Duration::ZERO),
        })
    })?;
    let leaf = CertificateDer::from(leaf.der());
    let leaf = EndEntityCert::try_from(&leaf).map_err(failed)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let path = leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &intermediates, time, usage.allowed(), None, None);
    Ok(path.map_err(failed)?.issuer_spki().to_vec())
}
