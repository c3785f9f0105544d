//! Probes: named checks behind `/healthz` and `/readyz`.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, RwLock};

/// Which endpoint a check belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// `/healthz`: a failure means that the process should be restarted.
    Live,
    /// `/readyz`: a failure means that the process should get no traffic.
    Ready,
}

type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The checks of the process. Clones share them. Both probes have `ping`, which always succeeds.
#[derive(Clone)]
pub struct HealthChecks(Arc<RwLock<BTreeMap<(Probe, String), Check>>>);

impl Default for HealthChecks {
    fn default() -> Self {
        let checks = Self(Arc::default());
        checks.register(Probe::Live, "ping", || Ok(()));
        checks.register(Probe::Ready, "ping", || Ok(()));
        checks
    }
}

impl HealthChecks {
    /// Adds a check, or replaces the one of that name. It must return at once.
    pub fn register(&self, probe: Probe, name: &str, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        if let Ok(mut checks) = self.0.write() {
            checks.insert((probe, name.to_owned()), Arc::new(check));
        }
    }

    /// Runs the checks of a probe, or the one called `only`: each with its failure. `None` where there is no such check.
    fn run(&self, probe: Probe, only: Option<&str>) -> Option<Vec<(String, Result<(), String>)>> {
        let checks: Vec<(String, Check)> = {
            let all = self.0.read().ok()?;
            let wanted = all.iter().filter(|((of, name), _)| *of == probe && only.is_none_or(|only| only == name));
            wanted.map(|((_, name), check)| (name.clone(), Arc::clone(check))).collect()
        };
        if only.is_some() && checks.is_empty() {
            return None;
        }
        Some(checks.into_iter().map(|(name, check)| (name, check())).collect())
    }

    /// The answer as controller-runtime gives it.
    fn answer(&self, probe: Probe, only: Option<&str>, verbose: Verbose) -> (StatusCode, String) {
        let Some(results) = self.run(probe, only) else { return (StatusCode::NOT_FOUND, "404 page not found\n".to_owned()) };
        let endpoint = if probe == Probe::Live { "healthz" } else { "readyz" };
        let failed = results.iter().any(|(_, result)| result.is_err());
        if !failed && verbose == Verbose::No {
            return (StatusCode::OK, "ok".to_owned());
        }
        let mut text = String::new();
        for (name, result) in results {
            // Writing to a String cannot fail.
            let _ = match result {
                Ok(()) => writeln!(text, "[+]{name} ok"),
                Err(reason) => {
                    tracing::info!(logger = "healthz", checker = name, error = reason, "healthz check failed");
                    writeln!(text, "[-]{name} failed: reason withheld")
                }
            };
        }
        let (status, verdict) = if failed { (StatusCode::INTERNAL_SERVER_ERROR, "failed") } else { (StatusCode::OK, "passed") };
        text.push_str(&format!("{endpoint} check {verdict}\n"));
        (status, text)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verbose {
    Yes,
    No,
}

fn verbose(query: Option<&str>) -> Verbose {
    let asked = query.unwrap_or_default().split('&').any(|part| part.split('=').next() == Some("verbose"));
    if asked { Verbose::Yes } else { Verbose::No }
}

pub(super) fn routes(checks: HealthChecks) -> Router {
    let mut router = Router::new();
    for (path, probe) in [("/healthz", Probe::Live), ("/readyz", Probe::Ready)] {
        let all = get(move |State(checks): State<HealthChecks>, RawQuery(query): RawQuery| async move {
            checks.answer(probe, None, verbose(query.as_deref()))
        });
        let one =
            get(move |State(checks): State<HealthChecks>, Path(name): Path<String>, RawQuery(query): RawQuery| async move {
                checks.answer(probe, Some(&name), verbose(query.as_deref()))
            });
        router = router.route(path, all.clone()).route(&format!("{path}/"), all).route(&format!("{path}/{{name}}"), one);
    }
    router.with_state(checks)
}
