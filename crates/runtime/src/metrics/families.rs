//! Names, help texts, labels and buckets.

use super::process::ProcessCollector;
use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, exponential_buckets,
};

/// Every family of the process.
pub(super) struct Families {
    pub(super) reconcile: ReconcileFamilies,
    pub(super) queue: QueueFamilies,
    pub(super) rest_client_requests: IntCounterVec,
    pub(super) leader: GaugeVec,
    pub(super) cache_events: IntCounterVec,
    pub(super) token_cache_events: IntCounterVec,
    pub(super) token_cached_items: Gauge,
    pub(super) token_cache_requests: IntCounterVec,
    pub(super) token_cache_evictions: IntCounter,
    pub(super) events_dropped: IntCounterVec,
}

/// What controllers do.
pub(super) struct ReconcileFamilies {
    pub(super) duration: HistogramVec,
    pub(super) total: IntCounterVec,
    pub(super) errors: IntCounterVec,
    pub(super) terminal_errors: IntCounterVec,
    pub(super) panics: IntCounterVec,
    pub(super) timeouts: IntCounterVec,
    pub(super) time: HistogramVec,
    pub(super) max_workers: GaugeVec,
    pub(super) active_workers: GaugeVec,
}

/// What their queues do.
pub(super) struct QueueFamilies {
    pub(super) depth: GaugeVec,
    pub(super) adds: IntCounterVec,
    pub(super) waited: HistogramVec,
    pub(super) worked: HistogramVec,
    pub(super) retries: IntCounterVec,
    pub(super) unfinished: GaugeVec,
    pub(super) longest: GaugeVec,
}

/// controller-runtime's buckets for the length of a reconcile.
const RECONCILE_TIME: [f64; 40] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 1.75, 2.0,
    2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0,
];

/// Ten buckets from 10 ms to 30 min, each the same multiple of the one before.
fn reconcile_duration_buckets() -> Vec<f64> {
    let (least, most, count) = (0.01_f64, 1800.0_f64, 10);
    let factor = (most / least).powf(1.0 / f64::from(count - 1));
    (0..count).map(|index| least * factor.powi(index)).collect()
}

/// client-go's buckets for the time in and after the queue: 10 ns, then ten times the one before.
fn queue_buckets() -> Vec<f64> {
    exponential_buckets(1e-8, 10.0, 12).unwrap_or_default()
}

/// Registers what was just made.
struct Registrar<'a>(&'a Registry);

impl Registrar<'_> {
    fn add<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let family = made.expect("because names, labels and buckets are literals that a test builds");
        self.0.register(Box::new(family.clone())).expect("because no two literals are the same");
        family
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.add(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        self.add(GaugeVec::new(Opts::new(name, help), labels))
    }

    /// Registered and never filled: no controller of ours has webhooks or serves certificates.
    fn unused(&self) {
        for (name, help) in [
            ("certwatcher_read_certificate_total", "Total number of certificate reads"),
            ("certwatcher_read_certificate_errors_total", "Total number of certificate read errors"),
            ("controller_runtime_webhook_panics_total", "Total number of webhook panics"),
            ("controller_runtime_conversion_webhook_panics_total", "Total number of conversion webhook panics"),
        ] {
            let _: Counter = self.add(Counter::new(name, help));
        }
    }

    fn histograms(&self, name: &str, help: &str, labels: &[&str], buckets: Vec<f64>) -> HistogramVec {
        self.add(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels))
    }
}

