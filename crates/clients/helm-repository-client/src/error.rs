//! What went wrong, in Helm's words where it has some.

use std::time::Duration;

/// A file that could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("failed to fetch {address}")]
pub struct Error {
    /// Its address, without user, password and query.
    pub address: String,
    /// Why.
    #[source]
    pub cause: Cause,
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The server answered something else.
    #[error("{status}{}", reqwest::StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason()).map(|reason| format!(" {reason}")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The connection failed or broke.
    #[error("connection failed")]
    Connection(#[source] reqwest::Error),
    /// The file is where nobody may be asked.
    #[error(transparent)]
    Forbidden(#[from] http_client::ForbiddenAddress),
    /// The answer broke off.
    #[error(transparent)]
    Body(http_client::BodyError),
    /// The server redirects to where we do not follow.
    #[error("refused redirect: {0}")]
    Redirect(&'static str),
    /// Certificates or key cannot be used.
    #[error("invalid connection option")]
    Option(#[source] http_client::OptionError),
    /// The time is over.
    #[error("timed out after {}s", .0.as_secs_f64())]
    Timeout(Duration),
}
