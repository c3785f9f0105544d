//! What went wrong, in words that may go into a status: go-containerregistry's where users know them.

use std::time::Duration;

/// A failed request: `GET https://registry/v2/…: why`.
#[derive(Debug, thiserror::Error)]
#[error("{method} {address}")]
pub struct Error {
    /// The method of the request.
    pub method: &'static str,
    /// Its address, without a query.
    pub address: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The registry said why itself: `CODE: message`, several joined by semicolons.
    #[error("{message}")]
    Registry {
        /// The HTTP status.
        status: u16,
        /// What it said, cleaned.
        message: String,
    },
    /// Any other status than success.
    #[error("unexpected status code {status} {}: {body}", reqwest::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: u16,
        /// The begin of the answer, cleaned.
        body: String,
    },
    /// The connection failed or broke.
    #[error("connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The registry wants credentials in a way that we do not know.
    #[error("the registry asks for credentials in an unknown way: {0}")]
    Challenge(String),
    /// TLS options, proxy or credentials that cannot be sent.
    #[error("invalid connection option")]
    Option(#[source] http_client::OptionError),
    /// The credentials hold what a header cannot carry.
    #[error("the credentials hold characters that a header cannot carry")]
    Credentials,
    /// The registry is where nobody may be asked.
    #[error(transparent)]
    Forbidden(#[from] http_client::ForbiddenAddress),
    /// The registry redirects to where we do not follow.
    #[error("refused redirect: {0}")]
    Redirect(&'static str),
    /// The answer is not what was asked for.
    #[error("{0}")]
    Content(String),
    /// The content is not that of its digest.
    #[error("the content does not match its digest: want {want}, got {got}")]
    Digest {
        /// The digest that was asked for.
        want: String,
        /// That of what came.
        got: String,
    },
    /// The registry sent more than we take.
    #[error("the registry exceeds the limit of {limit} {what}")]
    Limit {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// The most we take.
        limit: u64,
    },
    /// The time is over.
    #[error("timed out after {}s", .0.as_secs_f64())]
    Timeout(Duration),
}

impl Cause {
    /// Whether a connection failed before the other side spoke TLS. One whose certificate we refuse, or who refuses ours, does
    /// speak it: what is meant for it must not go there in clear text.
    pub(crate) fn is_not_tls(&self) -> bool {
        let Self::Connection(error) = self else { return false };
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
        while let Some(error) = next {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return matches!(tls, rustls::Error::InvalidMessage(_));
            }
            // An I/O error is passed over by what it wraps: its source is that one's source.
            next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        true
    }
}

/// What a caller does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Credentials are missing, wrong or unusable.
    Authentication,
    /// The repository, tag or blob is not there.
    NotFound,
    /// The registry has had too many requests.
    RateLimited,
    /// Everything else.
    Other,
}

impl Error {
    /// What kind of failure this is.
    pub fn class(&self) -> Class {
        match &self.cause {
            Cause::Registry { status, .. } | Cause::Status { status, .. } => match status {
                401 | 403 => Class::Authentication,
                404 => Class::NotFound,
                429 => Class::RateLimited,
                _ => Class::Other,
            },
            Cause::Credentials | Cause::Challenge(_) => Class::Authentication,
            _ => Class::Other,
        }
    }
}
