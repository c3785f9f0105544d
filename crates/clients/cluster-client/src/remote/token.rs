//! Tokens of a ServiceAccount, made anew before they expire, in the requests of a client.

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::client::Body;
use kube::{Api, Client};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tower::BoxError;

use super::account::{Account, AccountError};

/// How long a token is asked for; the API server may give another one.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The token that is used now.
struct Token {
    header: HeaderValue,
    renew_at: Instant,
}

/// Makes tokens of one account for some audiences.
pub(super) struct TokenSource {
    client: Client,
    account: Account,
    audiences: Vec<String>,
    current: Mutex<Option<Token>>,
}

impl TokenSource {
    /// No token is made yet; `client` will ask for them.
    pub(super) fn new(client: Client, account: Account, audiences: Vec<String>) -> Arc<Self> {
        Arc::new(Self { client, account, audiences, current: Mutex::default() })
    }

    /// The value of the header `Authorization`. A token is used for four fifths of its life.
    pub(super) async fn header(&self) -> Result<HeaderValue, AccountError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(token.header.clone());
        }
        let token = self.make().await?;
        Ok(current.insert(token).header.clone())
    }

    async fn make(&self) -> Result<Token, AccountError> {
        let began = Instant::now();
        let Account { namespace, name } = &self.account;
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let spec = TokenRequestSpec {
            audiences: Some(self.audiences.clone()),
            expiration_seconds: i64::try_from(LIFETIME.as_secs()).ok(),
            ..TokenRequestSpec::default()
        };
        let wanted = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let made = api.create_token_request(name, &PostParams::default(), &wanted).await;
        let made = made.map_err(|error| AccountError::Token { account: self.account.to_string(), error: Box::new(error) })?;
        let none = || AccountError::NoToken(self.account.to_string());
        let token = made.status.and_then(|status| status.token).filter(|token| !token.is_empty()).ok_or_else(none)?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| none())?;
        header.set_sensitive(true);
        let seconds = made.spec.and_then(|spec| spec.expiration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
        let life = seconds.map_or(LIFETIME, Duration::from_secs);
        Ok(Token { header, renew_at: began + life.mul_f64(0.8) })
    }
}

/// A client whose every request carries a token of `tokens`, over the connections of `client`.
pub(super) fn authorized(client: &Client, tokens: Arc<TokenSource>) -> Client {
    let base = client.clone();
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |mut request: Request<Body>| {
        let (base, tokens) = (base.clone(), Arc::clone(&tokens));
        async move {
            request.headers_mut().insert(AUTHORIZATION, tokens.header().await?);
            base.send(request).await.map_err(BoxError::from)
        }
    });
    Client::new(service, namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;
    use std::sync::Mutex as Seen;

    /// Answers every request for a token with the next one, which lasts that long, and keeps what it was asked.
    fn api_server(life: u64, asked: Arc<Seen<Vec<String>>>) -> Client {
        let service = tower::service_fn(move |request: Request<Body>| {
            let asked = Arc::clone(&asked);
            async move {
                let path = request.uri().path().to_owned();
                let body = request.into_body().collect_bytes().await?;
                let mut asked = asked.lock().unwrap();
                asked.push(format!("{path} {}", String::from_utf8_lossy(&body)));
                let answer = serde_json::json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {},
                    "spec": {"audiences": ["x"], "expirationSeconds": life},
                    "status": {"token": format!("t{}", asked.len()), "expirationTimestamp": "2030-01-01T00:00:00Z"}});
                Ok::<_, BoxError>(Response::new(Body::from(answer.to_string().into_bytes())))
            }
        });
        Client::new(service, "default")
    }

    fn source(life: u64, asked: &Arc<Seen<Vec<String>>>) -> Arc<TokenSource> {
        let account = Account { namespace: "apps".to_owned(), name: "deployer".to_owned() };
        TokenSource::new(api_server(life, Arc::clone(asked)), account, vec!["x".to_owned()])
    }

    #[tokio::test]
    async fn a_token_is_used_as_long_as_it_lives() {
        let (short, long) = (Arc::default(), Arc::default());
        let (expired, living) = (source(0, &short), source(600, &long));
        for (first, second, tokens) in [("Bearer t1", "Bearer t2", expired), ("Bearer t1", "Bearer t1", living)] {
            assert_eq!(tokens.header().await.unwrap(), first);
            assert_eq!(tokens.header().await.unwrap(), second);
        }
        let asked = long.lock().unwrap().remove(0);
        assert!(asked.starts_with("/api/v1/namespaces/apps/serviceaccounts/deployer/token "), "{asked}");
        assert!(asked.contains(r#""audiences":["x"]"#), "{asked}");
    }

    #[tokio::test]
    async fn every_request_carries_the_token_and_no_other() {
        let seen = Arc::new(Seen::new(Vec::new()));
        let log = Arc::clone(&seen);
        let remote = Client::new(
            tower::service_fn(move |request: Request<Body>| {
                log.lock().unwrap().push(request.headers().clone());
                async { Ok::<_, BoxError>(Response::new(Body::from(b"{}".to_vec()))) }
            }),
            "default",
        );
        let view = authorized(&remote, source(600, &Arc::default()));
        let request = Request::get("/api").header(AUTHORIZATION, "Bearer other").body(Vec::new()).unwrap();
        view.request_text(request).await.unwrap();
        let headers = seen.lock().unwrap().remove(0);
        assert_eq!(headers.get_all(AUTHORIZATION).iter().collect::<Vec<_>>(), ["Bearer t1"]);
    }
}
