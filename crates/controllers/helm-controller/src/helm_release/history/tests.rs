use super::*;
use crate::helm_release::test_data;
use serde_json::{Value, json};

fn history(snapshots: &[Value]) -> Snapshots {
    serde_json::from_value(json!(snapshots)).expect("because the literals are valid")
}

fn versions(history: &Snapshots) -> Vec<i64> {
    history.0.iter().map(|snapshot| snapshot.version).collect()
}

fn tested(version: i64, status: &str, phases: &[&str]) -> Value {
    let mut snapshot = test_data::snapshot(version, status);
    snapshot["testHooks"] = phases.iter().enumerate().map(|(n, phase)| (format!("t{n}"), json!({ "phase": phase }))).collect();
    snapshot
}

fn release(version: i64, status: &str) -> Release {
    let text = json!({"name": "hr", "namespace": "ns", "version": version, "info": {"status": status},
        "chart": {"metadata": {"name": "app", "version": "1.2.3"}}});
    Release::from_json(text.to_string().as_bytes()).expect("because the literal is valid")
}

/// The cases of `TestSnapshots_Truncate` and `TestSnapshots_Previous` of Flux's API.
#[test]
fn history_is_kept_back_to_the_last_good_revision() {
    let snapshot = test_data::snapshot;
    let kept = |snapshots: &[Value], keep| {
        let mut history = history(snapshots);
        trim(&mut history, keep);
        versions(&history)
    };
    let counted = Keep::ToPrevious(FailedTests::Count);
    let all = [snapshot(4, "deployed"), snapshot(3, "failed"), snapshot(2, "superseded"), snapshot(1, "superseded")];
    assert_eq!(kept(&all, counted), [4, 3, 2]);
    let failing =
        [snapshot(4, "deployed"), tested(3, "superseded", &["Failed"]), snapshot(2, "superseded"), snapshot(1, "superseded")];
    assert_eq!(kept(&failing, counted), [4, 3, 2]);
    assert_eq!(kept(&failing, Keep::ToPrevious(FailedTests::Ignored)), [4, 3]);
    let bad: Vec<Value> = (1..=7).map(|version| snapshot(version, "failed")).collect();
    assert_eq!(kept(&bad, counted), [7, 6, 5, 4, 3]);
    assert_eq!(kept(&bad, Keep::Newest), [7, 6, 5, 4, 3]);
    assert_eq!(kept(&all, Keep::Nothing), [0; 0]);
}

#[test]
fn a_rollback_goes_to_the_last_good_revision_before_the_latest() {
    let snapshot = test_data::snapshot;
    let to = |snapshots: &[Value], tests| previous(&history(snapshots), tests).map(|found| found.version);
    assert_eq!(to(&[snapshot(1, "deployed")], FailedTests::Count), None);
    let failing = [snapshot(3, "failed"), tested(2, "superseded", &["Succeeded", "Failed"]), snapshot(1, "superseded")];
    assert_eq!(to(&failing, FailedTests::Count), Some(1));
    assert_eq!(to(&failing, FailedTests::Ignored), Some(2));
    assert_eq!(to(&[snapshot(2, "failed"), snapshot(1, "failed")], FailedTests::Ignored), None);
}

/// The cases of `TestSnapshot_HasBeenTested` of Flux's API.
#[test]
fn tests_ran_when_all_succeeded_or_one_failed() {
    let is = |snapshot: Value| is_tested(&serde_json::from_value(snapshot).expect("because the literals are valid"));
    assert!(!is(test_data::snapshot(1, "deployed")));
    assert!(is(tested(1, "deployed", &[])), "no tests are tests that ran");
    assert!(is(tested(1, "deployed", &["Succeeded", "Succeeded"])));
    assert!(!is(tested(1, "deployed", &["Succeeded", ""])));
    assert!(is(tested(1, "deployed", &["Failed", ""])));
}

#[test]
fn an_upgrade_is_remembered_and_what_it_replaced_is_brought_up_to_date() {
    let mut history = history(&[test_data::snapshot(2, "failed"), tested(1, "deployed", &["Succeeded"])]);
    record_release(
        &mut history,
        &[release(1, "superseded"), release(3, "deployed")],
        (Made::Upgrade, Some("sha256:ab")),
        Algorithm::Sha256,
    );
    let statuses: Vec<(i64, &str, Option<&str>)> =
        history.0.iter().map(|one| (one.version, one.status.as_str(), one.action.as_deref())).collect();
    assert_eq!(statuses, [(3, "deployed", Some("upgrade")), (2, "failed", None), (1, "superseded", None)]);
    assert_eq!(history.0[0].oci_digest.as_deref(), Some("sha256:ab"));
    assert!(history.0[2].test_hooks.is_some(), "results of tests stay");
    assert!(is_observed(&history.0[0], &release(3, "deployed")) && !is_observed(&history.0[0], &release(3, "failed")));
}

#[test]
fn snapshots_of_old_versions_are_taken_on_trust() {
    let mut legacy = test_data::snapshot(1, "deployed");
    legacy["apiVersion"] = json!(null);
    assert!(is_observed(&history(&[legacy]).0[0], &release(1, "deployed")));
    assert!(!is_observed(&history(&[test_data::snapshot(1, "deployed")]).0[0], &release(1, "deployed")));
}

/// What a killed process left: a pending revision that nobody knew, and a good one that was superseded for it.
#[test]
fn what_an_interrupted_action_wrote_is_taken_in() {
    let mut history = history(&[]);
    record_release(&mut history, &[release(1, "deployed")], (Made::Install, None), Algorithm::Sha256);
    record_unlock(&mut history, &release(2, "failed"), Some("sha256:ab"), Algorithm::Sha256);
    assert_eq!(versions(&history), [2, 1]);
    assert!(is_observed(&history.0[0], &release(2, "failed")));
    let good = &history.0[1];
    assert!(is_good_still(good, &release(1, "deployed")) && is_good_still(good, &release(1, "superseded")));
    assert!(!is_observed(good, &release(1, "superseded")) && !is_good_still(good, &release(1, "failed")));
    let mut changed = release(1, "superseded");
    changed.manifest = "other".to_owned();
    assert!(!is_good_still(good, &changed));
    adopt(&mut history, &release(1, "uninstalling"), None, Algorithm::Sha256);
    assert_eq!(versions(&history), [2, 1], "what is older than what is known is another story");
}

#[test]
fn a_rollback_makes_all_that_it_touches() {
    let mut history = history(&[test_data::snapshot(2, "failed"), test_data::snapshot(1, "superseded")]);
    record_rollback(&mut history, &[release(2, "superseded"), release(3, "deployed")], Algorithm::Sha256);
    assert_eq!(versions(&history), [3, 2, 1]);
    let actions: Vec<Option<&str>> = history.0.iter().map(|one| one.action.as_deref()).collect();
    assert_eq!(actions, [Some("rollback"), Some("rollback"), None]);
}

/// The recorded digest of no values, from a run of Flux.
#[test]
fn no_values_have_the_digest_of_nothing() {
    let nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(is_digest_of(nothing, &Values::new()));
    let text: Values = serde_json::from_value(json!({"text": "changed"})).expect("because it is a map");
    assert!(is_digest_of("sha256:a19eff0f6a1a3ee3303d1f4ae1c64f648115a2e705fc6ccd751b4c25342661e6", &text));
    assert!(!is_digest_of(nothing, &text));
}
