//! The loop of one kind: watch, queue, run, record.
//!
//! ```text
//!  watch ──► store ──► queue ──► worker: deletion │ finalizer │ suspension │ reconcile ──► status, events, metrics, next wake
//!              ▲                                                              │
//!              └────────────────────── our own writes ────────────────────────┘
//! ```

use crate::error_chain::error_chain;
use crate::events::{Event, Recorder};
use crate::jitter::Jitter;
use crate::logging::{ReconcileIdentity, reconcile_span};
use crate::metrics::{ControllerMetrics, ReconcileResult};
use crate::process::{Process, Scope};
use crate::queue::{Backoff, ObjectKey, Queue, Wake};
use crate::reconciler::{Finalized, Next, Reconciler, Report, StatusOf};
use crate::run::{Run, Shared, Urgent, event_object};
use crate::status;
use crate::store::{Change, Store, key_of};
use api::meta::ReconciledObject;
use api::meta::annotations::{FINALIZER, RECONCILE_REQUEST};
use futures::StreamExt;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A run that is not over after this time has its progress written to status.
const PROGRESS_AFTER: Duration = Duration::from_millis(1_000);

/// What a run says about how far it is.
struct Progress<K: ReconciledObject> {
    /// For those who watch a run that takes long.
    latest: watch::Receiver<Option<StatusOf<K>>>,
    /// What has to be written before the run goes on.
    urgent: mpsc::UnboundedReceiver<Urgent<K>>,
}

/// What a controller needs besides its logic.
#[derive(Clone)]
pub struct Options {
    /// The API server.
    pub client: Client,
    /// The field manager of status and metadata writes, as in `source-controller`.
    pub field_manager: String,
    /// Which objects are watched.
    pub scope: Scope,
    /// How many objects are worked on at a time.
    pub concurrency: usize,
    /// The wait between failures.
    pub backoff: Backoff,
    /// How intervals are spread.
    pub jitter: Jitter,
    /// Where events go.
    pub recorder: Recorder,
    /// Where numbers go.
    pub metrics: ControllerMetrics,
    /// Cancelled when the process ends.
    pub shutdown: CancellationToken,
}

impl Options {
    /// The options that a process has for the kind `kind`.
    pub fn new(process: &Process, kind: &'static str, field_manager: &str) -> Self {
        let flags = &process.flags;
        Self {
            client: process.client.clone(),
            field_manager: field_manager.to_owned(),
            scope: process.scope.clone(),
            concurrency: flags.concurrent,
            backoff: Backoff { minimum: flags.min_retry_delay, maximum: flags.max_retry_delay },
            jitter: Jitter::of_flag(flags.interval_jitter_percentage),
            recorder: process.recorder.clone(),
            metrics: process.metrics.controller(kind),
            shutdown: process.shutdown.clone(),
        }
    }
}

/// A controller of one kind, ready to run. Its store and queue can be used by other watches before it starts.
pub struct Controller<R: Reconciler> {
    reconciler: Arc<R>,
    options: Options,
    store: Store<R::Kind>,
    queue: Queue,
}

impl<R: Reconciler> Controller<R> {
    /// A controller over a store that the reconciler may share.
    pub fn new(reconciler: R, store: Store<R::Kind>, options: Options) -> Self {
        let queue = Queue::new(options.backoff, options.metrics.queue());
        Self { reconciler: Arc::new(reconciler), options, store, queue }
    }

    /// The queue, for watches of other objects that wake objects of this kind.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The objects of this kind.
    pub fn store(&self) -> &Store<R::Kind> {
        &self.store
    }

    /// Works until shutdown and until the reconciles that run then have ended; whoever runs this decides how long they may.
    pub async fn run(self) {
        let this = Arc::new(self);
        let watching = tokio::spawn(Arc::clone(&this).watch());
        let observing = tokio::spawn(Arc::clone(&this).observe_queue());
        this.store_synced_or_shutdown().await;
        let workers = Arc::new(Semaphore::new(this.options.concurrency));
        this.options.metrics.max_workers(this.options.concurrency);
        let mut running = JoinSet::new();
        while let Some((permit, key)) = this.next(&workers, &mut running).await {
            running.spawn(Arc::clone(&this).work(key, permit, Arc::clone(&workers)));
        }
        this.queue.close();
        while running.join_next().await.is_some() {}
        watching.abort();
        observing.abort();
    }

    async fn store_synced_or_shutdown(&self) {
        tokio::select! {
            () = self.store.synced() => {}
            () = self.options.shutdown.cancelled() => {}
        }
    }

