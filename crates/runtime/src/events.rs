//! Events: what happened to an object, told to Kubernetes, to notification-controller and to the log.
//!
//! [`Recorder::emit`] hands an event over and returns: it neither waits nor fails. In the background each event is written as
//! a core/v1 Event the way client-go's recorder does it (see [`correlate`]), and posted to `--events-addr` the way Flux's
//! recorder does it (see [`post`]). Events of one object keep their order; those of different objects may overtake each other.
//! What is not here: which events there are. The reports of the kinds decide that.

mod correlate;
mod post;
mod queue;
mod write;

use crate::error_chain::sanitize;
use crate::metrics::Metrics;
use jiff::Timestamp;
use post::Poster;
use queue::DroppingQueue;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use write::EventWriter;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Kubernetes type `Normal`, posted as `info`.
    Info,
    /// Kubernetes type `Warning`, posted as `error`.
    Error,
    /// Kubernetes type `Normal`, not posted.
    Trace,
}

impl Severity {
    /// The type of the Kubernetes event.
    fn event_type(self) -> &'static str {
        match self {
            Self::Info | Self::Trace => "Normal",
            Self::Error => "Warning",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// How much it matters.
    pub severity: Severity,
    /// One word for programs, such as `NewArtifact`.
    pub reason: String,
    /// A text for people.
    pub message: String,
    /// More for programs. A key without a slash, such as `revision`, gets the object's API group in front.
    pub metadata: BTreeMap<String, String>,
}

/// The object that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventObject {
    /// `source.toolkit.fluxcd.io/v1`.
    pub api_version: String,
    /// `GitRepository`.
    pub kind: String,
    /// The namespace; empty for an object of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The uid.
    pub uid: String,
    /// The version that was reconciled.
    pub resource_version: String,
    /// All annotations; those of the group `event.toolkit.fluxcd.io` go into the metadata.
    pub annotations: BTreeMap<String, String>,
}

impl EventObject {
    fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Annotations of this group are copied into the metadata with their full key.
const ANNOTATION_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// The longest message that notification-controller's schema allows, in bytes.
const LONGEST_MESSAGE: usize = 39_000;

/// An event as it goes to the sinks: complete, sanitised and stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    object: EventObject,
    severity: Severity,
    reason: String,
    message: String,
    metadata: BTreeMap<String, String>,
    at: Timestamp,
}

impl Record {
    fn new(object: &EventObject, event: Event, at: Timestamp) -> Self {
        let group = object.group();
        let mut metadata = BTreeMap::new();
        for (key, value) in event.metadata {
            let key = if key.contains('/') || group.is_empty() { key } else { format!("{group}/{key}") };
            metadata.insert(key, sanitize(&value).into_owned());
        }
        for (key, value) in &object.annotations {
            if key.starts_with(ANNOTATION_PREFIX) {
                metadata.insert(key.clone(), sanitize(value).into_owned());
            }
        }
        // The annotations are used up, and there can be many on an object.
        let object = EventObject { annotations: BTreeMap::new(), ..object.clone() };
        let message = shorten(sanitize(&event.message).into_owned());
        Self { object, severity: event.severity, reason: event.reason, message, metadata, at }
    }

    /// Which of `count` workers this object belongs to.
    fn shard(&self, count: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        (&self.object.kind, &self.object.namespace, &self.object.name).hash(&mut hasher);
        (hasher.finish() % count as u64) as usize
    }
}

/// Cuts a message to what may be sent, at a character's boundary.
fn shorten(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        let mut end = LONGEST_MESSAGE - 3;
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        message.push_str("...");
    }
    message
}

/// What a recorder needs.
pub struct RecorderOptions {
    /// The controller's name, `source-controller`.
    pub controller: String,
    /// The host name.
    pub instance: String,
    /// `--events-addr`; empty for none.
    pub events_addr: String,
    /// Where Kubernetes events are written.
    pub client: kube::Client,
    /// Counts what is dropped.
    pub metrics: Arc<Metrics>,
}

/// `--events-addr` is not a URL.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The text is no URL.
    #[error("--events-addr {0:?} is not an http or https URL")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("make the HTTP client for events")]
    Client(#[source] reqwest::Error),
}

/// Workers per sink: enough that one slow answer does not hold up all objects.
const SHARDS: usize = 4;

/// How many events wait per worker; client-go's recorder keeps 1000 in all.
const QUEUE_LENGTH: usize = 1000;

/// Takes events and sees to their delivery. Clones share the queues.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    metrics: Arc<Metrics>,
    writers: Vec<Arc<DroppingQueue<Record>>>,
    posters: Vec<Arc<DroppingQueue<Record>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// Starts the background tasks on the current tokio runtime.
    ///
    /// # Errors
    /// `events_addr` is not a URL.
    pub fn start(options: RecorderOptions) -> Result<Self, RecorderError> {
        let mut tasks = JoinSet::new();
        let queues = || (0..SHARDS).map(|_| Arc::new(DroppingQueue::new(QUEUE_LENGTH))).collect::<Vec<_>>();
        let writers = queues();
        for queue in &writers {
            let writer = EventWriter::new(options.client.clone(), &options.controller, Arc::clone(&options.metrics));
            tasks.spawn(writer.run(Arc::clone(queue)));
        }
        let mut posters = Vec::new();
        if !options.events_addr.is_empty() {
            let poster = Poster::new(&options)?;
            posters = queues();
            for queue in &posters {
                tasks.spawn(poster.clone().run(Arc::clone(queue)));
            }
        }
        let shared = Shared { metrics: options.metrics, writers, posters, tasks: Mutex::new(tasks) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Hands an event over. It is logged here and delivered later; where a queue is full, its oldest event is dropped.
    pub fn emit(&self, about: &EventObject, event: Event) {
        let record = Record::new(about, event, Timestamp::now());
        match record.severity {
            Severity::Error => tracing::error!(error = record.reason, "{}", record.message),
            Severity::Info => tracing::info!("{}", record.message),
            Severity::Trace => tracing::debug!("{}", record.message),
        }
        let shard = record.shard(SHARDS);
        if record.severity != Severity::Trace
            && let Some(queue) = self.shared.posters.get(shard)
            && post::can_be_posted(&record)
            && queue.push(record.clone()).is_some()
        {
            self.dropped("http");
        }
        if let Some(queue) = self.shared.writers.get(shard)
            && queue.push(record).is_some()
        {
            self.dropped("kubernetes");
        }
    }

    fn dropped(&self, sink: &str) {
        self.shared.metrics.event_dropped(sink);
        tracing::error!(logger = "events", sink, "too many queued events, the oldest was dropped");
    }

    /// Takes no more events and waits until those that were taken are delivered, at most for `grace`.
    pub async fn shutdown(&self, grace: Duration) {
        for queue in self.shared.writers.iter().chain(&self.shared.posters) {
            queue.close();
        }
        let mut tasks = match self.shared.tasks.lock() {
            Ok(mut tasks) => std::mem::take(&mut *tasks),
            Err(_) => return,
        };
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::error!(logger = "events", "some events were not delivered before the process ended");
        }
    }
}

#[cfg(test)]
mod tests;
