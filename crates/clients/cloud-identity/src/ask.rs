//! One request to a service that gives credentials, and its answer.

use crate::error::{AskError, Error};
use bytes::Bytes;
use http_client::{BodyError, Pool, Proxy, Redactor, Tls, check_address, read_body};
use reqwest::header::USER_AGENT;
use reqwest::{Method, RequestBuilder, Url};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;

/// The most bytes of an answer.
const ANSWER_BYTES: u64 = 1 << 20;
/// The longest that a service may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How services are reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Way {
    pub(crate) tls: Tls,
    pub(crate) proxy: Option<Proxy>,
}

impl Way {
    pub(crate) fn through(proxy: Option<&Proxy>) -> Self {
        Self { tls: Tls::default(), proxy: proxy.cloned() }
    }
}

/// Who gave an address: users may not make us ask everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressOf {
    /// The cloud, or whoever set up the process.
    Process,
    /// A Secret or object.
    User,
}

/// What is asked of whom.
#[derive(Debug)]
pub(crate) struct Question<'q> {
    pub(crate) method: Method,
    pub(crate) address: Url,
    pub(crate) from: AddressOf,
    pub(crate) headers: Vec<(&'q str, String)>,
    pub(crate) body: Body<'q>,
    /// What must not come back in an error.
    pub(crate) secrets: Vec<&'q [u8]>,
}

/// The body of a request.
#[derive(Debug)]
pub(crate) enum Body<'q> {
    Empty,
    Form(Vec<(&'q str, &'q str)>),
    Text(String),
}

impl Question<'_> {
    fn failed(&self, cause: AskError) -> Error {
        let mut address = self.address.clone();
        address.set_query(None);
        let method = if self.method == Method::GET { "GET" } else { "POST" };
        Error::Ask { method, address: address.to_string(), cause }
    }

    /// Secrets travel over TLS; the one exception is this machine, and what the process was set up with.
    fn check(&self) -> Result<(), AskError> {
        if self.from == AddressOf::Process {
            return Ok(());
        }
        check_address(&self.address)?;
        if self.address.scheme() == "https" || is_loopback(&self.address) { Ok(()) } else { Err(AskError::Plain) }
    }

    fn request(&self, client: &reqwest::Client) -> RequestBuilder {
        let request = client.request(self.method.clone(), self.address.clone());
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        match &self.body {
            Body::Empty => request,
            Body::Form(pairs) => request.form(pairs),
            Body::Text(text) => request.body(text.clone()),
        }
    }
}

/// Whether an address is of this machine.
fn is_loopback(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Asks, once. Nobody is followed elsewhere.
pub(crate) async fn ask(pool: &Pool, way: &Way, question: &Question<'_>) -> Result<Bytes, Error> {
    question.check().map_err(|cause| question.failed(cause))?;
    let client = pool.client(&way.tls, way.proxy.as_ref()).map_err(|error| question.failed(AskError::Option(error)))?;
    let mut request = question.request(&client);
    if let Ok(name) = pool.user_agent() {
        request = request.header(USER_AGENT, name);
    }
    let asked = tokio::time::timeout(TIMEOUT, async {
        let response = request.send().await.map_err(|error| AskError::Connection(error.without_url()))?;
        let status = response.status();
        let body = read_body(response, ANSWER_BYTES).await.map_err(|error| match error {
            BodyError::TooLarge { limit } => AskError::TooLarge(limit),
            BodyError::Broken(error) => AskError::Connection(error),
        })?;
        if status.is_success() {
            return Ok(body);
        }
        let mut redactor = Redactor::default();
        question.secrets.iter().for_each(|secret| redactor.add(secret));
        let message = explanation(&body).map(|text| redactor.clean(&text)).filter(|text| !text.is_empty());
        Err(AskError::Refused { status: status.as_u16(), message: message.unwrap_or_else(|| status.to_string()) })
    });
    asked.await.unwrap_or(Err(AskError::Timeout(TIMEOUT))).map_err(|cause| question.failed(cause))
}

/// The same, with an answer in JSON.
pub(crate) async fn ask_json<T: for<'de> Deserialize<'de>>(pool: &Pool, way: &Way, question: &Question<'_>) -> Result<T, Error> {
    let body = ask(pool, way, question).await?;
    serde_json::from_slice(&body).map_err(|_| question.failed(AskError::Answer))
}

/// The same, with an answer in XML.
pub(crate) async fn ask_xml<T: for<'de> Deserialize<'de>>(pool: &Pool, way: &Way, question: &Question<'_>) -> Result<T, Error> {
    let body = ask(pool, way, question).await?;
    let read = std::str::from_utf8(&body).ok().and_then(|text| quick_xml::de::from_str(text).ok());
    read.ok_or_else(|| question.failed(AskError::Answer))
}

/// What a refusal says, in any of the forms in which these services say it.
fn explanation(body: &[u8]) -> Option<String> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Said {
        error: Option<Error>,
        error_description: Option<String>,
        #[serde(alias = "Message")]
        message: Option<String>,
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Error {
        Code(String),
        Said { message: String },
    }
    #[derive(Deserialize)]
    struct One {
        message: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Refusal {
        error: InXml,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    #[derive(Default)]
    struct InXml {
        code: String,
        message: String,
    }
    if let Ok(said) = serde_json::from_slice::<Said>(body) {
        let (code, message) = match said.error {
            Some(Error::Code(code)) => (Some(code), None),
            Some(Error::Said { message }) => (None, Some(message)),
            None => (None, None),
        };
        let first = said.errors.into_iter().find_map(|one| one.message);
        let message = said.error_description.or(message).or(said.message).or(first);
        return match (code, message) {
            (Some(code), Some(message)) => Some(format!("{code}: {message}")),
            (code, message) => message.or(code),
        };
    }
    let refusal: Refusal = quick_xml::de::from_str(std::str::from_utf8(body).ok()?).ok()?;
    Some(format!("{}: {}", refusal.error.code, refusal.error.message))
}

#[cfg(test)]
mod tests {
    use super::explanation;

    /// The forms of the documentations of Entra ID, Google's token service, GitHub, Azure's registries and Amazon's token service.
    #[test]
    fn refusals_are_read_in_all_their_forms() {
        for (body, expect) in [
            (r#"{"error":"invalid_client","error_description":"AADSTS7000215: wrong"}"#, "invalid_client: AADSTS7000215: wrong"),
            (r#"{"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}"#, "Permission denied"),
            (r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}"#, "Not Found"),
            (
                r#"{"errors":[{"code":"UNAUTHORIZED","message":"retrieving permissions failed"}]}"#,
                "retrieving permissions failed",
            ),
            (r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#, "not authorized"),
            (
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>",
                "AccessDenied: Not authorized",
            ),
        ] {
            assert_eq!(explanation(body.as_bytes()).as_deref(), Some(expect), "{body}");
        }
        for body in ["", "<html>", "[]", "null"] {
            assert_eq!(explanation(body.as_bytes()), None, "{body}");
        }
    }
}
