//! Decisions and reports as tables: one valid observation, one thing changed, one plan expected.

use std::sync::Arc;
use std::time::Duration;

use api::kustomize::Kustomization;
use api::meta::{Artifact, ConditionStatus, ConditionType, Reason};
use apply_plan::inventory::Entry;
use cluster_client::Migration;
use jiff::Timestamp;
use object_health::summary::FailFast;
use runtime::queue::ObjectKey;
use runtime::reconciler::Next;
use serde_json::{Value, json};
use variable_substitution::Strictness;

use super::act::{Attempt, Failure, Health, Outcome, Retry, Step};
use super::decide::{Checks, Observed, Plan, Revisions, Work, decide};
use super::observe::{DependencySeen, Observation, SourceSeen};
use super::report::{Clock, report};
use crate::context::Policy;
use crate::source::Found;

fn policy() -> Policy {
    Policy {
        no_cross_namespace_refs: false,
        external_artifact: false,
        direct_source_fetch: false,
        additive_dependency_check: false,
        object_level_identity: false,
        default_service_account: None,
        requeue_dependency: Duration::from_secs(30),
        strictness: Strictness::Strict,
        fail_fast: FailFast::AtOnce,
        cancels_health_checks: false,
        migration: Migration::Off,
        custom_stage_kinds: Default::default(),
        concurrent_ssa: 4,
    }
}

fn object(name: &str, change: Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps", "generation": 3},
        "spec": {"interval": "10m", "prune": true, "path": "./app", "sourceRef": {"kind": "GitRepository", "name": "src"}},
    });
    merge(&mut object, change);
    serde_json::from_value(object).expect("because the literals are valid")
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

fn artifact() -> Artifact {
    serde_json::from_value(json!({"path": "p", "url": "http://source/p", "revision": "main@sha1:abc", "digest": "sha256:00",
        "lastUpdateTime": "2026-01-01T00:00:00Z", "metadata": {"org.opencontainers.image.revision": "v1"}}))
    .expect("because the literal is valid")
}

fn observation(change: Value) -> Observation {
    Observation {
        object: Arc::new(object("ks", change)),
        source: SourceSeen::Found(Found { artifact: Some(artifact()) }),
        dependencies: Vec::new(),
    }
}