    async fn next(
        &self,
        workers: &Arc<Semaphore>,
        running: &mut JoinSet<()>,
    ) -> Option<(tokio::sync::OwnedSemaphorePermit, ObjectKey)> {
        let take = take(&self.queue, workers);
        tokio::pin!(take);
        loop {
            tokio::select! {
                taken = &mut take => return taken,
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = self.options.shutdown.cancelled() => return None,
            }
        }
    }

    async fn watch(self: Arc<Self>) {
        let changes = self.store.watch(self.options.client.clone(), &self.options.scope);
        tokio::pin!(changes);
        while let Some(change) = changes.next().await {
            match change {
                Change::Applied { before, now } => {
                    if before.as_deref().is_none_or(|before| wants_run(before, &now)) {
                        self.queue.add(key_of(now.as_ref()));
                    }
                }
                Change::Deleted(object) => self.gone(&key_of(object.as_ref())),
            }
        }
    }

    fn gone(&self, key: &ObjectKey) {
        self.queue.forget(key);
        self.options.metrics.forget(&key.namespace, &key.name);
        self.reconciler.forget(key);
    }

    async fn observe_queue(self: Arc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        loop {
            tick.tick().await;
            self.queue.report_running();
        }
    }

    /// One key, from the queue to its next wake. The inner task keeps a panic away from everything else.
    async fn work(self: Arc<Self>, key: ObjectKey, permit: tokio::sync::OwnedSemaphorePermit, workers: Arc<Semaphore>) {
        let Some(object) = self.store.get(&key) else {
            self.queue.finish(&key, Wake::Never);
            return;
        };
        let span = reconcile_span(&ReconcileIdentity {
            controller: &R::Kind::kind(&()).to_ascii_lowercase(),
            group: &R::Kind::group(&()),
            kind: &R::Kind::kind(&()),
            namespace: &key.namespace,
            name: &key.name,
        });
        let started = Instant::now();
        self.options.metrics.worker_started();
        let task = tokio::spawn(Arc::clone(&self).reconcile(object, key.clone(), permit, workers).instrument(span.clone()));
        let done = task.await;
        self.options.metrics.worker_finished();
        let (wake, result) = match done {
            Ok(done) => done,
            Err(error) if error.is_panic() => {
                self.options.metrics.panicked();
                span.in_scope(
                    || tracing::error!(error = %error, "the reconcile panicked and is tried again; please report this"),
                );
                (Wake::Backoff, ReconcileResult::Error)
            }
            Err(_) => (Wake::Never, ReconcileResult::Error),
        };
        self.options.metrics.reconciled(&key.namespace, &key.name, result, started.elapsed().as_secs_f64());
        if self.store.get(&key).is_none() {
            // The watch was faster than the end of this run: the count above has brought back the series that it ended.
            self.options.metrics.forget(&key.namespace, &key.name);
        }
        self.queue.finish(&key, wake);
    }

    async fn reconcile(
        self: Arc<Self>,
        object: Arc<R::Kind>,
        key: ObjectKey,
        permit: tokio::sync::OwnedSemaphorePermit,
        workers: Arc<Semaphore>,
    ) -> (Wake, ReconcileResult) {
        if self.reconciler.is_static(object.as_ref()) {
            return self.release(object, key, permit, workers).await;
        }
        if object.meta().deletion_timestamp.is_some() {
            if !has_finalizer(object.as_ref()) {
                return (Wake::Never, ReconcileResult::Success);
            }
            return self.finalize(object, key, permit, workers).await;
        }
        if !has_finalizer(object.as_ref()) {
            return self.add_finalizer(&object).await;
        }
        if object.suspended() {
            tracing::info!("reconciliation is suspended for this object");
            let status = self.reconciler.suspended(object.as_ref());
            return match self.record(&object, &status).await {
                Ok(()) => (Wake::Never, ReconcileResult::Success),
                Err(()) => (Wake::Backoff, ReconcileResult::Error),
            };
        }
        let (run, progress) = self.start_run(Arc::clone(&object), key, permit, workers);
        let (report, seen) = self.drive(self.reconciler.reconcile(run), progress, object).await;
        self.settle(report, &seen).await
    }

    fn start_run(
        &self,
        object: Arc<R::Kind>,
        key: ObjectKey,
        permit: tokio::sync::OwnedSemaphorePermit,
        workers: Arc<Semaphore>,
    ) -> (Run<R::Kind>, Progress<R::Kind>) {
        let (progress, latest) = watch::channel(None);
        let (urgent, asked) = mpsc::unbounded_channel();
        let shared = Shared {
            object,
            key,
            started: Timestamp::now(),
            recorder: self.options.recorder.clone(),
            cancelled: self.options.shutdown.clone(),
            progress,
            urgent,
            workers,
            permit: tokio::sync::Mutex::new(Some(permit)),
        };
        (Run { shared: Arc::new(shared) }, Progress { latest, urgent: asked })
    }

