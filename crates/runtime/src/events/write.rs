//! Events to the API server.

use super::Record;
use super::correlate::{Correlator, Decision, Occurrence};
use super::queue::DroppingQueue;
use crate::error_chain::error_chain;
use crate::metrics::Metrics;
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::api::{Api, Patch, PatchParams, PostParams};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// client-go's numbers: twelve tries, ten seconds apart.
const TRIES: u32 = 12;
const PAUSE: Duration = Duration::from_secs(10);

/// Writes the events of one queue, one after the other.
pub(super) struct EventWriter {
    client: kube::Client,
    controller: String,
    metrics: Arc<Metrics>,
    correlator: Correlator,
}

impl EventWriter {
    pub(super) fn new(client: kube::Client, controller: &str, metrics: Arc<Metrics>) -> Self {
        Self { client, controller: controller.to_owned(), metrics, correlator: Correlator::new() }
    }

    /// Runs until the queue is closed and empty.
    pub(super) async fn run(mut self, queue: Arc<DroppingQueue<Record>>) {
        while let Some(record) = queue.pop().await {
            match self.correlator.decide(&record, Instant::now()) {
                Decision::Skip => self.metrics.event_dropped("kubernetes"),
                Decision::Create(occurrence) => self.deliver(&record, &occurrence).await,
                Decision::Raise(occurrence) => self.deliver(&record, &occurrence).await,
            }
        }
    }

    /// Tries until the server took the event or refused it.
    async fn deliver(&self, record: &Record, occurrence: &Occurrence) {
        for tried in 1..=TRIES {
            let error = match self.write(record, occurrence).await {
                Ok(()) => return,
                Err(error) => error,
            };
            let refused = matches!(error, kube::Error::Api(_));
            let namespace_ends = matches!(&error, kube::Error::Api(status) if status.message.contains("being terminated"));
            if refused || tried == TRIES {
                self.metrics.event_dropped("kubernetes");
                let error = error_chain(&error);
                match namespace_ends {
                    true => tracing::debug!(logger = "events", error, "event was refused"),
                    false => tracing::error!(logger = "events", error, "unable to write event"),
                }
                return;
            }
            let share = if tried == 1 { rand::random::<f64>() } else { 1.0 };
            tokio::time::sleep(PAUSE.mul_f64(share)).await;
        }
    }

    async fn write(&self, record: &Record, occurrence: &Occurrence) -> Result<(), kube::Error> {
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace(record));
        if occurrence.count > 1 {
            let change = serde_json::json!({
                "count": occurrence.count, "lastTimestamp": Time(record.at), "message": occurrence.message,
            });
            match api.patch(&occurrence.name, &PatchParams::default(), &Patch::Merge(change)).await {
                Ok(_) => return Ok(()),
                // Events live for an hour: the old one may be gone.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
            }
        }
        api.create(&PostParams::default(), &kubernetes_event(record, occurrence, &self.controller)).await.map(drop)
    }
}

fn namespace(record: &Record) -> &str {
    if record.object.namespace.is_empty() { "default" } else { &record.object.namespace }
}

/// The event object, as client-go's recorder fills it.
pub(super) fn kubernetes_event(record: &Record, occurrence: &Occurrence, controller: &str) -> Event {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let object = &record.object;
    let has_metadata = !occurrence.combined && !record.metadata.is_empty();
    Event {
        metadata: ObjectMeta {
            name: Some(occurrence.name.clone()),
            namespace: some(namespace(record)),
            annotations: has_metadata.then(|| record.metadata.clone()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: some(&object.api_version),
            kind: some(&object.kind),
            name: some(&object.name),
            namespace: some(&object.namespace),
            resource_version: some(&object.resource_version),
            uid: some(&object.uid),
            field_path: None,
        },
        reason: some(&record.reason),
        message: Some(occurrence.message.clone()),
        type_: some(record.severity.event_type()),
        count: Some(occurrence.count),
        first_timestamp: Some(Time(occurrence.first)),
        last_timestamp: Some(Time(record.at)),
        source: Some(EventSource { component: some(controller), host: None }),
        reporting_component: some(controller).filter(|_| !occurrence.combined),
        reporting_instance: Some(String::new()),
        ..Event::default()
    }
}
