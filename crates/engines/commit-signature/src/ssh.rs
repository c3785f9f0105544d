//! SSH signatures (OpenSSH's PROTOCOL.sshsig).

use crate::{KeyError, SignError};
use ssh_key::{Algorithm, HashAlg, Kdf, LineEnding, PrivateKey, public::KeyData};

/// What Git signs under.
pub(crate) const NAMESPACE: &str = "git";
/// Below this RSA is not safe any more; Flux refuses it too.
pub(crate) const RSA_BITS: u32 = 2048;
/// Rounds of bcrypt that a key may cost; `ssh-keygen` makes 16 or 24, `-a 100` is the usual advice.
const BCRYPT_ROUNDS: u32 = 1_000;

pub(crate) fn read(pem: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, KeyError> {
    let key = PrivateKey::from_openssh(pem).map_err(|error| KeyError::Malformed { kind: "SSH", source: Box::new(error) })?;
    if matches!(key.kdf(), Kdf::Bcrypt { rounds, .. } if *rounds > BCRYPT_ROUNDS) {
        return Err(KeyError::Unusable("its passphrase costs too many rounds"));
    }
    let key = match (key.is_encrypted(), passphrase) {
        (false, _) => key,
        (true, None) => return Err(KeyError::PassphraseMissing),
        (true, Some(passphrase)) => key.decrypt(passphrase).map_err(|_| KeyError::PassphraseWrong)?,
    };
    match (key.algorithm(), key.public_key().key_data()) {
        (Algorithm::Ed25519 | Algorithm::Ecdsa { .. }, _) => Ok(key),
        (_, KeyData::Rsa(public)) if public.key_size() >= RSA_BITS => Ok(key),
        (_, KeyData::Rsa(_)) => Err(KeyError::Unusable("RSA with fewer than 2048 bits")),
        _ => Err(KeyError::Unusable("neither Ed25519 nor ECDSA nor RSA")),
    }
}

pub(crate) fn sign(key: &PrivateKey, payload: &[u8]) -> Result<String, SignError> {
    let signature = key.sign(NAMESPACE, HashAlg::Sha512, payload).map_err(|error| SignError(Box::new(error)))?;
    signature.to_pem(LineEnding::LF).map_err(|error| SignError(Box::new(error)))
}
