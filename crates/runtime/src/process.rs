//! From a command line to a running controller and back: the order of start and end that all controllers share.
//!
//! ```text
//! log → client → /metrics and probes → recorder → lease (where elected) → controllers
//! SIGTERM → shutdown token → controllers end within the grace → events flushed → lease released → exit 0
//! lease lost → exit 1 at once
//! ```
//!
//! What is not here: the controllers. `main` gives them as a function from [`Process`] to a future.

use crate::client::{self, ClientError, ClientOptions};
use crate::error_chain::error_chain;
use crate::events::{Recorder, RecorderError, RecorderOptions};
use crate::flags::CommonFlags;
use crate::identity;
use crate::leader::{Candidate, Leadership, lease_name};
use crate::logging;
use crate::metrics::Metrics;
use crate::servers::{self, HealthChecks, ServeError, Server};
use kube::api::Api;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// An error of any kind, from a controller's own start.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Which program this is.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// `kustomize-controller`: the name in events, leases, logs and requests.
    pub name: &'static str,
    /// The version, without `v`.
    pub version: &'static str,
    /// How long running reconciles may go on after SIGTERM. Keep it below the pod's termination grace.
    pub grace: Duration,
}

/// Which objects of its own kinds the process looks after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The only namespace; `None` for all.
    pub namespace: Option<String>,
    /// The label selector; `None` for all. It does not apply to objects that are referred to.
    pub label_selector: Option<String>,
}

/// What a controller gets to work with.
#[derive(Clone)]
pub struct Process {
    /// Which program this is.
    pub program: Program,
    /// The shared flags.
    pub flags: Arc<CommonFlags>,
    /// The API server.
    pub client: kube::Client,
    /// The metrics of the process.
    pub metrics: Arc<Metrics>,
    /// Takes events.
    pub recorder: Recorder,
    /// The probes, to register checks with.
    pub health: HealthChecks,
    /// Cancelled when no new work may start.
    pub shutdown: CancellationToken,
    /// Which objects are ours.
    pub scope: Scope,
    /// The namespace of the process, where it is known.
    pub runtime_namespace: Option<String>,
}

/// Why the process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No client.
    #[error("unable to connect to the cluster")]
    Client(#[from] ClientError),
    /// A port is taken.
    #[error("unable to start a server")]
    Serve(#[from] ServeError),
    /// The events address is wrong.
    #[error("unable to create event recorder")]
    Recorder(#[from] RecorderError),
    /// A flag needs the namespace of the process and it is not known.
    #[error("{0} needs the environment variable RUNTIME_NAMESPACE")]
    NoNamespace(&'static str),
    /// The system refuses to tell about signals, or to give threads or a socket's address.
    #[error("unable to {0}")]
    System(&'static str, #[source] std::io::Error),
}

/// Threads that run tasks: a controller waits far more than it computes, and each thread costs memory.
const MOST_THREADS: usize = 4;

/// How long events and open requests may take at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Runs a controller until it is told to end. `controllers` is called once the process leads, and its future should end soon
/// after [`Process::shutdown`] was cancelled; what still runs after the grace is dropped.
pub fn run<F, Fut>(program: Program, flags: CommonFlags, controllers: F) -> ExitCode
where
    F: FnOnce(Process) -> Fut,
    Fut: Future<Output = Result<(), AnyError>>,
{
    logging::install(flags.log_level, flags.log_encoding);
    log_panics();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&StartError::System("start the runtime", error)),
    };
    let code = runtime.block_on(async {
        match start(program, flags).await {
            Ok(started) => started.run(controllers).await,
            Err(error) => failed(&error),
        }
    });
    // Blocking work that does not end must not hold the process.
    runtime.shutdown_background();
    code
}

fn failed(error: &StartError) -> ExitCode {
    tracing::error!(logger = "setup", error = error_chain(error), "unable to start");
    ExitCode::FAILURE
}

/// A panic becomes a line like any other. The task it happened in ends; the process goes on.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("a value that is no text");
        tracing::error!(error = text, place, "panic");
    }));
}

/// Everything but the controllers.
struct Started {
    process: Process,
    servers: Vec<Server>,
    servers_end: CancellationToken,
}

async fn start(program: Program, flags: CommonFlags) -> Result<Started, StartError> {
    let shutdown = CancellationToken::new();
    end_on_signal(shutdown.clone())?;
    let runtime_namespace = identity::runtime_namespace();
    let scope = scope(&flags, runtime_namespace.as_deref())?;
    let metrics = Metrics::new();
    let client = client::connect(&ClientOptions {
        user_agent: format!("{}/v{}", program.name, program.version),
        requests_per_second: flags.kube_api_qps,
        burst: flags.kube_api_burst,
        metrics: Arc::clone(&metrics),
    })
    .await?;
    let health = HealthChecks::default();
    let servers_end = CancellationToken::new();
    let mut servers = Vec::new();
    for (flag, address, routes) in [
        ("--metrics-addr", &flags.metrics_addr, servers::metrics_routes(Arc::clone(&metrics))),
        ("--health-addr", &flags.health_addr, servers::health_routes(health.clone())),
    ] {
        if let Some(listener) = servers::bind(flag, address).await? {
            let server = servers::serve(listener, routes, servers_end.clone());
            servers.push(server.map_err(|error| StartError::System("read the address of a socket", error))?);
        }
    }
    let recorder = Recorder::start(RecorderOptions {
        controller: program.name.to_owned(),
        instance: identity::hostname(),
        events_addr: flags.events_addr.clone(),
        client: client.clone(),
        metrics: Arc::clone(&metrics),
    })?;
    let flags = Arc::new(flags);
    let process = Process { program, flags, client, metrics, recorder, health, shutdown, scope, runtime_namespace };
    Ok(Started { process, servers, servers_end })
}

