//! SSH signatures (OpenSSH's PROTOCOL.sshsig) under Git's namespace.

use super::{MOST_BYTES, VerifyError};
use crate::ssh::{NAMESPACE, RSA_BITS};
use ssh_key::authorized_keys::Entry;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig};

/// The fingerprint of the key that made `signature` over `payload`, if it is one of `authorized`: texts with a key a line, as in
/// OpenSSH's `authorized_keys`. A text with a line that is none counts as a whole for nothing.
///
/// # Errors
/// When it is none of them.
pub fn verify_ssh(payload: &[u8], signature: &str, authorized: &[&[u8]]) -> Result<String, VerifyError> {
    let unusable = VerifyError::Signature;
    if signature.len() > MOST_BYTES {
        return Err(unusable("it is too large"));
    }
    let signature = SshSig::from_pem(signature.trim()).map_err(|_| unusable("it is not armored as SSH's are"))?;
    if matches!(signature.signature().algorithm(), Algorithm::Rsa { hash: None } | Algorithm::Dsa) {
        return Err(unusable("it is made with SHA-1"));
    }
    let texts: Vec<Vec<PublicKey>> = authorized.iter().filter_map(|text| keys(text)).collect();
    if texts.is_empty() {
        return Err(VerifyError::Keys { kind: "authorized keys" });
    }
    let mut reason = None;
    for key in texts.iter().flatten().filter(|key| key.key_data() == signature.public_key()) {
        match key.key_data() {
            KeyData::Rsa(public) if public.key_size() < RSA_BITS => reason = Some("RSA with fewer than 2048 bits"),
            _ if key.verify(NAMESPACE, payload, &signature).is_ok() => return Ok(key.fingerprint(HashAlg::Sha256).to_string()),
            _ => reason = Some("it is over something else, or for something else than Git"),
        }
    }
    Err(VerifyError::NoKey { kind: "authorized keys", reason })
}

/// The keys of a text; `None` where a line is none.
fn keys(text: &[u8]) -> Option<Vec<PublicKey>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= MOST_BYTES)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| Some(line.parse::<Entry>().ok()?.public_key().clone())).collect()
}
