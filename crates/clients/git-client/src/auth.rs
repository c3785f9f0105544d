//! Who we are to the server, and how a Kubernetes Secret says so.
//!
//! Reading the Secret object is the controller's part; here its data keys become credentials, as a pure function.

use git_model::{RepositoryUrl, Scheme};
use http_client::{Redactor, Secret, SecretData};

/// Who we are to the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// No credentials.
    #[default]
    None,
    /// HTTP basic authentication, sent with the first request, over plain HTTP too (as Flux).
    Basic {
        /// The user; may be empty.
        username: String,
        /// The password or token.
        password: Secret,
    },
    /// `Authorization: Bearer`, sent with the first request.
    Bearer(Secret),
    /// An SSH key.
    Ssh(SshKey),
}

/// An SSH user, its private key and the host keys it trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// The user on the server.
    pub user: String,
    /// The private key as PEM: OpenSSH, PKCS#1, PKCS#8 or SEC1; RSA, ECDSA or Ed25519.
    pub identity: Secret,
    /// What decrypts `identity`.
    pub passphrase: Option<Secret>,
    /// Lines of a `known_hosts` file.
    pub known_hosts: String,
}

/// Why the keys of a Secret are no credentials for an address. The wording is Flux's where Flux has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A password alone.
    #[error("invalid '{scheme}' auth option: 'password' requires 'username' to be set")]
    PasswordWithoutUsername {
        /// `http` or `https`.
        scheme: &'static str,
    },
    /// A key that SSH cannot do without.
    #[error("invalid 'ssh' auth option: '{key}' is required")]
    Required {
        /// `identity` or `known_hosts`.
        key: &'static str,
    },
    /// A token in the Secret and a user or password in the address.
    #[error("basic auth and bearer token cannot be set at the same time")]
    BasicAndBearer,
    /// A value that is text everywhere else.
    #[error("'{key}' is not UTF-8 text")]
    NotText {
        /// The key of the Secret.
        key: &'static str,
    },
}

impl Auth {
    /// Reads the credentials for `url` out of a Secret's data: `bearerToken`, or `username` and `password`, or for SSH
    /// `identity`, `known_hosts` and the passphrase as `password`. What the address itself carries fills the gaps. An empty
    /// `data` stands for no Secret.
    pub fn from_secret(url: &RepositoryUrl, data: &SecretData) -> Result<Self, AuthError> {
        if url.scheme() == Scheme::Ssh {
            return ssh_from_secret(url, data).map(Self::Ssh);
        }
        let from_url = (url.user().unwrap_or_default(), url.password().map(Secret::new).unwrap_or_default());
        if let Some(token) = data.get("bearerToken") {
            if !from_url.0.is_empty() || !from_url.1.is_empty() {
                return Err(AuthError::BasicAndBearer);
            }
            return Ok(if token.is_empty() { Self::None } else { Self::Bearer(Secret::new(token.clone())) });
        }
        let mut username = text(data, "username")?;
        if username.is_empty() {
            username = from_url.0.to_owned();
        }
        let mut password = Secret::new(data.get("password").cloned().unwrap_or_default());
        if password.is_empty() {
            password = from_url.1;
        }
        match (username.is_empty(), password.is_empty()) {
            (true, true) => Ok(Self::None),
            (true, false) => Err(AuthError::PasswordWithoutUsername { scheme: url.scheme().as_str() }),
            (false, _) => Ok(Self::Basic { username, password }),
        }
    }

    pub(crate) fn hide_in(&self, redactor: &mut Redactor) {
        match self {
            Self::None => {}
            Self::Basic { username, password } => {
                redactor.add(password.expose());
                redactor.add(crate::http::basic_token(username, password).as_bytes());
            }
            Self::Bearer(token) => redactor.add(token.expose()),
            Self::Ssh(key) => {
                if let Some(passphrase) = &key.passphrase {
                    redactor.add(passphrase.expose());
                }
            }
        }
    }
}

fn ssh_from_secret(url: &RepositoryUrl, data: &SecretData) -> Result<SshKey, AuthError> {
    let required = |key: &'static str| match data.get(key) {
        Some(value) if !value.is_empty() => Ok(value.clone()),
        _ => Err(AuthError::Required { key }),
    };
    let identity = Secret::new(required("identity")?);
    let known_hosts = String::from_utf8(required("known_hosts")?).map_err(|_| AuthError::NotText { key: "known_hosts" })?;
    let passphrase = data.get("password").filter(|value| !value.is_empty()).map(|value| Secret::new(value.clone()));
    Ok(SshKey { user: url.user().unwrap_or("git").to_owned(), identity, passphrase, known_hosts })
}

fn text(data: &SecretData, key: &'static str) -> Result<String, AuthError> {
    let value = data.get(key).cloned().unwrap_or_default();
    String::from_utf8(value).map_err(|_| AuthError::NotText { key })
}

#[cfg(test)]
mod tests;