    /// Waits for the reconciler; meanwhile writes its progress when it takes long. Gives the object as it is after those writes.
    async fn drive<T>(
        &self,
        working: impl Future<Output = T>,
        mut progress: Progress<R::Kind>,
        mut seen: Arc<R::Kind>,
    ) -> (T, Arc<R::Kind>) {
        tokio::pin!(working);
        let patience = tokio::time::sleep(PROGRESS_AFTER);
        tokio::pin!(patience);
        let mut patient = true;
        loop {
            tokio::select! {
                outcome = &mut working => return (outcome, seen),
                () = &mut patience, if patient => patient = false,
                Ok(()) = progress.latest.changed(), if !patient => {}
                Some((status, written)) = progress.urgent.recv() => {
                    if let Ok(object) = self.write_progress(&seen, &status).await {
                        seen = object;
                        // Nobody waits for the answer any more where the run was given up meanwhile.
                        let _ = written.send(());
                    }
                    continue;
                }
            }
            let status = progress.latest.borrow_and_update().clone();
            if let Some(status) = status {
                seen = self.write_progress(&seen, &status).await.unwrap_or(seen);
            }
        }
    }

    /// Writes a status in the middle of a run; a failure is logged and the run goes on.
    async fn write_progress(&self, seen: &Arc<R::Kind>, status: &StatusOf<R::Kind>) -> Result<Arc<R::Kind>, ()> {
        match status::write(
            &self.api(seen.as_ref()),
            &self.options.field_manager,
            seen,
            status::Wanted { status, requested: None, owned: R::OWNED_CONDITIONS },
        )
        .await
        {
            Ok(Some(object)) => Ok(self.store.written(object)),
            Ok(None) => Ok(Arc::clone(seen)),
            Err(error) => {
                tracing::debug!(error = error_chain(&error), "progress could not be written");
                Err(())
            }
        }
    }

    async fn settle(&self, report: Report<R::Kind>, seen: &Arc<R::Kind>) -> (Wake, ReconcileResult) {
        self.emit(seen.as_ref(), report.events);
        if self.record(seen, &report.status).await.is_err() {
            return (Wake::Backoff, ReconcileResult::Error);
        }
        if let Some(error) = &report.error {
            tracing::error!(error = error.as_str(), "Reconciler error");
        }
        match report.next {
            Next::Interval(interval) => {
                (Wake::After(self.options.jitter.spread(interval)), result_of(&report.error, ReconcileResult::RequeueAfter))
            }
            Next::After(delay) => (Wake::After(delay), result_of(&report.error, ReconcileResult::RequeueAfter)),
            Next::Immediately => (Wake::After(Duration::ZERO), ReconcileResult::Requeue),
            Next::Backoff => (Wake::Backoff, result_of(&report.error, ReconcileResult::Requeue)),
            Next::WhenChanged => (Wake::Never, result_of(&report.error, ReconcileResult::Success)),
        }
    }

