//! The cases of `TestReadyChecker_IsReady_*` and its parts of Helm, by their numbers.

use super::*;
use serde_json::json;

fn is_ready(group: &str, kind: &str, spec: Value, status: Value) -> bool {
    let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "foo", "namespace": "default", "generation": 1},
        "spec": spec, "status": status});
    assess(&object).status == Status::Current
}

#[test]
fn deployments_need_their_new_pods_but_those_that_may_be_missing() {
    let ready = |replicas: i64, surge: i64, unavailable: Value, ready: i64, generation: i64| {
        let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
        let status =
            json!({"observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready});
        is_ready("apps", "Deployment", json!({"replicas": replicas, "strategy": rolling}), status)
    };
    assert!(ready(1, 0, json!(0), 1, 1), "it has all pods");
    assert!(!ready(1, 0, json!(0), 1, 0), "its status is of another generation");
    assert!(ready(1, 0, json!(0), 0, 1), "one may be missing, or nothing would ever happen");
    assert!(!ready(2, 1, json!(0), 1, 1));
    assert!(ready(2, 1, json!(1), 1, 1));
    assert!(ready(4, 1, json!("25%"), 3, 1) && !ready(4, 1, json!("25%"), 2, 1));
    assert!(ready(3, 1, json!("25%"), 3, 1) && !ready(3, 1, json!("25%"), 2, 1), "percentages are rounded down");
}

#[test]
fn old_pods_of_a_deployment_do_not_count() {
    let status = json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 1, "readyReplicas": 2});
    let spec =
        json!({"replicas": 2, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}});
    assert!(!is_ready("apps", "Deployment", spec, status.clone()), "both ready pods are old ones");
    assert!(is_ready("apps", "Deployment", json!({"replicas": 2, "paused": true}), status));
}

#[test]
fn daemon_sets_need_their_updated_pods() {
    let ready = |unavailable: i64, desired: i64, ready: i64, updated: i64, generation: i64| {
        let spec = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable}}});
        let status = json!({"observedGeneration": generation, "desiredNumberScheduled": desired, "numberReady": ready,
            "updatedNumberScheduled": updated});
        is_ready("apps", "DaemonSet", spec, status)
    };
    assert!(ready(0, 1, 1, 1, 1) && !ready(0, 1, 1, 1, 0));
    assert!(!ready(0, 1, 0, 1, 1), "not enough are ready");
    assert!(!ready(0, 2, 2, 1, 1), "not all are updated");
    assert!(ready(1, 2, 1, 2, 1));
    assert!(is_ready("apps", "DaemonSet", json!({"updateStrategy": {"type": "OnDelete"}}), json!({"observedGeneration": 1})));
}

#[test]
fn stateful_sets_need_all_pods_and_one_revision() {
    let ready = |replicas: i64, partition: i64, ready: i64, updated: i64, same: bool| {
        let spec =
            json!({"replicas": replicas, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}});
        let revision = if same { "foo-1" } else { "foo-2" };
        let status = json!({"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": updated,
            "currentRevision": "foo-1", "updateRevision": revision});
        is_ready("apps", "StatefulSet", spec, status)
    };
    assert!(ready(1, 0, 1, 1, true) && !ready(1, 0, 0, 1, true) && !ready(1, 0, 1, 0, true));
    assert!(ready(2, 1, 2, 1, true), "those below the partition stay as they are");
    assert!(!ready(2, 1, 1, 1, true) && !ready(1, 0, 1, 1, false));
    assert!(ready(2, 1, 2, 1, false), "with a partition there are two revisions");
    assert!(is_ready("apps", "StatefulSet", json!({"updateStrategy": {"type": "OnDelete"}}), json!({"observedGeneration": 1})));
}

