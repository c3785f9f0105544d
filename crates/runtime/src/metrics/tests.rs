use super::*;
use std::collections::BTreeMap;

/// One sample of the text format.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A strict reader of the text format: it fails on any line that is not a comment or a sample of a family that was declared.
fn parse(text: &str) -> Result<(BTreeMap<String, String>, Vec<Sample>), String> {
    let (mut types, mut samples) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').ok_or(line)?;
            if types.insert(name.to_owned(), kind.to_owned()).is_some() {
                return Err(format!("declared twice: {line}"));
            }
        } else if !line.starts_with("# HELP ") {
            let sample = parse_sample(line).ok_or_else(|| format!("not a sample: {line}"))?;
            let suffixes = ["_bucket", "_sum", "_count"];
            let family = suffixes.iter().find_map(|suffix| {
                sample.name.strip_suffix(suffix).filter(|name| types.get(*name).is_some_and(|kind| kind == "histogram"))
            });
            if !types.contains_key(family.unwrap_or(&sample.name)) {
                return Err(format!("not declared: {line}"));
            }
            samples.push(sample);
        }
    }
    Ok((types, samples))
}

fn parse_sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"")?;
            let mut value = String::new();
            let mut characters = after.char_indices();
            let close = loop {
                match characters.next()? {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match characters.next()?.1 {
                        'n' => '\n',
                        escaped @ ('"' | '\\') => escaped,
                        _ => return None,
                    }),
                    (_, character) => value.push(character),
                }
            };
            labels.insert(label.to_owned(), value);
            rest = after[close + 1..].trim_start_matches(',');
        }
        rest = &rest[1..];
    }
    Some(Sample { name: name.to_owned(), labels, value: rest.strip_prefix(' ')?.parse().ok()? })
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |sample: &&Sample| {
        sample.name == name && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|found| found == value))
    };
    samples.iter().find(fits).map(|sample| sample.value)
}

fn used() -> Arc<Metrics> {
    let metrics = Metrics::new();
    let controller = metrics.controller("GitRepository");
    controller.max_workers(2);
    controller.reconciled("ns", "a\"b\\c\n", ReconcileResult::Success, 0.02);
    controller.reconciled("ns", "gone", ReconcileResult::Error, 200.0);
    controller.reconciled("ns", "gone", ReconcileResult::RequeueAfter, 1.0);
    controller.worker_started();
    controller.queue().added();
    controller.queue().depth(3);
    controller.queue().waited(0.5);
    metrics.api_request("200", "GET", "10.0.0.1:443");
    metrics.leading("source-controller-leader-election", Leads::Yes);
    metrics
}

#[test]
fn the_text_can_be_parsed_and_holds_what_was_counted() {
    let metrics = used();
    let (types, samples) = parse(&metrics.text().unwrap()).unwrap();
    let controller = ("controller", "gitrepository");
    for (name, labels, expected) in [
        ("controller_runtime_reconcile_total", vec![controller, ("result", "success")], 1.0),
        ("controller_runtime_reconcile_total", vec![controller, ("result", "error")], 1.0),
        ("controller_runtime_reconcile_total", vec![controller, ("result", "requeue_after")], 1.0),
        ("controller_runtime_reconcile_total", vec![controller, ("result", "requeue")], 0.0),
        ("controller_runtime_reconcile_errors_total", vec![controller], 1.0),
        ("controller_runtime_reconcile_panics_total", vec![controller], 0.0),
        ("controller_runtime_reconcile_time_seconds_count", vec![controller], 3.0),
        ("controller_runtime_max_concurrent_reconciles", vec![controller], 2.0),
        ("controller_runtime_active_workers", vec![controller], 1.0),
        (
            "gotk_reconcile_duration_seconds_count",
            vec![("kind", "GitRepository"), ("name", "a\"b\\c\n"), ("namespace", "ns")],
            1.0,
        ),
        ("workqueue_depth", vec![controller, ("name", "gitrepository"), ("priority", "0")], 3.0),
        ("workqueue_adds_total", vec![controller, ("name", "gitrepository")], 1.0),
        ("workqueue_queue_duration_seconds_count", vec![controller, ("name", "gitrepository")], 1.0),
        ("rest_client_requests_total", vec![("code", "200"), ("method", "GET"), ("host", "10.0.0.1:443")], 1.0),
        ("leader_election_master_status", vec![("name", "source-controller-leader-election")], 1.0),
    ] {
        assert_eq!(value(&samples, name, &labels), Some(expected), "{name} {labels:?}");
    }
    assert_eq!(types["process_cpu_seconds_total"], "counter");
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_virtual_memory_bytes"] {
        assert!(value(&samples, name, &[]).unwrap() > 0.0, "{name}");
    }
    let started = value(&samples, "process_start_time_seconds", &[]).unwrap();
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!((now - 86_400.0..=now + 5.0).contains(&started), "{started} is not before {now}");
}

