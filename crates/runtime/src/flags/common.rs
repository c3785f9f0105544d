//! The flags that every controller has, with the names, defaults and meaning of Flux's.

use super::gates::GateSettings;
use super::{FeatureGates, Flag, FlagError, FlagSet, FlagValue};
use crate::logging::{Encoding, Level};
use std::time::Duration;

/// What differs between controllers in flags that they all have.
#[derive(Debug, Clone)]
pub struct CommonDefaults<'a> {
    /// `--concurrent`: 2 in source-controller, 4 elsewhere.
    pub concurrent: usize,
    /// `--metrics-addr`; source-controller takes it from METRICS_ADDR (see [`super::environment_or`]).
    pub metrics_addr: String,
    /// `--events-addr`; source-controller takes it from EVENTS_ADDR.
    pub events_addr: String,
    /// Flags that only some controllers have. A flag that is not listed is unknown.
    pub optional: &'a [OptionalFlag],
    /// The feature gates and their defaults.
    pub gates: &'a [(&'a str, bool)],
}

impl Default for CommonDefaults<'_> {
    fn default() -> Self {
        Self { concurrent: 4, metrics_addr: ":8080".to_owned(), events_addr: String::new(), optional: &[], gates: &[] }
    }
}

/// Flags that some controllers lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionalFlag {
    /// `--no-cross-namespace-refs`: all but source-controller.
    NoCrossNamespaceRefs,
    /// `--interval-jitter-percentage`: source, kustomize and helm.
    IntervalJitter,
    /// `--requeue-dependency`: source, kustomize and helm.
    RequeueDependency,
    /// `--http-retry`: those that download artifacts.
    HttpRetry,
    /// `--watch-label-selector`: all but notification-controller.
    WatchLabelSelector,
}

/// `--enable-leader-election` and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderElectionFlags {
    /// Whether to elect at all.
    pub enable: bool,
    /// Whether the lease is given up on shutdown.
    pub release_on_cancel: bool,
    /// How long others wait after the last observed renewal.
    pub lease_duration: Duration,
    /// How long the leader tries to renew before it gives up.
    pub renew_deadline: Duration,
    /// The pause between tries.
    pub retry_period: Duration,
}

/// The values of the shared flags.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonFlags {
    /// Where `/metrics` listens, `:8080`.
    pub metrics_addr: String,
    /// Where `/healthz` and `/readyz` listen, `:9440`.
    pub health_addr: String,
    /// The URL that events are posted to; empty for none.
    pub events_addr: String,
    /// How many objects of a kind are reconciled at the same time; at least 1.
    pub concurrent: usize,
    /// The least severe log line that is written.
    pub log_level: Level,
    /// JSON or text.
    pub log_encoding: Encoding,
    /// Leader election.
    pub leader_election: LeaderElectionFlags,
    /// Whether all namespaces are watched, or only the one that the process runs in.
    pub watch_all_namespaces: bool,
    /// Restricts the controller's own kinds; empty for all.
    pub watch_label_selector: String,
    /// Which ConfigMaps and Secrets trigger what refers to them.
    pub watch_configs_label_selector: String,
    /// Requests per second to an API server that does not limit by itself.
    pub kube_api_qps: f64,
    /// Requests that may be sent at once to such an API server.
    pub kube_api_burst: usize,
    /// The first pause of the exponential backoff.
    pub min_retry_delay: Duration,
    /// The longest pause of the exponential backoff.
    pub max_retry_delay: Duration,
    /// The gates of this controller.
    pub feature_gates: FeatureGates,
    /// Entries in the cache of cloud tokens; 0 for none.
    pub token_cache_max_size: usize,
    /// The longest life of a cached token.
    pub token_cache_max_duration: Duration,
    /// Whether references into another namespace are refused. `false` where the controller has no such flag.
    pub no_cross_namespace_refs: bool,
    /// Per cent by which an interval is varied, 0 to 99. 0 where the controller has no such flag.
    pub interval_jitter_percentage: u8,
    /// The service account of objects that name none.
    pub default_service_account: String,
    /// The pause before a dependency is looked at again, 30 s.
    pub requeue_dependency: Duration,
    /// Retries of an artifact download, 9.
    pub http_retry: usize,
}

