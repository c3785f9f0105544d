//! Private keys: made, read from PEM and written as Go does.

use ed25519_dalek::Signer;
use go_template::{Call, FunctionError};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};

use super::asn1::{self, Reader, tag};
use super::elliptic::EllipticKey;
use super::pem::Block;
use super::randomness::PortGenerator;
use crate::functions::random;

/// Object identifiers, encoded.
mod identifier {
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    pub(super) const RSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    pub(super) const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// Steps of the budget for making an RSA key of 2048 bits, which takes some tenths of a second. Other keys are for free.
const STEPS: u64 = 1_000_000;

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Ecdsa(EllipticKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// Why a text is not a private key, in sprig's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// There is no PEM.
    #[error("no PEM data in input")]
    NoPem,
    /// The PEM is something else.
    #[error("no private key data in PEM block of type {0}")]
    OtherLabel(String),
    /// A kind of key that there is not.
    #[error("invalid private key type {0}")]
    OtherKind(String),
    /// The content is not what the label says.
    #[error("{operation}: {problem}")]
    Content {
        /// What was tried.
        operation: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}

impl PrivateKey {
    /// Makes an RSA key.
    pub(super) fn rsa(bits: usize, call: &mut Call<'_>) -> Result<Self, FunctionError> {
        let doublings = bits.ilog2().saturating_sub(11);
        call.take_steps(STEPS * 10u64.pow(doublings))?;
        let mut generator = PortGenerator::new(call);
        let key = RsaPrivateKey::new(&mut generator, bits);
        let key = generator.finish(key)?;
        key.map(|key| Self::Rsa(Box::new(key))).map_err(|error| FunctionError::new(format!("error generating rsa key: {error}")))
    }

    /// Makes a key on the curve P-256.
    pub(super) fn ecdsa(call: &Call<'_>) -> Result<Self, FunctionError> {
        // All but one in four billion numbers of this length are keys.
        const ATTEMPTS: usize = 16;
        let mut scalar = [0; 32];
        for _ in 0..ATTEMPTS {
            random::fill(&mut scalar, call)?;
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&scalar) {
                return Ok(Self::Ecdsa(EllipticKey::P256(key)));
            }
        }
        Err(FunctionError::new("the source of randomness is not random"))
    }

    /// Makes an Ed25519 key.
    pub(super) fn ed25519(call: &Call<'_>) -> Result<Self, FunctionError> {
        let mut seed = [0; 32];
        random::fill(&mut seed, call)?;
        Ok(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Reads the first block of PEM in a text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, KeyError> {
        let Block { label, content } = Block::find(text).ok_or(KeyError::NoPem)?;
        if label == "PRIVATE KEY" {
            return parse_pkcs8(&content).map_err(|problem| KeyError::Content { operation: "decoding PEM as PKCS#8", problem });
        }
        let Some(kind) = label.strip_suffix(" PRIVATE KEY") else { return Err(KeyError::OtherLabel(label)) };
        match kind {
            "RSA" => parse_pkcs1(&content)
                .map_err(|problem| KeyError::Content { operation: "parsing RSA private key from PEM", problem }),
            "EC" => parse_sec1(&content, None)
                .map_err(|problem| KeyError::Content { operation: "parsing EC private key from PEM", problem }),
            "DSA" => Err(KeyError::Content { operation: "parsing DSA private key from PEM", problem: "DSA is not supported" }),
            _ => Err(KeyError::OtherKind(label)),
        }
    }

    /// The key as PEM.
    pub(super) fn to_pem(&self) -> Result<String, FunctionError> {
        let block = match self {
            Self::Rsa(key) => {
                let encoded = key.to_pkcs1_der().map_err(|error| FunctionError::new(format!("encoding RSA key: {error}")))?;
                Block::new("RSA PRIVATE KEY", encoded.as_bytes().to_vec())
            }
            Self::Ecdsa(key) => {
                let parts = [
                    asn1::integer(&[1]),
                    asn1::element(tag::OCTET_STRING, &key.number()),
                    asn1::element(tag::context(0), &asn1::element(tag::OBJECT_IDENTIFIER, key.curve())),
                    asn1::element(tag::context(1), &asn1::bit_string(&self.public_bits())),
                ];
                Block::new("EC PRIVATE KEY", asn1::sequence(&parts))
            }
            Self::Ed25519(key) => {
                let seed = asn1::element(tag::OCTET_STRING, key.as_bytes());
                let parts = [asn1::integer(&[0]), self.algorithm(), asn1::element(tag::OCTET_STRING, &seed)];
                Block::new("PRIVATE KEY", asn1::sequence(&parts))
            }
        };
        Ok(block.encode())
    }

    /// What the public key is, as certificates name it.
    fn algorithm(&self) -> Vec<u8> {
        let identifier = |bytes| asn1::element(tag::OBJECT_IDENTIFIER, bytes);
        match self {
            Self::Rsa(_) => asn1::sequence(&[identifier(identifier::RSA), asn1::element(tag::NULL, b"")]),
            Self::Ecdsa(key) => asn1::sequence(&[identifier(identifier::ELLIPTIC_CURVE), identifier(key.curve())]),
            Self::Ed25519(_) => asn1::sequence(&[identifier(identifier::ED25519)]),
        }
    }

    /// The public key without what it is.
    pub(super) fn public_bits(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => asn1::sequence(&[asn1::integer(&key.n_bytes()), asn1::integer(&key.e_bytes())]),
            Self::Ecdsa(key) => key.point(),
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
        }
    }

    /// The public key as it stands in certificates.
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        asn1::sequence(&[self.algorithm(), asn1::bit_string(&self.public_bits())])
    }

    /// What the signatures of the key are, as certificates name it.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        let identifier = |bytes| asn1::element(tag::OBJECT_IDENTIFIER, bytes);
        match self {
            Self::Rsa(_) => asn1::sequence(&[identifier(identifier::RSA_WITH_SHA256), asn1::element(tag::NULL, b"")]),
            Self::Ecdsa(key) => asn1::sequence(&[identifier(key.signatures())]),
            Self::Ed25519(_) => asn1::sequence(&[identifier(identifier::ED25519)]),
        }
    }

