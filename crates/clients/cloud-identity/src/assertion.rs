//! Assertions signed with a key of ours: JSON Web Tokens, RS256.

use crate::error::Error;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

/// A private RSA key.
pub(crate) struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads a key: PEM of PKCS#8 or PKCS#1, not encrypted.
    ///
    /// # Errors
    /// When there is none that can be used; nothing of it is in the text.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let pair = match PrivateKeyDer::from_pem_slice(pem) {
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
            Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
            _ => None,
        };
        pair.map(Self).ok_or_else(|| Error::Invalid("the private key is not PEM of an unencrypted RSA key".to_owned()))
    }

    /// A token with `claims`, and `header` besides `alg` and `typ`.
    ///
    /// # Errors
    /// When the library does not sign.
    pub(crate) fn sign(&self, mut header: Map<String, Value>, claims: &Value) -> Result<String, Error> {
        header.insert("alg".to_owned(), "RS256".into());
        header.insert("typ".to_owned(), "JWT".into());
        let encode = |text: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(text);
        let signed =
            format!("{}.{}", encode(Value::Object(header).to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Error::Invalid("the private key does not sign".to_owned()))?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}

/// When a token of Azure's registries, a JSON Web Token, expires; without a look at its signature, which its service checks.
pub(crate) fn expiry_of(token: &str) -> Option<i64> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Value>(&claims).ok()?.get("exp")?.as_i64()
}

/// An id that nobody else has.
pub(crate) fn random_id() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Invalid("the system has no randomness".to_owned()))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
