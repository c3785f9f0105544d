//! What went wrong, in words that may go into a status.
//!
//! The outer error names the operation and the repository; its [`Cause`] says why, in go-git's words where those are well known.
//! No text here holds a credential: addresses are [`RepositoryUrl`]s, and what a server said was cleaned before it was kept.

use crate::ssh::HostKeyError;
use git_model::RepositoryUrl;
use std::time::Duration;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The refs could not be listed.
    #[error("unable to list remote for '{url}'")]
    List {
        /// The repository.
        url: RepositoryUrl,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The commit could not be pushed.
    #[error("unable to push to '{url}'")]
    Push {
        /// The repository.
        url: RepositoryUrl,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The content could not be fetched.
    #[error("unable to clone '{url}'")]
    Fetch {
        /// The repository.
        url: RepositoryUrl,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The server wants credentials, or other ones (HTTP 401).
    #[error("authentication required")]
    AuthenticationRequired,
    /// The server knows us and says no (HTTP 403).
    #[error("authorization failed")]
    AuthorizationFailed,
    /// The SSH server did not accept the key.
    #[error("ssh: handshake failed: unable to authenticate as user '{user}'")]
    SshRefused {
        /// The user that was tried.
        user: String,
    },
    /// The credentials cannot be used at all; nothing was sent.
    #[error("unusable credentials: {0}")]
    Credentials(String),
    /// Nothing there, or nothing that we may see (HTTP 404).
    #[error("repository not found")]
    RepositoryNotFound,
    /// The repository has no refs.
    #[error("remote repository is empty")]
    EmptyRepository,
    /// The repository has no such branch, tag or other ref.
    #[error("couldn't find remote ref \"{0}\"")]
    ReferenceNotFound(String),
    /// The commit is not in the repository, or not in the history of the branch that was named with it.
    #[error("unable to resolve commit object for '{0}': object not found")]
    CommitNotFound(String),
    /// A ref or id names a tree or a blob.
    #[error("'{0}' does not name a commit")]
    NotACommit(String),
    /// A ref name that cannot exist.
    #[error("ref {0} is invalid")]
    InvalidReference(String),
    /// A ref is not where it was when the commit was made, or somebody is moving it: whoever pushes fetches again and repeats.
    #[error("non-fast-forward update: {0}")]
    Moved(String),
    /// The server does not let a ref be what it should become: a hook, a protected branch, a rule of its own.
    #[error("command error on {name}: {reason}")]
    Rejected {
        /// The ref.
        name: String,
        /// The server's reason, and what it printed, without secrets.
        reason: String,
    },
    /// The commit cannot be made of what was fetched.
    #[error("unable to make the commit: {0}")]
    Edit(String),
    /// The SSH server is not the one that `known_hosts` describes.
    #[error("ssh: handshake failed")]
    HostKey(#[source] HostKeyError),
    /// The connection failed or broke.
    #[error("connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Any other HTTP status than success.
    #[error("unexpected HTTP status {0}")]
    Status(u16),
    /// The server redirects to where we do not follow.
    #[error("refused redirect: {0}")]
    Redirect(&'static str),
    /// The time is over.
    #[error("timed out after {}s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The caller lost interest.
    #[error("cancelled")]
    Cancelled,
    /// The server sent more than we take.
    #[error("the remote exceeds the limit of {limit} {what}")]
    Limit {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// The most we take.
        limit: u64,
    },
    /// The server does not speak Git as we understand it, or reported a failure itself.
    #[error("{0}")]
    Protocol(String),
    /// The content contradicts itself or holds names that must not be.
    #[error("invalid content: {0}")]
    Content(String),
    /// Something that exists elsewhere and not here.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// TLS options or a proxy that cannot be used.
    #[error("invalid connection option: {0}")]
    Option(String),
    /// The temporary directory failed us.
    #[error("store received objects")]
    Storage(#[source] std::io::Error),
    /// A fault of ours.
    #[error("internal error while talking to the remote")]
    Panicked,
}

/// What a caller does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Credentials are missing, wrong or unusable.
    Authentication,
    /// The repository, ref or commit is not there.
    NotFound,
    /// The repository is there and has no refs.
    Empty,
    /// The server is not the one it should be.
    HostKey,
    /// Time ran out.
    Timeout,
    /// The network, the server or its answer.
    Transport,
    /// What was asked for can never work: options, ref names.
    Invalid,
    /// What was asked for exists elsewhere and not here.
    Unsupported,
    /// A limit of ours.
    Limit,
    /// Others pushed meanwhile.
    Moved,
    /// The server refuses the push by a rule of its own.
    Rejected,
    /// Our own disk, cancellation or fault.
    Internal,
}

impl Error {
    /// Why the operation failed.
    pub fn cause(&self) -> &Cause {
        match self {
            Self::List { cause, .. } | Self::Fetch { cause, .. } | Self::Push { cause, .. } => cause,
        }
    }

    /// What kind of failure this is.
    pub fn class(&self) -> Class {
        self.cause().class()
    }
}

impl Cause {
    /// What kind of failure this is.
    pub fn class(&self) -> Class {
        match self {
            Self::AuthenticationRequired | Self::AuthorizationFailed | Self::SshRefused { .. } | Self::Credentials(_) => {
                Class::Authentication
            }
            Self::RepositoryNotFound | Self::ReferenceNotFound(_) | Self::CommitNotFound(_) | Self::NotACommit(_) => {
                Class::NotFound
            }
            Self::EmptyRepository => Class::Empty,
            Self::HostKey(_) => Class::HostKey,
            Self::Timeout(_) => Class::Timeout,
            Self::Connection(_) | Self::Status(_) | Self::Redirect(_) | Self::Protocol(_) | Self::Content(_) => Class::Transport,
            Self::InvalidReference(_) | Self::Option(_) | Self::Edit(_) => Class::Invalid,
            Self::Moved(_) => Class::Moved,
            Self::Rejected { .. } => Class::Rejected,
            Self::Unsupported(_) => Class::Unsupported,
            Self::Limit { .. } => Class::Limit,
            Self::Cancelled | Self::Storage(_) | Self::Panicked => Class::Internal,
        }
    }
}

/// The messages of an error and its sources, each once, from the outside in.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        if text.last() != Some(&message) && !message.is_empty() {
            text.push(message);
        }
        next = error.source();
    }
    text.join(": ")
}
