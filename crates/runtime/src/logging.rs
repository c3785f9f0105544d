//! Log lines as Flux writes them: one JSON object per line with zap's keys, or tab separated text.
//!
//! `flux logs` and users' log pipelines read `level`, `ts`, `logger`, `msg`, `controller`, `controllerGroup`,
//! `controllerKind`, `<Kind>: {name, namespace}`, `namespace`, `name`, `reconcileID` and `error`. The fields of the object come
//! from a span (see [`reconcile_span`]), the others from the event. Every text passes the sanitiser.
//!
//! What this is not: a place for messages. Each module logs with `tracing`'s macros.

mod format;

use format::{SpanFields, ZapFormat};
use std::io::IsTerminal as _;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// The least severe line that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything, that of libraries included.
    Trace,
    /// What helps to understand a decision.
    Debug,
    /// What happened.
    Info,
    /// Failures only.
    Error,
}

impl Level {
    /// Reads `--log-level`. Any other text is `info`, as in Flux.
    pub fn parse(text: &str) -> Self {
        match text {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "error" => Self::Error,
            _ => Self::Info,
        }
    }

    fn filter(self) -> LevelFilter {
        match self {
            Self::Trace => LevelFilter::TRACE,
            Self::Debug => LevelFilter::DEBUG,
            Self::Info => LevelFilter::INFO,
            Self::Error => LevelFilter::ERROR,
        }
    }
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One JSON object.
    Json,
    /// Time, level, logger, message and a JSON object of the rest, separated by tabs.
    Console,
}

impl Encoding {
    /// Reads `--log-encoding`. Any other text is `json`, as in Flux.
    pub fn parse(text: &str) -> Self {
        if text == "console" { Self::Console } else { Self::Json }
    }
}

/// Libraries whose debug lines are noise: they are written at `trace` only.
const LIBRARIES: [&str; 14] =
    ["hyper", "h2", "kube", "tower", "rustls", "reqwest", "tokio", "axum", "mio", "want", "gix", "russh", "tungstenite", "log"];

/// A subscriber that writes lines to `writer`.
pub fn subscriber<W>(level: Level, encoding: Encoding, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let mut targets = Targets::new().with_default(level.filter());
    if level != Level::Trace {
        targets = targets.with_targets(LIBRARIES.map(|library| (library, LevelFilter::ERROR)));
    }
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .fmt_fields(SpanFields)
        .event_format(ZapFormat { encoding });
    tracing_subscriber::registry().with(targets).with(layer)
}

/// Makes this the log of the process, on standard error. Without effect where the process has one already.
pub fn install(level: Level, encoding: Encoding) {
    let subscriber = subscriber(level, encoding, std::io::stderr);
    if tracing::subscriber::set_global_default(subscriber).is_err() && std::io::stderr().is_terminal() {
        eprintln!("the process has a log already");
    }
}

/// The object that a run is about.
#[derive(Debug, Clone, Copy)]
pub struct ReconcileIdentity<'a> {
    /// The kind in lower case, `gitrepository`.
    pub controller: &'a str,
    /// The API group, `source.toolkit.fluxcd.io`.
    pub group: &'a str,
    /// The kind, `GitRepository`.
    pub kind: &'a str,
    /// The namespace of the object.
    pub namespace: &'a str,
    /// The name of the object.
    pub name: &'a str,
}

/// The span of one run: what is logged inside carries the object's fields and a new `reconcileID`. Instrument the run's future
/// with it.
pub fn reconcile_span(identity: &ReconcileIdentity<'_>) -> tracing::Span {
    tracing::error_span!(
        target: "reconcile",
        "reconcile",
        controller = identity.controller,
        controllerGroup = identity.group,
        controllerKind = identity.kind,
        namespace = identity.namespace,
        name = identity.name,
        reconcileID = crate::identity::uuid(),
    )
}

#[cfg(test)]
mod tests;
