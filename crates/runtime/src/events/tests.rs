use super::correlate::Occurrence;
use super::*;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::Mutex as StdMutex;

/// What Kubernetes and the receiver were told.
#[derive(Clone, Default)]
struct Seen(Arc<StdMutex<Vec<(String, Value)>>>);

impl Seen {
    fn add(&self, what: String, body: Value) {
        self.0.lock().unwrap().push((what, body));
    }

    fn all(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().clone()
    }
}

/// An API server that takes every event; it knows none of the events that are patched.
fn api_server(seen: Seen) -> kube::Client {
    kube::Client::new(
        tower::service_fn(move |request: Request<Body>| {
            let seen = seen.clone();
            async move {
                let (parts, body) = request.into_parts();
                let bytes = body.collect_bytes().await?;
                let value: Value = serde_json::from_slice(&bytes)?;
                seen.add(format!("{} {}", parts.method, parts.uri.path()), value.clone());
                let (code, answer) = match parts.method.as_str() {
                    "PATCH" => (404, json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "gone"})),
                    _ => (201, value),
                };
                let answer = Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()))?;
                Ok::<_, tower::BoxError>(answer)
            }
        }),
        "default",
    )
}

async fn receive(State(seen): State<Seen>, body: String) -> StatusCode {
    let mut all = seen.0.lock().unwrap();
    all.push((String::new(), serde_json::from_str(&body).unwrap()));
    // The first try of all fails, and is repeated.
    if all.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::ACCEPTED }
}

async fn receiver(seen: Seen) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(receive).with_state(seen)).await });
    address
}

fn about(value: &Value) -> EventObject {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    EventObject {
        api_version: text("apiVersion"),
        kind: text("kind"),
        namespace: text("namespace"),
        name: text("name"),
        ..EventObject::default()
    }
}

/// Emits what Flux emitted and compares both bodies with the recording.
#[test]
fn events_are_those_that_flux_wrote_and_posted() {
    let Some(folder) = crate::recordings::folder() else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let scenario: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut messages = std::collections::BTreeSet::new();
        for posted in scenario["posted"].as_array().into_iter().flatten() {
            let body = &posted["body"];
            let controller = body["reportingController"].as_str().unwrap();
            let record = rebuilt(body);
            let mut ours = post::posted_event(&record, controller, "<host name>");
            assert!(ours["timestamp"].take().as_str().unwrap().ends_with('Z'));
            ours["timestamp"] = "<time>".into();
            assert_eq!(&ours, body, "{}", path.display());

            let same_text = |event: &&Value| event["message"] == body["message"];
            let written: Vec<&Value> = scenario["events"].as_array().unwrap().iter().filter(same_text).collect();
            // A message that comes again only raises the count of the first: that one's annotations stay.
            if written.is_empty() || !messages.insert((body["involvedObject"].to_string(), record.message.clone())) {
                continue;
            }
            let occurrence =
                Occurrence { name: "x.1".into(), message: record.message.clone(), combined: false, count: 1, first: record.at };
            let event = serde_json::to_value(write::kubernetes_event(&record, &occurrence, controller)).unwrap();
            let annotations = event["metadata"].get("annotations").cloned().unwrap_or_else(|| json!({}));
            let is_same = |written: &&Value| {
                let keys = ["type", "reason", "message", "source", "reportingComponent"];
                keys.iter().all(|key| event[*key] == written[*key]) && annotations == written["annotations"]
            };
            assert!(written.iter().any(is_same), "{event} is not among {written:?} of {}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} events were compared");
}

/// The record that a controller of ours would make: metadata without the group where it is the object's own.
fn rebuilt(body: &Value) -> Record {
    let object = about(&body["involvedObject"]);
    let prefix = format!("{}/", object.group());
    let metadata = body["metadata"].as_object().into_iter().flatten();
    let metadata =
        metadata.map(|(key, value)| (key.strip_prefix(&prefix).unwrap_or(key).to_owned(), value.as_str().unwrap().to_owned()));
    let event = Event {
        severity: if body["severity"] == "error" { Severity::Error } else { Severity::Info },
        reason: body["reason"].as_str().unwrap().to_owned(),
        message: body["message"].as_str().unwrap().to_owned(),
        metadata: metadata.collect(),
    };
    Record::new(&object, event, Timestamp::now())
}

fn object() -> EventObject {
    EventObject {
        api_version: "source.toolkit.fluxcd.io/v1".into(),
        kind: "GitRepository".into(),
        namespace: "ns".into(),
        name: "src".into(),
        uid: "u".into(),
        resource_version: "7".into(),
        annotations: BTreeMap::from([
            ("event.toolkit.fluxcd.io/commit".into(), "abc".into()),
            ("event.toolkit.fluxcd.io/token".into(), "from https://u:S3NTINEL@h".into()),
            ("other/key".into(), "no".into()),
        ]),
    }
}

fn event(severity: Severity, message: &str) -> Event {
    let metadata = BTreeMap::from([
        ("revision".to_owned(), "main@sha1:1".to_owned()),
        ("event.toolkit.fluxcd.io/commit".to_owned(), "overridden".to_owned()),
    ]);
    Event { severity, reason: "NewArtifact".into(), message: message.into(), metadata }
}

fn started(kubernetes: &Seen, events_addr: String, metrics: &Arc<Metrics>) -> Recorder {
    Recorder::start(RecorderOptions {
        controller: "source-controller".into(),
        instance: "pod-1".into(),
        events_addr,
        client: api_server(kubernetes.clone()),
        metrics: Arc::clone(metrics),
    })
    .unwrap()
}

#[tokio::test]
async fn an_event_reaches_kubernetes_and_the_receiver_even_at_shutdown() {
    let (kubernetes, posted) = (Seen::default(), Seen::default());
    let recorder = started(&kubernetes, receiver(posted.clone()).await, &Metrics::new());
    recorder.emit(&object(), event(Severity::Error, "failed at https://u:S3NTINEL@host/x?sig=S3NTINEL"));
    recorder.emit(&object(), event(Severity::Trace, "not posted"));
    recorder.shutdown(Duration::from_secs(30)).await;

    let written = kubernetes.all();
    assert_eq!(written.len(), 2, "{written:?}");
    let (call, body) = &written[0];
    assert_eq!(call, "POST /api/v1/namespaces/ns/events");
    assert_eq!(
        body["involvedObject"],
        json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": "src", "namespace": "ns",
               "resourceVersion": "7", "uid": "u"})
    );
    assert_eq!((&body["type"], &written[1].1["type"]), (&"Warning".into(), &"Normal".into()));
    assert_eq!((&body["count"], &body["message"]), (&1.into(), &"failed at https://host/x".into()));
    assert!(body["metadata"]["name"].as_str().unwrap().starts_with("src."));

    // The receiver refused the first try, so the same body came twice; the trace event never came.
    let posted: Vec<Value> = posted.all().into_iter().map(|(_, body)| body).collect();
    assert_eq!((posted.len(), &posted[0]), (2, &posted[1]));
    assert_eq!(
        posted[0]["metadata"],
        json!({"source.toolkit.fluxcd.io/revision": "main@sha1:1", "event.toolkit.fluxcd.io/commit": "abc",
               "event.toolkit.fluxcd.io/token": "from https://h"})
    );
    assert_eq!(posted[0]["involvedObject"], body["involvedObject"]);
    assert_eq!((&posted[0]["severity"], &posted[0]["reportingInstance"]), (&"error".into(), &"pod-1".into()));
}

