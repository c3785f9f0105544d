//! OpenPGP signatures of version 4 (RFC 4880 and 9580).

use crate::{KeyError, SignError};
use pgp::{
    composed::{ArmorOptions, Deserializable, DetachedSignature, SignedSecretKey},
    crypto::hash::HashAlgorithm,
    packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData},
    types::{KeyDetails, KeyVersion, Password, SigningKey, Timestamp},
};

pub(crate) struct OpenPgpKey {
    key: SignedSecretKey,
    /// Which subkey signs; `None` for the primary key.
    subkey: Option<usize>,
}

impl OpenPgpKey {
    pub(crate) fn read(armored: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        let malformed = |error: pgp::errors::Error| KeyError::Malformed { kind: "OpenPGP", source: Box::new(error) };
        let (keys, _) = SignedSecretKey::from_armor_many(armored).map_err(malformed)?;
        let keys: Vec<SignedSecretKey> = keys.collect::<Result<_, _>>().map_err(malformed)?;
        let count = keys.len();
        let Ok([key]) = <[SignedSecretKey; 1]>::try_from(keys) else { return Err(KeyError::NotOne(count)) };
        if key.primary_key.version() != KeyVersion::V4 {
            return Err(KeyError::Unusable("an OpenPGP key of another version than 4"));
        }
        let mut signer = Self { subkey: signing_subkey(&key), key };
        signer.open(passphrase)?;
        Ok(signer)
    }

    /// Decrypts the key once: a wrong passphrase is known before there is anything to sign, and signing is quick.
    fn open(&mut self, passphrase: Option<&[u8]>) -> Result<(), KeyError> {
        let password = passphrase.map_or_else(Password::empty, Password::from);
        let (encrypted, opened) = match self.subkey.and_then(|index| self.key.secret_subkeys.get_mut(index)) {
            Some(subkey) => (subkey.key.secret_params().is_encrypted(), subkey.key.remove_password(&password)),
            None => {
                let key = &mut self.key.primary_key;
                (key.secret_params().is_encrypted(), key.remove_password(&password))
            }
        };
        match (encrypted, opened) {
            (false, _) | (true, Ok(())) => Ok(()),
            (true, Err(_)) if passphrase.is_none() => Err(KeyError::PassphraseMissing),
            (true, Err(_)) => Err(KeyError::PassphraseWrong),
        }
    }

    pub(crate) fn sign(&self, payload: &[u8], seconds: i64) -> Result<String, SignError> {
        match self.subkey.and_then(|index| self.key.secret_subkeys.get(index)) {
            Some(subkey) => sign_with(&subkey.key, payload, seconds),
            None => sign_with(&self.key.primary_key, payload, seconds),
        }
        .map_err(|error| SignError(Box::new(error)))
    }
}

fn sign_with(key: &impl SigningKey, payload: &[u8], seconds: i64) -> pgp::errors::Result<String> {
    let time = Timestamp::from_secs(u32::try_from(seconds).unwrap_or(u32::MAX));
    // The curves of 521 bits demand SHA-512; nothing should get less than SHA-256.
    let hash = match key.hash_alg() {
        strong @ (HashAlgorithm::Sha256 | HashAlgorithm::Sha384 | HashAlgorithm::Sha512) => strong,
        _ => HashAlgorithm::Sha256,
    };
    let mut config = SignatureConfig::v4(SignatureType::Binary, key.algorithm(), hash);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(time))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    let signature = DetachedSignature::new(config.sign(key, &Password::empty(), payload)?);
    signature.to_armored_string(ArmorOptions::default())
}

/// The newest subkey that says of itself that it signs and that is not revoked, as gpg chooses.
fn signing_subkey(key: &SignedSecretKey) -> Option<usize> {
    let signs = |index: &usize| {
        let signatures = &key.secret_subkeys[*index].signatures;
        let is_revoked = signatures.iter().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation));
        !is_revoked && signatures.iter().any(|signature| signature.key_flags().sign())
    };
    (0..key.secret_subkeys.len()).filter(signs).max_by_key(|index| key.secret_subkeys[*index].key.created_at().as_secs())
}
