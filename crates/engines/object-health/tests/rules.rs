//! Rules of owners, dependencies, and what a set of assessments means. Texts are of `shared/recorded/flux` and of fluxcd/pkg.

use std::error::Error;

use jiff::Timestamp;
use object_health::kstatus::Status;
use object_health::pods::with_pods;
use object_health::ready::ReadyExpression;
use object_health::summary::{Checked, FailFast, Verdict, judge, timeout_message};
use object_health::{Assessment, HealthRule, HealthRules, job};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("the time parses")
}

fn rule(api_version: &str, kind: &str, current: &str) -> HealthRule {
    HealthRule { api_version: api_version.into(), kind: kind.into(), current: current.into(), ..HealthRule::default() }
}

/// An error and its causes, as controllers print them.
fn chain(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", chain(source)))
}

fn status_of(rules: &[HealthRule], object: &Value) -> Status {
    HealthRules::compile(rules).expect("the rules compile").assess(object, now()).status
}

fn thing(status: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x", "generation": 2}, "status": status})
}

#[test]
fn expression_that_does_not_parse_is_reported_as_flux_recorded_it() {
    let error = HealthRules::compile(&[rule("v1", "ConfigMap", "status.a +")]).unwrap_err();
    // recorded/flux/ks-bad-cel.json, but for the parser's list of what could have followed.
    let expected = "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: \
        failed to parse the CEL expression 'status.a +': ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting {";
    assert!(chain(&error).starts_with(expected), "{}", chain(&error));
    assert!(chain(&error).ends_with("}\n | status.a +\n | ..........^"), "{}", chain(&error));
}

#[test]
fn rules_that_are_wrong_are_reported_in_flux_words() {
    let missing = HealthRules::compile(&[rule("v1", "ConfigMap", "true"), rule("apps/v1", "", "")]).unwrap_err();
    assert_eq!(chain(&missing), "failed to create custom status evaluator for healthchecks[1]: expression Current not specified");
    let twice =
        HealthRules::compile(&[rule("example.com/v1", "Thing", "true"), rule("example.com/v2", "Thing", "true")]).unwrap_err();
    assert_eq!(chain(&twice), "duplicate custom health check for GroupKind Thing.example.com at healthchecks[1]");
    let failed = HealthRule { failed: ")".into(), ..rule("v1", "ConfigMap", "true") };
    let prefix = "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Failed: ";
    assert!(chain(&HealthRules::compile(&[failed]).unwrap_err()).starts_with(prefix));
}

#[test]
fn in_progress_comes_before_failed_and_failed_before_current() {
    let rule =
        HealthRule { in_progress: "status.p".into(), failed: "status.f".into(), ..rule("example.com/v1", "Thing", "status.c") };
    let status = |p, f, c| status_of(std::slice::from_ref(&rule), &thing(&json!({"p": p, "f": f, "c": c})));
    assert_eq!(status(true, true, true), Status::InProgress);
    assert_eq!(status(false, true, true), Status::Failed);
    assert_eq!(status(false, false, true), Status::Current);
    assert_eq!(status(false, false, false), Status::InProgress);
}

#[test]
fn unseen_generation_is_in_progress_but_only_if_it_is_a_number() {
    let rules = [rule("example.com/v1", "Thing", "true")];
    assert_eq!(status_of(&rules, &thing(&json!({"observedGeneration": 1}))), Status::InProgress);
    assert_eq!(status_of(&rules, &thing(&json!({"observedGeneration": 2}))), Status::Current);
    assert_eq!(status_of(&rules, &thing(&json!({"observedGeneration": "1"}))), Status::Current);
}

#[test]
fn rule_of_a_kind_beats_the_rule_of_its_group() {
    let rules = [rule("example.com/v1", "", "false"), rule("example.com/v9", "Thing", "true")];
    assert_eq!(status_of(&rules, &thing(&json!({}))), Status::Current);
    let mut other = thing(&json!({}));
    other["kind"] = "Other".into();
    assert_eq!(status_of(&rules, &other), Status::InProgress);
}

#[test]
fn values_an_expression_cannot_work_on_leave_the_status_unknown() {
    let rules = HealthRules::compile(&[rule("example.com/v1", "Thing", "status.missing == 1")]).unwrap();
    let assessment = rules.assess(&thing(&json!({})), now());
    assert_eq!(assessment.status, Status::Unknown);
    assert_eq!(
        assessment.error.as_deref(),
        Some("failed to evaluate the CEL expression 'status.missing == 1': no such key: missing")
    );
    let rules = HealthRules::compile(&[rule("example.com/v1", "Thing", "status.n")]).unwrap();
    let assessment = rules.assess(&thing(&json!({"n": 1})), now());
    assert_eq!(assessment.error.as_deref(), Some("failed to evaluate CEL expression as boolean: 'status.n'"));
}

