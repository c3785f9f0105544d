//! Placeholder of the metrics; the real ones follow.
#![allow(missing_docs)]
use std::sync::Arc;
pub struct Metrics;
impl Metrics {
    pub fn new() -> Arc<Self> { Arc::new(Self) }
    pub fn controller(&self, _kind: &'static str) -> ControllerMetrics { ControllerMetrics }
}
#[derive(Clone)]
pub struct ControllerMetrics;
pub enum ReconcileResult { Success, Requeue, RequeueAfter, Error }
impl ControllerMetrics {
    pub fn reconciled(&self, _namespace: &str, _name: &str, _result: ReconcileResult, _seconds: f64) {}
    pub fn panicked(&self) {}
    pub fn forget(&self, _namespace: &str, _name: &str) {}
    pub fn max_workers(&self, _n: usize) {}
    pub fn worker_started(&self) {}
    pub fn worker_finished(&self) {}
    pub fn queue(&self) -> QueueMetrics { QueueMetrics }
}
#[derive(Clone)]
pub struct QueueMetrics;
impl QueueMetrics {
    pub fn added(&self) {}
    pub fn depth(&self, _n: usize) {}
    pub fn waited(&self, _s: f64) {}
    pub fn worked(&self, _s: f64) {}
    pub fn retried(&self) {}
    pub fn unfinished(&self, _s: f64) {}
    pub fn longest(&self, _s: f64) {}
}