#[test]
fn the_buckets_are_those_of_flux() {
    let (_, samples) = parse(&used().text().unwrap()).unwrap();
    let bounds: Vec<f64> = samples
        .iter()
        .filter(|sample| sample.name == "gotk_reconcile_duration_seconds_bucket" && sample.labels["name"] == "gone")
        .map(|sample| sample.labels["le"].parse().unwrap())
        .collect();
    let expected = [0.01, 0.0384, 0.1472, 0.5646, 2.166, 8.310, 31.88, 122.3, 469.2, 1800.0];
    assert_eq!(bounds.len(), 11);
    for (bound, expected) in bounds.iter().zip(expected) {
        assert!((bound / expected - 1.0).abs() < 0.001, "{bound} is not {expected}");
    }
    let waits: Vec<&str> = samples
        .iter()
        .filter(|sample| sample.name == "workqueue_queue_duration_seconds_bucket")
        .map(|sample| sample.labels["le"].as_str())
        .collect();
    assert_eq!(waits.len(), 13);
}

#[test]
fn a_deleted_object_has_no_series() {
    let metrics = used();
    metrics.controller("GitRepository").forget("ns", "gone");
    metrics.controller("GitRepository").forget("ns", "never was");
    let text = metrics.text().unwrap();
    assert!(!text.contains("gone") && text.contains("a\\\"b"), "{text}");
}

#[test]
fn every_metric_that_flux_has_exists_with_the_same_type() {
    let Some(folder) = crate::recordings::folder() else { return };
    let (types, _) = parse(&used().text().unwrap()).unwrap();
    for controller in ["source", "kustomize", "helm"] {
        let recorded = std::fs::read_to_string(folder.join(format!("metrics-{controller}-controller.txt"))).unwrap();
        for line in recorded.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            assert_eq!(types.get(name).map(String::as_str), Some(kind), "{name}");
        }
    }
}

#[test]
fn cache_metrics_have_the_labels_of_flux() {
    let metrics = Metrics::new();
    let user = TokenUse { kind: "GitRepository", name: "a", namespace: "b", operation: "reconcile" };
    metrics.token_cache_event(CacheEvent::Miss, &user);
    metrics.token_cache_request(CacheRequest::Success);
    metrics.token_cache_items(7);
    metrics.token_cache_evicted();
    metrics.index_cache_event(CacheEvent::Hit, "a", "b");
    let (_, samples) = parse(&metrics.text().unwrap()).unwrap();
    let labels = [("event_type", "cache_miss"), ("kind", "GitRepository"), ("operation", "reconcile")];
    assert_eq!(value(&samples, "gotk_token_cache_events_total", &labels), Some(1.0));
    assert_eq!(value(&samples, "gotk_token_cache_requests_total", &[("status", "success")]), Some(1.0));
    assert_eq!(value(&samples, "gotk_token_cached_items", &[]), Some(7.0));
    assert_eq!(value(&samples, "gotk_token_cache_evictions_total", &[]), Some(1.0));
    assert_eq!(value(&samples, "gotk_cache_events_total", &[("event_type", "cache_hit"), ("name", "a")]), Some(1.0));
}
