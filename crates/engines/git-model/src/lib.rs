//! What Git means to a GitRepository: which reference is wanted, which commit that is, and what a commit or tag says.
//!
//! - [`Wanted`] and [`Reference`]: from `spec.ref` to what to ask the remote, and from its answer to a revision.
//! - [`Commit`] and [`Tag`]: parsed objects, with signature and signed bytes for later verification.
//! - [`RepositoryUrl`]: addresses that are safe to hand on.
//! - [`write`]: new commits as bytes, and what is said and heard when they are pushed.
//!
//! What this is not: a Git client. Nothing here opens a connection or a repository.

mod object;
mod reference;
mod refname;
mod url;
pub mod write;

pub use object::{Commit, ObjectError, Person, Signature, SignatureKind, Tag, short_message};
pub use reference::{AdvertisedRef, Reference, ReferenceError, Resolution, Resolved, Wanted, newest};
pub use refname::{InvalidRefName, check_ref_name};
pub use url::{RepositoryUrl, Scheme, UrlError};

use std::{fmt, str::FromStr};

/// The name of an object: 40 hexadecimal digits, or 64 in repositories with SHA-256. Always in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

/// A text is not the name of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the name of a Git object")]
pub struct InvalidObjectId(pub String);

impl ObjectId {
    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that these bytes are, in a repository with SHA-1.
    pub fn from_sha1(bytes: [u8; 20]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The bytes that the digits stand for: 20, or 32 in repositories with SHA-256.
    pub fn to_bytes(&self) -> Vec<u8> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default();
        self.0.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    /// The digits with their algorithm: `sha1:<40>` or `sha256:<64>`.
    pub fn digest(&self) -> String {
        let algorithm = if self.0.len() == 40 { "sha1" } else { "sha256" };
        format!("{algorithm}:{}", self.0)
    }
}

impl FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, InvalidObjectId> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidObjectId(text.to_owned()))
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
