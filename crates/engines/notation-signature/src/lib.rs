//! Signatures of artifacts that notation makes: does a policy accept this envelope about that artifact?
//!
//! ```text
//!   trustpolicy.json ──► Policies ── of the repository ──► Statement ─┐
//!                                                                     ├──► verify ──► Verdict, or why not
//!   envelope (JWS, COSE) ──► integrity: chain, signature ─────────────┘
//!
//!   each check           strict    permissive   audit     skip
//!   integrity            enforced  enforced     enforced  nothing is looked at
//!   authenticity         enforced  enforced     noted
//!   authentic timestamp  enforced  noted        noted
//!   expiry               enforced  noted        noted
//!   revocation           enforced  noted        noted
//! ```
//!
//! The talk with a registry is not here, nor that with who would know of revocations: a certificate that names such counts as one of
//! which it is not known. Plugins are not run; what demands one is refused.

mod chain;
mod cose;
mod envelope;
mod jws;
mod name;
mod policy;
mod verify;

pub use envelope::EnvelopeError;
pub use policy::{Check, Policies, PolicyError, Statement};
pub use verify::{Artifact, SignatureError, Verdict, verify};

/// The type of an artifact that holds an envelope.
pub const ARTIFACT_TYPE: &str = "application/vnd.cncf.notary.signature";
/// The most bytes of an envelope that are worth fetching.
pub const ENVELOPE_BYTES: u64 = 4 << 20;
