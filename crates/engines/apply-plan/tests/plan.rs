//! What an apply does with single objects and with inventories. Texts are of `shared/recorded/flux` and of fluxcd/pkg.

use std::collections::{BTreeMap, BTreeSet};

use apply_plan::change::{apply_message, deletion_message, failed_apply_message};
use apply_plan::controls::{self, Deletion, Recreation, Skip};
use apply_plan::drift::{Drift, compare};
use apply_plan::failure::{Refusal, Step, deletion_failure, dry_run_failure, encrypted_secret_failure, step_failure};
use apply_plan::ignore::{IgnoreRule, IgnoreRules, Target};
use apply_plan::inventory::{self, Entry};
use apply_plan::mask::{mask_difference, mask_secret_values};
use apply_plan::ownership::{CommonMetadata, Owner};
use apply_plan::stage::{StageKind, plan_stages};
use apply_plan::undeclared::remove_undeclared_fields;
use apply_plan::{Action, Change, GroupKind, ObjectId};
use serde_json::{Value, json};

const OWNER: Owner<'_> = Owner { group: "kustomize.toolkit.fluxcd.io", name: "app", namespace: "flux-system" };

fn object(api_version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "n"}})
}

fn with(field: &str, key: &str, value: &str) -> Value {
    let mut object = object("v1", "ConfigMap", "x");
    object["metadata"][field] = json!({format!("kustomize.toolkit.fluxcd.io/{key}"): value});
    object
}

fn live(mut object: Value) -> Value {
    object["metadata"]["uid"] = "1".into();
    object["metadata"]["resourceVersion"] = "1".into();
    object
}

fn change(id: &str, action: Action) -> Change {
    Change { id: ObjectId::parse_inventory_id(id).expect("the id parses"), version: "v1".into(), action }
}

fn entry(id: &str) -> Entry {
    Entry::parse(id, "v1").expect("the id parses")
}

fn ids(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.id.inventory_id()).collect()
}

#[test]
fn objects_go_in_stages_and_in_order() {
    let custom = GroupKind::parse_list("external-secrets.io/ExternalSecret, ConfigMap");
    let objects = vec![
        object("apps/v1", "Deployment", "a"),
        object("v1", "Namespace", "b"),
        object("example.com/v1", "Namespace", "c"),
        object("storage.k8s.io/v1", "StorageClass", "d"),
        object("external-secrets.io/v1", "ExternalSecret", "e"),
        object("v1", "ConfigMap", "f"),
        object("v1", "Service", "g"),
        object("rbac.authorization.k8s.io/v1", "ClusterRole", "h"),
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "i"),
        object("example.com/v1", "FooClass", "j"),
    ];
    let names = |stage: &apply_plan::stage::Stage| {
        stage.objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default()).collect::<String>()
    };
    let stages: Vec<(StageKind, String)> = plan_stages(objects, &custom).iter().map(|stage| (stage.kind, names(stage))).collect();
    let expected =
        [(StageKind::Definitions, "ibh"), (StageKind::Classes, "dj"), (StageKind::Custom, "fe"), (StageKind::Rest, "cga")];
    assert_eq!(stages, expected.map(|(kind, names)| (kind, names.to_owned())));
    assert!(StageKind::Classes.waits_until_ready() && !StageKind::Custom.waits_until_ready());
    assert!(plan_stages(Vec::new(), &BTreeSet::new()).is_empty());
}

#[test]
fn controls_count_on_labels_and_annotations_in_any_case() {
    let plain = || object("v1", "ConfigMap", "x");
    for place in ["labels", "annotations"] {
        for (key, value) in [("reconcile", "Disabled"), ("ssa", "ignore")] {
            assert_eq!(controls::skip(&with(place, key, value), None), Some(Skip::Excluded));
            assert_eq!(controls::skip(&plain(), Some(&live(with(place, key, value)))), Some(Skip::Excluded));
            assert_eq!(controls::skip(&plain(), Some(&live(with(place, key, "other")))), None);
        }
        let if_not_present = with(place, "ssa", "IfNotPresent");
        assert_eq!(controls::skip(&if_not_present, None), None);
        assert_eq!(controls::skip(&if_not_present, Some(&live(plain()))), Some(Skip::Present));
        assert_eq!(controls::skip(&plain(), Some(&live(if_not_present))), None);
        assert!(controls::keeps_foreign_fields(&plain(), Some(&with(place, "ssa", "merge"))));
        assert!(!controls::keeps_foreign_fields(&plain(), Some(&plain())));
        assert!(controls::may_recreate(&with(place, "force", "enabled"), &plain(), Recreation::WhereEnabled));
        assert!(controls::may_recreate(&plain(), &with(place, "force", "Enabled"), Recreation::WhereEnabled));
        assert!(controls::substitution_is_disabled(&with(place, "substitute", "disabled")));
        assert!(!controls::substitution_is_disabled(&with(place, "substitute", "Disabled")));
    }
    assert!(!controls::may_recreate(&plain(), &plain(), Recreation::WhereEnabled));
    assert!(controls::may_recreate(&plain(), &plain(), Recreation::Everywhere));
}

