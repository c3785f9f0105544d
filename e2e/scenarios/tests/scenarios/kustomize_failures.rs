//! Failures of a Kustomization: the reason, the file or object and the cause, and nobody else affected.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, condition, config_map};
use scenarios::{Scene, play};
use serde_json::{Value, json};

/// One way to fail: a directory, what is in it, what the spec adds, what has to be said.
struct Case {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    spec: Value,
    reason: &'static str,
    message: Vec<String>,
}

fn case(name: &'static str, files: &[(&'static str, &str)], reason: &'static str, message: &[&str]) -> Case {
    let files = files.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    Case { name, files, spec: json!({}), reason, message: message.iter().map(|part| (*part).to_owned()).collect() }
}

fn cases(namespace: &str) -> Vec<Case> {
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [missing.yaml]\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {a: b}, ports: [{port: 99999999}]}\n";
    let nothing = "apiVersion: nowhere.example/v1\nkind: Nothing\nmetadata: {name: x}\n";
    let rejected = format!(
        "Service/{namespace}/x dry-run failed (Invalid): Service \"x\" is invalid: [spec.ports[0].port: Invalid value: 99999999: must be between 1 and 65535, inclusive"
    );
    let unknown =
        format!("Nothing/{namespace}/x dry-run failed: no matches for kind \"Nothing\" in version \"nowhere.example/v1\"");
    let forbidden = format!(
        "ConfigMap/{namespace}/untouched-no-account dry-run failed (Forbidden): configmaps \"untouched-no-account\" is forbidden: User \
         \"system:serviceaccount:{namespace}:absent\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"{namespace}\""
    );
    let unset = "post build failed for 'ConfigMap.v1.[noGrp]/untouched-unset': envsubst error: variable substitution failed: \
                 variable not set (strict mode): \"region\"";
    let from = "post build failed for 'ConfigMap.v1.[noGrp]/untouched-from': substitute from 'ConfigMap/absent' error: configmaps \
                \"absent\" not found";
    vec![
        case("path", &[], "ArtifactFailed", &["kustomization path not found: ", "no such file or directory"]),
        case(
            "yaml",
            &[("bad.yaml", "kind: ConfigMap\nmetadata: {name: x\n")],
            "BuildFailed",
            &["failed to decode Kubernetes YAML from ", "bad.yaml", "did not find expected ',' or '}'"],
        ),
        case("resource", &[("kustomization.yaml", kustomization)], "BuildFailed", &["kustomize build failed: ", "missing.yaml"]),
        case("rejected", &[("service.yaml", service)], "ReconciliationFailed", &[&rejected]),
        case("unknown", &[("nothing.yaml", nothing)], "ReconciliationFailed", &[&unknown]),
        Case { spec: json!({"serviceAccountName": "absent"}), ..case("no-account", &[], "ReconciliationFailed", &[&forbidden]) },
        Case { spec: json!({"postBuild": {"substitute": {"other": "x"}}}), ..case("unset", &[], "BuildFailed", &[unset]) },
        Case {
            spec: json!({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "absent"}]}}),
            ..case("from", &[], "BuildFailed", &[from])
        },
        Case {
            spec: json!({"sourceRef": {"kind": "GitRepository", "name": "absent"}}),
            ..case("source", &[], "ArtifactFailed", &["GitRepository.source.toolkit.fluxcd.io \"absent\" not found"])
        },
    ]
}

async fn commit_cases(scene: &Scene, cases: &[Case]) -> anyhow::Result<()> {
    let mut commit = scene.repository.commit("Everything at once").file("healthy/a.yaml", config_map("healthy", "k", "v"));
    for case in cases {
        // Each directory has an object with which nothing is wrong: it must not be applied either.
        let untouched = config_map(&format!("untouched-{}", case.name), "region", "${region}");
        let untouched = if case.name == "unset" || case.name == "from" { untouched } else { untouched.replace("${region}", "v") };
        if case.name != "path" {
            commit = commit.file(&format!("{}/untouched.yaml", case.name), untouched);
        }
        for (path, text) in &case.files {
            commit = commit.file(&format!("{}/{path}", case.name), text);
        }
    }
    commit.create()?;
    scene.add_source("source", json!({})).await
}