#[test]
fn running_job_is_in_progress_unless_a_rule_says_otherwise() {
    let running = json!({"apiVersion": "batch/v1", "kind": "Job", "status": {"startTime": "2024-01-01T00:00:00Z", "active": 1}});
    assert_eq!(status_of(&[], &running), Status::InProgress);
    assert_eq!(status_of(&[rule("batch/v1", "Job", "status.active == 1")], &running), Status::Current);
}

#[test]
fn job_with_a_time_to_live_removes_itself() {
    let job = |spec: Value| job::is_removed_when_finished(&json!({"apiVersion": "batch/v1", "kind": "Job", "spec": spec}));
    assert!(job(json!({"ttlSecondsAfterFinished": 0})));
    assert!(!job(json!({"ttlSecondsAfterFinished": "0"})));
    assert!(!job(json!({})));
}

#[test]
fn dependency_is_ready_when_its_expression_says_so() {
    let ready = ReadyExpression::compile("dep.status.observedGeneration == self.metadata.generation + 41").unwrap();
    let dependent = json!({"metadata": {"generation": 1}});
    assert_eq!(ready.evaluate(&dependent, &json!({"status": {"observedGeneration": 42}})), Ok(true));
    assert_eq!(ready.evaluate(&dependent, &json!({"status": {"observedGeneration": 1}})), Ok(false));
    assert!(ready.evaluate(&dependent, &json!({"status": {}})).is_err());
}

#[test]
fn failing_pods_fail_a_controller_that_waits_for_them() {
    let pod = |extra: Value| {
        let waiting = json!({"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}});
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "status": {"phase": "Running", "containerStatuses": [waiting]}});
        pod["metadata"] = extra;
        pod
    };
    let own = || Assessment::new(Status::InProgress, "Ready: 0/1");
    assert_eq!(with_pods(own(), &[pod(json!({}))], now()), Assessment::new(Status::Failed, "1 pods have failed"));
    assert_eq!(with_pods(own(), &[pod(json!({"deletionTimestamp": "2025-01-01T00:00:00Z"}))], now()), own());
    let current = Assessment::new(Status::Current, "");
    assert_eq!(with_pods(current.clone(), &[pod(json!({}))], now()), current);
}

#[test]
fn unscheduled_pod_fails_after_fifteen_seconds_only() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"creationTimestamp": "2025-12-31T23:59:50Z"}, "status": {
        "phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
    assert_eq!(HealthRules::default().assess(&pod, now()).status, Status::InProgress);
    assert_eq!(HealthRules::default().assess(&pod, "2026-01-01T00:00:06Z".parse().unwrap()).status, Status::Failed);
}

fn checked(subject: &str, status: Option<Status>) -> Checked {
    Checked {
        subject: subject.into(),
        assessment: status.map(|status| Assessment::new(status, "")),
        removed_when_finished: false,
    }
}

#[test]
fn messages_about_a_set_are_those_that_flux_recorded() {
    // recorded/flux/ks-unhealthy.json and ks-health-check-missing.json.
    let late =
        [checked("Deployment/ks-unhealthy/never", Some(Status::InProgress)), checked("ConfigMap/n/a", Some(Status::Current))];
    assert_eq!(judge(&late, FailFast::AtOnce), Verdict::Waiting);
    let expected = "timeout waiting for: [Deployment/ks-unhealthy/never status: 'InProgress']";
    assert_eq!(timeout_message(&late).as_deref(), Some(expected));
    let missing = [checked("Deployment/ks-health-check-missing/absent", Some(Status::NotFound))];
    let expected = "timeout waiting for: [Deployment/ks-health-check-missing/absent status: 'NotFound']";
    assert_eq!(timeout_message(&missing).as_deref(), Some(expected));
    assert_eq!(timeout_message(&[checked("a", Some(Status::Current))]), None);
}

#[test]
fn failure_ends_the_wait_at_once_or_when_all_is_settled() {
    let set = [checked("Job/n/b", Some(Status::Failed)), checked("Job/n/a", Some(Status::InProgress))];
    let failed = Verdict::Failed("failed early due to stalled resources: [Job/n/b status: 'Failed']".into());
    assert_eq!(judge(&set, FailFast::AtOnce), failed);
    assert_eq!(judge(&set, FailFast::WhenAllSettled), Verdict::Waiting);
    let settled = [checked("Job/n/b", Some(Status::Failed)), checked("Job/n/a", Some(Status::Current))];
    assert_eq!(judge(&settled, FailFast::WhenAllSettled), failed);
    assert_eq!(judge(&settled[1..], FailFast::AtOnce), Verdict::Healthy);
    assert_eq!(judge(&[], FailFast::AtOnce), Verdict::Healthy);
}

