//! Signatures of artifacts that cosign makes with a key: is this statement about that digest signed by one of these keys?
//!
//! ```text
//!   before cosign 3   tag sha256-<hex>.sig   layers: a payload each, its signature in an annotation ──► verify_payload
//!   since cosign 3    referrer of the image  layer: a bundle with a signed statement ────────────────► verify_bundle
//! ```
//!
//! A signature without a key, which wants certificates, a log and trusted roots, is not here; neither is the talk with a registry.

mod bundle;
mod key;
mod payload;

pub use bundle::verify_bundle;
pub use key::{KeyError, PublicKey};
pub use payload::verify_payload;

/// The media type of a payload, a layer of the manifest under [`signature_tag`].
pub const PAYLOAD_MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation of that layer with the signature in base64.
pub const SIGNATURE_ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// What the type of an artifact that holds a bundle begins with.
pub const BUNDLE_ARTIFACT_TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// The most bytes of a payload or bundle that are worth fetching.
pub const SIGNATURE_BYTES: u64 = 4 << 20;

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
}

/// The tag under which the signatures of the artifact with a digest are; `None` where it is no digest.
pub fn signature_tag(digest: &str) -> Option<String> {
    let (algorithm, hex) = digest.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain(algorithm) && plain(hex)).then(|| format!("{algorithm}-{hex}.sig"))
}
