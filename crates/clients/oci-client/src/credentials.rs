//! Who we are to a registry, and how Docker's configuration says so.

use base64::{Engine, prelude::BASE64_STANDARD};
use http_client::{Redactor, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Who we are to a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Credentials {
    /// Nobody.
    #[default]
    Anonymous,
    /// A user with a password or token.
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, exchanged for others.
    IdentityToken(Secret),
    /// A token that is sent as it is.
    RegistryToken(Secret),
}

impl Credentials {
    pub(crate) fn hide_in(&self, redactor: &mut Redactor) {
        match self {
            Self::Anonymous => {}
            Self::Basic { username, password } => {
                redactor.add(password.expose());
                redactor.add(basic(username, password).as_bytes());
            }
            Self::IdentityToken(token) | Self::RegistryToken(token) => redactor.add(token.expose()),
        }
    }
}

/// What `Authorization: Basic` is followed by.
pub(crate) fn basic(username: &str, password: &Secret) -> String {
    BASE64_STANDARD.encode([username.as_bytes(), b":", password.expose()].concat())
}

/// The content of a `.dockerconfigjson`, or several of them: earlier ones win.
#[derive(Debug, Clone, Default)]
pub struct DockerConfig {
    entries: Vec<(String, Credentials)>,
}

/// Why a text is not a configuration of Docker.
#[derive(Debug, thiserror::Error)]
pub enum DockerConfigError {
    /// Not JSON of that form. The text of the cause is left out: it may quote a password.
    #[error("the Docker configuration is not valid JSON with 'auths', at line {line} column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// An `auth` that is not `user:password` in base64.
    #[error("the 'auth' of '{registry}' is not base64 of 'user:password'")]
    Auth {
        /// The key of the entry.
        registry: String,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl DockerConfig {
    /// Reads the JSON.
    ///
    /// # Errors
    /// When it is not such a configuration; nothing of its content is in the error.
    pub fn parse(json: &[u8]) -> Result<Self, DockerConfigError> {
        // A list would do for a structure, too.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(DockerConfigError::Json { line: 1, column: 1 });
        }
        let file: File = serde_json::from_slice(json)
            .map_err(|error| DockerConfigError::Json { line: error.line(), column: error.column() })?;
        let entries = file.auths.into_iter().map(|(registry, entry)| {
            let credentials = entry.credentials().ok_or_else(|| DockerConfigError::Auth { registry: registry.clone() })?;
            Ok((registry, credentials))
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds what another configuration says; where both name a registry, this one counts.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The credentials for a repository: the entry with the longest path that leads to it.
    pub fn credentials(&self, repository: &crate::Repository) -> Option<&Credentials> {
        let wanted = repository.to_string();
        let mut best: Option<(usize, &Credentials)> = None;
        for (key, credentials) in &self.entries {
            let key = normalized(key);
            let leads = wanted.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if leads && best.is_none_or(|(length, _)| key.len() > length) {
                best = Some((key.len(), credentials));
            }
        }
        best.map(|(_, credentials)| credentials)
    }

    /// Whether an entry names the host itself.
    pub fn has_host(&self, host: &str) -> bool {
        let host = normalized(host);
        self.entries.iter().any(|(key, _)| normalized(key) == host)
    }
}

/// A key without scheme, version and trailing slash, under the default registry's one name.
fn normalized(key: &str) -> String {
    let key = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').map_or((key, ""), |(host, path)| (host, path));
    let host = if matches!(host, "docker.io" | "registry-1.docker.io") { "index.docker.io" } else { host };
    if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") }
}

impl Entry {
    fn credentials(self) -> Option<Credentials> {
        if !self.registrytoken.is_empty() {
            return Some(Credentials::RegistryToken(Secret::new(self.registrytoken)));
        }
        if !self.identitytoken.is_empty() {
            return Some(Credentials::IdentityToken(Secret::new(self.identitytoken)));
        }
        if !self.username.is_empty() || !self.password.is_empty() {
            return Some(Credentials::Basic { username: self.username, password: Secret::new(self.password) });
        }
        if self.auth.is_empty() {
            return Some(Credentials::Anonymous);
        }
        let decoded = BASE64_STANDARD.decode(self.auth.trim()).ok()?;
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        let username = std::str::from_utf8(&decoded[..colon]).ok()?.to_owned();
        // Some tools pad the text with zero bytes before they encode it.
        let password = decoded[colon + 1..].iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>();
        Some(Credentials::Basic { username, password: Secret::new(password) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Repository;

    fn user(config: &DockerConfig, repository: &str) -> Option<String> {
        match config.credentials(&Repository::parse(repository).unwrap())? {
            Credentials::Basic { username, .. } => Some(username.clone()),
            other => Some(format!("{other:?}")),
        }
    }

    #[test]
    fn the_longest_path_that_leads_to_the_repository_counts() {
        let auth = BASE64_STANDARD.encode("hub:secret");
        let json = format!(
            r#"{{"auths": {{
                "https://index.docker.io/v1/": {{"auth": "{auth}"}},
                "ghcr.io": {{"username": "all", "password": "p"}},
                "ghcr.io/org": {{"username": "org", "password": "p"}},
                "http://localhost:5000": {{"identitytoken": "t"}}
            }}, "credHelpers": {{}}}}"#
        );
        let config = DockerConfig::parse(json.as_bytes()).unwrap();
        assert_eq!(user(&config, "podinfo").as_deref(), Some("hub"));
        assert_eq!(user(&config, "ghcr.io/other/x").as_deref(), Some("all"));
        assert_eq!(user(&config, "ghcr.io/org/x").as_deref(), Some("org"));
        assert_eq!(user(&config, "ghcr.io/organisation/x").as_deref(), Some("all"));
        assert_eq!(user(&config, "localhost:5000/xy").as_deref(), Some("IdentityToken(Secret(***))"));
        assert_eq!(user(&config, "quay.io/x/y"), None);
    }

    #[test]
    fn sec_c10_an_unreadable_configuration_is_not_quoted() {
        for json in [r#"{"auths": {"ghcr.io": {"password": S3NTINEL}}}"#, r#"{"auths": {"ghcr.io": {"auth": "S3NTINEL"}}}"#, "[]"]
        {
            let error = DockerConfig::parse(json.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("S3NTINEL"), "{error}");
        }
    }
}
