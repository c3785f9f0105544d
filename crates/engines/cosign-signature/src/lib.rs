//! Signatures of artifacts that cosign makes: is this statement about that digest signed by whom it has to be?
//!
//! ```text
//!   before cosign 3   tag sha256-<hex>.sig   layers: a payload each, its signature in annotations ──► verify_payload
//!   since cosign 3    referrer of the image  layer: a bundle with a signed statement ──────────────► verify_bundle
//!
//!   Signers::Keys      one of these keys made the signature
//!   Signers::Keyless   a key made it that a certificate gives to an identity; the certificate is valid only for minutes, so that a log
//!                      or an authority has to have seen the signature meanwhile, and logs have to have seen the certificate
//! ```
//!
//! The talk with a registry is not here, nor that with a log: what vouches for a signature has to come with it.

mod bundle;
mod key;
mod keyless;
mod log;
mod payload;

pub use bundle::verify_bundle;
pub use key::{KeyError, PublicKey};
pub use keyless::{Identity, IdentityError, Keyless, RootError, TrustedRoot};
pub use payload::verify_payload;

use certificate_chain::{CertificateError, PathError};

/// The media type of a payload, a layer of the manifest under [`signature_tag`].
pub const PAYLOAD_MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// What the type of an artifact that holds a bundle begins with.
pub const BUNDLE_ARTIFACT_TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// The most bytes of a payload or bundle that are worth fetching.
pub const SIGNATURE_BYTES: u64 = 4 << 20;

/// Who has to have signed.
#[derive(Debug)]
pub enum Signers {
    /// Who has one of these keys.
    Keys(Vec<PublicKey>),
    /// One of these identities.
    Keyless(Box<Keyless>),
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not of that form.
    #[error("the signature cannot be read: {0}")]
    Malformed(&'static str),
    /// None of the keys made it.
    #[error("the signature is of another key")]
    OtherKey,
    /// It is about something else.
    #[error("the signature is about another artifact")]
    OtherArtifact,
    /// It comes without a certificate.
    #[error("no certificate found on signature")]
    NoCertificate,
    /// Its certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its certificate is not one of the trusted root's authorities; the reason of the last one.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(PathError),
    /// The trusted root has no authority that was trusted then.
    #[error("the trusted root has no authority for certificates at the time of the signature")]
    NoAuthority,
    /// No trusted log has seen its certificate.
    #[error("the certificate is in no trusted log of certificates: {0}")]
    CertificateLog(&'static str),
    /// No trusted log has seen it.
    #[error("the signature is in no trusted log: {0}")]
    Log(&'static str),
    /// It is not known when it was made.
    #[error("neither a log nor a timestamp of the trusted root says when the signature was made")]
    NoTime,
    /// Nobody is expected: bundles count only for somebody.
    #[error("can't verify identities without providing at least one identity")]
    NoIdentity,
    /// Somebody else made it.
    #[error(
        "none of the expected identities matched what was in the certificate, got subjects [{}] with issuer {issuer}",
        subjects.join(", ")
    )]
    OtherIdentity {
        /// Whom the certificate names.
        subjects: Vec<String>,
        /// Who says so.
        issuer: String,
    },
}

/// The tag under which the signatures of the artifact with a digest are; `None` where it is no digest.
pub fn signature_tag(digest: &str) -> Option<String> {
    let (algorithm, hex) = digest.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain(algorithm) && plain(hex)).then(|| format!("{algorithm}-{hex}.sig"))
}
