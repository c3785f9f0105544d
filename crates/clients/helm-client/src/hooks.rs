//! Running the hooks of an event.

use cluster_client::{RequestError, TerminationTimeout, WaitFailure};

use crate::apply::ApplyError;
use crate::objects::ObjectsError;

/// Why hooks failed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The document of a hook is no object that the cluster knows.
    #[error("unable to build kubernetes object for {event} hook {path}")]
    Objects {
        /// When it runs.
        event: &'static str,
        /// Where it comes from.
        path: String,
        /// What is wrong with it.
        source: ObjectsError,
    },
    /// A hook cannot be created.
    #[error("warning: Hook {event} {path} failed")]
    Create {
        /// When it runs.
        event: &'static str,
        /// Where it comes from.
        path: String,
        /// Why not.
        source: ApplyError,
    },
    /// A hook cannot be deleted.
    #[error(transparent)]
    Delete(RequestError),
    /// A deleted hook is still there.
    #[error(transparent)]
    Gone(#[from] TerminationTimeout),
    /// A hook failed, or did not end in time.
    #[error(transparent)]
    Wait(#[from] WaitFailure),
}
