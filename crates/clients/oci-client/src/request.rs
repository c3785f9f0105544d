//! One request with everything that may come between it and its answer: challenges, redirects, a registry that is busy.

use crate::challenge::{Challenge, Party};
use crate::credentials::Credentials;
use crate::error::{Cause, Error};
use crate::push::Content;
use crate::reference::Repository;
use http_client::{BodyError, MOST_REDIRECTS, Redactor, check_address, is_same_party, read_body};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a request is sent where the registry is busy or the connection breaks.
const TRIES: u32 = 3;
/// How long to wait before the second try; each further one waits three times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest that a registry may tell us to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The most bytes of an answer that explains a failure.
const EXPLANATION_BYTES: u64 = 64 << 10;

/// What is known of one registry and one repository in it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    /// The same without our certificate and without lenience for theirs, for those to whom the registry redirects.
    pub(crate) stranger: Client,
    pub(crate) repository: Repository,
    pub(crate) credentials: Credentials,
    pub(crate) user_agent: HeaderValue,
    pub(crate) redactor: Redactor,
    /// The schemes that may be used, best first.
    pub(crate) schemes: &'static [&'static str],
    pub(crate) known: Mutex<Known>,
}

/// What earlier requests found out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    scheme: Option<&'static str>,
    authorization: Option<HeaderValue>,
}

/// What is asked for.
pub(crate) struct Question<'q> {
    pub(crate) method: Method,
    /// Below the repository, such as `manifests/latest`; may have a query.
    pub(crate) path: &'q str,
    pub(crate) accept: Option<&'static str>,
    /// What is sent, when something is written.
    pub(crate) content: Option<&'q Content>,
}