#[tokio::test]
async fn a_repeated_event_is_patched_and_made_anew_where_it_is_gone() {
    let kubernetes = Seen::default();
    let recorder = started(&kubernetes, String::new(), &Metrics::new());
    recorder.emit(&object(), event(Severity::Info, "same"));
    recorder.emit(&object(), event(Severity::Info, "same"));
    recorder.shutdown(Duration::from_secs(30)).await;
    let written = kubernetes.all();
    let name = written[0].1["metadata"]["name"].as_str().unwrap().to_owned();
    assert_eq!(written[1].0, format!("PATCH /api/v1/namespaces/ns/events/{name}"));
    assert_eq!((&written[1].1["count"], &written[1].1["message"]), (&2.into(), &"same".into()));
    assert_eq!(written[2].0, "POST /api/v1/namespaces/ns/events");
    assert_eq!((&written[2].1["count"], &written[2].1["metadata"]["name"]), (&2.into(), &name.into()));
    assert_eq!(written[2].1["firstTimestamp"], written[0].1["firstTimestamp"]);
}

#[tokio::test]
async fn sec_i10_a_storm_neither_blocks_nor_grows_without_bound() {
    let (kubernetes, metrics) = (Seen::default(), Metrics::new());
    let recorder = started(&kubernetes, String::new(), &metrics);
    // The single thread of this test does not run the writers meanwhile.
    for index in 0..QUEUE_LENGTH + 10 {
        recorder.emit(&object(), event(Severity::Trace, &format!("m{index}")));
    }
    recorder.shutdown(Duration::from_secs(30)).await;
    let created = kubernetes.all().into_iter().filter(|(call, _)| call.starts_with("POST")).count();
    assert_eq!(created, 25);
    let text = metrics.text().unwrap();
    assert!(text.contains("weir_events_dropped_total{sink=\"kubernetes\"} 985"), "{text}");
}

#[tokio::test]
async fn an_object_without_namespace_is_written_but_not_posted() {
    let (kubernetes, posted) = (Seen::default(), Seen::default());
    let recorder = started(&kubernetes, receiver(posted.clone()).await, &Metrics::new());
    recorder.emit(&EventObject { namespace: String::new(), ..object() }, event(Severity::Info, "x"));
    recorder.shutdown(Duration::from_secs(30)).await;
    assert_eq!(kubernetes.all()[0].0, "POST /api/v1/namespaces/default/events");
    assert!(posted.all().is_empty());
}

#[tokio::test]
async fn an_address_that_is_no_url_stops_the_start() {
    for address in ["notification-controller", "ftp://x/", "http://"] {
        let result = Recorder::start(RecorderOptions {
            controller: "c".into(),
            instance: "i".into(),
            events_addr: address.into(),
            client: api_server(Seen::default()),
            metrics: Metrics::new(),
        });
        assert!(matches!(result, Err(RecorderError::Address(_))), "{address}");
    }
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let cut = shorten("é".repeat(30_000));
    assert!(cut.len() <= LONGEST_MESSAGE && cut.ends_with("é..."), "{}", cut.len());
    assert_eq!(shorten("short".into()), "short");
}
