use super::super::strategy::{DefaultStrategy, Strategies};
use super::super::test_data::{object, snapshot};
use super::*;
use api::helm::ReleaseAction;
use helm_release::Release;
use serde_json::{Value, json};

const NOTHING: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn ledger(object: &HelmRelease) -> Ledger<'_> {
    Ledger::new(object, Algorithm::Sha256, Timestamp::UNIX_EPOCH)
}

fn subject() -> Subject {
    Subject {
        release: "ns/hr".to_owned(),
        chart: "app".to_owned(),
        version: "1.2.3".to_owned(),
        app_version: "9".to_owned(),
        config_digest: NOTHING.to_owned(),
    }
}

fn strategies(object: &HelmRelease) -> Strategies {
    Strategies::of(&object.spec, DefaultStrategy::Remediate)
}

fn record(version: i64, status: &str) -> Release {
    let text = json!({"name": "hr", "namespace": "ns", "version": version, "info": {"status": status},
        "chart": {"metadata": {"name": "app", "version": "1.2.3", "appVersion": "9"}}});
    Release::from_json(text.to_string().as_bytes()).expect("because the literal is valid")
}

fn wrote(version: i64, status: &str, error: Option<&str>) -> Done {
    Done { written: vec![record(version, status)], error: error.map(str::to_owned), ..Done::default() }
}