#[test]
fn only_own_objects_are_deleted_and_only_if_nothing_protects_them() {
    let owned = |mut object: Value| {
        OWNER.label(&mut object);
        live(object)
    };
    assert_eq!(controls::deletion(&owned(object("v1", "ConfigMap", "x")), &OWNER), Deletion::Delete);
    for (key, value) in [("prune", "disabled"), ("reconcile", "disabled"), ("ssa", "Ignore")] {
        assert_eq!(controls::deletion(&owned(with("annotations", key, value)), &OWNER), Deletion::Excluded);
    }
    assert_eq!(controls::deletion(&owned(with("annotations", "ssa", "IfNotPresent")), &OWNER), Deletion::Delete);
}

#[test]
fn sec_d11_objects_of_others_are_never_deleted() {
    let mut foreign = live(object("v1", "ConfigMap", "x"));
    assert_eq!(controls::deletion(&foreign, &OWNER), Deletion::NotOwned);
    Owner { namespace: "other", ..OWNER }.label(&mut foreign);
    assert_eq!(controls::deletion(&foreign, &OWNER), Deletion::NotOwned);
    foreign["metadata"]["labels"] =
        json!({"kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": ["flux-system"]});
    assert_eq!(controls::deletion(&foreign, &OWNER), Deletion::NotOwned);
}

#[test]
fn common_metadata_overrides_and_keeps_the_rest() {
    let mut object = object("v1", "ConfigMap", "x");
    object["metadata"]["labels"] = json!({"a": "1", "b": "2"});
    let pairs = |value: &str| BTreeMap::from([("b".to_owned(), value.to_owned())]);
    CommonMetadata { labels: pairs("3"), annotations: pairs("4") }.set(&mut object);
    assert_eq!(object["metadata"]["labels"], json!({"a": "1", "b": "3"}));
    assert_eq!(object["metadata"]["annotations"], json!({"b": "4"}));
    CommonMetadata::default().set(&mut object);
    let mut scalar = json!("text");
    OWNER.label(&mut scalar);
    assert_eq!(scalar, "text");
}

#[test]
fn drift_is_labels_annotations_and_content_but_not_metadata_or_status() {
    let none = IgnoreRules::default();
    let base = || live(json!({"metadata": {"labels": {"a": "1"}}, "spec": {"x": 1}, "status": {"y": 1}}));
    let drift = |path: &str, value: Value| {
        let mut dry_run = base();
        *dry_run.pointer_mut(path).expect("the path is there") = value;
        compare(&base(), &dry_run, &none)
    };
    assert_eq!(compare(&base(), &base(), &none), Drift::None);
    assert_eq!(drift("/metadata/uid", "2".into()), Drift::None);
    assert_eq!(drift("/status/y", 2.into()), Drift::None);
    assert_eq!(drift("/spec/x", 2.into()), Drift::Changed);
    assert_eq!(drift("/metadata/labels/a", "2".into()), Drift::Changed);
    assert_eq!(drift("/metadata/resourceVersion", "".into()), Drift::Missing);
    let scaler = |metrics: Value| live(json!({"kind": "HorizontalPodAutoscaler", "metadata": {}, "spec": {"metrics": metrics}}));
    let cpu = json!({"type": "Resource"});
    assert_eq!(compare(&scaler(json!([cpu])), &scaler(json!([cpu, cpu, {"type": ""}])), &none), Drift::None);
}

fn rules(path: &str, target: Option<Target>) -> IgnoreRules {
    IgnoreRules::compile(&[IgnoreRule { paths: vec![path.to_owned()], target }]).expect("the rule compiles")
}

