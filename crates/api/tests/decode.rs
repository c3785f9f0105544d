//! What Flux and people write decodes, and prints as it came.

use api::{
    kustomize::{DeletionPolicy, Kustomization, SourceKind},
    meta::{GoDuration, ReconciledObject},
    source::{GitProvider, GitRepository, GitVerificationMode},
};
use serde_json::{Value, json};

#[test]
fn every_field_of_a_gitrepository_survives() {
    let object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": { "name": "podinfo", "namespace": "default", "generation": 2 },
        "spec": {
            "url": "https://github.com/stefanprodan/podinfo",
            "secretRef": { "name": "token" },
            "provider": "azure",
            "serviceAccountName": "puller",
            "interval": "5m",
            "timeout": "90s",
            "ref": { "branch": "main", "tag": "v1", "semver": ">1", "name": "refs/heads/x", "commit": "abc" },
            "verify": { "mode": "TagAndHEAD", "secretRef": { "name": "keys" } },
            "proxySecretRef": { "name": "proxy" },
            "ignore": "",
            "suspend": true,
            "recurseSubmodules": true,
            "include": [{ "repository": { "name": "other" }, "fromPath": "a", "toPath": "b" }],
            "sparseCheckout": ["deploy"],
        },
        "status": {
            "observedGeneration": -1,
            "conditions": [{
                "type": "example.com/Theirs", "status": "Unknown", "reason": "R", "message": "",
                "lastTransitionTime": "2026-01-02T03:04:05Z",
            }],
            "artifact": {
                "path": "gitrepository/default/podinfo/a.tar.gz", "url": "http://s/a.tar.gz", "revision": "main@sha1:a",
                "digest": "sha256:b", "lastUpdateTime": "2026-01-02T03:04:05Z", "size": 1, "metadata": { "k": "v" },
            },
            "includedArtifacts": [{
                "path": "p", "url": "u", "revision": "r", "digest": "d:e", "lastUpdateTime": "2026-01-02T03:04:05Z",
            }],
            "observedIgnore": "",
            "observedRecurseSubmodules": true,
            "observedInclude": [{ "repository": { "name": "other" } }],
            "observedSparseCheckout": ["deploy"],
            "sourceVerificationMode": "HEAD",
            "lastHandledReconcileAt": "now",
        },
    });
    let decoded: GitRepository = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), object);
    assert_eq!(decoded.spec.provider, Some(GitProvider::Azure));
    assert_eq!(decoded.spec.verification.and_then(|verify| verify.mode), Some(GitVerificationMode::TagAndHead));
}

#[test]
fn every_field_of_a_kustomization_survives() {
    let object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": { "name": "apps" },
        "spec": {
            "commonMetadata": { "labels": { "a": "b" }, "annotations": { "c": "d" } },
            "dependsOn": [{ "name": "infra", "namespace": "flux-system", "readyExpr": "true" }],
            "decryption": { "provider": "sops", "secretRef": { "name": "age" }, "serviceAccountName": "kms" },
            "interval": "1h0m0s",
            "retryInterval": "2m",
            "kubeConfig": { "secretRef": { "name": "kube", "key": "config" } },
            "path": "./apps",
            "postBuild": {
                "substituteStrategy": "Always",
                "substitute": { "x": "y" },
                "substituteFrom": [{ "kind": "ConfigMap", "name": "vars", "optional": true }],
            },
            "prune": false,
            "deletionPolicy": "WaitForTermination",
            "healthChecks": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "a", "namespace": "b" }],
            "namePrefix": "p-", "nameSuffix": "-s",
            "patches": [{ "patch": "- op: remove", "target": {
                "group": "g", "version": "v", "kind": "k", "name": "n", "namespace": "ns",
                "annotationSelector": "a", "labelSelector": "l",
            } }],
            "images": [{ "name": "nginx", "newName": "n", "newTag": "1", "digest": "sha256:0" }],
            "serviceAccountName": "deployer",
            "sourceRef": { "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "name": "o", "namespace": "n" },
            "suspend": true,
            "targetNamespace": "t",
            "timeout": "40s",
            "force": true,
            "wait": true,
            "buildMetadata": ["originAnnotations", "transformerAnnotations"],
            "components": ["../c"],
            "ignoreMissingComponents": true,
            "healthCheckExprs": [{ "apiVersion": "a/v1", "kind": "K", "current": "c", "inProgress": "i", "failed": "f" }],
            "ignore": [{ "paths": ["/spec/replicas"], "target": { "kind": "Deployment" } }],
        },
        "status": {
            "observedGeneration": 4,
            "lastAppliedRevision": "main@sha1:a",
            "lastAppliedOriginRevision": "o",
            "lastAttemptedRevision": "main@sha1:b",
            "inventory": { "entries": [{ "id": "default_podinfo_apps_Deployment", "v": "v1" }] },
            "history": [{
                "digest": "sha256:0", "firstReconciled": "2026-01-02T03:04:05Z", "lastReconciled": "2026-01-02T03:04:06Z",
                "lastReconciledDuration": "1.5s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 2,
                "metadata": { "revision": "main@sha1:a" },
            }],
            "lastHandledReconcileAt": "now",
        },
    });
    let decoded: Kustomization = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), object);
    assert_eq!(decoded.spec.source_ref.kind, SourceKind::OciRepository);
    assert_eq!(decoded.interval(), Some(&GoDuration::from_seconds(3600)));
}

