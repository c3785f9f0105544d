//! The signature of a commit or tag, made with a key held in memory and verified by such: OpenPGP as `gpg --detach-sign --armor`, or SSH
//! as `ssh-keygen -Y sign -n git`. No program is run, and nothing is read from a key ring, an agent or a disk.
//!
//! What this is not: a reader of Secrets or of Git's objects: the caller hands over bytes.

mod open_pgp;
mod ssh;
mod verify;

pub use verify::{VerifyError, verify_open_pgp, verify_ssh};

use std::fmt;

/// A key that can sign.
pub struct SigningKey(Key);

enum Key {
    OpenPgp(Box<open_pgp::OpenPgpKey>),
    Ssh(Box<ssh_key::PrivateKey>),
}

/// Why bytes are no key that can sign.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// They are no private key of the kind.
    #[error("not a {kind} private key")]
    Malformed {
        /// `OpenPGP` or `SSH`.
        kind: &'static str,
        /// What the reader says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There must be one key, so that it is clear who signs.
    #[error("{0} OpenPGP keys where one is expected")]
    NotOne(usize),
    /// The key is encrypted and no passphrase was given.
    #[error("the private key is encrypted and no passphrase is given")]
    PassphraseMissing,
    /// The passphrase does not open the key.
    #[error("the passphrase does not decrypt the private key")]
    PassphraseWrong,
    /// The key cannot sign, or is too weak or too expensive to use.
    #[error("unusable private key: {0}")]
    Unusable(&'static str),
}

/// The key did not sign.
#[derive(Debug, thiserror::Error)]
#[error("sign")]
pub struct SignError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SigningKey {
    /// Reads an armored OpenPGP private key: one key with its subkeys, of which the newest that may sign does.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open_pgp(armored: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        open_pgp::OpenPgpKey::read(armored, passphrase).map(|key| Self(Key::OpenPgp(Box::new(key))))
    }

    /// Reads an SSH private key in OpenSSH's format: Ed25519, ECDSA, or RSA of at least 2048 bits.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn ssh(pem: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        ssh::read(pem, passphrase).map(|key| Self(Key::Ssh(Box::new(key))))
    }

    /// The armored signature over the bytes of a commit, made at `seconds` since 1970 (only OpenPGP says when).
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, payload: &[u8], seconds: i64) -> Result<String, SignError> {
        match &self.0 {
            Key::OpenPgp(key) => key.sign(payload, seconds),
            Key::Ssh(key) => ssh::sign(key, payload),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Key::OpenPgp(_) => "SigningKey(OpenPGP, ***)",
            Key::Ssh(_) => "SigningKey(SSH, ***)",
        })
    }
}
