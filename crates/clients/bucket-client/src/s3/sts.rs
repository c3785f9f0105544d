//! Temporary credentials for a user of a directory, as MinIO's token service gives them.

use super::answer;
use crate::bucket::BucketClient;
use crate::error::{Cause, Error};
use crate::xml;
use aws_signature::Credentials;
use http_client::{BodyError, Proxy, Redactor, Secret, Tls, check_address, read_body};
use reqwest::Url;
use reqwest::header::USER_AGENT;
use serde::Deserialize;
use std::time::Duration;

/// The most bytes of an answer.
const ANSWER_BYTES: u64 = 1 << 20;

/// A user of a directory, and who gives credentials for him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The address of the token service.
    pub endpoint: Url,
    /// The name in the directory.
    pub username: String,
    /// The password in the directory.
    pub password: Secret,
    /// Whom to trust.
    pub tls: Tls,
    /// The way there.
    pub proxy: Option<Proxy>,
    /// The longest that the service may take.
    pub timeout: Duration,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "AssumeRoleWithLDAPIdentityResult")]
    result: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    credentials: Given,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    session_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    error: answer::Explanation,
}

impl BucketClient {
    /// Asks for credentials.
    ///
    /// # Errors
    /// When the service does not give them; neither password nor credentials are in the error.
    pub async fn temporary_credentials(&self, user: &DirectoryUser) -> Result<Credentials, Error> {
        let mut address = user.endpoint.clone();
        address.set_query(None);
        let failed = |cause| Error { method: "POST", address: address.to_string(), cause };
        check_address(&user.endpoint).map_err(|error| failed(error.into()))?;
        let client = self.pool().client(&user.tls, user.proxy.as_ref()).map_err(|error| failed(Cause::Option(error)))?;
        let form = [
            ("Action", "AssumeRoleWithLDAPIdentity"),
            ("Version", "2011-06-15"),
            ("LDAPUsername", &user.username),
            ("LDAPPassword", user.password.expose_text().unwrap_or_default()),
        ];
        let mut request = client.post(user.endpoint.clone()).form(&form);
        if let Ok(name) = self.pool().user_agent() {
            request = request.header(USER_AGENT, name);
        }
        let asked = tokio::time::timeout(user.timeout, async {
            let response = request.send().await.map_err(|error| Cause::Connection(error.without_url()))?;
            let status = response.status();
            let body = read_body(response, ANSWER_BYTES).await.map_err(|error| match error {
                BodyError::TooLarge { limit } => Cause::Limit { what: "bytes of an answer", limit },
                BodyError::Broken(error) => Cause::Connection(error),
            })?;
            Ok((status, body))
        });
        let (status, body) = asked.await.unwrap_or(Err(Cause::Timeout(user.timeout))).map_err(failed)?;
        if !status.is_success() {
            let mut redactor = Redactor::default();
            redactor.add(user.password.expose());
            let explained = xml::read::<Refusal>(&body).map(|refusal| refusal.error).unwrap_or_default();
            let message = if explained.message.is_empty() { status.to_string() } else { redactor.clean(&explained.message) };
            return Err(failed(Cause::Store { status: status.as_u16(), code: redactor.clean(&explained.code), message }));
        }
        // The text of the cause is left out: it may quote a key.
        let read = xml::read::<Answer>(&body).map_err(|_| failed(Cause::Content("it holds no credentials".to_owned())))?;
        let given = read.result.credentials;
        Ok(Credentials {
            access_key: given.access_key_id,
            secret_key: given.secret_access_key.into_bytes(),
            session_token: Some(given.session_token).filter(|token| !token.is_empty()),
        })
    }
}
