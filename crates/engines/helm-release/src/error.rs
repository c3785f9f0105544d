//! What can be wrong with records.

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The stored text is not base64.
    #[error("the stored record is not base64")]
    Base64(#[source] base64::DecodeError),
    /// The stored bytes begin as gzip does, but are not.
    #[error("the stored record cannot be decompressed")]
    Gzip(#[source] std::io::Error),
    /// The record is larger than this many bytes.
    #[error("the stored record has more than {0} bytes")]
    TooLarge(usize),
    /// The record is not JSON, or a field has a value of another type.
    #[error("the record is not that of a release")]
    Json(#[source] serde_json::Error),
    /// The object holds no record.
    #[error("the object has no key {0}")]
    Missing(&'static str),
}

/// Why an action cannot begin. The messages are Helm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The last action did not end.
    #[error("another operation (install/upgrade/rollback) is in progress")]
    Pending,
    /// There is nothing to upgrade; the name of the release.
    #[error("{0:?} has no deployed releases")]
    NoDeployedReleases(String),
    /// There is no record of the release.
    #[error("release: not found")]
    NotFound,
    /// There is no record of that revision.
    #[error("release has no {0} version")]
    NoSuchVersion(i64),
    /// A revision is a positive number.
    #[error("invalid release revision")]
    InvalidRevision,
    /// An install needs a name without a release.
    #[error("cannot reuse a name that is still in use")]
    NameInUse,
    /// There is nothing left to uninstall; the name of the release.
    #[error("the release named {0:?} is already deleted")]
    AlreadyDeleted(String),
}
