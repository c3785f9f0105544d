//! The task behind one watched kind: list, watch, and again.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::TryStreamExt;
use http::Request;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde_json::Value;

use super::metadata::LiveObject;
use super::{Inner, KindWatch, Progress, lock};
use crate::cluster::{collection_path, percent_encode};
use crate::object_key::ObjectKey;
use crate::request_error::RequestError;

const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const PAGE: usize = 500;
/// How long one watch request may last; the API server ends it then.
const WATCH_SECONDS: u64 = 290;
/// A kind without objects and without questions for so long is no longer watched.
const IDLE: Duration = Duration::from_secs(600);
/// A kind that may not be watched is not tried again for so long.
const REFUSED: Duration = Duration::from_secs(300);
/// Pauses after failures.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
];
/// After that many failures in a row callers stop relying on the index.
const UNRELIABLE_AFTER: usize = 2;

#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
    /// Null in a list of none.
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

/// Keeps `watch` up to date until the index is dropped, the kind idles, or it is no longer served or allowed.
pub(crate) async fn run(index: Weak<Inner>, watch: Arc<KindWatch>) {
    let mut failures = 0;
    while let Some(inner) = index.upgrade() {
        if watch.is_idle(IDLE) {
            return inner.ended(&watch, Duration::ZERO);
        }
        let path = match path(&inner, &watch).await {
            Ok(path) => path,
            // Not served yet, or not now: callers ask again soon.
            Err(_) => return inner.ended(&watch, PAUSES[1]),
        };
        match list(&inner, &watch, &path).await {
            Ok(version) => {
                failures = 0;
                watch.progress.send_replace(Progress::Listed);
                drop(inner);
                follow(&index, &watch, &path, version).await;
            }
            Err(error) if error.is_forbidden() || error.is_not_found() => {
                tracing::info!(kind = watch.kind.kind, %error, "cannot watch this kind; its objects are read one by one");
                return inner.ended(&watch, REFUSED);
            }
            Err(error) => {
                tracing::debug!(kind = watch.kind.kind, %error, "listing failed");
                if failures >= UNRELIABLE_AFTER {
                    watch.progress.send_replace(Progress::Unavailable);
                }
                drop(inner);
                tokio::time::sleep(PAUSES[failures.min(PAUSES.len() - 1)]).await;
                failures += 1;
            }
        }
    }
}

/// Path and selector of the owned objects of the kind.
async fn path(inner: &Inner, watch: &KindWatch) -> Result<String, RequestError> {
    let resource = inner.cluster.resource(&watch.kind).await?;
    let path = collection_path(&watch.kind, &resource, "")?;
    Ok(format!("{path}?labelSelector={}", percent_encode(&inner.ownership.name_label())))
}

/// Lists in pages, takes everything in, forgets what is not listed. Returns the version to watch from.
async fn list(inner: &Inner, watch: &KindWatch, path: &str) -> Result<String, RequestError> {
    let mut gone = lock(&watch.store).names();
    let mut next = String::new();
    loop {
        let from = if next.is_empty() { String::new() } else { format!("&continue={}", percent_encode(&next)) };
        let request = Request::get(format!("{path}&limit={PAGE}{from}")).header(http::header::ACCEPT, METADATA_LIST);
        let request = request.body(Vec::new()).map_err(|error| RequestError::Transport { message: error.to_string() })?;
        let text = inner.cluster.client().request_text(request).await?;
        let page: List = serde_json::from_str(&text).map_err(|_| RequestError::Decode)?;
        drop(text);
        for item in page.items.unwrap_or_default() {
            saw(inner, watch, &item, Some(&mut gone));
        }
        next = page.metadata.next;
        if next.is_empty() {
            let version = page.metadata.resource_version.parse().unwrap_or(u64::MAX);
            for (namespace, name) in gone {
                lost(inner, watch, (&namespace, &name), version);
            }
            return Ok(page.metadata.resource_version);
        }
    }
}

/// Watches from `version` on, request after request, until one fails: then the caller lists again.
async fn follow(index: &Weak<Inner>, watch: &Arc<KindWatch>, path: &str, mut version: String) {
    loop {
        let Some(inner) = index.upgrade() else { return };
        lock(&watch.store).sweep();
        if watch.is_idle(IDLE) {
            return;
        }
        let url = format!(
            "{path}&watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
            percent_encode(&version)
        );
        let Ok(request) = Request::get(url).header(http::header::ACCEPT, METADATA).body(Vec::new()) else { return };
        let stream = match inner.cluster.client().request_events::<Value>(request).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(kind = watch.kind.kind, %error, "watching failed");
                tokio::time::sleep(PAUSES[0]).await;
                return;
            }
        };
        drop(inner);
        let mut stream = std::pin::pin!(stream);
        loop {
            // A connection that died without a word must not hide changes for longer than one watch may last.
            let event = tokio::time::timeout(Duration::from_secs(WATCH_SECONDS + 30), stream.try_next()).await;
            let Some(inner) = index.upgrade() else { return };
            match event {
                Ok(Ok(Some(event))) => match take_in(&inner, watch, event) {
                    Some(next) => version = next,
                    None => return,
                },
                // The API server ended the request: the next one goes on where this one stopped.
                Ok(Ok(None)) => break,
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}

/// Takes one event in. Returns the version to go on from; `None` when the watch is broken.
fn take_in(inner: &Inner, watch: &KindWatch, event: WatchEvent<Value>) -> Option<String> {
    let item = match event {
        WatchEvent::Added(item) | WatchEvent::Modified(item) => {
            saw(inner, watch, &item, None);
            item
        }
        WatchEvent::Deleted(item) => {
            let version = item["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse().ok());
            lost(inner, watch, names(&item), version.unwrap_or(u64::MAX));
            item
        }
        WatchEvent::Bookmark(bookmark) => return Some(bookmark.metadata.resource_version),
        WatchEvent::Error(_) => return None,
    };
    item["metadata"]["resourceVersion"].as_str().map(str::to_owned)
}

fn saw(inner: &Inner, watch: &KindWatch, object: &Value, listed: Option<&mut BTreeSet<(Box<str>, Box<str>)>>) {
    let (namespace, name) = names(object);
    if let Some(gone) = listed {
        gone.remove(&(Box::from(namespace), Box::from(name)));
    }
    if let Some(live) = LiveObject::read(object, &inner.ownership) {
        let drifted = lock(&watch.store).saw(namespace, name, live);
        inner.report(&key(watch, namespace, name), drifted);
    }
}

fn lost(inner: &Inner, watch: &KindWatch, (namespace, name): (&str, &str), version: u64) {
    let drifted = lock(&watch.store).lost(namespace, name, version);
    inner.report(&key(watch, namespace, name), drifted);
}

fn names(object: &Value) -> (&str, &str) {
    let metadata = &object["metadata"];
    (metadata["namespace"].as_str().unwrap_or_default(), metadata["name"].as_str().unwrap_or_default())
}

fn key(watch: &KindWatch, namespace: &str, name: &str) -> ObjectKey {
    ObjectKey {
        group: watch.kind.group.clone(),
        version: watch.kind.version.clone(),
        kind: watch.kind.kind.clone(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}
