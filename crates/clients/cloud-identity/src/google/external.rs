//! Federated identities: a token of somebody else's, in a file, becomes one of Google's.

use super::CLOUD_SCOPES;
use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::azure::expires;
use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Asking;
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// How long the token of an account that is impersonated holds where the file does not say, in seconds.
const LIFETIME: u64 = 3600;

/// The configuration of a federated identity.
#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Source,
    service_account_impersonation_url: Option<String>,
    #[serde(default)]
    service_account_impersonation: Impersonation,
}

#[derive(Deserialize)]
struct Source {
    file: Option<String>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
struct Format {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    subject_token_field_name: String,
}

#[derive(Deserialize, Default)]
struct Impersonation {
    token_lifetime_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Impersonated {
    access_token: String,
    expire_time: Timestamp,
}

impl ExternalAccount {
    pub(super) fn parse(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            Error::Invalid(format!("the configuration of workload identity federation is not complete: {error}"))
        })
    }

    /// The token that is exchanged.
    pub(super) fn subject(&self, read: impl FnOnce(&str) -> Result<String, Error>) -> Result<String, Error> {
        let Some(file) = &self.credential_source.file else {
            return Err(Error::unsupported(
                "workload identity federation whose source is no file",
                "use a file with a projected token of the ServiceAccount as its credential_source",
            ));
        };
        let content = read(file)?;
        let format = &self.credential_source.format;
        if format.kind != "json" {
            return Ok(content);
        }
        let field = &format.subject_token_field_name;
        let found = serde_json::from_str::<Value>(&content).ok().and_then(|value| value.get(field)?.as_str().map(str::to_owned));
        found.ok_or_else(|| Error::Invalid(format!("{file} has no field '{field}'")))
    }

    pub(super) async fn token(&self, asking: &Asking, subject: &str, scopes: &[&str], way: &Way) -> Result<Credential, Error> {
        let impersonation = self.service_account_impersonation_url.as_deref();
        // Whoever impersonates needs to be let into the cloud first.
        let scope = if impersonation.is_some() { CLOUD_SCOPES[0].to_owned() } else { scopes.join(" ") };
        let question = Question {
            method: Method::POST,
            address: address(&self.token_url)?,
            from: AddressOf::Process,
            headers: Vec::new(),
            body: Body::Form(vec![
                ("audience", &self.audience),
                ("grant_type", GRANT),
                ("requested_token_type", ACCESS_TOKEN),
                ("scope", &scope),
                ("subject_token", subject),
                ("subject_token_type", &self.subject_token_type),
            ]),
            secrets: vec![subject.as_bytes()],
        };
        let now = asking.surroundings.now();
        let exchanged: Exchanged = ask_json(&asking.pool, way, &question).await?;
        let Some(account) = impersonation else {
            return Ok(Credential::token(exchanged.access_token, expires(now, exchanged.expires_in)));
        };
        let lifetime = self.service_account_impersonation.token_lifetime_seconds.unwrap_or(LIFETIME);
        let question = Question {
            method: Method::POST,
            address: address(account)?,
            from: AddressOf::Process,
            headers: vec![
                ("authorization", format!("Bearer {}", exchanged.access_token)),
                ("content-type", "application/json".to_owned()),
            ],
            body: Body::Text(json!({ "lifetime": format!("{lifetime}s"), "scope": scopes }).to_string()),
            secrets: vec![exchanged.access_token.as_bytes()],
        };
        let given: Impersonated = ask_json(&asking.pool, way, &question).await?;
        Ok(Credential::token(given.access_token, given.expire_time))
    }
}

fn address(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::Invalid(format!("'{text}' is no address: {error}")))
}
