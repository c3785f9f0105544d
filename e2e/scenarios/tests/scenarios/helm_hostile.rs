//! Charts, values and records that mean harm: each is refused in words, takes nobody else's secrets, and leaves the controller at work.

use super::helm_lifecycle::TEXT;
use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, Kind, SECRET, condition};
use scenarios::{Scene, Stage, play};
use serde_json::{Value, json};
use std::io::Write as _;

const CLUSTER_BINDING: Kind =
    Kind { api_version: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", plural: "clusterrolebindings" };

/// A chart that executes what its values say.
const EXECUTES: [(&str, &str); 2] = [
    ("values.yaml", "template: ''\n"),
    (
        "templates/cm.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ tpl .Values.template . | quote }}\n",
    ),
];

/// A ClusterRoleBinding that would make its author an administrator.
fn grant(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {name}\n{annotations}\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\n\
         subjects: [{{kind: ServiceAccount, name: deployer, namespace: default}}]\n"
    )
}

/// Waits until a release is not ready with a message that has this text.
async fn says(scene: &Scene, name: &str, text: &str) -> anyhow::Result<Value> {
    let said = |object: &Value| condition(object, "Ready").0 == "False" && condition(object, "Ready").2.contains(text);
    scene.wait(HELM_RELEASE, name, &format!("say '{text}'"), said).await
}

/// Releases a harmless chart: whoever can is still at work.
async fn goes_on(scene: &Scene, stage: &Stage) -> anyhow::Result<()> {
    stage.charts.publish(scene, "9.9.9", &TEXT).await?;
    scene.add_release("after", json!({})).await?;
    scene.ready(HELM_RELEASE, "after").await.map(drop)
}

#[tokio::test]
async fn sec_e1_paths_of_values_are_bounded() -> anyhow::Result<()> {
    play("hr-paths", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        scene.add(CONFIG_MAP, "values", json!({"data": {"values.yaml": "x"}})).await?;
        let deep = vec!["a"; 120].join(".");
        for (name, path, text) in [
            ("wide", "a[99999]", "index of 99999 is greater than maximum supported index of 65536"),
            ("deep", deep.as_str(), "maximum supported nested level of 30"),
        ] {
            let values = json!([{"kind": "ConfigMap", "name": "values", "targetPath": path}]);
            scene.add_release(name, json!({ "valuesFrom": values })).await?;
            let object = says(scene, name, text).await?;
            assert_eq!(condition(&object, "Ready").1, "ValuesError");
        }
        goes_on(scene, stage).await
    })
    .await
}

#[tokio::test]
async fn sec_e5_schemas_refer_to_nothing_outside() -> anyhow::Result<()> {
    play("hr-schema", async |scene, stage| {
        for (version, reference) in [("1.0.0", "file:///etc/passwd"), ("1.0.1", "http://169.254.169.254/latest")] {
            let schema =
                json!({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"text": {"$ref": reference}}});
            let chart = [TEXT[0], TEXT[1], ("values.schema.json", &schema.to_string())];
            stage.charts.publish(scene, version, &chart).await?;
            let name = format!("hr-{}", &version[4..]);
            scene.add_release(&name, json!({})).await?;
            let object = says(scene, &name, "schema").await?;
            let message = condition(&object, "Ready").2;
            ensure!(!message.contains("root:"), "the file was read: {message}");
        }
        goes_on(scene, stage).await
    })
    .await
}

#[tokio::test]
async fn sec_e6_templates_that_never_end_are_ended() -> anyhow::Result<()> {
    play("hr-endless", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &EXECUTES).await?;
        let nested = "executing \"app/templates/cm.yaml\" at <tpl ";
        for (name, template, text) in [
            ("loop", "{{ range until 1000000000 }}x{{ end }}", nested),
            ("recursion", "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}", nested),
            ("memory", "{{ repeat 1000000000 \"x\" | len }}", "more than 536870912 bytes of text"),
        ] {
            scene.add_release(name, json!({"values": {"template": template}})).await?;
            let object = says(scene, name, text).await?;
            ensure!(condition(&object, "Ready").2.len() <= 32768, "the message is as long as its cause");
        }
        goes_on(scene, stage).await
    })
    .await
}

