//! Metrics with the names, labels and buckets of Flux, controller-runtime and client-go.
//!
//! Dashboards, alerts and autoscalers read these names, so they are an interface. One [`Metrics`] belongs to one process and
//! has its own registry: nothing is global. `go_*` does not exist; `process_*` is read from `/proc` at each scrape.

mod controller;
mod families;
mod process;

pub use controller::{ControllerMetrics, QueueMetrics, ReconcileResult};

use families::Families;
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    families: Families,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

/// What became of a request to the token cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheRequest {
    /// The cache answered.
    Success,
    /// The cache could not answer.
    Failure,
}

/// Whether a value was in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheEvent {
    /// It was.
    Hit,
    /// It was not.
    Miss,
}

impl CacheEvent {
    fn label(self) -> &'static str {
        match self {
            Self::Hit => "cache_hit",
            Self::Miss => "cache_miss",
        }
    }
}

/// The object for which a cloud token was taken, and what for.
#[derive(Debug, Clone, Copy)]
pub struct TokenUse<'a> {
    /// `GitRepository`.
    pub kind: &'a str,
    /// The object's name.
    pub name: &'a str,
    /// The object's namespace.
    pub namespace: &'a str,
    /// `reconcile`.
    pub operation: &'a str,
}

impl Metrics {
    /// An empty registry with everything registered.
    pub fn new() -> Arc<Self> {
        let registry = Registry::new();
        let families = Families::register(&registry);
        Arc::new(Self { registry, families })
    }

    /// The metrics of the controller of one kind, `GitRepository`. Its counters exist, at zero, from here on.
    pub fn controller(&self, kind: &'static str) -> ControllerMetrics {
        ControllerMetrics::new(&self.families, kind)
    }

    /// One answer of the API server: `code` is the status or `<error>`, as in client-go.
    pub fn api_request(&self, code: &str, method: &str, host: &str) {
        self.families.rest_client_requests.with_label_values(&[code, method, host]).inc();
    }

    /// Whether this process holds the lease `name`.
    pub fn leading(&self, name: &str, leads: Leads) {
        let value = if leads == Leads::Yes { 1.0 } else { 0.0 };
        self.families.leader.with_label_values(&[name]).set(value);
    }

    /// An event that was not delivered; `sink` is `kubernetes` or `http`.
    pub fn event_dropped(&self, sink: &str) {
        self.families.events_dropped.with_label_values(&[sink]).inc();
    }

    /// A look into the cache of Helm indexes on behalf of a repository.
    pub fn index_cache_event(&self, event: CacheEvent, name: &str, namespace: &str) {
        self.families.cache_events.with_label_values(&[event.label(), name, namespace]).inc();
    }

    /// A look into the token cache.
    pub fn token_cache_event(&self, event: CacheEvent, user: &TokenUse<'_>) {
        let labels = [event.label(), user.kind, user.name, user.namespace, user.operation];
        self.families.token_cache_events.with_label_values(&labels).inc();
    }

    /// A request to the token cache as such.
    pub fn token_cache_request(&self, outcome: CacheRequest) {
        let status = if outcome == CacheRequest::Success { "success" } else { "failure" };
        self.families.token_cache_requests.with_label_values(&[status]).inc();
    }

    /// How many tokens are cached.
    pub fn token_cache_items(&self, count: usize) {
        self.families.token_cached_items.set(count as f64);
    }

    /// A token was dropped to make room.
    pub fn token_cache_evicted(&self) {
        self.families.token_cache_evictions.inc();
    }

    /// The registry, for a controller that has metrics of its own.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Everything in Prometheus' text format.
    ///
    /// # Errors
    /// A metric that a controller registered is inconsistent.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Whether the process is the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// It holds the lease.
    Yes,
    /// It does not.
    No,
}

#[cfg(test)]
mod tests;
