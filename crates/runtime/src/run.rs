//! One run of a reconciler: the object it is for and what it may do on the way.

use crate::events::{Event, EventObject, Recorder};
use crate::queue::ObjectKey;
use crate::reconciler::StatusOf;
use api::meta::ReconciledObject;
use api::meta::annotations::RECONCILE_REQUEST;
use jiff::Timestamp;
use kube::ResourceExt;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Handed to a reconciler for one run. Cheap to clone.
pub struct Run<K: ReconciledObject> {
    pub(crate) shared: Arc<Shared<K>>,
}

impl<K: ReconciledObject> Clone for Run<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// A status to write at once, and where to say that it is written.
pub(crate) type Urgent<K> = (StatusOf<K>, oneshot::Sender<()>);

/// The status is not written: the API server refused it, or this run writes none.
#[derive(Debug, thiserror::Error)]
#[error("the status could not be written")]
pub struct NotRecorded;

pub(crate) struct Shared<K: ReconciledObject> {
    pub(crate) object: Arc<K>,
    pub(crate) key: ObjectKey,
    pub(crate) started: Timestamp,
    pub(crate) recorder: Recorder,
    pub(crate) cancelled: CancellationToken,
    pub(crate) progress: watch::Sender<Option<StatusOf<K>>>,
    pub(crate) urgent: mpsc::UnboundedSender<Urgent<K>>,
    pub(crate) workers: Arc<Semaphore>,
    pub(crate) permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl<K: ReconciledObject> Run<K> {
    /// The object as it was when the run began. It does not change during the run.
    pub fn object(&self) -> &Arc<K> {
        &self.shared.object
    }

    /// The object's key.
    pub fn key(&self) -> &ObjectKey {
        &self.shared.key
    }

    /// When the run began. A decision that needs the time uses this one.
    pub fn started(&self) -> Timestamp {
        self.shared.started
    }

    /// The time now, for durations in messages and for what ends later than it began.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The value of `reconcile.fluxcd.io/requestedAt`.
    pub fn requested_at(&self) -> Option<&str> {
        self.object().meta().annotations.as_ref()?.get(RECONCILE_REQUEST).map(String::as_str)
    }

    /// Cancelled when the process ends, or when it lost the lead: stop at the next safe place.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.shared.cancelled
    }

    /// Emits an event about the object at once.
    pub fn emit(&self, event: Event) {
        self.shared.recorder.emit(&event_object(self.object().as_ref()), event);
    }

    /// Says how far the run is. The status is written only if the run is still at it a moment later: a run that ends at once
    /// costs one write, not five.
    pub fn progress(&self, status: StatusOf<K>) {
        self.shared.progress.send_replace(Some(status));
    }

    /// Writes a status now and waits until it is there: for what must be known before something irrevocable is done.
    ///
    /// # Errors
    /// It was not written.
    pub async fn record(&self, status: StatusOf<K>) -> Result<(), NotRecorded> {
        // What was said of the run before this must not be written after it: that would take back what is recorded now.
        self.shared.progress.send_replace(Some(status.clone()));
        let (written, answer) = oneshot::channel();
        self.shared.urgent.send((status, written)).map_err(|_| NotRecorded)?;
        answer.await.map_err(|_| NotRecorded)
    }

    /// Waits for something slow without keeping a worker from the other objects.
    pub async fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        let held = self.shared.permit.lock().await.take();
        drop(held);
        let value = future.await;
        // The semaphore is never closed while runs exist; without a permit the run would only be unbounded, not wrong.
        let again = Arc::clone(&self.shared.workers).acquire_owned().await.ok();
        *self.shared.permit.lock().await = again;
        value
    }
}

/// The object as events name it.
pub fn event_object<K: ReconciledObject>(object: &K) -> EventObject {
    EventObject {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
        resource_version: object.resource_version().unwrap_or_default(),
        annotations: object.annotations().clone(),
    }
}