#[test]
fn absent_null_and_unknown_fields_do_no_harm() {
    let object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": { "name": "a" },
        "spec": {
            "url": "https://x", "interval": "1m", "ref": { "branch": "", "tag": null, "future": 1 }, "include": null,
            "suspend": null, "timeout": null, "ignore": null, "sparseCheckout": null, "future": { "x": [1] },
        },
        "status": { "conditions": null, "artifact": null, "observedGeneration": null, "future": true },
    });
    let decoded: GitRepository = serde_json::from_value(object).unwrap();
    assert!(!decoded.suspended());
    assert_eq!(decoded.spec.reference.as_ref().and_then(|reference| reference.branch.as_deref()), None);
    assert_eq!(serde_json::to_value(&decoded.spec).unwrap(), json!({ "url": "https://x", "interval": "1m", "ref": {} }));
    assert_eq!(serde_json::to_value(&decoded.status).unwrap(), json!({}));

    let bare = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {},
        "spec": { "interval": "10m", "prune": true, "sourceRef": { "kind": "Bucket", "name": "b" } },
    });
    let decoded: Kustomization = serde_json::from_value(bare.clone()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), bare);
    assert_eq!(decoded.spec.deletion_policy(), DeletionPolicy::MirrorPrune);
    assert!(decoded.conditions().is_empty());
}

/// kustomize-controller's `GetTimeout` and `GetRetryInterval`.
#[test]
fn timeout_and_retry_interval_follow_from_the_interval() {
    let spec = |spec: Value| -> Kustomization {
        let mut object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {},
            "spec": { "prune": true, "sourceRef": { "kind": "Bucket", "name": "b" } },
        });
        object["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        serde_json::from_value(object).unwrap()
    };
    let table = [
        (json!({ "interval": "10m" }), "9m30s", "10m"),
        (json!({ "interval": "40s" }), "30s", "40s"),
        (json!({ "interval": "10m", "timeout": "5s" }), "30s", "10m"),
        (json!({ "interval": "10m", "timeout": "1m", "retryInterval": "2m" }), "1m0s", "2m"),
    ];
    for (fields, timeout, retry) in table {
        let object = spec(fields.clone());
        assert_eq!(object.spec.timeout().to_string(), timeout, "{fields}");
        assert_eq!(*object.spec.retry_interval(), retry.parse().unwrap(), "{fields}");
    }
}

#[test]
fn an_outcome_seen_before_is_counted_and_moved_to_the_front() {
    use api::meta::{History, Snapshot, Time};
    let snapshot = |digest: &str, second: i64| Snapshot {
        digest: digest.to_owned(),
        first_reconciled: Time(jiff::Timestamp::from_second(second).unwrap()),
        last_reconciled: Time(jiff::Timestamp::from_second(second).unwrap()),
        last_reconciled_duration: GoDuration::from_seconds(1),
        last_reconciled_status: "ReconciliationSucceeded".to_owned(),
        total_reconciliations: 1,
        metadata: Default::default(),
    };
    let mut history = History::default();
    for (second, digest) in ["a", "b", "a", "c", "d", "e", "f"].into_iter().enumerate() {
        history.upsert(snapshot(digest, second as i64));
    }
    let seen: Vec<_> = history.0.iter().map(|one| (one.digest.as_str(), one.total_reconciliations)).collect();
    assert_eq!(seen, [("f", 1), ("e", 1), ("d", 1), ("c", 1), ("a", 2)]);
    assert_eq!(history.0[4].first_reconciled.0.as_second(), 0);
    assert_eq!(history.0[4].last_reconciled.0.as_second(), 2);
}

#[test]
fn a_forced_request_is_due_once_and_only_together_with_a_reconcile_request() {
    use api::meta::{annotations, request};
    let table = [
        (Some("1"), Some("1"), None, None, true),
        (Some("1"), Some("2"), None, None, false),
        (None, Some("1"), None, None, false),
        (Some("1"), None, None, None, false),
        (Some("1"), Some("1"), Some("1"), None, false),
        (Some("1"), Some("1"), None, Some("1"), false),
        (Some("2"), Some("2"), Some("1"), Some("1"), true),
    ];
    for (reconcile, force, handled_reconcile, handled_force, due) in table {
        let wanted = [(annotations::RECONCILE_REQUEST, reconcile), (annotations::FORCE_REQUEST, force)];
        let present = wanted.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect();
        let handled = request::Handled { reconcile: handled_reconcile, this: handled_force };
        assert_eq!(request::is_due(&present, annotations::FORCE_REQUEST, handled), due, "{reconcile:?} {force:?} {handled:?}");
    }
}
