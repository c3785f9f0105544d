//! The metrics of one controller and of its queue.

use super::families::Families;
use prometheus::{Gauge, Histogram, HistogramVec, IntCounter};

/// How a run ended, by controller-runtime's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileResult {
    /// Nothing more to do until something changes.
    Success,
    /// To be run again at once, with backoff.
    Requeue,
    /// To be run again at a given time.
    RequeueAfter,
    /// The run failed.
    Error,
}

/// The metrics of the controller of one kind. Clones count into the same series.
#[derive(Clone)]
pub struct ControllerMetrics {
    kind: &'static str,
    duration: HistogramVec,
    success: IntCounter,
    requeue: IntCounter,
    requeue_after: IntCounter,
    error: IntCounter,
    errors: IntCounter,
    terminal_errors: IntCounter,
    panics: IntCounter,
    timeouts: IntCounter,
    time: Histogram,
    max_workers: Gauge,
    active_workers: Gauge,
    queue: QueueMetrics,
}

impl ControllerMetrics {
    pub(super) fn new(families: &Families, kind: &'static str) -> Self {
        let controller = kind.to_ascii_lowercase();
        let name = [controller.as_str()];
        let total = |result| families.reconcile.total.with_label_values(&[controller.as_str(), result]);
        Self {
            kind,
            duration: families.reconcile.duration.clone(),
            success: total("success"),
            requeue: total("requeue"),
            requeue_after: total("requeue_after"),
            error: total("error"),
            errors: families.reconcile.errors.with_label_values(&name),
            terminal_errors: families.reconcile.terminal_errors.with_label_values(&name),
            panics: families.reconcile.panics.with_label_values(&name),
            timeouts: families.reconcile.timeouts.with_label_values(&name),
            time: families.reconcile.time.with_label_values(&name),
            max_workers: families.reconcile.max_workers.with_label_values(&name),
            active_workers: families.reconcile.active_workers.with_label_values(&name),
            queue: QueueMetrics::new(families, &controller),
        }
    }

    /// A run of an object ended after `seconds`.
    pub fn reconciled(&self, namespace: &str, name: &str, result: ReconcileResult, seconds: f64) {
        self.duration.with_label_values(&[self.kind, name, namespace]).observe(seconds);
        self.time.observe(seconds);
        match result {
            ReconcileResult::Success => self.success.inc(),
            ReconcileResult::Requeue => self.requeue.inc(),
            ReconcileResult::RequeueAfter => self.requeue_after.inc(),
            ReconcileResult::Error => {
                self.error.inc();
                self.errors.inc();
            }
        }
    }

    /// A run panicked. It is also counted as an error by [`Self::reconciled`].
    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// A run failed for good: only a change of the object helps.
    pub fn terminal_error(&self) {
        self.terminal_errors.inc();
    }

    /// A run was stopped because it took too long.
    pub fn timed_out(&self) {
        self.timeouts.inc();
    }

    /// The object is gone: its series end.
    pub fn forget(&self, namespace: &str, name: &str) {
        // An error means that the object never had a series.
        let _ = self.duration.remove_label_values(&[self.kind, name, namespace]);
    }

    /// How many objects may run at the same time.
    pub fn max_workers(&self, count: usize) {
        self.max_workers.set(count as f64);
    }

    /// A worker took an object.
    pub fn worker_started(&self) {
        self.active_workers.inc();
    }

    /// A worker is free again.
    pub fn worker_finished(&self) {
        self.active_workers.dec();
    }

    /// The metrics of this controller's queue.
    pub fn queue(&self) -> QueueMetrics {
        self.queue.clone()
    }
}

/// The metrics of a work queue, with client-go's names.
#[derive(Clone)]
pub struct QueueMetrics {
    adds: IntCounter,
    depth: Gauge,
    waited: Histogram,
    worked: Histogram,
    retries: IntCounter,
    unfinished: Gauge,
    longest: Gauge,
}

impl QueueMetrics {
    fn new(families: &Families, controller: &str) -> Self {
        let labels = [controller, controller];
        Self {
            adds: families.queue.adds.with_label_values(&labels),
            // Objects have no priorities here: all are 0, controller-runtime's normal one.
            depth: families.queue.depth.with_label_values(&[controller, controller, "0"]),
            waited: families.queue.waited.with_label_values(&labels),
            worked: families.queue.worked.with_label_values(&labels),
            retries: families.queue.retries.with_label_values(&labels),
            unfinished: families.queue.unfinished.with_label_values(&labels),
            longest: families.queue.longest.with_label_values(&labels),
        }
    }

    /// A key was added that was not waiting already.
    pub fn added(&self) {
        self.adds.inc();
    }

    /// How many keys are ready and wait for a worker.
    pub fn depth(&self, count: usize) {
        self.depth.set(count as f64);
    }

    /// How long a key waited from being ready to being taken.
    pub fn waited(&self, seconds: f64) {
        self.waited.observe(seconds);
    }

    /// How long the work on a key took.
    pub fn worked(&self, seconds: f64) {
        self.worked.observe(seconds);
    }

    /// A key was added with a delay.
    pub fn retried(&self) {
        self.retries.inc();
    }

    /// The sum of the ages of all running work.
    pub fn unfinished(&self, seconds: f64) {
        self.unfinished.set(seconds);
    }

    /// The age of the oldest running work.
    pub fn longest(&self, seconds: f64) {
        self.longest.set(seconds);
    }
}