#[test]
fn ignored_fields_are_no_drift_where_the_rule_selects() {
    let deployment = |replicas: i64| {
        live(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": {"replicas": replicas}}))
    };
    let ignored =
        |target: Option<Target>| compare(&deployment(3), &deployment(1), &rules("/spec/replicas", target)) == Drift::None;
    assert!(ignored(None));
    assert!(ignored(Some(Target { kind: "Deploy.*".into(), group: "apps".into(), version: "v1".into(), ..Target::default() })));
    for malformed in ["spec/replicas", "", "/", "//", "/spec/replicas/x", "/spec/~2"] {
        assert_eq!(compare(&deployment(3), &deployment(1), &rules(malformed, None)), Drift::Changed, "{malformed:?}");
    }
    assert!(!ignored(Some(Target { kind: "Deploy".into(), ..Target::default() })), "patterns match whole values");
    assert!(!ignored(Some(Target { name: "a|b".into(), ..Target::default() })));
    assert!(!ignored(Some(Target { label_selector: "a=b".into(), ..Target::default() })));
    assert!(ignored(Some(Target { annotation_selector: "!a".into(), ..Target::default() })));
    let invalid =
        IgnoreRules::compile(&[IgnoreRule { paths: Vec::new(), target: Some(Target { name: "(".into(), ..Target::default() }) }]);
    assert_eq!(invalid.unwrap_err().to_string(), "invalid name regex");
}

#[test]
fn ignored_fields_are_left_to_their_manager_or_kept_at_their_live_value() {
    let managed = |manager: &str| json!([{"manager": manager, "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:list": {"k:{\"name\":\"a\"}": {"f:v": {}}}}}}]);
    let live_object = |manager: &str| {
        live(json!({"metadata": {"managedFields": managed(manager)}, "spec": {"replicas": 5, "list": [{"name": "a", "v": 5}]}}))
    };
    let desired = json!({"metadata": {}, "spec": {"replicas": 1, "list": [{"name": "a", "v": 1}], "other": 1}});
    let payload = |manager: &str, path: &str| {
        rules(path, None).payload(&desired, &live_object(manager), &live(desired.clone()), "kustomize-controller")
    };
    assert_eq!(payload("hpa", "/spec/replicas").pointer("/spec"), Some(&json!({"list": [{"name": "a", "v": 1}], "other": 1})));
    assert_eq!(payload("kustomize-controller", "/spec/replicas").pointer("/spec/replicas"), Some(&json!(5)));
    assert_eq!(payload("hpa", "/spec/list/0/v").pointer("/spec/list/0"), Some(&json!({"name": "a"})));
    assert_eq!(payload("kustomize-controller", "/spec/list/0/v").pointer("/spec/list/0/v"), Some(&json!(5)));
    assert_eq!(payload("hpa", "/spec/other").pointer("/spec/other"), Some(&Value::Null), "nobody else applies it");
    assert_eq!(payload("hpa", "/spec/nowhere"), desired);
}

#[test]
fn inventory_ids_are_those_of_flux() {
    // Examples of the kustomize-controller's documentation.
    for (id, subject) in
        [("default_podinfo_apps_Deployment", "Deployment/default/podinfo"), ("_apps__Namespace", "Namespace/apps")]
    {
        let parsed = ObjectId::parse_inventory_id(id).expect("the id parses");
        assert_eq!((parsed.inventory_id().as_str(), parsed.to_string().as_str()), (id, subject));
    }
    let role = ObjectId::of(
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:x"}}),
    );
    assert_eq!(role.inventory_id(), "_system__x_rbac.authorization.k8s.io_ClusterRole");
    assert_eq!(ObjectId::parse_inventory_id(&role.inventory_id()), Ok(role));
    let error = Entry::parse("a_b", "v1").unwrap_err();
    assert!(error.to_string().starts_with("unable to parse stored object metadata: "));
    assert_eq!(entry("n_x_apps_Deployment").api_version(), "apps/v1");
    assert_eq!(entry("n_x__ConfigMap").api_version(), "v1");
}

