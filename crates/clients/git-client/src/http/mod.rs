//! gix's HTTP transport over pooled asynchronous connections.
//!
//! gix brings its own client per transport, fixed in its user agent, deaf to timeouts and eager to follow redirects. This one
//! shares connections between polls, sends credentials with the first request, and follows only the redirects that are safe.

mod exchange;
mod redirect;

use crate::{Auth, Cause, Remote, wire::Wire};
use base64::{Engine, prelude::BASE64_STANDARD};
use exchange::{Exchange, PostBody, Repeat, ResponseBody, ResponseHeaders};
use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse, Transport};
use http_client::{MOST_REDIRECTS, OptionError, Pool, Secret, check_address, is_same_party};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use std::io;

/// How the address of a push ends.
const RECEIVE_PACK: &str = "/git-receive-pack";

type GixResult<T> = Result<T, gix::Error>;

/// Opens a transport to an HTTP remote. Nothing is sent yet.
pub(crate) fn connect(pool: &Pool, wire: &Wire, remote: &Remote, protocol: Protocol) -> Result<Transport<Session>, Cause> {
    // Spaces and letters beyond ASCII are encoded, and the host is brought into the form of name servers.
    let base = reqwest::Url::parse(&remote.url.without_user()).map_err(|error| Cause::Option(wire.clean(&error.to_string())))?;
    let url = gix::url::parse(base.as_str()).map_err(|error| Cause::Option(wire.clean(&error.to_string())))?;
    let session = Session {
        wire: wire.clone(),
        client: pool.client(&remote.tls, remote.proxy.as_ref()).map_err(option)?,
        stranger: Stranger { pool: pool.clone(), remote: remote.clone() },
        authorization: authorization(&remote.auth)?,
        user_agent: pool.user_agent().map_err(option)?,
        redirected_base: None,
    };
    Ok(Transport::new_http(session, url, protocol, false))
}

fn option(error: OptionError) -> Cause {
    Cause::Option(crate::error::chain(&error))
}

/// What `Authorization: Basic` is followed by.
pub(crate) fn basic_token(username: &str, password: &Secret) -> String {
    BASE64_STANDARD.encode([username.as_bytes(), b":", password.expose()].concat())
}

fn authorization(auth: &Auth) -> Result<Option<HeaderValue>, Cause> {
    let value = match auth {
        Auth::None => return Ok(None),
        Auth::Basic { username, password } => format!("Basic {}", basic_token(username, password)).into_bytes(),
        Auth::Bearer(token) => [b"Bearer ", token.expose()].concat(),
        Auth::Ssh(_) => return Err(Cause::Credentials("an SSH key cannot be used over HTTP".to_owned())),
    };
    let mut header = HeaderValue::from_bytes(&value)
        .map_err(|_| Cause::Credentials("the token holds characters that a header cannot carry".to_owned()))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// One conversation with one repository.
pub(crate) struct Session {
    wire: Wire,
    client: reqwest::Client,
    stranger: Stranger,
    authorization: Option<HeaderValue>,
    user_agent: HeaderValue,
    redirected_base: Option<String>,
}

/// How to become somebody the server does not know: without our certificate.
struct Stranger {
    pool: Pool,
    remote: Remote,
}

impl Stranger {
    fn client(&self) -> Result<reqwest::Client, Cause> {
        let mut tls = self.remote.tls.clone();
        (tls.client_certificate, tls.client_key) = (None, None);
        self.pool.client(&tls, self.remote.proxy.as_ref()).map_err(option)
    }
}

impl Session {
    fn headers(&self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let Some((name, value)) = line.as_ref().split_once(':') else { continue };
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.trim().as_bytes()), HeaderValue::from_str(value.trim())) {
                headers.insert(name, value);
            }
        }
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers
    }

    /// Sends the first request and follows redirects, which may end our being known to the server.
    fn discover(&mut self, url: &str, base: &str, headers: &HeaderMap) -> io::Result<Exchange> {
        let suffix = url.strip_prefix(base).unwrap_or(url);
        let mut headers = headers.clone();
        let mut at = reqwest::Url::parse(url).map_err(|_| self.wire.fail(Cause::Redirect("not an absolute url")))?;
        for _ in 0..=MOST_REDIRECTS {
            check_address(&at).map_err(|error| self.wire.fail(Cause::Connection(Box::new(error))))?;
            let request = self.client.get(at.clone()).headers(headers.clone());
            let response = exchange::send(&self.wire, request, Repeat::Once)?;
            if !response.status().is_redirection() {
                let base = at.as_str().strip_suffix(suffix).unwrap_or(base);
                self.redirected_base = Some(base.to_owned());
                return Exchange::answered(&self.wire, response);
            }
            let location = response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
            let next = redirect::follow(&at, location, suffix).map_err(|reason| self.wire.fail(Cause::Redirect(reason)))?;
            if !is_same_party(&at, &next) {
                headers.remove(AUTHORIZATION);
                self.authorization = None;
                self.client = self.stranger.client().map_err(|cause| self.wire.fail(cause))?;
            }
            at = next;
        }
        Err(self.wire.fail(Cause::Redirect("too many in a row")))
    }
}

impl Http for Session {
    type Headers = ResponseHeaders;
    type ResponseBody = ResponseBody;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> GixResult<GetResponse<Self::Headers, Self::ResponseBody>> {
        let headers = self.headers(headers);
        let exchange = self.discover(url, base_url, &headers).map_err(gix::Error::from_error)?;
        let (headers, body) = exchange.into_readers();
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> GixResult<PostResponse<Self::Headers, Self::ResponseBody, Self::PostBody>> {
        let request = self.client.post(url).headers(self.headers(headers));
        // Only reading may be done twice.
        let repeat = if url.ends_with(RECEIVE_PACK) { Repeat::Never } else { Repeat::Once };
        let (post_body, headers, body) = Exchange::pending(&self.wire, request, repeat).into_writer_and_readers();
        Ok(PostResponse { post_body, headers, body })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> GixResult<()> {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected_base.clone()
    }
}
