//! Keys on elliptic curves: P-256, P-384 and P-521.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::asn1;

/// Object identifiers, encoded.
mod identifier {
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    pub(super) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
    pub(super) const WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    pub(super) const WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
    pub(super) const WITH_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
}

/// A private key on one of the curves.
#[derive(Debug)]
pub(super) enum EllipticKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl EllipticKey {
    /// The key of a number on the curve of an identifier, as Go reads it. The error is Go's text.
    pub(super) fn parse(curve: Option<&[u8]>, number: &[u8]) -> Result<Self, &'static str> {
        let key = match curve {
            Some(identifier::P256) => p256::ecdsa::SigningKey::from_slice(&of_length::<32>(number)?).ok().map(Self::P256),
            Some(identifier::P384) => p384::ecdsa::SigningKey::from_slice(&of_length::<48>(number)?).ok().map(Self::P384),
            Some(identifier::P521) => p521::ecdsa::SigningKey::from_slice(&of_length::<66>(number)?).ok().map(Self::P521),
            _ => return Err("x509: unknown elliptic curve"),
        };
        key.ok_or("x509: invalid elliptic curve private key value")
    }

    /// The identifier of the curve.
    pub(super) fn curve(&self) -> &'static [u8] {
        match self {
            Self::P256(_) => identifier::P256,
            Self::P384(_) => identifier::P384,
            Self::P521(_) => identifier::P521,
        }
    }

    /// The identifier of its signatures: the hash grows with the curve.
    pub(super) fn signatures(&self) -> &'static [u8] {
        match self {
            Self::P256(_) => identifier::WITH_SHA256,
            Self::P384(_) => identifier::WITH_SHA384,
            Self::P521(_) => identifier::WITH_SHA512,
        }
    }

    /// The number that the key is.
    pub(super) fn number(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.to_bytes().to_vec(),
            Self::P384(key) => key.to_bytes().to_vec(),
            Self::P521(key) => key.to_bytes().to_vec(),
        }
    }

    /// The public point, not compressed.
    pub(super) fn point(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// Signs a text; the signature is encoded as certificates hold it.
    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, p256::ecdsa::Error> {
        let bytes = match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha256::digest(text))?;
                signature.to_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&Sha384::digest(text))?;
                signature.to_bytes().to_vec()
            }
            Self::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign_prehash(&Sha512::digest(text))?;
                signature.to_bytes().to_vec()
            }
        };
        let (left, right) = bytes.split_at(bytes.len() / 2);
        Ok(asn1::sequence(&[asn1::integer(left), asn1::integer(right)]))
    }
}

/// A number with as many bytes as the curve's have: some programs leave out zeros at its front, others write too many.
fn of_length<const N: usize>(number: &[u8]) -> Result<[u8; N], &'static str> {
    let zeros = number.len().saturating_sub(N);
    if number[..zeros].iter().any(|byte| *byte != 0) {
        return Err("x509: invalid private key length");
    }
    let number = &number[zeros..];
    let mut bytes = [0; N];
    bytes[N - number.len()..].copy_from_slice(number);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;

    use super::super::asn1::{Reader, tag};
    use super::*;

    /// A signature as its two numbers, each of the curve's length.
    fn numbers<const N: usize>(signature: &[u8]) -> Vec<u8> {
        let mut parts = Reader::new(signature).enter(tag::SEQUENCE).expect("a signature is a sequence");
        let mut number = || of_length::<N>(parts.expect(tag::INTEGER).expect("of numbers")).expect("that fit");
        [number(), number()].concat()
    }

    #[test]
    fn signatures_are_those_of_the_public_key() {
        let text = b"text";
        for (curve, number) in
            [(identifier::P256, vec![7; 32]), (identifier::P384, vec![7; 40]), (identifier::P521, vec![0, 1, 7])]
        {
            let key = EllipticKey::parse(Some(curve), &number).expect("a small number is a key");
            let signature = key.sign(text).expect("the text can be signed");
            let verified = match &key {
                EllipticKey::P256(key) => p256::ecdsa::Signature::from_slice(&numbers::<32>(&signature))
                    .and_then(|signature| key.verifying_key().verify_prehash(&Sha256::digest(text), &signature)),
                EllipticKey::P384(key) => p384::ecdsa::Signature::from_slice(&numbers::<48>(&signature))
                    .and_then(|signature| key.verifying_key().verify_prehash(&Sha384::digest(text), &signature)),
                EllipticKey::P521(key) => p521::ecdsa::Signature::from_slice(&numbers::<66>(&signature))
                    .and_then(|signature| key.verifying_key().verify_prehash(&Sha512::digest(text), &signature)),
            };
            assert!(verified.is_ok(), "{curve:x?}");
            assert_eq!(key.curve(), curve);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_in_gos_words() {
        let refused = |curve: Option<&[u8]>, number: &[u8]| EllipticKey::parse(curve, number).expect_err("there is no such key");
        assert_eq!(refused(None, &[1]), "x509: unknown elliptic curve");
        assert_eq!(refused(Some(identifier::P384), &[1; 49]), "x509: invalid private key length");
        assert_eq!(refused(Some(identifier::P256), &[0xff; 32]), "x509: invalid elliptic curve private key value");
    }
}
