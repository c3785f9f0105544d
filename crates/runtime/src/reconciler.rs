//! What a controller says about its kind, and what one run of it comes to.

use crate::events::Event;
use crate::queue::ObjectKey;
use crate::run::Run;
use api::meta::{ConditionType, ReconciledObject};
use kube::core::object::HasStatus;
use std::future::Future;
use std::time::Duration;

/// The type of `.status` of a kind. Fields that it does not know stay as they are on the server.
pub type StatusOf<K> = <K as HasStatus>::Status;

/// When an object is wanted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// After the object's interval, spread by `--interval-jitter-percentage`.
    Interval(Duration),
    /// After exactly this time.
    After(Duration),
    /// At once, behind those that wait.
    Immediately,
    /// After the next step of the object's exponential back-off.
    Backoff,
    /// When something changes.
    WhenChanged,
}

/// What a run came to.
pub struct Report<K: ReconciledObject> {
    /// The whole status as it should be now. The runtime adds `lastHandledReconcileAt`, writes the difference and nothing else.
    pub status: StatusOf<K>,
    /// Events to emit, in order; those of [`Run::emit`] came before.
    pub events: Vec<Event>,
    /// When to run again.
    pub next: Next,
    /// The failure, for the log and the metrics; `None` is a success.
    pub error: Option<String>,
}

/// What came of the clean-up before an object goes.
#[derive(Debug)]
pub enum Finalized {
    /// Nothing is left to do: the finalizer is removed.
    Done {
        /// Events to emit.
        events: Vec<Event>,
    },
    /// Try again after the next step of the back-off.
    Retry {
        /// Events to emit.
        events: Vec<Event>,
        /// Why, for the log.
        error: String,
    },
}

/// The logic of one kind. Deletion, finalizer and suspension are settled by the runtime before it is asked.
pub trait Reconciler: Send + Sync + 'static {
    /// The kind.
    type Kind: ReconciledObject;

    /// The condition types that this controller writes. Conditions of other types belong to others and survive every write.
    const OWNED_CONDITIONS: &'static [ConditionType];

    /// Brings the world in line with one object. A panic counts as a failure with back-off and hurts nobody else.
    fn reconcile(&self, run: Run<Self::Kind>) -> impl Future<Output = Report<Self::Kind>> + Send;

    /// Undoes what the object stands for. Also asked of a suspended object.
    fn finalize(&self, run: Run<Self::Kind>) -> impl Future<Output = Finalized> + Send;

    /// Whether an object only says something to others and needs no work: then it keeps neither finalizer nor status, which are
    /// removed, after [`Reconciler::finalize`], where it has them from before.
    fn is_static(&self, object: &Self::Kind) -> bool {
        let _ = object;
        false
    }

    /// The status of a suspended object; the runtime adds `lastHandledReconcileAt`.
    fn suspended(&self, object: &Self::Kind) -> StatusOf<Self::Kind> {
        object.status().cloned().unwrap_or_default()
    }

    /// Called once when an object has gone, to drop what was remembered of it.
    fn forget(&self, key: &ObjectKey) {
        let _ = key;
    }
}
