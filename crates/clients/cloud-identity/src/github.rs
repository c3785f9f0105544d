//! Installations of GitHub Apps.

use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::assertion::SigningKey;
use crate::credential::Credential;
use crate::error::{AskError, Error};
use crate::identities::Asking;
use http_client::{Secret, SecretData};
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Map, json};

/// The user whose password is a token.
const USER: &str = "x-access-token";
/// GitHub's own interface; that of a server of one's own is named in the Secret.
const INTERFACE: &str = "https://api.github.com";
/// How far clocks may be apart, and how long an assertion holds, in seconds.
const DRIFT: i64 = 30;
const ASSERTION_LIFE: i64 = 120;

/// An app, and where it is installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GithubApp {
    id: i64,
    installation: Installation,
    key: Secret,
    interface: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Installation {
    Id(i64),
    Owner(String),
}

/// Why the data of a Secret describe no app. The wording is Flux's where Flux has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GithubAppError {
    /// No id, or none that is a number.
    #[error("app ID must be provided to use github app authentication")]
    Id,
    /// Neither.
    #[error("app installation owner or ID must be provided to use github app authentication")]
    Installation,
    /// Both.
    #[error("only one of app installation owner or ID must be provided to use github app authentication")]
    OwnerAndId,
    /// No key.
    #[error("private key must be provided to use github app authentication")]
    Key,
    /// An owner that is no name.
    #[error("app installation owner is no name of a user or organization")]
    Owner,
}

impl GithubApp {
    /// Reads `githubAppID`, `githubAppInstallationID` or `githubAppInstallationOwner`, `githubAppPrivateKey` and `githubAppBaseURL` out
    /// of a Secret's data.
    ///
    /// # Errors
    /// When something is missing.
    pub fn from_secret(data: &SecretData) -> Result<Self, GithubAppError> {
        let text = |key: &str| {
            let value = data.get(key).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim);
            value.filter(|value| !value.is_empty())
        };
        let number = |key: &str| text(key).and_then(|value| value.parse::<i64>().ok()).filter(|number| *number != 0);
        let id = number("githubAppID").ok_or(GithubAppError::Id)?;
        let installation = match (number("githubAppInstallationID"), text("githubAppInstallationOwner")) {
            (Some(_), Some(_)) => return Err(GithubAppError::OwnerAndId),
            (Some(id), None) => Installation::Id(id),
            (None, Some(owner)) if is_name(owner) => Installation::Owner(owner.to_owned()),
            (None, Some(_)) => return Err(GithubAppError::Owner),
            (None, None) => return Err(GithubAppError::Installation),
        };
        let key = data.get("githubAppPrivateKey").filter(|key| !key.is_empty()).ok_or(GithubAppError::Key)?;
        let interface = text("githubAppBaseURL").map(str::to_owned);
        Ok(Self { id, installation, key: Secret::new(key.clone()), interface })
    }
}

/// Only a name may become part of an address.
fn is_name(owner: &str) -> bool {
    owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[derive(Deserialize)]
struct Token {
    token: String,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Installed {
    id: i64,
}

pub(crate) async fn credential(asking: &Asking, app: &GithubApp, way: &Way) -> Result<Credential, Error> {
    let now = asking.surroundings.now().as_second() - DRIFT;
    let claims = json!({ "iat": now, "exp": now + ASSERTION_LIFE, "iss": app.id.to_string() });
    let assertion = SigningKey::from_pem(app.key.expose())
        .map_err(|error| Error::Invalid(format!("could not parse private key: {error}")))?
        .sign(Map::new(), &claims)?;
    let interface = Interface { asking, app, assertion, way };
    let installation = match &app.installation {
        Installation::Id(id) => *id,
        Installation::Owner(owner) => interface.installation_of(owner).await?,
    };
    let token: Token = interface.ask(Method::POST, &format!("app/installations/{installation}/access_tokens")).await?;
    Ok(Credential::login(USER, token.token, token.expires_at))
}

/// GitHub as an app sees it.
struct Interface<'i> {
    asking: &'i Asking,
    app: &'i GithubApp,
    assertion: String,
    way: &'i Way,
}

impl Interface<'_> {
    async fn installation_of(&self, owner: &str) -> Result<i64, Error> {
        let found = self.ask::<Installed>(Method::GET, &format!("orgs/{owner}/installation")).await;
        let found = match found {
            Err(Error::Ask { cause: AskError::Refused { status: 404, .. }, .. }) => {
                self.ask::<Installed>(Method::GET, &format!("users/{owner}/installation")).await
            }
            found => found,
        };
        Ok(found?.id)
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, method: Method, path: &str) -> Result<T, Error> {
        let interface = self.app.interface.as_deref().unwrap_or(INTERFACE).trim_end_matches('/');
        let address =
            Url::parse(&format!("{interface}/{path}")).map_err(|error| Error::Invalid(format!("invalid API URL: {error}")))?;
        let question = Question {
            method,
            address,
            from: AddressOf::User,
            headers: vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("authorization", format!("Bearer {}", self.assertion)),
                ("x-github-api-version", "2022-11-28".to_owned()),
            ],
            body: Body::Empty,
            secrets: vec![self.assertion.as_bytes()],
        };
        ask_json(&self.asking.pool, self.way, &question).await
    }
}
