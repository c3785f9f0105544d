//! Service accounts with a key.

use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::assertion::SigningKey;
use crate::azure::expires;
use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Asking;
use http_client::Secret;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Map, json};

/// How long an assertion holds, in seconds.
const ASSERTION_LIFE: i64 = 3600;
/// The kind of assertion.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Where tokens come from where a key does not say.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// A file with the key of a service account.
#[derive(Deserialize)]
struct File {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: String,
    token_uri: Option<String>,
}

/// A service account with a key.
pub(super) struct ServiceAccount {
    email: String,
    key: Secret,
    key_id: String,
    token_address: Url,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

impl ServiceAccount {
    pub(super) fn parse(json: &[u8]) -> Result<Self, Error> {
        // The text of the cause is left out: it may quote a key.
        let invalid = || Error::Invalid("the key of the service account is not complete".to_owned());
        let file: File = serde_json::from_slice(json).map_err(|_| invalid())?;
        let address = file.token_uri.filter(|address| !address.is_empty());
        let token_address = Url::parse(address.as_deref().unwrap_or(TOKEN_URI))
            .map_err(|error| Error::Invalid(format!("the token_uri of the service account is no address: {error}")))?;
        Ok(Self { email: file.client_email, key: Secret::new(file.private_key), key_id: file.private_key_id, token_address })
    }

    pub(super) async fn token_for_process(&self, asking: &Asking, scopes: &[&str], way: &Way) -> Result<Credential, Error> {
        self.token(asking, (scopes, AddressOf::Process), way).await
    }

    pub(super) async fn token_for_user(&self, asking: &Asking, scopes: &[&str], way: &Way) -> Result<Credential, Error> {
        self.token(asking, (scopes, AddressOf::User), way).await
    }

    async fn token(&self, asking: &Asking, (scopes, from): (&[&str], AddressOf), way: &Way) -> Result<Credential, Error> {
        let now = asking.surroundings.now();
        let claims = json!({
            "iss": self.email, "scope": scopes.join(" "), "aud": self.token_address.as_str(),
            "iat": now.as_second(), "exp": now.as_second() + ASSERTION_LIFE,
        });
        let mut header = Map::new();
        if !self.key_id.is_empty() {
            header.insert("kid".to_owned(), self.key_id.as_str().into());
        }
        let assertion = SigningKey::from_pem(self.key.expose())?.sign(header, &claims)?;
        let question = Question {
            method: Method::POST,
            address: self.token_address.clone(),
            from,
            headers: Vec::new(),
            body: Body::Form(vec![("grant_type", GRANT), ("assertion", &assertion)]),
            secrets: vec![assertion.as_bytes()],
        };
        let answer: Answer = ask_json(&asking.pool, way, &question).await?;
        Ok(Credential::token(answer.access_token, expires(now, answer.expires_in)))
    }
}
