//! Acting as somebody else over the same connections.

use http::{HeaderValue, Request};
use kube::Client;
use kube::client::Body;
use thiserror::Error;
use tower::BoxError;

/// A user to act as.
///
/// Never empty: a request without `Impersonate-User` would run with the controller's own rights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    user: String,
}

/// A name that cannot be acted as.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdentityError {
    /// Empty, or not a DNS subdomain: such a name would turn into another user.
    #[error("invalid service account {namespace:?}/{name:?}")]
    ServiceAccount {
        /// Namespace given.
        namespace: String,
        /// Name given.
        name: String,
    },
}

impl Identity {
    /// The user behind a ServiceAccount. Only the user is sent, as Flux does; the API server adds the groups of
    /// service accounts itself.
    ///
    /// # Errors
    /// When name or namespace are not what Kubernetes accepts as such.
    pub fn service_account(namespace: &str, name: &str) -> Result<Self, IdentityError> {
        if is_subdomain(namespace) && is_subdomain(name) {
            Ok(Self { user: format!("system:serviceaccount:{namespace}:{name}") })
        } else {
            Err(IdentityError::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() })
        }
    }

    /// The user name, as in audit logs.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

fn is_subdomain(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 253 && name.bytes().all(inner) && edge(name.as_bytes().first()) && edge(name.as_bytes().last())
}

/// A client whose every request acts as `identity`, over the connections of `client`.
///
/// Headers of the same names set by anyone below are replaced, so that no path leads back to the controller's rights.
#[must_use]
pub fn impersonate(client: &Client, identity: &Identity) -> Client {
    let base = client.clone();
    let namespace = client.default_namespace().to_owned();
    let identity = identity.clone();
    let service = tower::service_fn(move |mut request: Request<Body>| {
        let base = base.clone();
        let user = HeaderValue::from_str(&identity.user);
        async move {
            request.headers_mut().remove("impersonate-group");
            request.headers_mut().insert("impersonate-user", user?);
            base.send(request).await.map_err(BoxError::from)
        }
    });
    Client::new(service, namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;
    use std::sync::{Arc, Mutex};

    #[test]
    fn sec_g2_names_that_would_become_other_users_are_refused() {
        for (namespace, name) in [
            ("a", ""),
            ("", "b"),
            ("a", "../x"),
            ("a", "system:masters"),
            ("a", "b:c"),
            ("a:b", "c"),
            ("a", "B"),
            ("a", " "),
            ("a", "-b"),
            ("a", "b\r\nimpersonate-group: system:masters"),
        ] {
            assert!(Identity::service_account(namespace, name).is_err(), "{namespace:?} {name:?}");
        }
        let identity = Identity::service_account("apps", "deployer").unwrap();
        assert_eq!(identity.user(), "system:serviceaccount:apps:deployer");
    }

    #[tokio::test]
    async fn every_request_carries_the_user_and_no_foreign_group() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let base = Client::new(
            tower::service_fn(move |request: Request<Body>| {
                log.lock().unwrap().push(request.headers().clone());
                async { Ok::<_, BoxError>(Response::new(Body::from(b"{}".to_vec()))) }
            }),
            "default",
        );
        let view = impersonate(&base, &Identity::service_account("apps", "deployer").unwrap());
        let request = Request::get("/api").header("impersonate-user", "admin").header("impersonate-group", "system:masters");
        view.request_text(request.body(Vec::new()).unwrap()).await.unwrap();
        let headers = seen.lock().unwrap().remove(0);
        assert_eq!(headers.get_all("impersonate-user").iter().collect::<Vec<_>>(), ["system:serviceaccount:apps:deployer"]);
        assert!(headers.get("impersonate-group").is_none());
    }
}
