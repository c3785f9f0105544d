//! Why there is no credential, in words that may go into a status.

use std::time::Duration;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would take what is not done here, such as asking the metadata service of a machine.
    #[error("{identity} is not supported; {instead}")]
    NotSupported {
        /// The identity.
        identity: String,
        /// What to use.
        instead: &'static str,
    },
    /// Something that is needed is not in the environment.
    #[error("the environment variable {0} is not set for this controller")]
    Variable(&'static str),
    /// A file that the environment names cannot be read.
    #[error("read {path}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What was given cannot be used. Nothing of a key is in the text.
    #[error("{0}")]
    Invalid(String),
    /// The service that gives credentials did not.
    #[error("{method} {address}")]
    Ask {
        /// The method.
        method: &'static str,
        /// Who was asked, without a query.
        address: String,
        /// Why not.
        #[source]
        cause: AskError,
    },
}

impl Error {
    /// An identity that is not supported, and what to use instead.
    pub(crate) fn unsupported(identity: impl Into<String>, instead: &'static str) -> Self {
        Self::NotSupported { identity: identity.into(), instead }
    }
}

/// Why a service did not give credentials.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It said why.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its message, cleaned.
        message: String,
    },
    /// The connection failed or broke.
    #[error("connection failed")]
    Connection(#[source] reqwest::Error),
    /// TLS options or proxy that cannot be used.
    #[error("invalid connection option")]
    Option(#[source] http_client::OptionError),
    /// The service is where nobody may be asked.
    #[error(transparent)]
    Forbidden(#[from] http_client::ForbiddenAddress),
    /// Secrets are not sent without TLS.
    #[error("credentials are sent over TLS only")]
    Plain,
    /// The answer is not what was asked for. Nothing of it is in the text.
    #[error("the answer holds no credentials")]
    Answer,
    /// The answer is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The time is over.
    #[error("timed out after {}s", .0.as_secs())]
    Timeout(Duration),
}