#[test]
fn stale_objects_are_deleted_backwards_and_survivors_are_kept() {
    let old = ["n_d_apps_Deployment", "n_a__ConfigMap", "n_b__ConfigMap", "_n__Namespace", "n_kept__ConfigMap", "n_a__ConfigMap"]
        .map(entry);
    let mut new = inventory::from_changes(&[change("n_kept__ConfigMap", Action::Skipped)]);
    let stale = inventory::stale(&old, &new);
    assert_eq!(ids(&stale), ["n_d_apps_Deployment", "n_b__ConfigMap", "n_a__ConfigMap", "_n__Namespace"]);
    let done = [
        change("n_d_apps_Deployment", Action::Deleted),
        change("n_b__ConfigMap", Action::Unknown),
        change("_n__Namespace", Action::Skipped),
    ];
    let survivors = inventory::survivors(&stale, &done);
    assert_eq!(ids(&survivors), ["n_a__ConfigMap", "n_b__ConfigMap"]);
    inventory::merge(&mut new, survivors);
    inventory::merge(&mut new, vec![entry("n_kept__ConfigMap")]);
    assert_eq!(ids(&new), ["n_kept__ConfigMap", "n_a__ConfigMap", "n_b__ConfigMap"]);
    assert_eq!(inventory::all_for_deletion(&old).len(), 5);
}

#[test]
fn another_version_of_the_same_object_is_not_stale() {
    let old = Entry::parse("n_x_example.com_Thing", "v1beta1").expect("the id parses");
    assert!(inventory::stale(&[old], &[entry("n_x_example.com_Thing")]).is_empty());
}

#[test]
fn events_list_changes_as_flux_recorded_them() {
    // recorded/flux/ks-upgrade-and-prune.json and ks-deleted.json.
    let changes = [
        change("ks_a__ConfigMap", Action::Configured),
        change("ks_b__ConfigMap", Action::Unchanged),
        change("ks_c__ConfigMap", Action::Created),
        change("ks_d__ConfigMap", Action::Skipped),
    ];
    assert_eq!(apply_message(&changes).as_deref(), Some("ConfigMap/ks/a configured\nConfigMap/ks/c created"));
    assert_eq!(apply_message(&changes[1..2]), None);
    assert_eq!(failed_apply_message("boom", &changes), "boom\nConfigMap/ks/a configured\nConfigMap/ks/c created\n");
    assert_eq!(failed_apply_message("boom", &[]), "boom\n");
    let deleted = [change("ks_b__ConfigMap", Action::Deleted), change("ks_a__ConfigMap", Action::Skipped)];
    assert_eq!(deletion_message(&deleted).as_deref(), Some("ConfigMap/ks/b deleted\nConfigMap/ks/a skipped"));
    assert_eq!(deletion_message(&[]), None);
}

#[test]
fn failures_are_worded_as_flux_recorded_them() {
    let refused = |kind: &str, api_version: &str, reason: &str, message: &str| {
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "ks"}});
        dry_run_failure(&object, &Refusal { reason: reason.into(), message: message.into(), ..Refusal::default() })
    };
    // recorded/flux/ks-immutable.json, ks-unknown-kind.json, ks-no-service-account.json.
    let message = "ConfigMap \"x\" is invalid: data: Forbidden: field is immutable when `immutable` is set";
    assert_eq!(refused("ConfigMap", "v1", "Invalid", message), format!("ConfigMap/ks/x dry-run failed (Invalid): {message}"));
    let message = "no matches for kind \"Nothing\" in version \"nowhere.example/v1\"";
    assert_eq!(refused("Nothing", "nowhere.example/v1", "", message), format!("Nothing/ks/x dry-run failed: {message}"));
    assert_eq!(refused("ConfigMap", "v1", "Forbidden", "no"), "ConfigMap/ks/x dry-run failed (Forbidden): no");
    let object = object("v1", "Secret", "x");
    assert_eq!(step_failure(&object, Step::Apply, "no"), "Secret/n/x apply failed: no");
    assert_eq!(deletion_failure(&["a".into(), "b".into()]), "delete failed, errors: a;b;");
    let expected = "Secret/n/x is SOPS encrypted, configuring decryption is required for this secret to be reconciled";
    assert_eq!(encrypted_secret_failure(&object), expected);
}

#[test]
fn encrypted_secret_is_refused_unless_decryption_is_disabled() {
    let mut secret = object("v1", "Secret", "x");
    assert!(!controls::is_encrypted_secret(&secret));
    secret["sops"] = Value::Null;
    assert!(controls::is_encrypted_secret(&secret));
    secret["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/decrypt": "Disabled"});
    assert!(!controls::is_encrypted_secret(&secret));
}

