//! Whether a signature of a commit or tag is one of given keys.

mod open_pgp;
mod ssh;

pub use open_pgp::verify_open_pgp;
pub use ssh::verify_ssh;

/// The most bytes of a signature or of a text with keys.
const MOST_BYTES: usize = 1 << 20;

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The signature cannot be read, or is of a kind that is not safe; in words.
    #[error("the signature cannot be used: {0}")]
    Signature(&'static str),
    /// There are texts with keys, and none can be read.
    #[error("unable to read {kind}")]
    Keys {
        /// `armored key ring` or `authorized keys`.
        kind: &'static str,
    },
    /// None of the keys made it; the reason why the last key with its name does not count.
    #[error("unable to verify payload with any of the given {kind}: no matching key{}", reason.map(|reason| format!(": {reason}")).unwrap_or_default())]
    NoKey {
        /// `key rings` or `authorized keys`.
        kind: &'static str,
        /// Why a key that it names does not count.
        reason: Option<&'static str>,
    },
}
