//! What proves who we are.

use http_client::Secret;
use jiff::Timestamp;

/// A cloud that knows identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
}

impl Provider {
    /// As `spec.provider` names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
        }
    }
}

/// What proves who we are, and until when: a token alone, a name and a password, or keys for signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user, or the public half of a pair of keys; empty for a token.
    pub name: String,
    /// The token, the password, or the secret half.
    pub secret: Secret,
    /// What accompanies temporary keys.
    pub session: Option<Secret>,
    /// When it ends; `None` where it does not.
    pub expires: Option<Timestamp>,
}

impl Credential {
    pub(crate) fn token(secret: impl Into<Vec<u8>>, expires: Timestamp) -> Self {
        Self { name: String::new(), secret: Secret::new(secret), session: None, expires: Some(expires) }
    }

    pub(crate) fn login(name: &str, secret: impl Into<Vec<u8>>, expires: Timestamp) -> Self {
        Self { name: name.to_owned(), ..Self::token(secret, expires) }
    }

    /// As keys that sign requests.
    pub fn signing(&self) -> aws_signature::Credentials {
        let session = self.session.as_ref().and_then(Secret::expose_text);
        aws_signature::Credentials {
            access_key: self.name.clone(),
            secret_key: self.secret.expose().to_vec(),
            session_token: session.map(str::to_owned),
        }
    }
}

/// Who we are to a Git server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitLogin {
    /// A user and a password.
    Basic(String, Secret),
    /// A token.
    Bearer(Secret),
}
