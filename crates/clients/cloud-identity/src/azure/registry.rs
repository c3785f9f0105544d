//! Passwords for Azure's registries.

use super::client::expires;
use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::assertion::expiry_of;
use crate::credential::Credential;
use crate::error::{AskError, Error};
use crate::identities::Asking;
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;

/// What tokens for registries are for.
pub(crate) const REGISTRY_SCOPE: &str = "https://containerregistry.azure.net/.default";
/// The user whose password is a token.
const USER: &str = "00000000-0000-0000-0000-000000000000";
/// How long a password is taken to hold that does not say how long it does.
const UNKNOWN_LIFE: i64 = 300;
/// The ends of the names of registries.
const DOMAINS: [&str; 4] = [".azurecr.io", ".azurecr.cn", ".azurecr.de", ".azurecr.us"];

#[derive(Deserialize)]
struct Answer {
    refresh_token: String,
}

/// Refuses hosts that are no registries of Azure's: they would learn the token of this process.
pub(crate) fn check_registry(host: &str) -> Result<(), Error> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let name = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain));
    match name {
        Some(name) if !name.is_empty() && name.bytes().all(known) => Ok(()),
        _ => Err(Error::Invalid(format!("invalid Azure registry: '{host}'"))),
    }
}

/// Exchanges a token for a password of the registry.
pub(crate) async fn registry_login(asking: &Asking, registry: &str, token: &Credential, way: &Way) -> Result<Credential, Error> {
    login_at(asking, &format!("https://{registry}"), (registry, token), way).await
}

async fn login_at(
    asking: &Asking,
    address: &str,
    (registry, token): (&str, &Credential),
    way: &Way,
) -> Result<Credential, Error> {
    let address = Url::parse(&format!("{address}/oauth2/exchange"))
        .map_err(|error| Error::Invalid(format!("'{registry}' is no registry: {error}")))?;
    let access_token = token.secret.expose_text().unwrap_or_default();
    let question = Question {
        method: Method::POST,
        address,
        from: AddressOf::Process,
        headers: Vec::new(),
        body: Body::Form(vec![("grant_type", "access_token"), ("service", registry), ("access_token", access_token)]),
        secrets: vec![token.secret.expose()],
    };
    let now = asking.surroundings.now();
    let answer: Answer = ask_json(&asking.pool, way, &question).await?;
    if answer.refresh_token.is_empty() {
        return Err(Error::Ask { method: "POST", address: question.address.to_string(), cause: AskError::Answer });
    }
    let end = expiry_of(&answer.refresh_token).and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(Credential::login(USER, answer.refresh_token, end.unwrap_or_else(|| expires(now, UNKNOWN_LIFE))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surroundings::ProcessSurroundings;
    use http_client::Pool;
    use std::sync::Arc;
    use test_support::scripted::Scripted;

    /// The pattern of `fluxcd/pkg/auth/azure`, anchored.
    #[test]
    fn sec_c2_the_token_of_the_process_goes_to_azures_registries_only() {
        for host in ["foo.azurecr.io", "foo.azurecr.cn", "foo-bar.westeurope.azurecr.us"] {
            assert!(check_registry(host).is_ok(), "{host}");
        }
        for host in [
            ".azurecr.io",
            "azurecr.io",
            "foo.azurecr.com",
            "foo.azurecr.io.evil.example",
            "evil.example/foo.azurecr.io",
            "u@foo.azurecr.io",
            "ghcr.io",
        ] {
            assert!(check_registry(host).is_err(), "{host}");
        }
    }

    /// The exchange of Microsoft's documentation of registries; the claims of the token are `{"exp":1700000000}`.
    #[tokio::test]
    async fn a_token_is_exchanged_for_a_password() -> Result<(), Box<dyn std::error::Error>> {
        let server = Scripted::start(|_, _| {
            let body = r#"{"refresh_token":"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2ln"}"#;
            ("200 OK", vec![("content-type", "application/json".to_owned())], body.to_owned())
        })?;
        let asking = Asking { pool: Pool::new("test".to_owned()), surroundings: Arc::new(ProcessSurroundings) };
        let token = Credential::token("aad", Timestamp::UNIX_EPOCH);
        let address = format!("http://{}", server.address());
        let login = login_at(&asking, &address, ("foo.azurecr.io", &token), &Way::default()).await?;
        assert_eq!((login.name.as_str(), login.expires), (USER, Some(Timestamp::from_second(1_700_000_000)?)));
        assert!(server.received()[0].starts_with("POST /oauth2/exchange HTTP/1.1\r\n"), "{:?}", server.received());
        assert_eq!(server.bodies()[0], "grant_type=access_token&service=foo.azurecr.io&access_token=aad");
        Ok(())
    }
}