    /// Signs a text.
    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, FunctionError> {
        let failed = |error: &dyn std::fmt::Display| FunctionError::new(format!("error creating certificate: {error}"));
        match self {
            Self::Rsa(key) => {
                let digest = Sha256::digest(text);
                key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest).map_err(|error| failed(&error))
            }
            Self::Ecdsa(key) => key.sign(text).map_err(|error| failed(&error)),
            Self::Ed25519(key) => Ok(key.sign(text).to_bytes().to_vec()),
        }
    }
}

fn parse_pkcs1(content: &[u8]) -> Result<PrivateKey, &'static str> {
    let key = RsaPrivateKey::from_pkcs1_der(content).map_err(|_| "the key is malformed")?;
    Ok(PrivateKey::Rsa(Box::new(key)))
}

/// Reads a key on an elliptic curve; `curve` is the curve's identifier where it is known from outside.
fn parse_sec1(content: &[u8], curve: Option<&[u8]>) -> Result<PrivateKey, &'static str> {
    const MALFORMED: &str = "the key is malformed";
    let mut parts = Reader::new(content).enter(tag::SEQUENCE).ok_or(MALFORMED)?;
    parts.expect(tag::INTEGER).filter(|version| *version == [1]).ok_or("x509: unknown EC private key version")?;
    let scalar = parts.expect(tag::OCTET_STRING).ok_or(MALFORMED)?;
    let named = parts.take_if(tag::context(0)).and_then(|content| Reader::new(content).expect(tag::OBJECT_IDENTIFIER));
    EllipticKey::parse(curve.or(named), scalar).map(PrivateKey::Ecdsa)
}

fn parse_pkcs8(content: &[u8]) -> Result<PrivateKey, &'static str> {
    const MALFORMED: &str = "the key is malformed";
    let mut parts = Reader::new(content).enter(tag::SEQUENCE).ok_or(MALFORMED)?;
    parts.expect(tag::INTEGER).ok_or(MALFORMED)?;
    let mut algorithm = parts.enter(tag::SEQUENCE).ok_or(MALFORMED)?;
    let identifier = algorithm.expect(tag::OBJECT_IDENTIFIER).ok_or(MALFORMED)?;
    let key = parts.expect(tag::OCTET_STRING).ok_or(MALFORMED)?;
    match identifier {
        identifier::RSA => parse_pkcs1(key),
        identifier::ELLIPTIC_CURVE => parse_sec1(key, algorithm.expect(tag::OBJECT_IDENTIFIER)),
        identifier::ED25519 => {
            let seed = Reader::new(key).expect(tag::OCTET_STRING).and_then(|seed| <&[u8; 32]>::try_from(seed).ok());
            Ok(PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(
                seed.ok_or("x509: invalid Ed25519 private key length")?,
            )))
        }
        _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm"),
    }
}
