//! The states of a release.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The state of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Status {
    /// Nothing was said yet.
    #[default]
    Unset,
    /// Created and nothing more.
    Unknown,
    /// What is in the cluster.
    Deployed,
    /// Deleted, and its history kept.
    Uninstalled,
    /// A later revision took its place.
    Superseded,
    /// The action failed.
    Failed,
    /// Deletion began.
    Uninstalling,
    /// An install began.
    PendingInstall,
    /// An upgrade began.
    PendingUpgrade,
    /// A rollback began.
    PendingRollback,
    /// Another word; Helm keeps those, too.
    Other(String),
}

const WORDS: [(Status, &str); 10] = [
    (Status::Unset, ""),
    (Status::Unknown, "unknown"),
    (Status::Deployed, "deployed"),
    (Status::Uninstalled, "uninstalled"),
    (Status::Superseded, "superseded"),
    (Status::Failed, "failed"),
    (Status::Uninstalling, "uninstalling"),
    (Status::PendingInstall, "pending-install"),
    (Status::PendingUpgrade, "pending-upgrade"),
    (Status::PendingRollback, "pending-rollback"),
];

impl Status {
    /// The word that records and labels have for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Status::Other(word) => word,
            known => WORDS.iter().find(|(status, _)| status == known).map_or("", |(_, word)| word),
        }
    }

    /// Whether an action began and did not end.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Status::PendingInstall | Status::PendingUpgrade | Status::PendingRollback)
    }

    pub(crate) fn is_unset(&self) -> bool {
        *self == Status::Unset
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Status {
        let known = WORDS.into_iter().find(|(_, known)| *known == word).map(|(status, _)| status);
        known.unwrap_or_else(|| Status::Other(word.to_owned()))
    }
}

impl Display for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
        Ok(Status::from(String::deserialize(deserializer)?.as_str()))
    }
}
