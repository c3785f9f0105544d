//! Why an action cannot be carried out.

use std::error::Error;
use std::fmt;

use cluster_client::{RequestError, WaitFailure};
use helm_chart::{KubeVersionError, ReleaseNameError, RenderError};
use helm_release::{HistoryError, Release};

use crate::apply::ApplyError;
use crate::crds::CrdError;
use crate::hooks::HookError;
use crate::objects::ObjectsError;
use crate::ownership::OwnershipError;
use crate::storage::StorageError;

/// An action that failed.
///
/// Displays as its error does.
#[derive(Debug)]
pub struct Failure {
    /// The record as it was left, or as it should have been when even that could not be stored. `None`: nothing was stored, so for the
    /// history of the release nothing happened. CustomResourceDefinitions may have been written, and a namespace.
    pub record: Option<Box<Release>>,
    /// Why.
    pub error: ActionError,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// Before anything was stored.
impl<E: Into<ActionError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { record: None, error: error.into() }
    }
}

/// Why an action failed; worded as Helm, and with its causes joined by `: ` as Helm prints it.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// CustomResourceDefinitions.
    #[error("failed to apply CustomResourceDefinitions")]
    Crds(#[from] CrdError),
    /// The name is none for a release.
    #[error("release name check failed")]
    Name(#[source] ReleaseNameError),
    /// The name is taken.
    #[error("release name check failed")]
    NameInUse(#[source] HistoryError),
    /// The records of the release do not allow it.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Records cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What the cluster can do is not known.
    #[error("could not get server version from Kubernetes")]
    Capabilities(#[source] RequestError),
    /// The cluster's version is none.
    #[error("could not get server version from Kubernetes")]
    KubeVersion(#[source] KubeVersionError),
    /// What the cluster serves is not known.
    #[error("could not get apiVersions from Kubernetes")]
    ApiVersions(#[source] RequestError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The thread that rendered the chart is gone: it panicked, or the process ends.
    #[error("the rendering of the chart was given up")]
    RenderingLost,
    /// A manifest holds no objects that the cluster knows.
    #[error("unable to build kubernetes objects from {what}")]
    Objects {
        /// Which manifest.
        what: &'static str,
        /// Why not.
        source: ObjectsError,
    },
    /// What was rendered for an upgrade are no objects that the cluster knows.
    #[error(transparent)]
    Manifest(#[from] ObjectsError),
    /// Objects exist that are not this release's.
    #[error("unable to continue with {action}")]
    Ownership {
        /// `install` or `update`.
        action: &'static str,
        /// Which object, and whose it is.
        source: OwnershipError,
    },
    /// The namespace cannot be created.
    #[error("{0}")]
    Namespace(#[source] RequestError),
    /// A hook failed.
    #[error("{stage}")]
    Hooks {
        /// What Helm calls the stage.
        stage: &'static str,
        /// Why.
        source: HookError,
    },
    /// A hook failed, in an action that does not say when.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// Objects cannot be written.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Objects did not become ready.
    #[error(transparent)]
    Wait(#[from] WaitFailure),
    /// Objects of a rolled back release did not become ready; the name of the release.
    #[error("release {name} failed")]
    RollbackWait {
        /// The name of the release.
        name: String,
        /// Which ones.
        source: WaitFailure,
    },
    /// Objects that a failed action has created cannot be deleted.
    #[error(
        "an error occurred while cleaning up resources. original {action} error: {original}: unable to cleanup resources: {failures}"
    )]
    Cleanup {
        /// `upgrade` or `rollback`.
        action: &'static str,
        /// Why the action failed.
        original: String,
        /// Why the objects stay.
        failures: String,
    },
    /// Objects of an uninstalled release cannot be deleted; the name of the release.
    #[error("failed to delete release: {0}")]
    Delete(String),
    /// The release is uninstalled, but not all went well.
    #[error("uninstallation completed with {count} error(s): {messages}")]
    Uninstall {
        /// How many.
        count: usize,
        /// What went wrong.
        messages: String,
    },
}

/// An error with all its causes, as Helm prints it into records.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !message.is_empty() && !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = next.source();
    }
    text
}
