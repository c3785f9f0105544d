//! Ways to sign, and which key may be used for which.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1,
    SECP_521_R_1, SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use const_oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};
use const_oid::db::rfc8410::ID_ED_25519;
use der::asn1::{BitStringRef, UintRef};
use der::{Decode, Sequence};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// A way to sign. None of them uses SHA-1, or RSA keys of fewer than 2048 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// ECDSA over a curve of NIST with SHA-256, the signature in DER.
    EcdsaSha256,
    /// The same with SHA-384.
    EcdsaSha384,
    /// The same with SHA-512.
    EcdsaSha512,
    /// ECDSA with the hash that belongs to the curve, the signature as two numbers side by side (JOSE, COSE).
    EcdsaFixed,
    /// RSA by PKCS #1 version 1.5 with SHA-256.
    RsaSha256,
    /// The same with SHA-384.
    RsaSha384,
    /// The same with SHA-512.
    RsaSha512,
    /// RSA by PSS with SHA-256.
    PssSha256,
    /// The same with SHA-384.
    PssSha384,
    /// The same with SHA-512.
    PssSha512,
    /// Ed25519 of the message itself.
    Ed25519,
}

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Elliptic curve; the bits of the curve of NIST: 256, 384 or 521.
    Ec(u16),
    /// RSA; the bits of the modulus.
    Rsa(usize),
    /// Ed25519.
    Ed25519,
}

/// What stands in a certificate for its key.
#[derive(Sequence)]
struct PublicKeyInfo<'a> {
    algorithm: AlgorithmIdentifierOwned,
    key: BitStringRef<'a>,
}

/// An RSA key.
#[derive(Sequence)]
struct RsaKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// The kind of a key that is given as the DER of a SubjectPublicKeyInfo; `None` where it is another.
pub fn key_kind(key: &[u8]) -> Option<KeyKind> {
    let info = PublicKeyInfo::from_der(key).ok()?;
    match info.algorithm.oid {
        ID_EC_PUBLIC_KEY => match info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()? {
            SECP_256_R_1 => Some(KeyKind::Ec(256)),
            SECP_384_R_1 => Some(KeyKind::Ec(384)),
            SECP_521_R_1 => Some(KeyKind::Ec(521)),
            _ => None,
        },
        RSA_ENCRYPTION => {
            let key = RsaKey::from_der(info.key.as_bytes()?).ok()?;
            let bytes = key.modulus.as_bytes();
            let zeros = bytes.first().map_or(0, |byte| byte.leading_zeros() as usize);
            Some(KeyKind::Rsa(bytes.len() * 8 - zeros))
        }
        ID_ED_25519 => Some(KeyKind::Ed25519),
        _ => None,
    }
}

impl Scheme {
    /// How a certificate that names this algorithm was signed.
    pub(crate) fn of_certificate(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        Some(match algorithm.oid {
            ECDSA_WITH_SHA_256 => Self::EcdsaSha256,
            ECDSA_WITH_SHA_384 => Self::EcdsaSha384,
            ECDSA_WITH_SHA_512 => Self::EcdsaSha512,
            SHA_256_WITH_RSA_ENCRYPTION => Self::RsaSha256,
            SHA_384_WITH_RSA_ENCRYPTION => Self::RsaSha384,
            SHA_512_WITH_RSA_ENCRYPTION => Self::RsaSha512,
            ID_ED_25519 => Self::Ed25519,
            _ => return None,
        })
    }

    /// How a message was signed whose signature names an algorithm, which may be that of the key only, and a hash.
    pub(crate) fn of_message(algorithm: &AlgorithmIdentifierOwned, hash: ObjectIdentifier) -> Option<Self> {
        match (algorithm.oid, hash) {
            (RSA_ENCRYPTION, ID_SHA_256) => Some(Self::RsaSha256),
            (RSA_ENCRYPTION, ID_SHA_384) => Some(Self::RsaSha384),
            (RSA_ENCRYPTION, ID_SHA_512) => Some(Self::RsaSha512),
            (ID_EC_PUBLIC_KEY, ID_SHA_256) => Some(Self::EcdsaSha256),
            (ID_EC_PUBLIC_KEY, ID_SHA_384) => Some(Self::EcdsaSha384),
            (ID_EC_PUBLIC_KEY, ID_SHA_512) => Some(Self::EcdsaSha512),
            _ => Self::of_certificate(algorithm),
        }
    }

    /// Whether `signature` is one of `message` in this way by a key, which is the DER of a SubjectPublicKeyInfo.
    pub fn is_signature(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let algorithm = self.algorithm(key_kind(key));
        let key = algorithm.and_then(|algorithm| ParsedPublicKey::new(algorithm, key).ok());
        key.is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    fn algorithm(self, kind: Option<KeyKind>) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self, kind?) {
            (Self::EcdsaSha256, KeyKind::Ec(256)) => &ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaSha384, KeyKind::Ec(256)) => &ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaSha512, KeyKind::Ec(256)) => &ECDSA_P256_SHA512_ASN1,
            (Self::EcdsaSha256, KeyKind::Ec(384)) => &ECDSA_P384_SHA256_ASN1,
            (Self::EcdsaSha384, KeyKind::Ec(384)) => &ECDSA_P384_SHA384_ASN1,
            (Self::EcdsaSha512, KeyKind::Ec(384)) => &ECDSA_P384_SHA512_ASN1,
            (Self::EcdsaSha256, KeyKind::Ec(521)) => &ECDSA_P521_SHA256_ASN1,
            (Self::EcdsaSha384, KeyKind::Ec(521)) => &ECDSA_P521_SHA384_ASN1,
            (Self::EcdsaSha512, KeyKind::Ec(521)) => &ECDSA_P521_SHA512_ASN1,
            (Self::EcdsaFixed, KeyKind::Ec(256)) => &ECDSA_P256_SHA256_FIXED,
            (Self::EcdsaFixed, KeyKind::Ec(384)) => &ECDSA_P384_SHA384_FIXED,
            (Self::EcdsaFixed, KeyKind::Ec(521)) => &ECDSA_P521_SHA512_FIXED,
            (Self::RsaSha256, KeyKind::Rsa(_)) => &RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaSha384, KeyKind::Rsa(_)) => &RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaSha512, KeyKind::Rsa(_)) => &RSA_PKCS1_2048_8192_SHA512,
            (Self::PssSha256, KeyKind::Rsa(_)) => &RSA_PSS_2048_8192_SHA256,
            (Self::PssSha384, KeyKind::Rsa(_)) => &RSA_PSS_2048_8192_SHA384,
            (Self::PssSha512, KeyKind::Rsa(_)) => &RSA_PSS_2048_8192_SHA512,
            (Self::Ed25519, KeyKind::Ed25519) => &ED25519,
            _ => return None,
        })
    }
}
