//! OpenPGP signatures, judged as of now: a key that has expired or is revoked counts for nothing, whenever it signed.

use super::{MOST_BYTES, VerifyError};
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{PublicKey, Signature, SignatureType, SubpacketData};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, PublicParams, RsaPublicParams, Tag, VerifyingKey};
use std::fmt::Write as _;

/// The most keys of a ring, and signatures of a key, that are looked at.
const MOST: usize = 200;
/// RSA keys of fewer bits are refused.
const RSA_BITS: u16 = 2047;

/// The id of the key, or of the primary key of the subkey, that made `signature` over `payload`: 16 hexadecimal digits. The key has to
/// be in one of `rings`, each armored, and be good for signing at `now`, in seconds since 1970. A ring that cannot be read is passed
/// over where another can.
///
/// # Errors
/// When no such key made it.
pub fn verify_open_pgp(payload: &[u8], signature: &str, rings: &[&[u8]], now: i64) -> Result<String, VerifyError> {
    let unusable = VerifyError::Signature;
    if signature.len() > MOST_BYTES {
        return Err(unusable("it is too large"));
    }
    let (signature, _) = DetachedSignature::from_armor_single(signature.trim().as_bytes())
        .map_err(|_| unusable("it is not armored as OpenPGP's are"))?;
    let signature = signature.signature;
    check(&signature, now).map_err(unusable)?;
    let rings: Vec<Vec<SignedPublicKey>> = rings.iter().filter_map(|ring| read(ring)).collect();
    if rings.is_empty() {
        return Err(VerifyError::Keys { kind: "armored key ring" });
    }
    let mut reason = None;
    for key in rings.iter().flatten() {
        match judge(key, payload, &signature, now) {
            Judgement::Good => return Ok(hexadecimal(key.primary_key.legacy_key_id().as_ref())),
            Judgement::Bad(why) => reason = Some(why),
            Judgement::Other => {}
        }
    }
    Err(VerifyError::NoKey { kind: "key rings", reason })
}

/// What a key has to do with a signature.
enum Judgement {
    /// It made it, and is good for that.
    Good,
    /// It made it, but must not be relied on.
    Bad(&'static str),
    /// Nothing.
    Other,
}

fn read(ring: &[u8]) -> Option<Vec<SignedPublicKey>> {
    if ring.len() > MOST_BYTES {
        return None;
    }
    let (keys, _) = SignedPublicKey::from_armor_many(ring).ok()?;
    // Keys of kinds that are not known do not spoil the others.
    let keys: Vec<SignedPublicKey> = keys.take(MOST).filter_map(Result::ok).collect();
    (!keys.is_empty()).then_some(keys)
}

/// What holds of a signature whoever made it.
fn check(signature: &Signature, now: i64) -> Result<(), &'static str> {
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err("it is none of a document");
    }
    let strong = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512, HashAlgorithm::Sha224];
    if !signature.hash_alg().is_some_and(|hash| strong.contains(&hash) || is_sha3(hash)) {
        return Err("it is made with a weak or unknown hash");
    }
    current(signature, now)
}

fn is_sha3(hash: HashAlgorithm) -> bool {
    matches!(hash, HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_512)
}

/// Whether a signature is neither of the future nor past its end, and has no critical notation, of which none is known.
fn current(signature: &Signature, now: i64) -> Result<(), &'static str> {
    let created = signature.created().map(|time| i64::from(time.as_secs())).ok_or("it does not say when it was made")?;
    let end = signature.signature_expiration_time().map(|length| i64::from(length.as_secs())).filter(|length| *length > 0);
    if created > now || end.is_some_and(|length| created.saturating_add(length) <= now) {
        return Err("it has expired, or is of the future");
    }
    let mut subpackets = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    let is_notation = |data: &SubpacketData| matches!(data, SubpacketData::Notation(_));
    if subpackets.any(|subpacket| subpacket.is_critical && is_notation(&subpacket.data)) {
        return Err("it has a critical notation that is not known");
    }
    Ok(())
}

/// Whether the key, or one of its subkeys, made the signature and may be relied on.
fn judge(key: &SignedPublicKey, payload: &[u8], signature: &Signature, now: i64) -> Judgement {
    let primary = &key.primary_key;
    if signature.verify(primary, payload).is_ok() {
        return judged(
            owner(key, now).and_then(
                |own| {
                    if own.key_flags().sign() { safe(primary) } else { Err("the key is not for signing") }
                },
            ),
        );
    }
    let subkey = key.public_subkeys.iter().take(MOST).find(|subkey| signature.verify(&subkey.key, payload).is_ok());
    match subkey {
        Some(subkey) => judged(owner(key, now).and_then(|_| bound(primary, subkey, now)).and_then(|()| safe(&subkey.key))),
        None => Judgement::Other,
    }
}