/// What the flags say about objects that are ours.
fn scope(flags: &CommonFlags, namespace: Option<&str>) -> Result<Scope, StartError> {
    let label_selector = Some(flags.watch_label_selector.clone()).filter(|selector| !selector.is_empty());
    let namespace = match (flags.watch_all_namespaces, namespace) {
        (true, _) => None,
        (false, Some(namespace)) => Some(namespace.to_owned()),
        // Watching everything instead would be the opposite of what was asked for.
        (false, None) => return Err(StartError::NoNamespace("--watch-all-namespaces=false")),
    };
    Ok(Scope { namespace, label_selector })
}

/// The first SIGTERM or SIGINT cancels the token, the second ends the process.
fn end_on_signal(shutdown: CancellationToken) -> Result<(), StartError> {
    let fail = |error| StartError::System("wait for signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fail)?;
    tokio::spawn(async move {
        for second in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if second {
                std::process::exit(1);
            }
            tracing::info!(logger = "setup", "stopping");
            shutdown.cancel();
        }
    });
    Ok(())
}

impl Started {
    async fn run<F, Fut>(self, controllers: F) -> ExitCode
    where
        F: FnOnce(Process) -> Fut,
        Fut: Future<Output = Result<(), AnyError>>,
    {
        let process = self.process.clone();
        let mut leadership = match self.lead().await {
            Ok(Some(held)) => held,
            // Told to end before it was our turn.
            Ok(None) => return self.end(None, ExitCode::SUCCESS).await,
            Err(error) => return self.end(None, failed(&error)).await,
        };
        let mut code = ExitCode::SUCCESS;
        tracing::info!(logger = "setup", version = process.program.version, "starting manager");
        let work = until_shutdown(controllers(process.clone()), &process);
        tokio::pin!(work);
        // The lease is renewed until the work has ended: shutdown alone does not let another replica start.
        let ended = CancellationToken::new();
        let kept = async {
            match &mut leadership {
                Some(leadership) => leadership.keep(&ended).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = &mut work => {
                if let Err(error) = result {
                    tracing::error!(logger = "setup", error = error_chain(&*error), "problem running manager");
                    code = ExitCode::FAILURE;
                }
            }
            result = kept => {
                if let Err(error) = result {
                    // Another replica may lead already: not one more write.
                    tracing::error!(logger = "setup", error = error_chain(&error), "problem running manager");
                    std::process::exit(1);
                }
            }
        }
        self.end(leadership, code).await
    }

    /// Waits for the lease. `Some(None)` where there is no election, `None` where the process was told to end meanwhile.
    async fn lead(&self) -> Result<Option<Option<Leadership>>, StartError> {
        let process = &self.process;
        if !process.flags.leader_election.enable {
            return Ok(Some(None));
        }
        let namespace = process.runtime_namespace.as_deref().ok_or(StartError::NoNamespace("--enable-leader-election"))?;
        let candidate = Candidate {
            leases: Api::namespaced(process.client.clone(), namespace),
            name: lease_name(process.program.name, &process.flags.watch_label_selector),
            identity: format!("{}_{}", identity::hostname(), identity::uuid()),
            flags: process.flags.leader_election.clone(),
            metrics: Arc::clone(&process.metrics),
        };
        Ok(candidate.acquire(&process.shutdown).await.map(Some))
    }

    async fn end(self, leadership: Option<Leadership>, code: ExitCode) -> ExitCode {
        self.process.shutdown.cancel();
        self.process.recorder.shutdown(FLUSH).await;
        if let Some(leadership) = leadership {
            leadership.release().await;
        }
        self.servers_end.cancel();
        for server in self.servers {
            server.finished(FLUSH).await;
        }
        code
    }
}

/// Runs the controllers to their end, or to that of the grace after shutdown.
async fn until_shutdown(controllers: impl Future<Output = Result<(), AnyError>>, process: &Process) -> Result<(), AnyError> {
    let grace_over = async {
        process.shutdown.cancelled().await;
        tokio::time::sleep(process.program.grace).await;
    };
    tokio::select! {
        result = controllers => result,
        () = grace_over => {
            tracing::error!(logger = "setup", "some reconciles did not end within the grace period");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
