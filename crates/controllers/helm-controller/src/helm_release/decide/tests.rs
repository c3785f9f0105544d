use super::super::test_data::object;
use super::*;
use crate::helm_release::DefaultStrategy;
use helm_release::observation::Algorithm;
use serde_json::json;

fn policy() -> Policy {
    Policy {
        no_cross_namespace_refs: false,
        external_artifact: false,
        direct_source_fetch: false,
        additive_dependency_check: false,
        tracks_digests: true,
        dns: false,
        helm3_defaults: false,
        default_strategy: DefaultStrategy::Remediate,
        default_service_account: None,
        requeue_dependency: Duration::from_secs(30),
        digest_algorithm: Algorithm::Sha256,
        override_managers: Vec::new(),
    }
}

fn dependency(status: Value) -> DependencySeen {
    let object = object(json!({}), status);
    let value = serde_json::to_value(&object).expect("because it was read from JSON");
    DependencySeen { key: ObjectKey::new("ns", "dep"), object: Ok(Box::new(object)), value }
}

fn ready(status: &str, observed: i64) -> Value {
    json!({"observedGeneration": observed, "conditions": [{"type": "Ready", "status": status, "reason": "R", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]})
}

fn outcome(reference: Value, dependency: DependencySeen, policy: &Policy) -> Result<(), String> {
    let mut reference = reference;
    reference["name"] = json!("dep");
    let object = object(json!({"dependsOn": [reference]}), json!({}));
    check_dependencies(&object, &[dependency], policy).map_err(|obstacle| obstacle.message)
}

#[test]
fn a_dependency_is_ready_for_its_generation() {
    let check = |status: Value| outcome(json!({}), dependency(status), &policy());
    assert_eq!(check(ready("True", 2)), Ok(()));
    let not_ready = Err("dependency 'ns/dep' is not ready".to_owned());
    assert_eq!(check(ready("True", 1)), not_ready);
    assert_eq!(check(ready("False", 2)), not_ready);
    assert_eq!(check(json!({})), not_ready);
    let mut missing = dependency(json!({}));
    missing.object = Err("helmreleases.helm.toolkit.fluxcd.io \"dep\" not found".to_owned());
    let message = "unable to get 'ns/dep' dependency: helmreleases.helm.toolkit.fluxcd.io \"dep\" not found";
    assert_eq!(outcome(json!({}), missing, &policy()), Err(message.to_owned()));
}

#[test]
fn an_expression_takes_the_place_of_the_check_or_adds_to_it() {
    let expression = json!({"readyExpr": "dep.metadata.name == 'hr' && self.metadata.namespace == 'ns'"});
    assert_eq!(outcome(expression.clone(), dependency(ready("False", 2)), &policy()), Ok(()));
    let additive = Policy { additive_dependency_check: true, ..policy() };
    assert!(outcome(expression, dependency(ready("False", 2)), &additive).is_err());
    let untrue = outcome(json!({"readyExpr": "false"}), dependency(ready("True", 2)), &policy());
    assert_eq!(untrue, Err("dependency 'ns/dep' is not ready according to readyExpr eval".to_owned()));
}

#[test]
fn an_expression_that_is_none_ends_it() {
    let object = object(json!({"dependsOn": [{"name": "dep", "readyExpr": "dep."}]}), json!({}));
    let obstacle = check_dependencies(&object, &[dependency(json!({}))], &policy()).expect_err("it does not compile");
    assert_eq!((obstacle.reason, obstacle.until), (Reason::InvalidCelExpression, Until::Changed));
    assert!(
        obstacle
            .message
            .starts_with("Reconciliation failed terminally due to configuration error: failed to evaluate dependency dep: ")
    );
}

#[test]
fn sources_elsewhere_may_be_refused() {
    let object = object(json!({}), json!({}));
    let elsewhere = ObjectKey::new("other", "c");
    assert!(check_access(&object, ChartReferenceKind::HelmChart, &elsewhere, &policy()).is_ok());
    let strict = Policy { no_cross_namespace_refs: true, ..policy() };
    let refused = check_access(&object, ChartReferenceKind::HelmChart, &elsewhere, &strict).expect_err("it is refused");
    assert_eq!(refused.message, "cross-namespace references are not allowed: cannot access HelmChart other/c");
    assert_eq!((refused.reason, refused.until), (Reason::AccessDenied, Until::Changed));
    let own = ObjectKey::new("ns", "c");
    assert!(check_access(&object, ChartReferenceKind::HelmChart, &own, &strict).is_ok());
    assert!(check_access(&object, ChartReferenceKind::ExternalArtifact, &own, &policy()).is_err(), "the gate is closed");
}

#[test]
fn the_source_is_what_is_referred_to_or_the_chart_that_was_made() {
    let reference = object(json!({"chartRef": {"kind": "OCIRepository", "name": "app", "namespace": "other"}}), json!({}));
    assert_eq!(source_of(&reference), Some((ChartReferenceKind::OciRepository, ObjectKey::new("other", "app"))));
    assert_eq!(source_of(&object(json!({}), json!({}))), None);
    let made = object(json!({}), json!({"helmChart": "ns/ns-hr"}));
    assert_eq!(source_of(&made), Some((ChartReferenceKind::HelmChart, ObjectKey::new("ns", "ns-hr"))));
}
