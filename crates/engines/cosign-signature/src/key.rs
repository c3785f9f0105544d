//! Public keys: ECDSA over P-256, RSA and Ed25519, as PEM.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm};
use base64::{Engine, prelude::BASE64_STANDARD};

/// The signatures that cosign makes, each with SHA-256 where it has a choice.
const ALGORITHMS: [&dyn VerificationAlgorithm; 3] = [&ECDSA_P256_SHA256_ASN1, &RSA_PKCS1_2048_8192_SHA256, &ED25519];
/// What stands around a key.
const FRAMES: [(&str, &str); 2] = [
    ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"),
    ("-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----"),
];
/// The longest text of a key.
const LONGEST: usize = 64 << 10;

/// A key that signatures are checked with.
#[derive(Debug, Clone)]
pub struct PublicKey(ParsedPublicKey);

/// Why a text is not such a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not PEM of a public key.
    #[error("the key is not PEM of a public key")]
    Pem,
    /// Of another kind, or damaged.
    #[error("the key is not an ECDSA key over P-256, an RSA key or an Ed25519 key")]
    Kind,
}

impl PublicKey {
    /// Reads the first key of a PEM text.
    ///
    /// # Errors
    /// When there is none, or it is of a kind that is not known.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST).ok_or(KeyError::Pem)?;
        let framed = FRAMES.iter().find_map(|(begin, end)| Some(text.split_once(begin)?.1.split_once(end)?.0));
        let base64: String = framed.ok_or(KeyError::Pem)?.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(base64).map_err(|_| KeyError::Pem)?;
        let parsed = ALGORITHMS.into_iter().find_map(|algorithm| ParsedPublicKey::new(algorithm, &der).ok());
        parsed.map(Self).ok_or(KeyError::Kind)
    }

    /// Whether the key signed that message.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