/// Adds flags, of which a controller may lack some.
struct Definer<'a> {
    set: &'a mut FlagSet,
    optional: &'a [OptionalFlag],
}

impl Definer<'_> {
    fn optional<T: FlagValue + Clone>(&mut self, which: OptionalFlag, name: &str, default: T, usage: &str) -> Flag<T> {
        if self.optional.contains(&which) { self.set.add(name, default, usage) } else { Flag::fixed(default) }
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

impl CommonFlags {
    /// Adds the shared flags to a set. The returned function gives their values and is called after the set was parsed.
    ///
    /// # Errors
    /// The function fails where a gate is unknown or values do not fit together.
    pub fn define(set: &mut FlagSet, defaults: &CommonDefaults<'_>) -> impl FnOnce() -> Result<Self, FlagError> + use<> {
        let mut gates = FeatureGates::new(defaults.gates);
        let metrics_addr = set.add("metrics-addr", defaults.metrics_addr.clone(), "The address the metric endpoint binds to.");
        let health_addr = set.add("health-addr", ":9440".to_owned(), "The address the health endpoint binds to.");
        let events_addr = set.add("events-addr", defaults.events_addr.clone(), "The address of the events receiver.");
        let concurrent = set.add("concurrent", defaults.concurrent, "How many objects of a kind are reconciled at a time.");
        let log_level = set.add("log-level", "info".to_owned(), "One of trace, debug, info and error.");
        let log_encoding = set.add("log-encoding", "json".to_owned(), "Either json or console.");
        let kube_api_qps = set.add("kube-api-qps", 50.0, "Requests per second to an API server without own flow control.");
        let kube_api_burst = set.add("kube-api-burst", 300, "Requests at once to an API server without own flow control.");
        let min_retry_delay = set.add("min-retry-delay", Duration::from_millis(750), "The first pause after a failure.");
        let max_retry_delay = set.add("max-retry-delay", seconds(900), "The longest pause after repeated failures.");
        let feature_gates = set.add("feature-gates", GateSettings::default(), "Comma separated Name=true or Name=false pairs.");
        let token_cache_max_size = set.add("token-cache-max-size", 100, "Entries of the token cache; 0 disables it.");
        let token_cache_max_duration = set.add("token-cache-max-duration", seconds(3600), "The longest life of a token.");
        let default_service_account =
            set.add("default-service-account", String::new(), "The service account of objects that name none.");
        let leader_election = define_leader_election(set);
        let watch = define_watch(set, defaults.optional);
        let optional = define_optional(set, defaults.optional);

        move || {
            gates.apply(&feature_gates.get())?;
            let (watch_all_namespaces, watch_label_selector, watch_configs_label_selector) = watch();
            let (no_cross_namespace_refs, interval_jitter_percentage, requeue_dependency, http_retry) = optional();
            let flags = Self {
                metrics_addr: metrics_addr.get(),
                health_addr: health_addr.get(),
                events_addr: events_addr.get(),
                concurrent: concurrent.get(),
                log_level: Level::parse(&log_level.get()),
                log_encoding: Encoding::parse(&log_encoding.get()),
                leader_election: leader_election(),
                watch_all_namespaces,
                watch_label_selector,
                watch_configs_label_selector,
                kube_api_qps: kube_api_qps.get(),
                kube_api_burst: kube_api_burst.get(),
                min_retry_delay: min_retry_delay.get(),
                max_retry_delay: max_retry_delay.get(),
                feature_gates: gates,
                token_cache_max_size: token_cache_max_size.get(),
                token_cache_max_duration: token_cache_max_duration.get(),
                no_cross_namespace_refs,
                interval_jitter_percentage,
                default_service_account: default_service_account.get(),
                requeue_dependency,
                http_retry,
            };
            flags.check()?;
            Ok(flags)
        }
    }

    /// Refuses what no controller can run with.
    fn check(&self) -> Result<(), FlagError> {
        let refuse = |text: &str| Err(FlagError::Inconsistent(text.to_owned()));
        if self.concurrent == 0 {
            return refuse("--concurrent must be at least 1");
        }
        if self.interval_jitter_percentage > 99 {
            return refuse("the interval jitter percentage must be a non-negative value and less than 100");
        }
        if !(self.kube_api_qps.is_finite() && self.kube_api_qps > 0.0) || self.kube_api_burst == 0 {
            return refuse("--kube-api-qps and --kube-api-burst must be greater than 0");
        }
        let selectors = [
            ("--watch-label-selector", &self.watch_label_selector),
            ("--watch-configs-label-selector", &self.watch_configs_label_selector),
        ];
        for (flag, text) in selectors {
            if let Err(reason) = super::selector::check_selector(text) {
                return Err(FlagError::Inconsistent(format!("unable to parse {flag} {text:?}: {reason}")));
            }
        }
        self.leader_election.check()
    }
}

impl LeaderElectionFlags {
    /// The bounds that client-go demands: a lease outlives the deadline, and the deadline several tries.
    fn check(&self) -> Result<(), FlagError> {
        let refuse = |text: &str| Err(FlagError::Inconsistent(text.to_owned()));
        if !self.enable {
            return Ok(());
        }
        if self.lease_duration <= self.renew_deadline {
            return refuse("--leader-election-lease-duration must be greater than --leader-election-renew-deadline");
        }
        if self.renew_deadline.as_secs_f64() <= self.retry_period.as_secs_f64() * 1.2 {
            return refuse("--leader-election-renew-deadline must be greater than 1.2 times --leader-election-retry-period");
        }
        if self.retry_period.is_zero() || self.lease_duration < seconds(1) {
            return refuse("--leader-election-retry-period and --leader-election-lease-duration are too short");
        }
        Ok(())
    }
}

fn define_leader_election(set: &mut FlagSet) -> impl FnOnce() -> LeaderElectionFlags + use<> {
    let enable = set.add("enable-leader-election", false, "Make sure that only one replica is active.");
    let release = set.add("leader-election-release-on-cancel", true, "Give the lease up on shutdown.");
    let lease = set.add("leader-election-lease-duration", seconds(35), "How long others wait after the last renewal.");
    let deadline = set.add("leader-election-renew-deadline", seconds(30), "How long the leader tries to renew.");
    let retry = set.add("leader-election-retry-period", seconds(5), "The pause between tries.");
    move || LeaderElectionFlags {
        enable: enable.get(),
        release_on_cancel: release.get(),
        lease_duration: lease.get(),
        renew_deadline: deadline.get(),
        retry_period: retry.get(),
    }
}

/// All namespaces or one, the selector of the own kinds, the selector of ConfigMaps and Secrets.
fn define_watch(set: &mut FlagSet, optional: &[OptionalFlag]) -> impl FnOnce() -> (bool, String, String) + use<> {
    let all = set.add("watch-all-namespaces", true, "Watch all namespaces, or only the one of the process.");
    let configs = set.add(
        "watch-configs-label-selector",
        "reconcile.fluxcd.io/watch=Enabled".to_owned(),
        "Watch for ConfigMaps and Secrets with these labels.",
    );
    let own = Definer { set, optional }.optional(
        OptionalFlag::WatchLabelSelector,
        "watch-label-selector",
        String::new(),
        "Watch for objects with these labels, such as sharding.fluxcd.io/key=shard1.",
    );
    move || (all.get(), own.get(), configs.get())
}

/// Cross-namespace references, jitter, dependency pause, download retries.
fn define_optional(set: &mut FlagSet, optional: &[OptionalFlag]) -> impl FnOnce() -> (bool, u8, Duration, usize) + use<> {
    let jitter = if optional.contains(&OptionalFlag::IntervalJitter) { 5 } else { 0 };
    let mut definer = Definer { set, optional };
    let references = definer.optional(
        OptionalFlag::NoCrossNamespaceRefs,
        "no-cross-namespace-refs",
        false,
        "Refuse references to objects in other namespaces.",
    );
    let jitter = definer.optional(
        OptionalFlag::IntervalJitter,
        "interval-jitter-percentage",
        jitter,
        "Per cent by which intervals are varied, 0 to 99.",
    );
    let dependency = definer.optional(
        OptionalFlag::RequeueDependency,
        "requeue-dependency",
        seconds(30),
        "The interval at which failing dependencies are looked at again.",
    );
    let retry = definer.optional(OptionalFlag::HttpRetry, "http-retry", 9, "Retries when an artifact cannot be downloaded.");
    move || (references.get(), jitter.get(), dependency.get(), retry.get())
}