impl Session {
    /// Asks, and gives the answer if it is a success.
    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Response, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).scheme;
        let mut refused = None;
        for scheme in known.as_ref().map_or(self.schemes, std::slice::from_ref) {
            let url = self.address(scheme, question)?;
            match self.ask_at(url, question).await {
                Ok(response) => {
                    self.known.lock().unwrap_or_else(PoisonError::into_inner).scheme = Some(scheme);
                    return Ok(response);
                }
                // Nobody there who speaks TLS: the next scheme may do.
                Err(error) if error.cause.is_not_tls() => refused = refused.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or_else(|| Error {
            method: "GET",
            address: self.repository.to_string(),
            cause: Cause::Content("no scheme is allowed".to_owned()),
        }))
    }

    /// Follows a link that the registry gave, which must stay with the registry.
    pub(crate) async fn ask_link(&self, from: &Url, link: &str, question: &Question<'_>) -> Result<Response, Error> {
        let failed = |cause| failure(&question.method, from, cause);
        let to = from.join(link).map_err(|_| failed(Cause::Redirect("malformed link")))?;
        if !is_same_party(from, &to) {
            return Err(failed(Cause::Redirect("the next page is at another server")));
        }
        self.ask_at(to, question).await
    }

    fn address(&self, scheme: &str, question: &Question<'_>) -> Result<Url, Error> {
        // docker.io is a name; the registry itself answers under another.
        let host = match self.repository.registry() {
            "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let text = format!("{scheme}://{host}/v2/{}/{}", self.repository.path(), question.path);
        Url::parse(&text).map_err(|_| Error {
            method: "GET",
            address: self.repository.to_string(),
            cause: Cause::Content("the name of the registry is not a host".to_owned()),
        })
    }

    async fn ask_at(&self, url: Url, question: &Question<'_>) -> Result<Response, Error> {
        let mut pause = FIRST_PAUSE;
        for remaining in (0..TRIES).rev() {
            let answer = self.ask_once(&url, question).await;
            let wait = match &answer {
                Ok(response) if is_busy(response.status()) => Some(retry_after(response).unwrap_or(pause)),
                Err(error) if matches!(error.cause, Cause::Connection(_)) && self.is_known() => Some(pause),
                _ => None,
            };
            if let Some(wait) = wait.filter(|wait| remaining > 0 && *wait <= LONGEST_PAUSE) {
                tokio::time::sleep(wait).await;
                pause *= 3;
                continue;
            }
            return match answer {
                Ok(response) if response.status().is_success() => Ok(response),
                Ok(response) => Err(self.explain(&url, question, response).await),
                Err(error) => Err(error),
            };
        }
        Err(failure(&question.method, &url, Cause::Content("no try is left".to_owned())))
    }

    /// Whether the registry answered before, so that a broken connection is bad luck rather than a wrong scheme.
    fn is_known(&self) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).scheme.is_some()
    }

    /// Asks, answers a challenge, and follows redirects.
    async fn ask_once(&self, url: &Url, question: &Question<'_>) -> Result<Response, Error> {
        let failed = |cause| failure(&question.method, url, cause);
        let authorization = self.known.lock().unwrap_or_else(PoisonError::into_inner).authorization.clone();
        let first = self.follow(url, question, authorization.clone()).await?;
        // Those to whom the registry redirects are told nothing of us, whatever they ask.
        if first.status() != StatusCode::UNAUTHORIZED || !is_same_party(url, first.url()) {
            return Ok(first);
        }
        let headers = first.headers().get_all(WWW_AUTHENTICATE);
        let Some(challenge) = headers.iter().filter_map(|value| Challenge::parse(value.to_str().ok()?)).next() else {
            return Ok(first);
        };
        let actions = if question.content.is_some() { "pull,push" } else { "pull" };
        let scope = format!("repository:{}:{actions}", self.repository.path());
        let party = Party { client: &self.client, registry: url, credentials: &self.credentials, scope: &scope };
        let answer = challenge.answer(&party).await.map_err(failed)?;
        if answer.is_none() || answer == authorization {
            return Ok(first);
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).authorization.clone_from(&answer);
        self.follow(url, question, answer).await
    }

    async fn follow(&self, url: &Url, question: &Question<'_>, authorization: Option<HeaderValue>) -> Result<Response, Error> {
        let failed = |cause| failure(&question.method, url, cause);
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(accept) = question.accept {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        let (mut client, mut at) = (&self.client, url.clone());
        for _ in 0..=MOST_REDIRECTS {
            check_address(&at).map_err(|error| failed(error.into()))?;
            let mut request = client.request(question.method.clone(), at.clone()).headers(headers.clone());
            if let Some(content) = question.content {
                request = request.header(CONTENT_TYPE, &content.media_type).body(content.bytes.clone());
            }
            let response = request.send().await.map_err(|error| failed(Cause::Connection(Box::new(error.without_url()))))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| at.join(location).ok());
            let next = next.ok_or_else(|| failed(Cause::Redirect("malformed location")))?;
            if at.scheme() == "https" && next.scheme() != "https" {
                return Err(failed(Cause::Redirect("from https to http")));
            }
            if !is_same_party(&at, &next) {
                headers.remove(AUTHORIZATION);
                client = &self.stranger;
            }
            at = next;
        }
        Err(failed(Cause::Redirect("too many in a row")))
    }

    /// What the registry says of a failure.
    async fn explain(&self, url: &Url, question: &Question<'_>, response: Response) -> Error {
        let status = response.status().as_u16();
        let body = read_body(response, EXPLANATION_BYTES).await.unwrap_or_default();
        let cause = match serde_json::from_slice::<Explanation>(&body) {
            Ok(Explanation { errors }) if !errors.is_empty() => {
                let texts: Vec<String> = errors.iter().map(RegistryError::text).collect();
                Cause::Registry { status, message: self.redactor.clean(&texts.join("; ")) }
            }
            _ => Cause::Status { status, body: self.redactor.clean(&String::from_utf8_lossy(&body)) },
        };
        failure(&question.method, url, cause)
    }

    /// The whole body of an answer.
    pub(crate) async fn body(&self, response: Response, (what, limit): (&'static str, u64)) -> Result<bytes::Bytes, Error> {
        let url = response.url().clone();
        read_body(response, limit).await.map_err(|error| {
            let cause = match error {
                BodyError::TooLarge { limit } => Cause::Limit { what, limit },
                BodyError::Broken(error) => Cause::Connection(Box::new(error)),
            };
            failure(&Method::GET, &url, cause)
        })
    }
}

#[derive(Deserialize)]
struct Explanation {
    #[serde(default)]
    errors: Vec<RegistryError>,
}

#[derive(Deserialize)]
struct RegistryError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl RegistryError {
    fn text(&self) -> String {
        if self.message.is_empty() { self.code.clone() } else { format!("{}: {}", self.code, self.message) }
    }
}

/// An error about `url`; its query stays out, since it may hold a signature.
pub(crate) fn failure(method: &Method, url: &Url, cause: Cause) -> Error {
    let method = match *method {
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "GET",
    };
    let mut address = url.clone();
    address.set_query(None);
    Error { method, address: address.to_string(), cause }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504 | 522)
}

fn retry_after(response: &Response) -> Option<Duration> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
