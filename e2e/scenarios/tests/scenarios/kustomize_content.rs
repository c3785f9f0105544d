//! What a Kustomization's own fields make of the content: substitution, overrides, identity.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, DEPLOYMENT, GIT_REPOSITORY, KUSTOMIZATION, Kind, SECRET, config_map};
use scenarios::play;
use serde_json::json;

const SERVICE_ACCOUNT: Kind = Kind { api_version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" };
const ROLE: Kind = Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "Role", plural: "roles" };
const ROLE_BINDING: Kind = Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", plural: "rolebindings" };

#[tokio::test]
async fn variables_come_from_maps_secrets_and_the_spec_in_that_order() -> anyhow::Result<()> {
    play("substitution", async |scene, _| {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: result}\ndata:\n  region: \"${region}\"\n  tier: \"${tier:=bronze}\"\n  \
                    zone: \"${zone}\"\n  password: \"${password}\"\n  upper: \"${region^^}\"\n  literal: \"$${kept}\"\n";
        let disabled = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: disabled\n  annotations: {kustomize.toolkit.fluxcd.io/substitute: \
                        disabled}\ndata: {k: \"${region}\"}\n";
        scene.repository.commit("Text").file("a/result.yaml", text).file("a/disabled.yaml", disabled).create()?;
        scene.add(CONFIG_MAP, "values", json!({"data": {"region": "map", "zone": "map", "password": "map"}})).await?;
        scene.add_secret("values", &[("password", "secret"), ("zone", "secret")]).await?;
        scene.add_source("source", json!({})).await?;
        let from = json!([{"kind": "ConfigMap", "name": "values"}, {"kind": "Secret", "name": "values"}, {"kind": "Secret", "name": "absent", "optional": true}]);
        let spec = json!({"postBuild": {"substitute": {"zone": "spec"}, "substituteFrom": from}});
        scene.add_kustomization("app", "./a", spec).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let data = json!({"region": "map", "tier": "bronze", "zone": "spec", "password": "secret", "upper": "MAP", "literal": "${kept}"});
        assert_eq!(scene.get(CONFIG_MAP, "result").await?["data"], data);
        assert_eq!(scene.get(CONFIG_MAP, "disabled").await?["data"]["k"], "${region}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn labelled_values_are_applied_when_they_change() -> anyhow::Result<()> {
    play("watched", async |scene, _| {
        scene.repository.commit_file("a/result.yaml", config_map("result", "k", "${value}"))?;
        for (kind, name, entries) in [(CONFIG_MAP, "map", "data"), (SECRET, "secret", "stringData")] {
            let mut object = kind.object(scene.name(), name, json!({entries: {"value": format!("{name}-1")}}));
            object["metadata"]["labels"] = json!({"reconcile.fluxcd.io/watch": "Enabled"});
            scene.live.create(kind, &object).await?;
        }
        scene.add_source("source", json!({})).await?;
        for (kind, name, entries) in [(CONFIG_MAP, "map", "data"), (SECRET, "secret", "stringData")] {
            let spec =
                json!({"namePrefix": format!("{name}-"), "postBuild": {"substituteFrom": [{"kind": kind.kind, "name": name}]}});
            scene.add_kustomization(name, "./a", spec).await?;
            scene.ready(KUSTOMIZATION, name).await?;
            scene.patch(kind, name, json!({entries: {"value": format!("{name}-2")}})).await?;
            let changed = |object: &serde_json::Value| object["data"]["k"] == format!("{name}-2");
            scene.wait(CONFIG_MAP, &format!("{name}-result"), "change", changed).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn fields_of_the_spec_override_the_content() -> anyhow::Result<()> {
    play("overrides", async |scene, _| {
        let pod = json!({"metadata": {"labels": {"app": "app"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}});
        let spec = json!({"replicas": 0, "selector": {"matchLabels": {"app": "app"}}, "template": pod});
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": spec});
        let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [map.yaml]\n";
        let commit = scene.repository.commit("App").file("app/deployment.yaml", deployment.to_string());
        let commit = commit.file("component/kustomization.yaml", component);
        commit.file("component/map.yaml", config_map("from-component", "k", "v")).create()?;
        scene.add_source("source", json!({})).await?;
        let patch = "- op: add\n  path: /spec/revisionHistoryLimit\n  value: 3\n";
        let spec = json!({
            "namePrefix": "x-", "nameSuffix": "-y", "components": ["../component"],
            "commonMetadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}},
            "images": [{"name": "app", "newName": "registry.example.com/app", "newTag": "7"}],
            "patches": [{"patch": patch, "target": {"kind": "Deployment"}}],
        });
        scene.add_kustomization("app", "./app", spec).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let live = scene.get(DEPLOYMENT, "x-app-y").await?;
        assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "registry.example.com/app:7");
        assert_eq!(live["spec"]["revisionHistoryLimit"], 3);
        assert_eq!(live["metadata"]["labels"]["team"], "a");
        assert_eq!(live["metadata"]["annotations"]["note"], "b");
        scene.get(CONFIG_MAP, "x-from-component-y").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn service_account_bounds_what_is_applied() -> anyhow::Result<()> {
    play("account", async |scene, _| {
        scene.add(SERVICE_ACCOUNT, "deployer", json!({})).await?;
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({"serviceAccountName": "deployer"})).await?;
        let message = scene.failed(KUSTOMIZATION, "app", "ReconciliationFailed").await?;
        let namespace = scene.name();
        let wanted = format!(
            "ConfigMap/{namespace}/a dry-run failed (Forbidden): configmaps \"a\" is forbidden: User \
             \"system:serviceaccount:{namespace}:deployer\" cannot patch resource \"configmaps\""
        );
        ensure!(message.contains(&wanted), "{message}");
        assert_eq!(scene.find(CONFIG_MAP, "a").await?, None);
        let verbs = json!(["get", "list", "watch", "create", "patch", "update", "delete"]);
        scene.add(ROLE, "maps", json!({"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]})).await?;
        let binding = json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "maps"},
            "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": namespace}],
        });
        scene.add(ROLE_BINDING, "maps", binding).await?;
        // Without a request: the retry after retryInterval finds the new right.
        scene.ready(KUSTOMIZATION, "app").await?;
        scene.get(CONFIG_MAP, "a").await?;
        scene.repository.commit("A Secret").file("a/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n").create()?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let message = scene.failed(KUSTOMIZATION, "app", "ReconciliationFailed").await?;
        ensure!(message.contains(&format!("Secret/{namespace}/s dry-run failed (Forbidden)")), "{message}");
        assert_eq!(scene.find(SECRET, "s").await?, None);
        scene.delete(KUSTOMIZATION, "app").await?;
        assert_eq!(scene.find(CONFIG_MAP, "a").await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn definitions_and_namespaces_are_applied_before_what_needs_them() -> anyhow::Result<()> {
    play("stages", async |scene, _| {
        let other = format!("{}-other", scene.name());
        let group = format!("{}.example", scene.name());
        let text = format!(
            "apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: t, namespace: {other}}}\nspec: {{a: 1}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: in-other, namespace: {other}}}\n---\n\
             apiVersion: v1\nkind: Namespace\nmetadata: {{name: {other}}}\n---\n\
             apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: things.{group}}}\nspec:\n  \
             group: {group}\n  scope: Namespaced\n  names: {{kind: Thing, plural: things}}\n  versions:\n  - {{name: v1, served: true, \
             storage: true, schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}\n"
        );
        scene.repository.commit_file("a/all.yaml", text)?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({"targetNamespace": null, "wait": true})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let created = [
            format!("CustomResourceDefinition/things.{group} created"),
            format!("Namespace/{other} created"),
            format!("ConfigMap/{other}/in-other created"),
            format!("Thing/{other}/t created"),
        ];
        scene.wait_for_event(KUSTOMIZATION, "app", "Progressing", &created.join("\n")).await?;
        scene.delete(KUSTOMIZATION, "app").await
    })
    .await
}