    /// Writes the status at the end of a run. `Err` means that it is already logged and that the run has to come again.
    async fn record(&self, seen: &Arc<R::Kind>, status: &StatusOf<R::Kind>) -> Result<(), ()> {
        let requested = seen.annotations().get(RECONCILE_REQUEST).map(String::as_str);
        let api = self.api(seen.as_ref());
        match status::write(
            &api,
            &self.options.field_manager,
            seen,
            status::Wanted { status, requested, owned: R::OWNED_CONDITIONS },
        )
        .await
        {
            Ok(Some(object)) => drop(self.store.written(object)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = error_chain(&error), "status could not be written");
                return Err(());
            }
        }
        Ok(())
    }

    async fn finalize(
        &self,
        object: Arc<R::Kind>,
        key: ObjectKey,
        permit: tokio::sync::OwnedSemaphorePermit,
        workers: Arc<Semaphore>,
    ) -> (Wake, ReconcileResult) {
        let (run, progress) = self.start_run(Arc::clone(&object), key, permit, workers);
        let (finalized, object) = self.drive(self.reconciler.finalize(run), progress, object).await;
        match finalized {
            Finalized::Retry { events, error } => {
                self.emit(object.as_ref(), events);
                tracing::error!(error = error.as_str(), "clean-up failed, the finalizer stays");
                (Wake::Backoff, ReconcileResult::Error)
            }
            Finalized::Done { events } => {
                self.emit(object.as_ref(), events);
                let others: Vec<&String> = object.finalizers().iter().filter(|name| *name != FINALIZER).collect();
                match self.patch_finalizers(&object, json!(others)).await {
                    Ok(()) => (Wake::Never, ReconcileResult::Success),
                    Err(()) => (Wake::Backoff, ReconcileResult::Error),
                }
            }
        }
    }

    /// Takes everything of ours from an object that needs no work; a suspended one stays as it is until it is deleted.
    async fn release(
        &self,
        object: Arc<R::Kind>,
        key: ObjectKey,
        permit: tokio::sync::OwnedSemaphorePermit,
        workers: Arc<Semaphore>,
    ) -> (Wake, ReconcileResult) {
        let kept = object.suspended() && object.meta().deletion_timestamp.is_none();
        if kept || (!has_finalizer(object.as_ref()) && status::is_empty(object.as_ref())) {
            return (Wake::Never, ReconcileResult::Success);
        }
        let Ok(seen) = self.write_progress(&object, &StatusOf::<R::Kind>::default()).await else {
            return (Wake::Backoff, ReconcileResult::Error);
        };
        self.finalize(seen, key, permit, workers).await
    }

    async fn add_finalizer(&self, object: &Arc<R::Kind>) -> (Wake, ReconcileResult) {
        let mut finalizers = object.finalizers().to_vec();
        finalizers.push(FINALIZER.to_owned());
        match self.patch_finalizers(object, json!(finalizers)).await {
            Ok(()) => (Wake::After(Duration::ZERO), ReconcileResult::Requeue),
            Err(()) => (Wake::Backoff, ReconcileResult::Error),
        }
    }

    async fn patch_finalizers(&self, object: &Arc<R::Kind>, finalizers: Value) -> Result<(), ()> {
        let body = json!({"metadata": {"resourceVersion": object.resource_version(), "finalizers": finalizers}});
        let parameters = PatchParams { field_manager: Some(self.options.field_manager.clone()), ..PatchParams::default() };
        match self.api(object.as_ref()).patch(&object.name_any(), &parameters, &Patch::Merge(&body)).await {
            Ok(object) => {
                self.store.written(object);
                Ok(())
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                // The watch brings the newer version; the next try sees it.
                tracing::debug!("finalizers could not be written: the object changed meanwhile");
                self.refresh(object).await;
                Err(())
            }
            Err(error) => {
                tracing::error!(error = error_chain(&error), "finalizers could not be written");
                Err(())
            }
        }
    }

    /// Reads an object again whose copy turned out to be old.
    async fn refresh(&self, object: &Arc<R::Kind>) {
        if let Ok(object) = self.api(object.as_ref()).get(&object.name_any()).await {
            self.store.written(object);
        }
    }

    fn api(&self, object: &R::Kind) -> Api<R::Kind> {
        Api::namespaced(self.options.client.clone(), &object.namespace().unwrap_or_default())
    }

    fn emit(&self, object: &R::Kind, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let about = event_object(object);
        for event in events {
            self.options.recorder.emit(&about, event);
        }
    }
}

/// The next key and a worker for it. No worker is held while there is nothing to do: runs that come back from
/// [`Run::wait`] want theirs again.
async fn take(queue: &Queue, workers: &Arc<Semaphore>) -> Option<(tokio::sync::OwnedSemaphorePermit, ObjectKey)> {
    let key = queue.next().await?;
    let permit = Arc::clone(workers).acquire_owned().await.ok()?;
    Some((permit, key))
}

fn result_of(error: &Option<String>, success: ReconcileResult) -> ReconcileResult {
    if error.is_some() { ReconcileResult::Error } else { success }
}

fn has_finalizer<K: ResourceExt>(object: &K) -> bool {
    object.finalizers().iter().any(|name| name == FINALIZER)
}

/// Whether a change of an object is one to act on: status and label writes are not.
fn wants_run<K: ResourceExt>(before: &K, now: &K) -> bool {
    let requested = |object: &K| object.annotations().get(RECONCILE_REQUEST).cloned();
    before.uid() != now.uid()
        || before.meta().generation != now.meta().generation
        || before.meta().deletion_timestamp != now.meta().deletion_timestamp
        || requested(before) != requested(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[tokio::test(start_paused = true)]
    async fn an_empty_queue_holds_no_worker() {
        let backoff = Backoff { minimum: Duration::from_millis(750), maximum: Duration::from_secs(900) };
        let queue = Queue::new(backoff, Metrics::new().controller("Thing").queue());
        let workers = Arc::new(Semaphore::new(1));
        let taking = tokio::spawn({
            let (queue, workers) = (queue.clone(), Arc::clone(&workers));
            async move { take(&queue, &workers).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(workers.available_permits(), 1, "a run that waited could not go on");
        queue.add(ObjectKey::new("ns", "a"));
        let taken = taking.await.expect("the task ends");
        assert!(taken.is_some_and(|(_, key)| &*key.name == "a"));
    }
}
