//! What went wrong, in words that may go into a status: the store's own where it has some.

use std::time::Duration;

/// A failed request.
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
    /// The store said why itself.
    #[error("{message}")]
    Store {
        /// The HTTP status.
        status: u16,
        /// Its code, such as `AccessDenied`.
        code: String,
        /// Its message, cleaned.
        message: String,
    },
    /// The connection failed or broke.
    #[error("connection failed")]
    Connection(#[source] reqwest::Error),
    /// TLS options or proxy that cannot be used.
    #[error("invalid connection option")]
    Option(#[source] http_client::OptionError),
    /// The endpoint is no host.
    #[error("the endpoint is not a host name with an optional port")]
    Endpoint,
    /// The endpoint is no address.
    #[error("the endpoint is not an http or https address without a user")]
    Address,
    /// The key of an account cannot be read.
    #[error("the account key is not base64")]
    AccountKey,
    /// Tokens are not sent in plain text.
    #[error("tokens are sent over TLS only")]
    Plain,
    /// The store is where nobody may be asked.
    #[error(transparent)]
    Forbidden(#[from] http_client::ForbiddenAddress),
    /// The answer is not what was asked for.
    #[error("the answer cannot be read: {0}")]
    Content(String),
    /// The store sent more than we take.
    #[error("the bucket exceeds the limit of {limit} {what}")]
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

impl Error {
    /// Whether the object, or the bucket, is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(&self.cause, Cause::Store { status: 404, .. })
    }
}
