//! The key that signs commits, out of the Secret that an automation names.

use api::image::SigningKeyType;
use commit_signature::{KeyError, SigningKey};
use runtime::error_chain::error_chain;
use runtime::secrets::SecretData;

/// Reads the key; the failure in Flux's words, without anything of the key.
pub(crate) fn key(data: &SecretData, kind: SigningKeyType, secret: &str) -> Result<SigningKey, String> {
    let (entry, passphrase) = match kind {
        SigningKeyType::Gpg => ("git.asc", "passphrase"),
        SigningKeyType::Ssh => ("identity", "password"),
    };
    let article = if kind == SigningKeyType::Gpg { "a" } else { "an" };
    let text =
        data.get(entry).ok_or_else(|| format!("signing key secret '{secret}' does not contain {article} '{entry}' key"))?;
    let secret_passphrase = data.get(passphrase).map(Vec::as_slice);
    let key = match kind {
        SigningKeyType::Gpg => SigningKey::open_pgp(text, secret_passphrase),
        SigningKeyType::Ssh => SigningKey::ssh(text, secret_passphrase),
    };
    key.map_err(|error| match error {
        KeyError::PassphraseMissing => {
            format!("can not use passphrase protected signing key without '{passphrase}' field present in secret {secret}")
        }
        KeyError::PassphraseWrong => {
            format!("could not decrypt private key of the signing key present in secret {secret}: {error}")
        }
        KeyError::NotOne(2..) => {
            format!("multiple entities read from secret '{secret}', could not determine which signing key to use")
        }
        error => format!("could not read signing key from secret '{secret}': {}", error_chain(&error)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_named() {
        for (kind, expect) in [
            (SigningKeyType::Gpg, "signing key secret 'keys' does not contain a 'git.asc' key"),
            (SigningKeyType::Ssh, "signing key secret 'keys' does not contain an 'identity' key"),
        ] {
            assert_eq!(key(&SecretData::new(), kind, "keys").map(drop), Err(expect.to_owned()));
        }
    }

    #[test]
    fn what_is_no_key_is_told_without_its_content() {
        let data = SecretData::from([("identity".to_owned(), b"S3NTINEL".to_vec())]);
        let error = key(&data, SigningKeyType::Ssh, "keys").map(drop).expect_err("no key");
        assert!(error.starts_with("could not read signing key from secret 'keys': ") && !error.contains("S3NTINEL"), "{error}");
    }
}