/// Type, status, reason and message of the conditions that there are.
fn conditions(ledger: &Ledger<'_>) -> Vec<(String, &'static str, String, String)> {
    let row = |one: &Condition| (one.r#type.clone(), one.status.as_str(), one.reason.clone(), one.message.clone());
    ledger.status.conditions.iter().map(row).collect()
}

fn ready(ledger: &Ledger<'_>) -> (&'static str, String) {
    let ready = ledger.status.conditions.get(ConditionType::Ready).expect("there is a summary");
    (ready.status.as_str(), ready.message.clone())
}

/// What Flux wrote in the recorded scenario `hr-install`.
#[test]
fn an_install_says_what_flux_says() {
    let object = object(json!({}), json!({}));
    let mut ledger = ledger(&object);
    ledger.begin(Action::Install, &GoDuration::from_seconds(20));
    let message = "Running 'install' action with timeout of 20s";
    assert_eq!(ready(&ledger), ("Unknown", message.to_owned()));
    ledger.released(ReleaseAction::Install, &subject(), wrote(1, "deployed", None), &strategies(&object));
    ledger.finish();
    let message = "Helm install succeeded for release ns/hr.v1 with chart app@1.2.3".to_owned();
    let row = |name: &str| (name.to_owned(), "True", "InstallSucceeded".to_owned(), message.clone());
    assert_eq!(conditions(&ledger), [row("Ready"), row("Released")]);
    let events = ledger.take_events();
    assert_eq!((events.len(), events[0].reason.as_str(), &events[0].message), (1, "InstallSucceeded", &message));
    let metadata = json!({"revision": "1.2.3", "token": NOTHING, "app-version": "9"});
    assert_eq!(json!(events[0].metadata), metadata);
    assert_eq!(ledger.status.history.latest().and_then(|latest| latest.action.as_deref()), Some("install"));
}

/// What Flux wrote in the recorded scenario `hr-bad-values`: nothing was stored, so nothing but `failures` counts.
#[test]
fn an_install_that_stored_nothing_is_not_counted() {
    let object = object(json!({}), json!({}));
    let mut ledger = ledger(&object);
    ledger.begin(Action::Install, &GoDuration::from_seconds(20));
    let done =
        Done { error: Some("execution error at (app/templates/cm.yaml:6:11): text is needed".to_owned()), ..Done::default() };
    ledger.released(ReleaseAction::Install, &subject(), done, &strategies(&object));
    let message = "Helm install failed for release ns/hr with chart app@1.2.3: execution error at (app/templates/cm.yaml:6:11): text is needed";
    assert_eq!(ready(&ledger), ("False", message.to_owned()));
    assert_eq!((ledger.status.failures, ledger.status.install_failures), (1, 0));
    assert!(ledger.status.conditions.is_true(ConditionType::Reconciling) && ledger.status.history.is_empty());
    assert_eq!(ledger.take_events()[0].severity, Severity::Error);
}

#[test]
fn an_upgrade_that_failed_is_counted_and_rolled_back() {
    let status = json!({"history": [snapshot(1, "deployed")], "storageNamespace": "ns"});
    let object = object(json!({"upgrade": {"remediation": {"retries": 1}}}), status);
    let mut ledger = ledger(&object);
    ledger.begin(Action::Upgrade, &GoDuration::from_seconds(300));
    let failed = Done { log: "T: checking resources".to_owned(), ..wrote(2, "failed", Some("timed out")) };
    ledger.released(ReleaseAction::Upgrade, &subject(), failed, &strategies(&object));
    assert_eq!((ledger.status.failures, ledger.status.upgrade_failures), (1, 1));
    assert_eq!(ready(&ledger).1, "Helm upgrade failed for release ns/hr with chart app@1.2.3: timed out");
    let event = ledger.take_events().remove(0);
    assert_eq!(event.message, format!("{}\n\nLast Helm logs:\n\nT: checking resources", ready(&ledger).1));
    let previous = ledger.status.history.0[1].clone();
    ledger.begin(Action::Rollback, &GoDuration::from_seconds(300));
    ledger.rolled_back(&previous, &subject(), wrote(3, "deployed", None));
    let message = "Helm rollback to previous release ns/hr.v1 with chart app@1.2.3 succeeded";
    assert_eq!(ready(&ledger), ("False", message.to_owned()));
    assert!(ledger.status.conditions.is_true(ConditionType::Remediated));
    let versions: Vec<i64> = ledger.status.history.0.iter().map(|one| one.version).collect();
    assert_eq!(versions, [3, 2, 1]);
    // The spec goes back to what was rolled back to.
    ledger.in_sync(false);
    ledger.finish();
    assert_eq!(ready(&ledger), ("True", "Helm upgrade succeeded for release ns/hr.v3 with chart app@1.2.3".to_owned()));
    assert!(!ledger.status.conditions.has(ConditionType::Remediated));
}

#[test]
fn a_failed_install_is_uninstalled() {
    let object = object(json!({"install": {"remediation": {"retries": 1}}}), json!({}));
    let mut ledger = ledger(&object);
    ledger.released(ReleaseAction::Install, &subject(), wrote(1, "failed", Some("no")), &strategies(&object));
    ledger.uninstalled_as_remediation(wrote(1, "uninstalled", None));
    let message = "Helm uninstall remediation for release ns/hr.v1 with chart app@1.2.3 succeeded";
    assert_eq!(ready(&ledger), ("False", message.to_owned()));
    let latest = ledger.status.history.latest().expect("it is known");
    assert_eq!((latest.status.as_str(), latest.action.as_deref()), ("uninstalled", Some("uninstall-remediation")));
}

/// Of a revision that status did not know: the process that began to uninstall it died before it was written down.
#[test]
fn an_uninstall_that_is_finished_speaks_of_what_was_uninstalled() {
    let object = object(json!({}), json!({"history": [snapshot(1, "deployed")]}));
    let mut ledger = ledger(&object);
    ledger.adopt(&record(2, "uninstalled"));
    ledger.uninstalled_as_remediation(wrote(2, "uninstalled", None));
    let message = "Helm uninstall remediation for release ns/hr.v2 with chart app@1.2.3 succeeded";
    assert_eq!(ready(&ledger), ("False", message.to_owned()));
}

#[test]
fn tests_are_awaited_and_decide() {
    let object = object(json!({"test": {"enable": true}}), json!({}));
    let strategies = strategies(&object);
    let mut ledger = ledger(&object);
    ledger.released(ReleaseAction::Install, &subject(), wrote(1, "deployed", None), &strategies);
    let waiting = "Helm release ns/hr.v1 with chart app@1.2.3 is awaiting tests";
    assert_eq!(ready(&ledger), ("Unknown", waiting.to_owned()));
    let tested = |phase: &str| {
        let mut record = record(1, "deployed");
        let hook = json!({"name": "t", "events": ["test"], "last_run": {"phase": phase}});
        record.hooks = vec![serde_json::from_value(hook).expect("because the literal is valid")];
        record
    };
    let failed = Done { written: vec![tested("Failed")], error: Some("pod t failed".to_owned()), ..Done::default() };
    ledger.tested(&failed, |_| true, &strategies);
    assert_eq!(ready(&ledger), ("False", "Helm test failed for release ns/hr.v1 with chart app@1.2.3: pod t failed".to_owned()));
    assert_eq!(ledger.status.install_failures, 1);
    let passed = Done { written: vec![tested("Succeeded")], ..Done::default() };
    ledger.tested(&passed, |_| true, &strategies);
    let message = "Helm test succeeded for release ns/hr.v1 with chart app@1.2.3: 1 test hook completed successfully";
    assert_eq!(ready(&ledger), ("True", message.to_owned()));
    ledger.tested(&passed, |_| false, &strategies);
    assert!(ready(&ledger).1.ends_with(": no test hooks"));
}

#[test]
fn a_stale_release_is_unlocked() {
    let object = object(json!({}), json!({"history": [snapshot(1, "pending-install")]}));
    let mut ledger = ledger(&object);
    ledger.unlocked(&record(1, "failed"), "pending-install", None);
    let message = "Unlocked Helm release ns/hr.v1 with chart app@1.2.3 in pending-install state";
    assert_eq!(ready(&ledger), ("False", message.to_owned()));
    assert_eq!(ledger.status.history.latest().map(|latest| latest.status.as_str()), Some("failed"));
    assert_eq!(ledger.take_events()[0].reason, "PendingRelease");
}

#[test]
fn drift_is_told_of_and_does_not_touch_ready() {
    let object = object(json!({"driftDetection": {"mode": "enabled"}}), json!({"history": [snapshot(1, "deployed")]}));
    let mut ledger = ledger(&object);
    ledger.drifted(&["ConfigMap/ns/a removed".to_owned()]);
    let message = "Cluster state of release ns/hr.v1 has drifted from the desired state:\nConfigMap/ns/a removed";
    assert_eq!(ledger.status.conditions.message(ConditionType::Drifted), message);
    assert!(!ledger.status.conditions.has(ConditionType::Ready));
    ledger.corrected(&["ConfigMap/ns/a created".to_owned()], &[]);
    ledger.corrected(&["ConfigMap/ns/a created".to_owned()], &["ConfigMap/ns/b: no".to_owned()]);
    let events = ledger.take_events();
    let row = |event: &Event| (event.reason.clone(), event.message.clone());
    assert_eq!(row(&events[0]), ("DriftDetected".to_owned(), message.to_owned()));
    assert_eq!(row(&events[1]).1, "Cluster state of release ns/hr.v1 has been corrected:\nConfigMap/ns/a created");
    let failed = "Failed to partially correct cluster state of release ns/hr.v1:\nConfigMap/ns/b: no\n\nSuccessful corrections:\nConfigMap/ns/a created";
    assert_eq!(row(&events[2]), ("DriftCorrectionFailed".to_owned(), failed.to_owned()));
}

/// The cases of `Test_summarize` of Flux: the newest generation decides, then the order of types.
#[test]
fn ready_is_the_newest_and_most_important_of_three() {
    let summary = |spec: Value, present: &[(&str, &str, i64)]| {
        let condition = |(kind, status, generation): &(&str, &str, i64)| {
            json!({"type": kind, "status": status, "reason": "R", "message": kind, "observedGeneration": generation,
                "lastTransitionTime": "2026-01-01T00:00:00Z"})
        };
        let conditions: Vec<Value> = present.iter().map(condition).collect();
        let object = object(spec, json!({ "conditions": conditions }));
        let mut ledger = ledger(&object);
        ledger.summarize();
        let (status, message) = ready(&ledger);
        (status, message, ledger.status.conditions.has(ConditionType::Stalled))
    };
    let tested = json!({"test": {"enable": true}});
    let owned = |status, message: &str, stalled| (status, message.to_owned(), stalled);
    assert_eq!(summary(json!({}), &[("Released", "True", 1), ("Stalled", "True", 1)]), owned("True", "Released", false));
    assert_eq!(summary(json!({}), &[("Released", "False", 1), ("Stalled", "True", 1)]), owned("False", "Released", true));
    assert_eq!(summary(json!({}), &[("Released", "False", 1), ("Remediated", "True", 1)]), owned("False", "Remediated", false));
    assert_eq!(summary(json!({}), &[("Released", "True", 2), ("Remediated", "True", 1)]), owned("True", "Released", false));
    assert_eq!(summary(tested, &[("Released", "True", 1), ("TestSuccess", "False", 1)]), owned("False", "TestSuccess", false));
    let ignored = json!({"test": {"enable": true, "ignoreFailures": true}});
    assert_eq!(summary(ignored, &[("Released", "True", 1), ("TestSuccess", "False", 1)]), owned("True", "Released", false));
}
