//! What is done in each scenario. The files are those of the recordings, so that checksums agree.

use serde_json::{Value, json};

use crate::world::{Outcome, World};

pub(crate) struct Scenario {
    /// Name of the recording, and of the namespace.
    pub(crate) name: &'static str,
    play: Play,
}

/// What happens.
enum Play {
    /// One Kustomization with this spec settles.
    Apply(fn() -> Value),
    /// It is asked to reconcile again.
    Again,
    /// Somebody edits an object, then it is asked to reconcile.
    Drift,
    /// The source gets these files; the Kustomization follows.
    Upgrade(fn() -> Value, fn() -> Vec<(&'static str, Option<String>)>),
    /// The Kustomization is deleted.
    Delete(fn() -> Value),
    /// The second depends on the first, which comes later.
    Dependency,
    /// The second waits for an expression that never holds.
    ReadyExpression,
    /// There is no source.
    NoSource,
    /// It is suspended.
    Suspended,
}

macro_rules! scenario {
    ($name:literal, $play:expr) => {
        Scenario { name: $name, play: $play }
    };
}

pub(crate) const ALL: &[Scenario] = &[
    scenario!("ks-plain", Play::Apply(|| json!({}))),
    scenario!("ks-empty", Play::Apply(|| json!({"path": "empty"}))),
    scenario!("ks-overlay-wait", Play::Apply(|| json!({"path": "overlay", "wait": true}))),
    scenario!(
        "ks-spec-overrides",
        Play::Apply(|| json!({"path": "base", "namePrefix": "x-", "nameSuffix": "-y",
        "commonMetadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}}, "images": [{"name": "app", "newTag": "7"}],
        "patches": [{"patch": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  revisionHistoryLimit: 3\n"}]}))
    ),
    scenario!("ks-no-source", Play::NoSource),
    scenario!("ks-no-path", Play::Apply(|| json!({"path": "./absent"}))),
    scenario!("ks-bad-yaml", Play::Apply(|| json!({"path": "broken"}))),
    scenario!("ks-bad-kustomization", Play::Apply(|| json!({"path": "broken-kustomization"}))),
    scenario!("ks-unknown-kind", Play::Apply(|| json!({"path": "unknown-kind"}))),
    scenario!("ks-unknown-field", Play::Apply(|| json!({"path": "unknown-field"}))),
    scenario!("ks-rejected", Play::Apply(|| json!({"path": "rejected"}))),
    scenario!("ks-substitute", Play::Apply(|| json!({"path": "subst", "postBuild": {"substitute": {"region": "eu"}}}))),
    scenario!("ks-substitute-missing", Play::Apply(|| json!({"path": "subst", "postBuild": {"substitute": {"other": "x"}}}))),
    scenario!(
        "ks-substitute-from-missing",
        Play::Apply(|| json!({"path": "subst", "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "absent"}]}}))
    ),
    scenario!("ks-secret", Play::Apply(|| json!({"path": "secret"}))),
    scenario!("ks-secret-bad", Play::Apply(|| json!({"path": "secret-bad"}))),
    scenario!("ks-unhealthy", Play::Apply(|| json!({"path": "unhealthy", "wait": true, "timeout": "31s"}))),
    scenario!(
        "ks-health-check-missing",
        Play::Apply(|| json!({"timeout": "31s",
        "healthChecks": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "absent", "namespace": "ks-health-check-missing"}]}))
    ),
    scenario!("ks-staged", Play::Apply(|| json!({"path": "staged", "targetNamespace": null, "wait": true}))),
    scenario!("ks-depends-missing", Play::Apply(|| json!({"dependsOn": [{"name": "absent"}]}))),
    scenario!("ks-depends", Play::Dependency),
    scenario!("ks-ready-expr", Play::ReadyExpression),
    scenario!(
        "ks-bad-cel",
        Play::Apply(|| json!({"wait": true, "healthCheckExprs": [{"apiVersion": "v1", "kind": "X", "current": "status.a +"}]}))
    ),
    scenario!("ks-unchanged", Play::Again),
    scenario!("ks-drift", Play::Drift),
    scenario!(
        "ks-upgrade-and-prune",
        Play::Upgrade(
            || json!({}),
            || vec![
                ("plain/a.yaml", Some(config_map("a", "changed"))),
                ("plain/deep/b.yaml", None),
                ("plain/c.yaml", Some(config_map("c", "new")))
            ]
        )
    ),
    scenario!("ks-no-prune", Play::Upgrade(|| json!({"prune": false}), || vec![("plain/deep/b.yaml", None)])),
    scenario!(
        "ks-immutable",
        Play::Upgrade(|| json!({"path": "immutable"}), || vec![("immutable/cm.yaml", Some(immutable("2")))])
    ),
    scenario!(
        "ks-immutable-force",
        Play::Upgrade(|| json!({"path": "immutable", "force": true}), || vec![("immutable/cm.yaml", Some(immutable("2")))])
    ),
    scenario!("ks-no-service-account", Play::Apply(|| json!({"serviceAccountName": "absent"}))),
    scenario!("ks-suspended", Play::Suspended),
    scenario!("ks-deleted", Play::Delete(|| json!({}))),
    scenario!("ks-deleted-orphan", Play::Delete(|| json!({"deletionPolicy": "Orphan"}))),
];

const FIRST: &str = "main@sha1:20f22736e85dcc71fde2cf5abf410eb74e3e5a4a";

pub(crate) async fn play(scenario: &Scenario, world: &World, recording: &Value) -> Outcome<()> {
    let namespace = scenario.name;
    world.namespace(namespace).await?;
    if !matches!(scenario.play, Play::NoSource) {
        world.publish(namespace, FIRST, &tree()).await?;
    }
    match &scenario.play {
        Play::Apply(spec) => {
            world.kustomization(namespace, "ks", spec()).await?;
            world.settle(namespace, "ks", None).await?;
        }
        Play::NoSource => {
            world.kustomization(namespace, "ks", json!({})).await?;
            world.settle(namespace, "ks", None).await?;
        }
        Play::Suspended => {
            world.kustomization(namespace, "ks", json!({"suspend": true})).await?;
            tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        }
        Play::Again => {
            world.kustomization(namespace, "ks", json!({})).await?;
            world.settle(namespace, "ks", None).await?;
            world.ask(namespace).await?;
            world.settle(namespace, "ks", None).await?;
        }
        Play::Drift => {
            world.kustomization(namespace, "ks", json!({})).await?;
            world.settle(namespace, "ks", None).await?;
            world.edit(namespace, "a", json!({"data": {"k": "drifted", "added": "by hand"}})).await?;
            world.ask(namespace).await?;
            world.settle(namespace, "ks", None).await?;
        }
        Play::Upgrade(spec, changes) => {
            world.kustomization(namespace, "ks", spec()).await?;
            world.settle(namespace, "ks", None).await?;
            let second = recording["objects"].as_array().into_iter().flatten().find(|object| object["kind"] == "Kustomization");
            let second = second.and_then(|object| object["status"]["lastAttemptedRevision"].as_str()).unwrap_or_default();
            world.publish(namespace, second, &changed(changes())).await?;
            world.settle(namespace, "ks", Some(second)).await?;
        }
        Play::Delete(spec) => {
            world.kustomization(namespace, "ks", spec()).await?;
            world.settle(namespace, "ks", None).await?;
            world.delete(namespace).await?;
        }
        Play::Dependency => {
            world.kustomization(namespace, "second", json!({"path": "secret", "dependsOn": [{"name": "first"}]})).await?;
            world.settle(namespace, "second", None).await?;
            world.kustomization(namespace, "first", json!({})).await?;
            world.settle(namespace, "first", None).await?;
            world.settle(namespace, "second", Some(FIRST)).await?;
        }
        Play::ReadyExpression => {
            world.kustomization(namespace, "first", json!({})).await?;
            world.settle(namespace, "first", None).await?;
            let expression = "dep.status.observedGeneration == self.metadata.generation + 41";
            world
                .kustomization(
                    namespace,
                    "second",
                    json!({"path": "secret", "dependsOn": [{"name": "first", "readyExpr": expression}]}),
                )
                .await?;
            world.settle(namespace, "second", None).await?;
        }
    }
    // Events are posted in the background.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    Ok(())
}

fn changed(changes: Vec<(&'static str, Option<String>)>) -> Vec<(&'static str, String)> {
    let mut files = tree();
    for (path, text) in changes {
        files.retain(|(known, _)| *known != path);
        files.extend(text.map(|text| (path, text)));
    }
    files
}

fn config_map(name: &str, value: &str) -> String {
    format!("{}\n", json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}}))
}

fn immutable(value: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fixed"}, "immutable": true, "data": {"v": value}})
        .to_string()
        + "\n"
}

/// The files of the recordings' repository.
fn tree() -> Vec<(&'static str, String)> {
    const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let substituted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
        "data": {"region": "${region}", "tier": "${tier:=bronze}", "literal": "$${kept}"}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": {"replicas": 0,
        "selector": {"matchLabels": {"app": "app"}}, "template": {"metadata": {"labels": {"app": "app"}},
        "spec": {"containers": [{"name": "app", "image": "app:1", "envFrom": [{"configMapRef": {"name": "settings"}}]}]}}}});
    let never = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "never"}, "spec": {"replicas": 1,
        "progressDeadlineSeconds": 600, "selector": {"matchLabels": {"app": "n"}}, "template": {"metadata": {"labels": {"app": "n"}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}});
    let staged = "apiVersion: v1\nkind: Namespace\nmetadata: {name: staged-ns}\n---\n\
        apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in-ns, namespace: staged-ns}\n---\n\
        apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.rec.example}\nspec:\n  group: rec.example\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  \
        versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n---\n\
        apiVersion: rec.example/v1\nkind: Thing\nmetadata: {name: t, namespace: staged-ns}\nspec: {a: 1}\n";
    let secret = |field: &str, value: &str| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, field: {"password": value}}).to_string()
    };
    let service = |ports: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: x}}\nspec: {{selector: {{a: b}}, ports: [{{{ports}}}]}}\n")
    };
    vec![
        ("plain/a.yaml", config_map("a", "v")),
        ("plain/deep/b.yaml", config_map("b", "v")),
        ("plain/readme.md", "not a manifest\n".to_owned()),
        (
            "base/kustomization.yaml",
            format!(
                "{KUSTOMIZATION}resources: [deployment.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [mode=base]\n"
            ),
        ),
        ("base/deployment.yaml", deployment.to_string()),
        (
            "overlay/kustomization.yaml",
            format!(
                "{KUSTOMIZATION}resources: [../base]\nnamePrefix: prod-\nlabels:\n- pairs: {{env: prod}}\nimages:\n- name: app\n  newTag: '2'\n"
            ),
        ),
        ("broken/bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n".to_owned()),
        ("broken-kustomization/kustomization.yaml", format!("{KUSTOMIZATION}resources: [missing.yaml]\n")),
        ("unknown-kind/x.yaml", "apiVersion: nowhere.example/v1\nkind: Nothing\nmetadata: {name: x}\n".to_owned()),
        ("unknown-field/x.yaml", service("port: 80, nope: 1")),
        ("rejected/x.yaml", service("port: 99999999")),
        ("subst/a.yaml", substituted.to_string()),
        ("secret/s.yaml", secret("stringData", "hunter2")),
        ("secret-bad/s.yaml", secret("data", "not base64 hunter2")),
        ("unhealthy/d.yaml", never.to_string()),
        ("staged/all.yaml", staged.to_owned()),
        ("immutable/cm.yaml", immutable("1")),
        ("empty/readme.md", "nothing here\n".to_owned()),
    ]
}