#[test]
fn job_that_removed_itself_counts_as_current() {
    let mut gone = checked("Job/n/a", Some(Status::NotFound));
    gone.removed_when_finished = true;
    assert_eq!(judge(&[gone], FailFast::AtOnce), Verdict::Healthy);
}

#[test]
fn unknown_status_shows_its_error() {
    let unknown = Checked {
        subject: "Thing/n/x".into(),
        assessment: Some(Assessment::unknown("no such key: a")),
        removed_when_finished: false,
    };
    let expected = "timeout waiting for: [Thing/n/x status: 'Unknown': no such key: a]";
    assert_eq!(timeout_message(&[unknown]).as_deref(), Some(expected));
    assert_eq!(
        timeout_message(&[checked("Thing/n/x", None)]).as_deref(),
        Some("timeout waiting for: [can't determine status for Thing/n/x]")
    );
}

#[test]
fn sec_h5_comprehensions_are_bounded() {
    let list: Vec<i64> = (0..1000).collect();
    let object = thing(&json!({"l": list, "t": "x".repeat(1000)}));
    for source in [
        "status.l.map(a, status.l.map(b, status.l.map(c, c))).size() > 0",
        "status.l.all(a, status.l.all(b, status.l.all(c, true)))",
        "status.l.filter(a, status.l.exists(b, status.l.exists_one(c, false))).size() == 0",
        "status.l.filter(a, status.l.filter(b, status.l.filter(c, false).size() > 0).size() > 0).size() == 0",
        "status.l.all(a, status.l.all(b, status.l.all(c, true))) || true == false",
    ] {
        let assessment = HealthRules::compile(&[rule("example.com/v1", "Thing", source)]).unwrap().assess(&object, now());
        assert_eq!(assessment.status, Status::Unknown, "{source}");
        assert!(assessment.error.unwrap().ends_with("operation cancelled: actual cost limit exceeded"), "{source}");
    }
}

#[test]
fn sec_h5_texts_and_lists_cannot_grow_without_bound() {
    let object = thing(&json!({"t": "x".repeat(1000)}));
    let doubled = (0..40).fold("[status.t]".to_owned(), |source, _| format!("{source}.map(a, a + a)"));
    let lists = (0..40).fold("[[1]]".to_owned(), |source, _| format!("{source}.map(a, a + a)"));
    let replaced = (0..9).fold("status.t".to_owned(), |source, _| format!("{source}.replace('x', 'xxxxxxxxxx')"));
    for source in [
        format!("{doubled}.size() > 0"),
        format!("{lists}.size() > 0"),
        format!("{replaced}.size() > 0"),
        "status.t.replace('x', status.t) == ''".into(),
    ] {
        let assessment = HealthRules::compile(&[rule("example.com/v1", "Thing", &source)]).unwrap().assess(&object, now());
        assert_eq!(assessment.status, Status::Unknown, "{source}");
        assert!(assessment.error.unwrap().ends_with("a value is too large"), "{source}");
    }
}

#[test]
fn sec_h5_source_is_bounded() {
    let long = format!("true{}", " || true".repeat(10_000));
    assert!(HealthRules::compile(&[rule("v1", "ConfigMap", &long)]).is_err());
    for deep in [
        format!("{}true{}", "(".repeat(2000), ")".repeat(2000)),
        format!("a{}", ".a".repeat(300)),
        format!("a{}", "[0]".repeat(300)),
    ] {
        let error = HealthRules::compile(&[rule("v1", "ConfigMap", &deep)]).unwrap_err();
        assert!(chain(&error).ends_with("the CEL expression is nested too deeply"));
    }
}

#[test]
fn sec_f3_values_are_not_in_messages() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": "S3NTINEL"}});
    for source in [
        "data.password + 1 == 2",
        "data.password < 1",
        "data[data.password] == 'x'",
        "int(data.password) == 1",
        "{}[data.password]",
        "data.password.charAt(99) == ''",
        "timestamp(data.password) > timestamp('2024-01-01T00:00:00Z')",
        "[1][data.password] == 1",
        "data.password ? true : false",
        "data.password",
    ] {
        let assessment = HealthRules::compile(&[rule("v1", "Secret", source)]).unwrap().assess(&secret, now());
        let error = assessment.error.unwrap();
        assert!(!error.contains("S3NTINEL"), "{error}");
    }
}