/// What is not there in the sandbox is an error; what is there, and leads nowhere, is empty. The cluster is seen as the tenant.
#[tokio::test]
async fn sec_e7_templates_learn_nothing() -> anyhow::Result<()> {
    play("hr-curious", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &EXECUTES).await?;
        scene.add_account("deployer").await?;
        let release = |template: &str| json!({"values": {"template": template}, "serviceAccountName": "deployer"});
        let nothing =
            "{{ getHostByName \"secret.example.com\" }}|{{ .Files.Get \"../../etc/passwd\" }}|{{ .Files.Get \"/etc/passwd\" }}";
        scene.add_release("nothing", release(nothing)).await?;
        scene.ready(HELM_RELEASE, "nothing").await?;
        assert_eq!(scene.get(CONFIG_MAP, "nothing").await?["data"]["text"], "||");
        for (name, template, text) in [
            ("env", "{{ env \"HOME\" }}", "function \"env\" not defined"),
            ("expandenv", "{{ expandenv \"$HOME\" }}", "function \"expandenv\" not defined"),
            ("lookup", "{{ lookup \"v1\" \"Secret\" \"kube-system\" \"\" }}", "is forbidden"),
        ] {
            scene.add_release(name, release(template)).await?;
            says(scene, name, text).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_e8_control_characters_of_charts_reach_no_terminal() -> anyhow::Result<()> {
    play("hr-escape", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &EXECUTES).await?;
        scene
            .add_release("hr", json!({"values": {"template": "{{ fail \"before \\x1b[2J\\x1b]0;title\\x07 after\" }}"}}))
            .await?;
        let object = says(scene, "hr", "after").await?;
        ensure!(!condition(&object, "Ready").2.contains('\u{1b}'), "{object:#}");
        let event = scene.wait_for_event(HELM_RELEASE, "hr", "InstallFailed", "after").await?;
        ensure!(!event["message"].to_string().contains("u001b"), "{event:#}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_e9_only_definitions_are_taken_from_crds() -> anyhow::Result<()> {
    play("hr-crds", async |scene, stage| {
        let name = format!("{}-grant", scene.name());
        stage.charts.publish(scene, "1.2.3", &[TEXT[0], TEXT[1], ("crds/grant.yaml", &grant(&name, ""))]).await?;
        scene.add_release("hr", json!({})).await?;
        scene.ready(HELM_RELEASE, "hr").await?;
        ensure!(scene.live.get(CLUSTER_BINDING, "", &name).await?.is_none(), "the grant was applied");
        Ok(())
    })
    .await
}

/// The tenant may do anything in its namespace, and nothing elsewhere: not by an object, a hook, or the place of its records.
#[tokio::test]
async fn sec_e10_e12_a_tenants_chart_has_the_tenants_rights() -> anyhow::Result<()> {
    play("hr-tenant", async |scene, stage| {
        scene.add_account("deployer").await?;
        let (plain, hook) = (format!("{}-plain", scene.name()), format!("{}-hook", scene.name()));
        let annotated = grant(&hook, "  annotations: {helm.sh/hook: 'pre-install,pre-upgrade,test'}\n");
        for (version, text) in [("1.0.0", grant(&plain, "")), ("1.0.1", annotated)] {
            stage.charts.publish(scene, version, &[("templates/grant.yaml", &text)]).await?;
            let name = format!("hr-{}", &version[4..]);
            scene.add_release(&name, json!({"serviceAccountName": "deployer"})).await?;
            says(scene, &name, &format!("User \"system:serviceaccount:{}:deployer\" cannot", scene.name())).await?;
        }
        for name in [&plain, &hook] {
            ensure!(scene.live.get(CLUSTER_BINDING, "", name).await?.is_none(), "{name} was applied");
        }
        stage.charts.publish(scene, "1.0.2", &TEXT).await?;
        for (name, field) in [("storage", "storageNamespace"), ("target", "targetNamespace")] {
            scene.add_release(name, json!({"serviceAccountName": "deployer", field: "kube-system"})).await?;
            says(scene, name, "is forbidden").await?;
        }
        Ok(())
    })
    .await
}

/// A record in the place of a release's: one that grows beyond measure, one that is none, one with a status that nobody knows.
#[tokio::test]
async fn sec_e11_records_that_are_none_stop_their_release_only() -> anyhow::Result<()> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    play("hr-records", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            bomb.write_all(&[b' '; 1 << 20])?;
        }
        let garbage =
            json!({"name": "status", "version": 1, "namespace": scene.name(), "info": {"status": "garbage"}}).to_string();
        for (name, content) in [("bomb", bomb.finish()?), ("none", b"{{".to_vec()), ("status", garbage.into_bytes())] {
            let labels = json!({"owner": "helm", "name": name, "status": "deployed", "version": "1"});
            let secret = json!({"type": "helm.sh/release.v1", "metadata": {"labels": labels, "namespace": scene.name(),
                "name": format!("sh.helm.release.v1.{name}.v1")}, "stringData": {"release": STANDARD.encode(content)}});
            let mut object = SECRET.object(scene.name(), &format!("sh.helm.release.v1.{name}.v1"), secret.clone());
            object["metadata"] = secret["metadata"].clone();
            scene.live.create(SECRET, &object).await?;
            scene.add_release(name, json!({})).await?;
        }
        goes_on(scene, stage).await?;
        for name in ["bomb", "none", "status"] {
            let not_ready = |object: &Value| condition(object, "Ready").0 != "True" && !condition(object, "Ready").1.is_empty();
            scene.wait(HELM_RELEASE, name, "say something", not_ready).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_e13_values_come_from_the_own_namespace() -> anyhow::Result<()> {
    play("hr-elsewhere", async |scene, stage| {
        stage.charts.publish(scene, "1.2.3", &TEXT).await?;
        for (number, name) in ["../x", "../../kube-system/configmaps/x", "%2e%2e%2fx"].into_iter().enumerate() {
            let release = format!("hr-{number}");
            scene.add_release(&release, json!({"valuesFrom": [{"kind": "ConfigMap", "name": name}]})).await?;
            let message = scene.failed(HELM_RELEASE, &release, "ValuesError").await?;
            ensure!(!message.contains("\"x\" not found"), "the way out was taken: {message}");
        }
        Ok(())
    })
    .await
}
