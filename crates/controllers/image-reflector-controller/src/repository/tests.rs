//! Decisions and reports over one valid observation of which one thing is changed.

use super::decide::{Plan, decide};
use super::observe::Observation;
use super::report::{Outcome, report};
use crate::registry::{self, RegistrySecrets};
use api::image::ImageRepository;
use api::meta::{Reason, Stamp};
use runtime::events::Severity;
use runtime::queue::ObjectKey;
use runtime::reconciler::Next;
use runtime::secrets::SecretRead;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const IMAGE: &str = "ghcr.io/org/app";

/// A repository that was scanned 20 of its 60 seconds ago.
fn seen(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation)) -> Observation {
    let mut object = json!({
        "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageRepository",
        "metadata": {"name": "app", "namespace": "ns", "generation": 1},
        "spec": {"image": IMAGE, "interval": "1m"},
        "status": {
            "observedGeneration": 1, "canonicalImageName": IMAGE, "observedExclusionList": ["^.*\\.sig$"],
            "lastScanResult": {"revision": "1", "tagCount": 2, "scanTime": "2026-01-01T00:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1,
                "message": "successful scan: found 2 tags with checksum 1", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        },
    });
    change(&mut object);
    let object: ImageRepository = serde_json::from_value(object).expect("a repository");
    let not_wanted = || SecretRead::NotWanted;
    let mut seen = Observation {
        key: ObjectKey::new("ns", "app"),
        now: "2026-01-01T00:00:20Z".parse().expect("a time"),
        requested_at: None,
        repository: registry::repository(&object.spec.image),
        secrets: RegistrySecrets {
            credentials: not_wanted(),
            account: Ok(Vec::new()),
            certificates: not_wanted(),
            proxy: not_wanted(),
        },
        has_tags: Ok(true),
        object_level_identity: false,
        object: Arc::new(object),
    };
    also(&mut seen);
    seen
}

fn check(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation), expect: &str) {
    let plan = match decide(&seen(change, also)) {
        Plan::Stall(reason, message) => format!("stall {reason}: {message}"),
        Plan::Fail(reason, message) => format!("fail {reason}: {message}"),
        Plan::Rest(rest) => format!("rest {}s", rest.as_secs()),
        Plan::Scan(scan) => scan.progress(),
    };
    assert_eq!(plan, expect);
}

#[test]
fn the_registry_is_asked_when_something_speaks_for_it() {
    let as_is = |_: &mut Value| {};
    let nothing = |_: &mut Observation| {};
    check(as_is, nothing, "rest 40s");
    check(|object| object["status"] = json!({"observedGeneration": -1}), nothing, "scanning: first scan");
    check(as_is, |seen| seen.requested_at = Some("now".to_owned()), "scanning: reconcile requested");
    check(
        |object| object["status"]["lastHandledReconcileAt"] = json!("now"),
        |seen| seen.requested_at = Some("now".to_owned()),
        "rest 40s",
    );
    check(|object| object["spec"]["image"] = json!("ghcr.io/org/other"), nothing, "scanning: new image name");
    check(|object| object["spec"]["exclusionList"] = json!(["a"]), nothing, "scanning: updated exclusion list");
    check(as_is, |seen| seen.has_tags = Ok(false), "scanning: no tags in database");
    check(as_is, |seen| seen.now += Duration::from_millis(39_500), "scanning: triggered by interval");
}

#[test]
fn what_cannot_work_is_said_in_the_words_of_flux() {
    let nothing = |_: &mut Observation| {};
    check(
        |object| object["spec"]["image"] = json!("https://ghcr.io/org/app"),
        nothing,
        "stall ImageURLInvalid: image 'https://ghcr.io/org/app' should not include URL scheme; remove 'https://'",
    );
    check(
        |object| {
            object["spec"]["provider"] = json!("aws");
            object["spec"]["serviceAccountName"] = json!("sa");
        },
        nothing,
        "stall FeatureGateDisabled: to use spec.serviceAccountName for provider authentication please enable the \
         ObjectLevelWorkloadIdentity feature gate in the controller",
    );
    check(
        |_| {},
        |seen| seen.secrets.credentials = SecretRead::Failed("secrets \"x\" not found".to_owned()),
        "fail AuthenticationFailed: failed to configure authentication options: secrets \"x\" not found",
    );
}

#[test]
fn a_scan_is_news_when_it_found_something_else() {
    let stamp = Stamp { generation: 1, now: "2026-01-01T00:01:00Z".parse().expect("a time") };
    let result = |revision: &str| Outcome::Scanned {
        result: serde_json::from_value(json!({"revision": revision, "tagCount": 2, "latestTags": ["b", "a"]})).expect("a result"),
        exclusion: vec!["x".to_owned()],
    };
    for (revision, severity, message) in [
        ("1", Severity::Trace, "tags did not change, next scan in 1m0s"),
        ("7", Severity::Info, "successful scan: found 2 tags with checksum 7"),
    ] {
        let report = report(&seen(|_| {}, |_| {}), result(revision), &stamp);
        let event = &report.events[0];
        assert_eq!((event.severity, event.message.as_str()), (severity, message));
        assert_eq!(report.next, Next::After(Duration::from_secs(60)));
        assert_eq!(report.status.observed_exclusion_list, ["x"]);
    }
    let rested = report(&seen(|_| {}, |_| {}), Outcome::Rested(Duration::from_secs(40)), &stamp);
    assert_eq!(rested.events[0].message, "no change in repository configuration since last scan, next scan in 40s");
    let failure = Outcome::Failed {
        reason: Reason::ReadOperationFailed,
        message: "scan failed: x".to_owned(),
        progress: Some("scanning: first scan".to_owned()),
    };
    let failed = report(&seen(|_| {}, |_| {}), failure, &stamp);
    assert_eq!((failed.next, failed.error.as_deref()), (Next::Backoff, Some("scan failed: x")));
    assert_eq!(failed.status.conditions.message("Reconciling"), "scanning: first scan");
    assert_eq!(failed.status.last_scan_result.map(|last| last.tag_count), Some(2), "what was known stays");
}
