//! Events to notification-controller.

use super::queue::DroppingQueue;
use super::{Record, RecorderError, RecorderOptions, Severity};
use crate::error_chain::error_chain;
use crate::metrics::Metrics;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const RETRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Posts the events of a queue, one after the other.
#[derive(Clone)]
pub(super) struct Poster {
    client: reqwest::Client,
    address: Url,
    controller: Arc<str>,
    instance: Arc<str>,
    metrics: Arc<Metrics>,
}

/// What to do after a try.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The receiver has it, or knows it already, or will never take it.
    Done,
    /// It may work later; the text says what was wrong.
    Again(String),
}

impl Poster {
    pub(super) fn new(options: &RecorderOptions) -> Result<Self, RecorderError> {
        let address = &options.events_addr;
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let address = url.ok_or_else(|| RecorderError::Address(crate::error_chain::sanitize(address).into_owned()))?;
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(RecorderError::Client)?;
        Ok(Self {
            client,
            address,
            controller: options.controller.as_str().into(),
            instance: options.instance.as_str().into(),
            metrics: Arc::clone(&options.metrics),
        })
    }

    /// Runs until the queue is closed and empty.
    pub(super) async fn run(self, queue: Arc<DroppingQueue<Record>>) {
        while let Some(record) = queue.pop().await {
            let body = posted_event(&record, &self.controller, &self.instance).to_string();
            self.deliver(body).await;
        }
    }

    async fn deliver(&self, body: String) {
        let mut pause = FIRST_PAUSE;
        for tried in 0..=RETRIES {
            let Answer::Again(reason) = self.post(body.clone()).await else { return };
            if tried == RETRIES {
                self.metrics.event_dropped("http");
                tracing::error!(logger = "events", error = reason, "unable to record event");
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn post(&self, body: String) -> Answer {
        let request = self.client.post(self.address.clone()).header("content-type", "application/json").body(body);
        match request.send().await {
            Ok(response) => judge(response.status()),
            // The address in the message could hold a token.
            Err(error) => Answer::Again(error_chain(&error.without_url())),
        }
    }
}

/// 429 means that the receiver had this event before. Other answers below 500 are final, as the event will not change.
fn judge(status: StatusCode) -> Answer {
    match status {
        StatusCode::NOT_IMPLEMENTED => Answer::Done,
        status if status.is_server_error() => Answer::Again(format!("unexpected HTTP status {status}")),
        _ => Answer::Done,
    }
}

/// Events that do not say which object they are about are not posted.
pub(super) fn can_be_posted(record: &Record) -> bool {
    let object = &record.object;
    !(object.kind.is_empty() || object.name.is_empty() || object.namespace.is_empty())
}

/// The body, as Flux's recorder makes it.
pub(super) fn posted_event(record: &Record, controller: &str, instance: &str) -> Value {
    let object = &record.object;
    let mut about = json!({"kind": object.kind, "namespace": object.namespace, "name": object.name});
    for (key, value) in [("uid", &object.uid), ("apiVersion", &object.api_version), ("resourceVersion", &object.resource_version)]
    {
        if !value.is_empty() {
            about[key] = Value::from(value.as_str());
        }
    }
    let mut body = json!({
        "involvedObject": about,
        "severity": if record.severity == Severity::Error { "error" } else { "info" },
        "timestamp": record.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "message": record.message,
        "reason": record.reason,
        "reportingController": controller,
        "reportingInstance": instance,
    });
    if !record.metadata.is_empty() {
        body["metadata"] = json!(record.metadata);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_server_errors_are_tried_again() {
        for (code, again) in
            [(200, false), (202, false), (400, false), (404, false), (429, false), (501, false), (500, true), (503, true)]
        {
            let answer = judge(StatusCode::from_u16(code).unwrap());
            assert_eq!(matches!(answer, Answer::Again(_)), again, "{code}");
        }
    }
}
