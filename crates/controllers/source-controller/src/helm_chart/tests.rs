//! What is decided of a chart and the source that it names, and what becomes of faults.

use super::build::{Fault, Known};
use super::decide::{Route, decide};
use super::observe::Origin;
use super::remote::check_name;
use crate::source::{Failure, FailureClass, Reached, Seen};
use crate::storage::Stored;
use api::meta::{Artifact, ConditionType, Reason, Time};
use api::source::HelmChart;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

fn seen(spec: Value, status: Value) -> Seen<HelmChart> {
    let mut fields = json!({ "chart": "app", "interval": "1m", "sourceRef": { "kind": "GitRepository", "name": "source" } });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    let object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
        "metadata": { "name": "chart", "namespace": "ns", "generation": 4 }, "spec": fields, "status": status,
    });
    let object: HelmChart = serde_json::from_value(object).expect("the object is valid");
    Seen { object: Arc::new(object), now: jiff::Timestamp::UNIX_EPOCH, stored: Stored::Present, collected: Vec::new() }
}

fn artifact(revision: &str) -> Artifact {
    Artifact {
        path: "a/b/c/d".to_owned(),
        url: String::new(),
        revision: revision.to_owned(),
        digest: String::new(),
        last_update_time: Time(jiff::Timestamp::UNIX_EPOCH),
        size: None,
        metadata: BTreeMap::new(),
    }
}

/// Upstream's `buildFromTarballArtifact`: what is marked in the version of a chart.
#[test]
fn the_version_is_marked_with_what_the_chart_was_made_of() {
    let revision = "main@sha1:20f22736e85dcc71fde2cf5abf410eb74e3e5a4a";
    for (spec, expect) in [
        (json!({}), ""),
        (json!({ "reconcileStrategy": "Revision" }), "20f22736e85d"),
        (json!({ "valuesFiles": ["a.yaml"] }), "4"),
        (json!({ "valuesFiles": ["./values.yaml"] }), ""),
        (json!({ "valuesFiles": ["a.yaml"], "reconcileStrategy": "Revision" }), "20f22736e85d.4"),
    ] {
        let plan = decide(&seen(spec.clone(), json!({})), &Origin::Content(artifact(revision)), None).expect("there is a plan");
        assert_eq!(plan.wishes.mark, expect, "{spec}");
        assert!(matches!(plan.route, Route::Local(_)) && plan.wishes.force);
    }
    let bucket = seen(
        json!({ "reconcileStrategy": "Revision", "sourceRef": { "kind": "Bucket", "name": "b" } }),
        json!({ "observedGeneration": 4 }),
    );
    let plan = decide(&bucket, &Origin::Content(artifact("sha256:0123456789abcdef")), None).expect("there is a plan");
    assert_eq!((plan.wishes.mark.as_str(), plan.wishes.force), ("0123456789ab", false));
}

#[test]
fn a_source_that_is_not_there_is_waited_for() {
    let failed = |origin| {
        let failure = decide(&seen(json!({}), json!({})), &origin, None).err().expect("there is no plan");
        (failure.class, failure.reason, failure.message)
    };
    let missing = "failed to get source: GitRepository.source.toolkit.fluxcd.io \"source\" not found".to_owned();
    assert_eq!(failed(Origin::Missing), (FailureClass::Retry, Reason::SourceUnavailable, missing));
    let empty = "no artifact available for GitRepository source 'source'".to_owned();
    assert_eq!(failed(Origin::WithoutArtifact), (FailureClass::Waiting, Reason::NoSourceArtifact, empty));
}

/// Upstream's `observeChartBuild` and `IsPersistentBuildErrorReason`.
#[test]
fn a_fault_has_the_condition_and_the_persistence_of_its_reason() {
    let failure = |reason| -> Failure { Fault::new(reason, "why").into_failure(&seen(json!({}), json!({}))) };
    for (reason, condition, class, message) in [
        (Reason::InvalidChartReference, ConditionType::FetchFailed, FailureClass::Stalled, "invalid chart reference: why"),
        (Reason::ChartPullError, ConditionType::FetchFailed, FailureClass::Retry, "chart pull error: why"),
        (Reason::MetadataPatchError, ConditionType::BuildFailed, FailureClass::Stalled, "chart metadata patch error: why"),
        (Reason::ValuesFilesError, ConditionType::BuildFailed, FailureClass::Stalled, "values files merge error: why"),
        (Reason::DependencyBuildError, ConditionType::BuildFailed, FailureClass::Retry, "dependency build error: why"),
        (Reason::ChartPackageError, ConditionType::BuildFailed, FailureClass::Retry, "chart package error: why"),
        (Reason::Unknown, ConditionType::FetchFailed, FailureClass::Retry, "unknown build error: why"),
    ] {
        let failure = failure(reason);
        assert_eq!((failure.condition, failure.class, failure.message.as_str()), (Some(condition), class, message));
    }
    let refused = Fault::new(Reason::ChartPullError, "401 Unauthorized").or_of_authentication();
    let refused = refused.into_failure(&seen(json!({}), json!({})));
    assert_eq!((refused.reason, refused.condition), (Reason::AuthenticationFailed, Some(ConditionType::FetchFailed)));
}

#[test]
fn only_a_new_chart_makes_the_stored_one_outdated() {
    let stored = json!({
        "observedChartName": "app",
        "artifact": { "path": "a/b/c/d", "url": "", "revision": "1.0.0", "digest": "", "lastUpdateTime": "2026-01-01T00:00:00Z" },
    });
    for (version, reached) in
        [("1.0.0", Reached::Origin), ("1.1.0", Reached::New("new 'app' chart with version '1.1.0'".to_owned()))]
    {
        let chart = Known { name: "app".to_owned(), version: version.to_owned() };
        let fault = Fault::new(Reason::ChartPackageError, "why").knowing(&chart);
        assert_eq!(fault.into_failure(&seen(json!({}), stored.clone())).reached, reached);
    }
}

/// Upstream's pattern `^([-a-z0-9]+/?\.?)+$`.
#[test]
fn sec_c5_a_name_is_no_path() {
    for good in ["app", "my-app", "stable/app", "a.b", "a/.b", "app/"] {
        assert!(check_name(good).is_ok(), "{good}");
    }
    for bad in ["", ".", "..", "../x", "/etc", "a//b", "a../b", "a./b", "App", "a b", "a\\b", "ä"] {
        assert!(check_name(bad).is_err(), "{bad}");
    }
}