impl ReconcileFamilies {
    fn register(add: &Registrar<'_>) -> Self {
        let controller = ["controller"].as_slice();
        Self {
            duration: add.histograms(
                "gotk_reconcile_duration_seconds",
                "The duration in seconds of a GitOps Toolkit resource reconciliation.",
                &["kind", "name", "namespace"],
                reconcile_duration_buckets(),
            ),
            total: add.counters(
                "controller_runtime_reconcile_total",
                "Total number of reconciliations per controller",
                &["controller", "result"],
            ),
            errors: add.counters(
                "controller_runtime_reconcile_errors_total",
                "Total number of reconciliation errors per controller",
                controller,
            ),
            terminal_errors: add.counters(
                "controller_runtime_terminal_reconcile_errors_total",
                "Total number of terminal reconciliation errors per controller",
                controller,
            ),
            panics: add.counters(
                "controller_runtime_reconcile_panics_total",
                "Total number of reconciliation panics per controller",
                controller,
            ),
            timeouts: add.counters(
                "controller_runtime_reconcile_timeouts_total",
                "Total number of reconciliation timeouts per controller",
                controller,
            ),
            time: add.histograms(
                "controller_runtime_reconcile_time_seconds",
                "Length of time per reconciliation per controller",
                controller,
                RECONCILE_TIME.to_vec(),
            ),
            max_workers: add.gauges(
                "controller_runtime_max_concurrent_reconciles",
                "Maximum number of concurrent reconciles per controller",
                controller,
            ),
            active_workers: add.gauges(
                "controller_runtime_active_workers",
                "Number of currently used workers per controller",
                controller,
            ),
        }
    }
}

impl QueueFamilies {
    fn register(add: &Registrar<'_>) -> Self {
        let queue = ["name", "controller"].as_slice();
        Self {
            depth: add.gauges(
                "workqueue_depth",
                "Current depth of workqueue by workqueue and priority",
                &["name", "controller", "priority"],
            ),
            adds: add.counters("workqueue_adds_total", "Total number of adds handled by workqueue", queue),
            waited: add.histograms(
                "workqueue_queue_duration_seconds",
                "How long in seconds an item stays in workqueue before being requested",
                queue,
                queue_buckets(),
            ),
            worked: add.histograms(
                "workqueue_work_duration_seconds",
                "How long in seconds processing an item from workqueue takes.",
                queue,
                queue_buckets(),
            ),
            retries: add.counters(
                "workqueue_retries_total",
                "Total number of items that came into the workqueue after a delay",
                queue,
            ),
            unfinished: add.gauges(
                "workqueue_unfinished_work_seconds",
                "How many seconds of work is in progress and not yet in work_duration.",
                queue,
            ),
            longest: add.gauges(
                "workqueue_longest_running_processor_seconds",
                "How many seconds the longest running processor of the workqueue has been running.",
                queue,
            ),
        }
    }
}

impl Families {
    /// Makes and registers all families.
    pub(super) fn register(registry: &Registry) -> Self {
        let add = Registrar(registry);
        add.unused();
        registry.register(Box::new(ProcessCollector::new())).expect("because no other collector has these names");
        Self {
            reconcile: ReconcileFamilies::register(&add),
            queue: QueueFamilies::register(&add),
            rest_client_requests: add.counters(
                "rest_client_requests_total",
                "Number of HTTP requests, partitioned by status code, method, and host.",
                &["code", "method", "host"],
            ),
            leader: add.gauges(
                "leader_election_master_status",
                "Whether the process is the leader of the lease: 0 is backup, 1 is leader. 'name' is the lease.",
                &["name"],
            ),
            cache_events: add.counters(
                "gotk_cache_events_total",
                "Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.",
                &["event_type", "name", "namespace"],
            ),
            token_cache_events: add.counters(
                "gotk_token_cache_events_total",
                "Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.",
                &["event_type", "kind", "name", "namespace", "operation"],
            ),
            token_cached_items: add.add(Gauge::new("gotk_token_cached_items", "Total number of items in the cache.")),
            token_cache_requests: add.counters(
                "gotk_token_cache_requests_total",
                "Total number of cache requests by success or failure.",
                &["status"],
            ),
            token_cache_evictions: add
                .add(IntCounter::new("gotk_token_cache_evictions_total", "Total number of cache evictions.")),
            events_dropped: add.counters(
                "weir_events_dropped_total",
                "Events that were not delivered, by where they should have gone.",
                &["sink"],
            ),
        }
    }
}