#[test]
fn sec_f1_values_of_secrets_are_not_in_messages() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"},
        "data": {"a": "UzNOVElORUw=", "b": "S3NTINEL!!notb64", "c": 12345}, "stringData": {"d": "S3NT\nplain", "e": "x"}});
    let message =
        "cannot decode \"S3NTINEL!!notb64\" S3NTINEL UzNOVElORUw= \"S3NT\\nplain\" UzNOVApwbGFpbg== 12345 \"x\" in Secret";
    let masked = mask_secret_values(message, &secret);
    assert_eq!(masked, "cannot decode \"***\" *** *** \"***\" *** *** \"***\" in Secret");
    let refusal = Refusal { message: message.into(), ..Refusal::default() };
    assert_eq!(dry_run_failure(&secret, &refusal), format!("Secret/n/s dry-run failed: {masked}"));
    assert_eq!(step_failure(&secret, Step::Apply, message), format!("Secret/n/s apply failed: {masked}"));
}

#[test]
fn differences_of_secrets_are_masked_as_flux_masks_them() {
    let (mut before, mut after) =
        (json!({"data": {"same": "a", "changed": "b", "gone": "c"}}), json!({"data": {"same": "a", "changed": "d", "new": "e"}}));
    mask_difference(&mut before, &mut after);
    assert_eq!(before, json!({"data": {"same": "***", "changed": "*** (before)", "gone": "***"}}));
    assert_eq!(after, json!({"data": {"same": "***", "changed": "*** (after)", "new": "***"}}));
}

#[test]
fn unknown_fields_of_built_in_kinds_are_removed_once_they_are_named() {
    let mut deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"bogus": 1, "template": {"spec": {"containers": [
        {"name": "a.b [c]", "x": 1, "ports": [{"containerPort": 80, "protocol": "TCP", "y": 1}]}], "args": [{"z": 1}]}}}});
    let message = "failed to create typed patch object (n/x; apps/v1, Kind=Deployment): errors:\n  .spec.bogus: field not declared in schema\n  \
        .spec.template.spec.containers[name=\"a.b [c]\"].x: field not declared in schema\n  \
        .spec.template.spec.containers[name=\"a.b [c]\"].ports[containerPort=80,protocol=\"TCP\"].y: field not declared in schema\n  \
        .spec.template.spec.args[0].z: field not declared in schema";
    assert!(remove_undeclared_fields(&mut deployment, message));
    let expected = json!({"template": {"spec": {"containers": [{"name": "a.b [c]", "ports": [{"containerPort": 80, "protocol": "TCP"}]}], "args": [{}]}}});
    assert_eq!(deployment["spec"], expected);
    assert!(!remove_undeclared_fields(&mut deployment, message), "the second time there is nothing to remove");
    // Refusals of kube-apiserver 1.37.
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "bogus": 1, "spec": {"tolerations": [{"key": "a", "odd": 1}],
        "containers": [{"name": "a", "env": [{"name": "A", "value": "b", "odd": 1}]}]}});
    let refusal = "failed to create typed patch object (default/x; /v1, Kind=Pod): errors:\n  .spec.tolerations[0].odd: field not declared in schema\n  \
        .spec.containers[name=\"a\"].env[name=\"A\"].odd: field not declared in schema";
    assert!(remove_undeclared_fields(&mut pod, refusal));
    let refusal = "failed to create typed patch object (default/x; /v1, Kind=Pod): .bogus: field not declared in schema";
    assert!(remove_undeclared_fields(&mut pod, refusal));
    let expected = json!({"apiVersion": "v1", "kind": "Pod",
        "spec": {"tolerations": [{"key": "a"}], "containers": [{"name": "a", "env": [{"name": "A", "value": "b"}]}]}});
    assert_eq!(pod, expected);
    let mut custom = json!({"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"bogus": 1}});
    assert!(!remove_undeclared_fields(&mut custom, message));
    for odd in [
        ".: field not declared in schema",
        ".a[: field not declared in schema",
        ".a[b=]: field not declared in schema",
        ": field not declared in schema",
    ] {
        assert!(!remove_undeclared_fields(&mut deployment, odd));
    }
}