#[test]
fn services_need_an_address() {
    let ready = |spec: Value, ingress: Value| is_ready("", "Service", spec, json!({"loadBalancer": {"ingress": ingress}}));
    assert!(ready(json!({"type": "ExternalName"}), json!(null)));
    assert!(!ready(json!({"type": "ClusterIP"}), json!(null)) && ready(json!({"clusterIP": "10.0.0.1"}), json!(null)));
    let balanced = json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1"});
    assert!(!ready(balanced.clone(), json!(null)) && ready(balanced, json!([{"ip": "1.2.3.4"}])));
    assert!(ready(json!({"type": "LoadBalancer", "clusterIP": "10.0.0.1", "externalIPs": ["1.2.3.4"]}), json!(null)));
}

#[test]
fn pods_claims_sets_and_definitions() {
    let conditions = |kind: &str, status: &str| json!({"conditions": [{"type": kind, "status": status}]});
    assert!(is_ready("", "Pod", json!({}), conditions("Ready", "True")));
    assert!(!is_ready("", "Pod", json!({}), conditions("Ready", "False")) && !is_ready("", "Pod", json!({}), json!({})));
    assert!(is_ready("", "PersistentVolumeClaim", json!({}), json!({"phase": "Bound"})));
    assert!(!is_ready("", "PersistentVolumeClaim", json!({}), json!({"phase": "Pending"})));
    let pods = |ready: i64, generation: i64| json!({"observedGeneration": generation, "replicas": 2, "readyReplicas": ready});
    assert!(is_ready("apps", "ReplicaSet", json!({"replicas": 3}), pods(2, 1)), "those that are there are ready");
    assert!(
        !is_ready("apps", "ReplicaSet", json!({}), pods(1, 1)) && !is_ready("", "ReplicationController", json!({}), pods(2, 0))
    );
    let definition = |status| is_ready("apiextensions.k8s.io", "CustomResourceDefinition", json!({}), status);
    assert!(definition(conditions("Established", "True")) && definition(conditions("NamesAccepted", "False")));
    assert!(!definition(conditions("Established", "False")) && !definition(json!({})));
    assert!(
        is_ready("", "ConfigMap", json!({}), json!({}))
            && is_ready("example.com", "Anything", json!({}), conditions("Ready", "False"))
    );
}

#[test]
fn jobs_complete_or_fail_for_good() {
    let state = |spec: Value, status: Value| {
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "foo", "namespace": "default"},
            "spec": spec, "status": status});
        assess(&job)
    };
    assert_eq!(state(json!({"backoffLimit": 1, "completions": 1}), json!({"succeeded": 1})).status, Status::Current);
    assert_eq!(state(json!({"backoffLimit": 1, "completions": 1}), json!({"failed": 1})).status, Status::InProgress);
    let failed = state(json!({"backoffLimit": 0, "completions": 1}), json!({"failed": 1}));
    assert_eq!((failed.status, failed.message.as_str()), (Status::Failed, "job is failed: default/foo"));
    assert_eq!(
        state(json!({"backoffLimit": 0}), json!({})).status,
        Status::Current,
        "without completions it is enough to be there"
    );
}

#[test]
fn hooks_run_to_their_end() {
    let hook = |version: &str, kind: &str, status: Value| {
        assess_hook(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": "foo"}, "status": status}))
    };
    let failed = |assessment: Assessment| (assessment.status, assessment.message);
    let job = |kind: &str| hook("batch/v1", "Job", json!({"conditions": [{"type": kind, "status": "True", "reason": "Why"}]}));
    assert_eq!(job("Complete").status, Status::Current);
    assert_eq!(failed(job("Failed")), (Status::Failed, "job foo failed: Why".to_owned()));
    assert_eq!(job("Suspended").status, Status::InProgress);
    let pod = |phase: &str| hook("v1", "Pod", json!({ "phase": phase }));
    assert_eq!([pod("Succeeded").status, pod("Running").status], [Status::Current, Status::InProgress]);
    assert_eq!(failed(pod("Failed")), (Status::Failed, "pod foo failed".to_owned()));
    assert_eq!(hook("apps/v1", "Deployment", json!({})).status, Status::Current);
}