#[tokio::test]
async fn each_failure_has_its_reason_and_cause_and_others_go_on() -> anyhow::Result<()> {
    play("ks-failures", async |scene, _| {
        let cases = cases(scene.name());
        commit_cases(scene, &cases).await?;
        scene.ready(GIT_REPOSITORY, "source").await?;
        for case in &cases {
            scene.add_kustomization(case.name, &format!("./{}", case.name), case.spec.clone()).await?;
        }
        for case in &cases {
            let message = scene.failed(KUSTOMIZATION, case.name, case.reason).await?;
            for part in &case.message {
                ensure!(message.contains(part), "{}: '{part}' is not in: {message}", case.name);
            }
            let object = scene.get(KUSTOMIZATION, case.name).await?;
            assert_eq!(object["status"]["observedGeneration"], -1, "{}: a failure that is retried is not observed", case.name);
            if case.name != "source" {
                assert_eq!(condition(&object, "Reconciling").1, "ProgressingWithRetry", "{}", case.name);
                scene.wait_for_event(KUSTOMIZATION, case.name, case.reason, &case.message[0]).await?;
            }
        }
        // One that comes last, while all the others are being tried again.
        scene.add_kustomization("healthy", "./healthy", json!({})).await?;
        scene.ready(KUSTOMIZATION, "healthy").await?;
        scene.get(CONFIG_MAP, "healthy").await?;
        for object in scene.live.list(CONFIG_MAP, scene.name()).await? {
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            ensure!(!name.starts_with("untouched-"), "{name} was applied");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn rejected_change_leaves_what_is_live_and_recovers() -> anyhow::Result<()> {
    play("rejected", async |scene, _| {
        let service =
            |port: u32| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: x}}\nspec: {{ports: [{{port: {port}}}]}}\n");
        let commit = |port, value: &str| {
            scene
                .repository
                .commit("Change")
                .file("a/map.yaml", config_map("map", "k", value))
                .file("a/service.yaml", service(port))
                .create()
        };
        let first = commit(80, "first")?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.applied("app", &first).await?;
        commit(99_999_999, "second")?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.failed(KUSTOMIZATION, "app", "ReconciliationFailed").await?;
        assert_eq!(
            scene.get(CONFIG_MAP, "map").await?["data"]["k"],
            "first",
            "one object of a stage is rejected: none is applied"
        );
        let third = commit(81, "third")?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.applied("app", &third).await?;
        assert_eq!(scene.get(CONFIG_MAP, "map").await?["data"]["k"], "third");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn immutable_field_fails_without_force_and_is_recreated_with_it() -> anyhow::Result<()> {
    play("immutable", async |scene, _| {
        let fixed = |value: &str| format!("{}immutable: true\n", config_map("fixed", "k", value));
        let first = scene.repository.commit_file("a/fixed.yaml", fixed("first"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        scene.applied("app", &first).await?;
        let before = scene.get(CONFIG_MAP, "fixed").await?;
        let second = scene.repository.commit_file("a/fixed.yaml", fixed("second"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let message = scene.failed(KUSTOMIZATION, "app", "ReconciliationFailed").await?;
        let cause = "dry-run failed (Invalid): ConfigMap \"fixed\" is invalid: data: Forbidden: field is immutable when `immutable` is set";
        ensure!(message.contains(&format!("ConfigMap/{}/fixed {cause}", scene.name())), "{message}");
        assert_eq!(scene.get(CONFIG_MAP, "fixed").await?["metadata"]["uid"], before["metadata"]["uid"]);
        scene.patch(KUSTOMIZATION, "app", json!({"spec": {"force": true}})).await?;
        scene.applied("app", &second).await?;
        let after = scene.get(CONFIG_MAP, "fixed").await?;
        assert_eq!(after["data"]["k"], "second");
        ensure!(after["metadata"]["uid"] != before["metadata"]["uid"], "an immutable object was changed in place");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unhealthy_object_times_out_by_name_while_others_are_applied() -> anyhow::Result<()> {
    play("unhealthy", async |scene, _| {
        scene
            .repository
            .commit("Two")
            .file("a/a.yaml", config_map("a", "k", "v"))
            .file("b/b.yaml", config_map("b", "k", "v"))
            .create()?;
        scene.add_source("source", json!({})).await?;
        let checks = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "absent", "namespace": scene.name()}]);
        scene.add_kustomization("waits", "./a", json!({"timeout": "30s", "healthChecks": checks})).await?;
        let checking = |object: &Value| condition(object, "Healthy").0 == "Unknown";
        scene.wait(KUSTOMIZATION, "waits", "check health", checking).await?;
        scene.add_kustomization("other", "./b", json!({})).await?;
        scene.ready(KUSTOMIZATION, "other").await?;
        let waiting = scene.get(KUSTOMIZATION, "waits").await?;
        assert_eq!(condition(&waiting, "Healthy").0, "Unknown", "the other one waited for this one: {waiting:#}");
        let message = scene.failed(KUSTOMIZATION, "waits", "HealthCheckFailed").await?;
        let end = format!("timeout waiting for: [Deployment/{}/absent status: 'NotFound']", scene.name());
        ensure!(message.starts_with("health check failed after 30") && message.ends_with(&end), "{message}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_f1_values_of_secrets_are_nowhere_in_logs_events_and_status() -> anyhow::Result<()> {
    play("sec-f1", async |scene, stage| {
        let secret = |name: &str, field: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n{field}\n");
        let commit = scene.repository.commit("Secrets");
        let commit = commit.file("good/s.yaml", secret("good", "stringData: {password: S3NTINEL-good}"));
        let commit = commit.file("bad/s.yaml", secret("bad", "data: {password: S3NTINEL!!not base64}"));
        commit.file("fixed/s.yaml", secret("fixed", "stringData: {password: S3NTINEL-one}\nimmutable: true")).create()?;
        scene.add_source("source", json!({})).await?;
        for name in ["good", "bad", "fixed"] {
            scene.add_kustomization(name, &format!("./{name}"), json!({})).await?;
        }
        scene.ready(KUSTOMIZATION, "good").await?;
        scene.ready(KUSTOMIZATION, "fixed").await?;
        scene.failed(KUSTOMIZATION, "bad", "ReconciliationFailed").await?;
        scene.repository.commit_file("fixed/s.yaml", secret("fixed", "stringData: {password: S3NTINEL-two}\nimmutable: true"))?;
        scene.repository.commit_file("good/s.yaml", secret("good", "stringData: {password: S3NTINEL-changed}"))?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.failed(KUSTOMIZATION, "fixed", "ReconciliationFailed").await?;
        let configured = format!("Secret/{}/good configured", scene.name());
        scene.wait_for_event(KUSTOMIZATION, "good", "Progressing", &configured).await?;
        for name in ["good", "bad", "fixed"] {
            let status = scene.get(KUSTOMIZATION, name).await?["status"].to_string();
            ensure!(!status.contains("S3NTINEL"), "{name}: {status}");
            for event in scene.events(KUSTOMIZATION, name).await? {
                ensure!(!event.to_string().contains("S3NTINEL"), "{name}: {event:#}");
            }
        }
        for event in stage.events.about(scene.name()) {
            ensure!(!event.to_string().contains("S3NTINEL"), "{event:#}");
        }
        let log = stage.world.kustomize.log();
        let line = log.lines().find(|line| line.contains("S3NTINEL"));
        ensure!(line.is_none(), "the log has {line:?}");
        Ok(())
    })
    .await
}
