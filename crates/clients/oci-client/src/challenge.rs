//! What a registry asks for when it does not know us, and the token that answers it.

use crate::credentials::{Credentials, basic};
use crate::error::Cause;
use http_client::{Secret, check_address, read_body};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Url};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most bytes of an answer with a token.
const TOKEN_BYTES: u64 = 1 << 20;
/// How we call ourselves where OAuth 2 wants a name.
const CLIENT_ID: &str = "weir";

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token that somebody else gives.
    Bearer {
        /// Who gives it.
        realm: String,
        /// For whom it is.
        service: String,
        /// For what it is, where the registry says so.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads a header `WWW-Authenticate`.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        let realm = parameters.remove("realm")?;
        Some(Self::Bearer { realm, service: parameters.remove("service").unwrap_or_default(), scope: parameters.remove("scope") })
    }

    /// The value of `Authorization` that answers the challenge; `None` where there is nothing to answer with.
    pub(crate) async fn answer(&self, party: &Party<'_>) -> Result<Option<HeaderValue>, Cause> {
        match self {
            Self::Basic => basic_header(party.credentials),
            Self::Bearer { realm, service, scope } => {
                let realm = Url::parse(realm).map_err(|_| Cause::Challenge("the realm is not an address".to_owned()))?;
                let downgrade = party.registry.scheme() == "https" && realm.scheme() != "https";
                if !matches!(realm.scheme(), "http" | "https") || downgrade {
                    return Err(Cause::Challenge("the realm is not served over TLS".to_owned()));
                }
                check_address(&realm)?;
                let scope = scope.as_deref().unwrap_or(party.scope);
                party.token(realm, service, scope).await.map(Some)
            }
        }
    }
}

/// The two sides of a challenge.
pub(crate) struct Party<'a> {
    /// Connections.
    pub(crate) client: &'a Client,
    /// Who asks.
    pub(crate) registry: &'a Url,
    /// Who we are.
    pub(crate) credentials: &'a Credentials,
    /// What we want: `repository:PATH:pull`.
    pub(crate) scope: &'a str,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

impl Party<'_> {
    async fn token(&self, realm: Url, service: &str, scope: &str) -> Result<HeaderValue, Cause> {
        let request = match self.credentials {
            Credentials::RegistryToken(token) => return bearer(token.expose()),
            Credentials::IdentityToken(token) => {
                let token = token.expose_text().ok_or(Cause::Credentials)?;
                let form = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", token),
                    ("service", service),
                    ("scope", scope),
                    ("client_id", CLIENT_ID),
                ];
                self.client.post(realm).form(&form)
            }
            Credentials::Anonymous | Credentials::Basic { .. } => {
                let mut query = vec![("scope", scope)];
                if !service.is_empty() {
                    query.push(("service", service));
                }
                let mut request = self.client.get(realm).query(&query);
                if let Some(header) = basic_header(self.credentials)? {
                    request = request.header(AUTHORIZATION, header);
                }
                request
            }
        };
        let response = request.send().await.map_err(|error| Cause::Connection(Box::new(error.without_url())))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Cause::Status { status: status.as_u16(), body: "no token was given".to_owned() });
        }
        let body = read_body(response, TOKEN_BYTES).await.map_err(|error| Cause::Connection(Box::new(error)))?;
        // The text of the cause is left out: it may quote a token.
        let token: Token = serde_json::from_slice(&body)
            .map_err(|_| Cause::Challenge("the answer of the token service is not JSON".to_owned()))?;
        let value = if token.token.is_empty() { token.access_token } else { token.token };
        if value.is_empty() {
            return Err(Cause::Challenge("the answer of the token service has no token".to_owned()));
        }
        bearer(value.as_bytes())
    }
}

fn bearer(token: &[u8]) -> Result<HeaderValue, Cause> {
    sensitive(&[b"Bearer ", token].concat())
}

fn basic_header(credentials: &Credentials) -> Result<Option<HeaderValue>, Cause> {
    match credentials {
        Credentials::Basic { username, password } => {
            sensitive(format!("Basic {}", basic(username, password)).as_bytes()).map(Some)
        }
        Credentials::IdentityToken(token) => {
            // As Docker: the user of a refresh token where a registry knows passwords only.
            let password = Secret::new(token.expose());
            sensitive(format!("Basic {}", basic("<token>", &password)).as_bytes()).map(Some)
        }
        Credentials::Anonymous | Credentials::RegistryToken(_) => Ok(None),
    }
}

fn sensitive(value: &[u8]) -> Result<HeaderValue, Cause> {
    let mut header = HeaderValue::from_bytes(value).map_err(|_| Cause::Credentials)?;
    header.set_sensitive(true);
    Ok(header)
}

/// `key="value"` pairs, separated by commas; a comma may be inside of quotes.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim().trim_start_matches(',').trim().to_ascii_lowercase();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(key, value.trim().to_owned());
        rest = next.trim_start_matches([',', ' ']);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let bearer = |realm: &str, service: &str, scope: Option<&str>| {
            let scope = scope.map(str::to_owned);
            Some(Challenge::Bearer { realm: realm.to_owned(), service: service.to_owned(), scope })
        };
        for (header, expect) in [
            ("Basic realm=\"Registry Realm\"", Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (
                "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\"",
                bearer("https://auth.docker.io/token", "registry.docker.io", Some("repository:a/b:pull,push")),
            ),
            ("Bearer realm=https://r/t, service=s", bearer("https://r/t", "s", None)),
            ("Bearer service=\"s\"", None),
            ("Negotiate", None),
            ("", None),
        ] {
            assert_eq!(Challenge::parse(header), expect, "{header}");
        }
    }
}