fn ready(revision: &str) -> Value {
    json!({"status": {"observedGeneration": 3, "lastAppliedRevision": revision, "conditions": [
        {"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})
}

fn with_dependency(expression: Option<&str>, dependency: Result<Kustomization, String>) -> Observation {
    let mut reference = json!({"name": "dep"});
    if let Some(expression) = expression {
        reference["readyExpr"] = json!(expression);
    }
    let mut seen = observation(json!({"spec": {"dependsOn": [reference]}}));
    let value = dependency.as_ref().map_or(Value::Null, |object| serde_json::to_value(object).unwrap_or_default());
    seen.dependencies.push(DependencySeen { key: ObjectKey::new("apps", "dep"), object: dependency.map(Box::new), value });
    seen
}

/// The plan in one line: kind, reason, message.
fn shown(plan: &Plan) -> String {
    match plan {
        Plan::Stall(stall) => format!("stall {} {:?}: {}", stall.reason, stall.observed, stall.message),
        Plan::Wait(wait) => format!("wait {} {:?}: {}", wait.reason, wait.until, wait.message),
        Plan::Apply(work) => format!("apply {}", work.revisions.revision),
    }
}

fn work(change: Value, policy: &Policy) -> Work {
    match decide(&observation(change), policy) {
        Plan::Apply(work) => *work,
        other => panic!("not an apply: {}", shown(&other)),
    }
}

#[test]
fn a_source_with_an_artifact_is_applied() {
    let work = work(json!({}), &policy());
    assert_eq!(work.revisions, Revisions { revision: "main@sha1:abc".into(), origin: Some("v1".into()) });
    assert_eq!((work.path.as_str(), work.timeout.to_string().as_str()), ("./app", "9m30s"));
    assert_eq!(work.checks, Checks::None);
}

#[test]
fn what_is_refused_or_missing_stalls_or_waits() {
    let cases = [
        (
            json!({"spec": {"decryption": {"provider": "sops", "serviceAccountName": "x"}}}),
            "stall FeatureGateDisabled No: to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller",
        ),
        (
            json!({"spec": {"sourceRef": {"kind": "ExternalArtifact"}}}),
            "stall AccessDenied No: can't access 'ExternalArtifact/apps/src', ExternalArtifact feature gate is disabled",
        ),
        (
            json!({"spec": {"healthCheckExprs": [{"apiVersion": "a/v1", "kind": "K", "current": "true"}, {"apiVersion": "a/v2", "kind": "K", "current": "true"}]}}),
            "stall InvalidCELExpression Yes: Reconciliation failed terminally due to configuration error: duplicate custom health check for GroupKind K.a at healthchecks[1]",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(shown(&decide(&observation(change), &policy())), expected);
    }
    let with = |source| Observation { source, ..observation(json!({})) };
    let cases = [
        (SourceSeen::Missing, "wait ArtifactFailed After(600s): GitRepository.source.toolkit.fluxcd.io \"src\" not found"),
        (
            SourceSeen::Found(Found { artifact: None }),
            "wait ArtifactFailed After(30s): Source artifact not found, retrying in 30s",
        ),
        (SourceSeen::Failed("x".into()), "wait ArtifactFailed Backoff: x"),
    ];
    for (source, expected) in cases {
        assert_eq!(shown(&decide(&with(source), &policy())), expected);
    }
}

#[test]
fn sec_g1_references_into_other_namespaces_are_refused_before_any_read() {
    let policy = Policy { no_cross_namespace_refs: true, ..policy() };
    let seen = Observation { source: SourceSeen::NotRead, ..observation(json!({"spec": {"sourceRef": {"namespace": "other"}}})) };
    assert_eq!(
        shown(&decide(&seen, &policy)),
        "stall AccessDenied No: can't access 'GitRepository/other/src', cross-namespace references have been blocked"
    );
    assert!(policy.refuses_source(&object("ks", json!({"spec": {"sourceRef": {"namespace": "apps"}}}))).is_none());
}

#[test]
fn sec_g2_the_default_service_account_is_used_where_none_is_named() {
    let strict = Policy { default_service_account: Some("default".into()), ..policy() };
    assert_eq!(work(json!({}), &strict).service_account.as_deref(), Some("default"));
    assert_eq!(work(json!({"spec": {"serviceAccountName": "own"}}), &strict).service_account.as_deref(), Some("own"));
    assert_eq!(work(json!({}), &policy()).service_account, None);
}

#[test]
fn dependencies_must_be_ready_for_their_generation_and_our_revision() {
    let dep = |change: Value| Ok(object("dep", change));
    let mut old = ready("main@sha1:abc");
    old["status"]["observedGeneration"] = json!(2);
    let mut elsewhere = ready("v2");
    merge(&mut elsewhere, json!({"spec": {"sourceRef": {"name": "other"}}}));
    let not_ready = "wait DependencyNotReady After(30s): dependency 'apps/dep' is not ready";
    let cases = [
        (dep(ready("main@sha1:abc")), "apply main@sha1:abc".to_owned()),
        (dep(json!({})), not_ready.to_owned()),
        (dep(old), not_ready.to_owned()),
        (
            dep(ready("main@sha1:old")),
            "wait DependencyNotReady After(30s): dependency 'apps/dep' revision is not up to date".to_owned(),
        ),
        (dep(elsewhere), "apply main@sha1:abc".to_owned()),
        (Err("x".to_owned()), "wait DependencyNotReady After(30s): dependency 'apps/dep' not found: x".to_owned()),
    ];
    for (dependency, expected) in cases {
        assert_eq!(shown(&decide(&with_dependency(None, dependency), &policy())), expected);
    }
}

#[test]
fn ready_expressions_replace_the_check_or_add_to_it() {
    let additive = Policy { additive_dependency_check: true, ..policy() };
    let dep = || Ok(object("dep", json!({})));
    assert_eq!(shown(&decide(&with_dependency(Some("dep.metadata.name == 'dep'"), dep()), &policy())), "apply main@sha1:abc");
    assert_eq!(
        shown(&decide(&with_dependency(Some("true"), dep()), &additive)),
        "wait DependencyNotReady After(30s): dependency 'apps/dep' is not ready"
    );
    assert_eq!(
        shown(&decide(&with_dependency(Some("self.metadata.name == 'x'"), dep()), &policy())),
        "wait DependencyNotReady After(30s): dependency 'apps/dep' is not ready according to readyExpr eval"
    );
    let Plan::Stall(stall) = decide(&with_dependency(Some("dep."), dep()), &policy()) else {
        panic!("an invalid expression is terminal")
    };
    assert_eq!((stall.reason, stall.observed), (Reason::InvalidCelExpression, Observed::Yes));
    assert!(
        stall
            .message
            .starts_with("Reconciliation failed terminally due to configuration error: failed to evaluate dependency dep: ")
    );
}

#[test]
fn listed_checks_count_only_without_wait() {
    let checks = json!({"spec": {"healthChecks": [{"kind": "Deployment", "name": "d", "namespace": "n"}]}});
    let Checks::Listed(keys) = work(checks.clone(), &policy()).checks else { panic!("one is listed") };
    assert_eq!((keys[0].to_string(), keys[0].api_version()), ("Deployment/n/d".to_owned(), "apps/v1".to_owned()));
    let mut both = checks;
    both["spec"]["wait"] = json!(true);
    assert_eq!(work(both, &policy()).checks, Checks::Applied);
}

fn clock() -> Clock {
    let now: Timestamp = "2026-05-05T05:05:05Z".parse().expect("because the literal is valid");
    Clock { started: now - jiff::SignedDuration::from_millis(1_500), now }
}

fn attempt(step: Step, failure: Option<Failure>) -> Attempt {
    Attempt {
        revisions: Revisions { revision: "main@sha1:abc".into(), origin: None },
        timeout: api::meta::GoDuration::from_seconds(570),
        step,
        digest: (step >= Step::Apply).then(|| "sha256:11".to_owned()),
        inventory: (step >= Step::Apply && failure.is_none())
            .then(|| vec![Entry::parse("apps_a__ConfigMap", "v1").expect("because it is one")]),
        health: Health::Unchecked,
        failure,
    }
}

#[test]
fn success_is_ready_observed_recorded_and_told() {
    let mut done = attempt(Step::Health, None);
    done.health = Health::Passed(api::meta::GoDuration::from_seconds(2));
    let report = report(&object("ks", json!({})), Outcome::Attempted(Box::new(done)), clock(), &policy());
    let status = &report.status;
    assert_eq!(status.conditions.message(ConditionType::Ready), "Applied revision: main@sha1:abc");
    assert!(status.conditions.is_true(ConditionType::Ready) && status.conditions.is_true(ConditionType::Healthy));
    assert!(!status.conditions.has(ConditionType::Reconciling));
    assert_eq!((status.observed_generation, status.last_applied_revision.as_deref()), (3, Some("main@sha1:abc")));
    assert_eq!(status.inventory.as_ref().map(|inventory| inventory.entries[0].id.as_str()), Some("apps_a__ConfigMap"));
    assert_eq!(status.history.latest().map(|snapshot| snapshot.last_reconciled_status.as_str()), Some("ReconciliationSucceeded"));
    assert_eq!(report.events[0].message, "Reconciliation finished in 1.5s, next run in 10m0s");
    assert_eq!(report.events[0].metadata["commit_status"], "update");
    assert_eq!(report.next, Next::Interval(Duration::from_secs(600)));
}

#[test]
fn failures_are_retried_and_leave_the_generation_unobserved() {
    let spec = json!({"spec": {"retryInterval": "1m"}, "status": {"observedGeneration": 2, "inventory": {"entries": [{"id": "apps_old__ConfigMap", "v": "v1"}]}}});
    let failure = Failure::new(Reason::BuildFailed, "x");
    let build = report(
        &object("ks", spec.clone()),
        Outcome::Attempted(Box::new(attempt(Step::Build, Some(failure)))),
        clock(),
        &policy(),
    );
    assert_eq!(build.status.conditions.reason(ConditionType::Reconciling), "ProgressingWithRetry");
    assert_eq!((build.status.conditions.reason(ConditionType::Ready), build.status.observed_generation), ("BuildFailed", 2));
    assert!(build.status.history.is_empty(), "builds that fail are no history");
    assert_eq!(build.status.inventory.as_ref().map(|inventory| inventory.entries.len()), Some(1));
    assert_eq!((build.next, build.events[0].reason.as_str()), (Next::After(Duration::from_secs(60)), "BuildFailed"));

    let failure = Failure::new(Reason::ReconciliationFailed, "y\n");
    let apply = report(
        &object("ks", spec.clone()),
        Outcome::Attempted(Box::new(attempt(Step::Apply, Some(failure)))),
        clock(),
        &policy(),
    );
    assert_eq!(
        apply.status.history.latest().map(|snapshot| snapshot.last_reconciled_status.as_str()),
        Some("ReconciliationFailed")
    );

    let message = "New reconciliation triggered by GitRepository/apps/src";
    let failure = Failure { retry: Retry::AtOnce, ..Failure::new(Reason::HealthCheckCanceled, message) };
    let cancelled = report(
        &object("ks", spec.clone()),
        Outcome::Attempted(Box::new(attempt(Step::Health, Some(failure)))),
        clock(),
        &policy(),
    );
    assert_eq!(
        cancelled.events[0].message,
        "Health checks canceled due to new reconciliation triggered by GitRepository/apps/src"
    );
    assert!(cancelled.status.history.is_empty() && cancelled.next == Next::Immediately);

    let failure = Failure { retry: Retry::WhenPublished, ..Failure::new(Reason::ArtifactFailed, "z") };
    let gone = report(&object("ks", spec), Outcome::Attempted(Box::new(attempt(Step::Fetch, Some(failure)))), clock(), &policy());
    assert_eq!((gone.next, gone.events.len()), (Next::After(Duration::from_secs(30)), 0));
}

#[test]
fn a_failed_health_check_is_named_twice() {
    let mut failed = attempt(Step::Health, Some(Failure::new(Reason::HealthCheckFailed, "health check failed after 31s: late")));
    failed.health = Health::Failed("late".into());
    let report = report(&object("ks", json!({})), Outcome::Attempted(Box::new(failed)), clock(), &policy());
    assert_eq!(report.status.conditions.status(ConditionType::Healthy), Some(ConditionStatus::False));
    assert_eq!(report.status.conditions.message(ConditionType::Healthy), "late");
    assert_eq!(report.status.conditions.message(ConditionType::Ready), "health check failed after 31s: late");
}

#[test]
fn stalls_are_terminal_and_interruptions_say_nothing() {
    let seen = observation(json!({"spec": {"sourceRef": {"kind": "ExternalArtifact"}}}));
    let Plan::Stall(stall) = decide(&seen, &policy()) else { panic!("refused") };
    let stalled = report(&seen.object, Outcome::Stalled(stall), clock(), &policy());
    assert!(stalled.status.conditions.is_true(ConditionType::Stalled) && stalled.next == Next::WhenChanged);
    let before = object("ks", ready("r"));
    let interrupted = report(&before, Outcome::Interrupted, clock(), &policy());
    assert_eq!(Some(interrupted.status), before.status);
    assert!(interrupted.events.is_empty());
}