fn judged(outcome: Result<(), &'static str>) -> Judgement {
    outcome.map_or_else(Judgement::Bad, |()| Judgement::Good)
}

/// What the primary key says of itself, if it is neither revoked nor expired: the newest signature of its main name.
fn owner(key: &SignedPublicKey, now: i64) -> Result<&Signature, &'static str> {
    let primary = &key.primary_key;
    let details = &key.details;
    if details.revocation_signatures.iter().take(MOST).any(|revocation| revocation.verify_key(primary).is_ok()) {
        return Err("the key is revoked");
    }
    let of_names = details.users.iter().take(MOST).filter_map(|user| {
        let signed = |signature: &&Signature| signature.verify_certification(primary, Tag::UserId, &user.id).is_ok();
        let own = || user.signatures.iter().take(MOST).filter(signed);
        if own().any(|signature| signature.typ() == Some(SignatureType::CertRevocation)) {
            return None;
        }
        own()
            .filter(|signature| signature.typ() != Some(SignatureType::CertRevocation))
            .max_by_key(|signature| signature.created().map(|time| time.as_secs()))
    });
    let direct = details.direct_signatures.iter().take(MOST).filter(|signature| signature.verify_key(primary).is_ok());
    let rank = |signature: &&Signature| (signature.is_primary(), signature.created().map(|time| time.as_secs()));
    let own =
        of_names.max_by_key(rank).or_else(|| direct.max_by_key(rank)).ok_or("the key has no valid name, or it is revoked")?;
    current(own, now)?;
    alive(primary, own, now)?;
    Ok(own)
}

/// Whether a subkey belongs to the primary key, is for signing, and is neither revoked nor expired.
fn bound(primary: &PublicKey, subkey: &SignedPublicSubKey, now: i64) -> Result<(), &'static str> {
    let signed = |signature: &&Signature| signature.verify_subkey_binding(primary, &subkey.key).is_ok();
    let own = || subkey.signatures.iter().take(MOST).filter(signed);
    if own().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation)) {
        return Err("the subkey is revoked");
    }
    let bindings = own().filter(|signature| signature.typ() == Some(SignatureType::SubkeyBinding));
    let binding = bindings.max_by_key(|signature| signature.created().map(|time| time.as_secs()));
    let binding = binding.ok_or("the subkey does not belong to the key")?;
    if !binding.key_flags().sign() {
        return Err("the subkey is not for signing");
    }
    // Else somebody could take the subkey of another for one of theirs.
    let back = binding.embedded_signature().ok_or("the subkey did not sign that it belongs to the key")?;
    back.verify_primary_key_binding(&subkey.key, primary).map_err(|_| "the subkey did not sign that it belongs to the key")?;
    current(binding, now)?;
    current(back, now)?;
    alive(&subkey.key, binding, now)
}

/// Whether a key is neither of the future nor past the end that its owner gave it.
fn alive(key: &impl KeyDetails, own: &Signature, now: i64) -> Result<(), &'static str> {
    let created = i64::from(key.created_at().as_secs());
    let length = own.key_expiration_time().map(|length| i64::from(length.as_secs())).filter(|length| *length > 0);
    if created > now || length.is_some_and(|length| created.saturating_add(length) <= now) {
        return Err("the key has expired, or is of the future");
    }
    Ok(())
}

/// Whether a key is of a kind and size that is safe.
fn safe(key: &impl VerifyingKey) -> Result<(), &'static str> {
    match (key.algorithm(), key.public_params()) {
        (PublicKeyAlgorithm::DSA | PublicKeyAlgorithm::Elgamal | PublicKeyAlgorithm::ElgamalEncrypt, _) => {
            Err("the key is of a kind that is not safe")
        }
        (_, PublicParams::RSA(rsa)) if bits(rsa).is_none_or(|bits| bits < RSA_BITS) => Err("RSA with fewer than 2048 bits"),
        (_, PublicParams::ECDSA(ecdsa)) if ecdsa.curve() == ECCCurve::Secp256k1 => {
            Err("the key is over a curve that is not used for this")
        }
        _ => Ok(()),
    }
}

/// The bits of an RSA key: what its number says of itself when it is written.
fn bits(key: &RsaPublicParams) -> Option<u16> {
    let mut bytes = Vec::new();
    key.to_writer(&mut bytes).ok()?;
    Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}
