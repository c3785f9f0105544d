//! HelmChart: charts of repositories over HTTP, of registries and of Git repositories become artifacts.

use anyhow::ensure;
use e2e::objects::{GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY, condition};
use scenarios::artifact::{download, fetch};
use scenarios::cosign::Signer;
use scenarios::{Scene, archive, helm, play};
use serde_json::{Value, json};
use test_support::file_server::{self, FileServer};
use test_support::registry::{Layer, Protection, RegistryServer};

const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// A chart as it lies in a repository.
const FILES: [(&str, &str); 8] = [
    (
        "Chart.yaml",
        "# A chart.\nname: app\nversion: 1.2.3\napiVersion: v2\nmaintainers: [{name: me, email: me@example.com}]\n\
         keywords: [b, a]\nannotations: {z: '1', a: \"true\"}\nappVersion: 2\nunknown: field\n",
    ),
    ("values.yaml", "# Comments stay.\ncolour: red\nsize: 1\n"),
    ("values.schema.json", "{\"type\": \"object\"}"),
    ("templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {colour: {{ .Values.colour }}}\n"),
    ("templates/NOTES.txt", "done\n"),
    ("crds/crd.yaml", "kind: CustomResourceDefinition\n"),
    (".helmignore", "*.md\n"),
    ("README.md", "ignored\n"),
];

async fn add(scene: &Scene, name: &str, source: (&str, &str), spec: Value) -> anyhow::Result<()> {
    let mut fields = json!({ "interval": "10m", "chart": "app", "sourceRef": { "kind": source.0, "name": source.1 } });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    scene.add(HELM_CHART, name, json!({ "spec": fields })).await
}

async fn add_repository(scene: &Scene, name: &str, spec: Value) -> anyhow::Result<()> {
    scene.add(HELM_REPOSITORY, name, json!({ "spec": spec })).await
}

/// An index of the chart `app` in these versions.
fn index(versions: &[&str]) -> String {
    let entries = versions.iter().map(|version| format!("  - {{name: app, version: {version}, urls: [app-{version}.tgz]}}\n"));
    format!("apiVersion: v1\nentries:\n  app:\n{}", entries.collect::<String>())
}

/// A repository over HTTP with the chart `app` in these versions.
async fn repository(versions: &[&str]) -> anyhow::Result<FileServer> {
    let server = FileServer::start(file_server::Protection::default()).await?;
    publish(&server, versions)?;
    Ok(server)
}

fn publish(server: &FileServer, versions: &[&str]) -> anyhow::Result<()> {
    for version in versions {
        server.put(&format!("charts/app-{version}.tgz"), archive::chart("app", version)?);
    }
    server.put("charts/index.yaml", index(versions));
    Ok(())
}

fn commit(scene: &Scene, folder: &str, files: &[(&str, &str)]) -> anyhow::Result<String> {
    let commit = files
        .iter()
        .fold(scene.repository.commit("chart"), |commit, (name, text)| commit.file(&format!("{folder}/{name}"), text));
    Ok(commit.create()?)
}

fn revision(object: &Value) -> &str {
    object["status"]["artifact"]["revision"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_directory_is_packaged_as_helm_packages_it() -> anyhow::Result<()> {
    play("chart-git", async |scene, _| {
        let first = commit(scene, "charts/app", &FILES)?;
        scene.add_source("source", json!({})).await?;
        add(scene, "app", ("GitRepository", "source"), json!({ "chart": "./charts/app/", "version": "ignored" })).await?;
        let chart = scene.ready(HELM_CHART, "app").await?;
        let status = &chart["status"];
        let said = "packaged 'app' chart with version '1.2.3'";
        assert_eq!(condition(&chart, "Ready"), ("True", "ChartPackageSucceeded", said));
        assert_eq!(status["artifact"]["path"], format!("helmchart/{}/app/app-1.2.3.tgz", scene.name()));
        assert_eq!(status["observedChartName"], "app");
        assert_eq!(status["observedSourceArtifactRevision"], format!("main@sha1:{first}"));
        assert_eq!(status["observedGeneration"], 1);
        ensure!(status["url"].as_str().is_some_and(|url| url.ends_with("/app/latest.tar.gz")), "{status}");
        scene.wait_for_event(HELM_CHART, "app", "ChartPackageSucceeded", said).await?;
        assert_eq!(download(&chart).await?, helm::package(&FILES)?);
        ensure!(helm::template(&fetch(&chart).await?)?.contains("colour: red"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_commit_makes_a_new_chart_by_its_version_or_by_its_revision() -> anyhow::Result<()> {
    play("chart-strategy", async |scene, _| {
        let first = commit(scene, "app", &FILES)?;
        scene.add_source("source", json!({})).await?;
        add(scene, "by-version", ("GitRepository", "source"), json!({})).await?;
        add(scene, "by-revision", ("GitRepository", "source"), json!({ "reconcileStrategy": "Revision" })).await?;
        let before = scene.ready(HELM_CHART, "by-version").await?;
        let marked = scene.ready(HELM_CHART, "by-revision").await?;
        assert_eq!((revision(&before), revision(&marked)), ("1.2.3", format!("1.2.3+{}", &first[..12]).as_str()));

        let second = commit(scene, "app", &[("values.yaml", "colour: green\n")])?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let expected = format!("1.2.3+{}", &second[..12]);
        let marked = scene.wait(HELM_CHART, "by-revision", "the new revision", |chart| revision(chart) == expected).await?;
        assert_eq!(download(&marked).await?["app/values.yaml"], "colour: green\n");
        let seen = format!("main@sha1:{second}");
        let is_seen = |chart: &Value| chart["status"]["observedSourceArtifactRevision"] == seen;
        let unchanged = scene.wait(HELM_CHART, "by-version", "the new revision", is_seen).await?;
        assert_eq!(unchanged["status"]["artifact"], before["status"]["artifact"], "the version of the chart is the same");

        commit(scene, "app", &[("Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.3.0\n")])?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let after = scene.wait(HELM_CHART, "by-version", "the new version", |chart| revision(chart) == "1.3.0").await?;
        assert_eq!(download(&after).await?["app/values.yaml"], "colour: green\n");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn values_files_of_a_source_replace_the_values() -> anyhow::Result<()> {
    play("chart-values", async |scene, _| {
        commit(scene, "app", &FILES)?;
        scene.repository.commit_file("app/prod.yaml", "colour: blue\nlist: [1, 2]\n")?;
        scene.repository.commit_file("shared.yaml", "shared: {a: 1e6, b: 'yes'}\ncolour: null\n")?;
        scene.add_source("source", json!({})).await?;
        let files = json!(["app/values.yaml", "shared.yaml", "app/prod.yaml"]);
        add(scene, "merged", ("GitRepository", "source"), json!({ "valuesFiles": files })).await?;
        let chart = scene.ready(HELM_CHART, "merged").await?;
        let said =
            "packaged 'app' chart with version '1.2.3+1' and merged values files [app/values.yaml shared.yaml app/prod.yaml]";
        assert_eq!(condition(&chart, "Ready"), ("True", "ChartPackageSucceeded", said));
        let merged = "colour: blue\nlist:\n- 1\n- 2\nshared:\n  a: 1000000\n  b: \"yes\"\nsize: 1\n";
        assert_eq!(download(&chart).await?["app/values.yaml"], merged);
        ensure!(chart["status"]["observedValuesFiles"].is_null(), "{chart:#}");
        ensure!(helm::template(&fetch(&chart).await?)?.contains("colour: blue"));

        let own = json!({ "valuesFiles": ["./values.yaml"] });
        add(scene, "own", ("GitRepository", "source"), own).await?;
        assert_eq!(revision(&scene.ready(HELM_CHART, "own").await?), "1.2.3");

        let lacking = json!({ "valuesFiles": ["../../nope.yaml", "app/prod.yaml"] });
        add(scene, "lacking", ("GitRepository", "source"), lacking.clone()).await?;
        let message = scene.failed(HELM_CHART, "lacking", "ValuesFilesError").await?;
        let why = "no values file found at path '/nope.yaml' (reference '../../nope.yaml')";
        assert_eq!(message, format!("values files merge error: {why}"));
        let stalled = scene.get(HELM_CHART, "lacking").await?;
        assert_eq!((condition(&stalled, "Stalled").0, condition(&stalled, "BuildFailed").0), ("True", "True"));
        scene.patch(HELM_CHART, "lacking", json!({ "spec": { "ignoreMissingValuesFiles": true } })).await?;
        let chart = scene.ready(HELM_CHART, "lacking").await?;
        assert_eq!(chart["status"]["observedValuesFiles"], json!(["app/prod.yaml"]));
        assert_eq!(revision(&chart), "1.2.3+2");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_chart_of_a_repository_is_the_highest_in_its_range() -> anyhow::Result<()> {
    play("chart-http", async |scene, _| {
        let server = repository(&["1.0.0", "1.1.0", "2.0.0-rc.1", "0.9.0"]).await?;
        add_repository(scene, "charts", json!({ "url": server.url("charts"), "interval": "10m" })).await?;
        for (name, version, expect) in [
            ("latest", "*", "1.1.0"),
            ("exact", "1.0.0", "1.0.0"),
            ("range", "<1.1.0", "1.0.0"),
            ("early", ">1.1.0-0", "2.0.0-rc.1"),
        ] {
            add(scene, name, ("HelmRepository", "charts"), json!({ "version": version })).await?;
            let chart = scene.ready(HELM_CHART, name).await?;
            let said = format!("pulled 'app' chart with version '{expect}'");
            assert_eq!(condition(&chart, "Ready"), ("True", "ChartPullSucceeded", said.as_str()), "{name}");
            assert_eq!(fetch(&chart).await?, archive::chart("app", expect)?, "a chart is stored as it came");
        }
        let asked = server.requests().len();
        scene.reconcile(HELM_CHART, "latest").await?;
        assert_eq!(server.requests().len(), asked, "what is stored is not downloaded again");

        add(scene, "valued", ("HelmRepository", "charts"), json!({ "valuesFiles": ["values.yaml", "blue.yaml"] })).await?;
        let chart = scene.ready(HELM_CHART, "valued").await?;
        let said = "packaged 'app' chart with version '1.1.0+1' and merged values files [values.yaml blue.yaml]";
        assert_eq!(condition(&chart, "Ready").2, said);
        ensure!(helm::template(&fetch(&chart).await?)?.contains("colour: blue"));

        add(scene, "absent", ("HelmRepository", "charts"), json!({ "version": "3.x" })).await?;
        let message = scene.failed(HELM_CHART, "absent", "InvalidChartReference").await?;
        let why = "failed to get chart version for remote reference: no 'app' chart with version matching '3.x' found";
        assert_eq!(message, format!("invalid chart reference: {why}"));
        assert_eq!(condition(&scene.get(HELM_CHART, "absent").await?, "Stalled").0, "True");
        add(scene, "unknown", ("HelmRepository", "charts"), json!({ "chart": "other" })).await?;
        let message = scene.failed(HELM_CHART, "unknown", "InvalidChartReference").await?;
        ensure!(message.ends_with("no chart name found"), "{message}");

        publish(&server, &["1.0.0", "1.2.0", "3.0.0"])?;
        scene.reconcile(HELM_REPOSITORY, "charts").await?;
        scene.wait(HELM_CHART, "latest", "the new version", |chart| revision(chart) == "3.0.0").await?;
        let found = scene.ready(HELM_CHART, "absent").await?;
        assert_eq!(revision(&found), "3.0.0", "a new index wakes those who found nothing");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_chart_of_a_registry_is_the_highest_in_its_range() -> anyhow::Result<()> {
    play("chart-oci", async |scene, _| {
        let registry = RegistryServer::start(Protection { password: true, tls: true }).await?;
        for version in ["1.0.0", "1.1.0+b2", "2.0.0-rc.1"] {
            let content = archive::chart("app", version)?;
            let layer = Layer { media_type: CHART_LAYER.to_owned(), content };
            registry.push("charts/app", &version.replace('+', "_"), &[layer], &[]).await?;
        }
        registry.push("charts/app", "9.0.0", &[Layer { media_type: "x/y".to_owned(), content: b"no chart".to_vec() }], &[]).await?;
        let auth =
            json!({ "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": registry.docker_config() } });
        scene.add(e2e::objects::SECRET, "auth", auth).await?;
        scene.add_secret("ca", &[("ca.crt", &registry.authority_pem().unwrap_or_default())]).await?;
        scene.add_secret("user", &[("username", "weir"), ("password", "wrong")]).await?;
        let declared = |secret: Value| json!({ "type": "oci", "url": registry.url("charts"), "secretRef": secret, "certSecretRef": { "name": "ca" } });
        add_repository(scene, "charts", declared(json!({ "name": "auth" }))).await?;
        for (name, version, expect) in [("range", "<2", "1.1.0+b2"), ("exact", "1.0.0", "1.0.0"), ("early", ">1.9.0-0 <3", "2.0.0-rc.1")] {
            add(scene, name, ("HelmRepository", "charts"), json!({ "version": version })).await?;
            let chart = scene.ready(HELM_CHART, name).await?;
            assert_eq!(condition(&chart, "Ready").2, format!("pulled 'app' chart with version '{expect}'"), "{name}");
            assert_eq!(fetch(&chart).await?, archive::chart("app", expect)?);
        }
        let repository = scene.get(HELM_REPOSITORY, "charts").await?;
        ensure!(repository["metadata"]["finalizers"].is_null(), "a registry is no work: {repository:#}");

        for (name, version, part) in [
            ("absent", "5.x", "could not locate a version matching provided version string 5.x"),
            ("other", "9.0.0", "manifest does not contain a layer with mediatype application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
            ("gone", "7.0.0", "MANIFEST_UNKNOWN"),
        ] {
            add(scene, name, ("HelmRepository", "charts"), json!({ "version": version })).await?;
            let message = scene.failed(HELM_CHART, name, "ChartPullError").await?;
            ensure!(message.starts_with("chart pull error: failed to ") && message.contains(part), "{message}");
            assert_eq!(condition(&scene.get(HELM_CHART, name).await?, "Stalled").0, "", "it is tried again");
        }
        add_repository(scene, "closed", declared(json!({ "name": "user" }))).await?;
        add(scene, "closed", ("HelmRepository", "closed"), json!({})).await?;
        let message = scene.failed(HELM_CHART, "closed", "AuthenticationFailed").await?;
        ensure!(message.starts_with("failed to authenticate with the Helm repository: chart pull error: "), "{message}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dependencies_come_from_the_source_and_from_repositories() -> anyhow::Result<()> {
    play("chart-dependencies", async |scene, _| {
        let protection = file_server::Protection { user: Some(("me", "S3NTINEL")), tls: true };
        let server = FileServer::start(protection).await?;
        publish(&server, &["1.0.0", "1.5.0"])?;
        let registry = RegistryServer::start(Protection::default()).await?;
        let layer = Layer { media_type: CHART_LAYER.to_owned(), content: archive::chart("from-oci", "0.1.0")? };
        registry.push("charts/from-oci", "0.1.0", &[layer], &[]).await?;
        scene.add_secret("user", &[("username", "me"), ("password", "S3NTINEL")]).await?;
        scene.add_secret("ca", &[("ca.crt", &server.authority_pem())]).await?;
        let declared = json!({
            "url": server.url("charts/"), "interval": "10m", "secretRef": { "name": "user" }, "certSecretRef": { "name": "ca" },
        });
        add_repository(scene, "charts", declared).await?;
        scene.ready(HELM_REPOSITORY, "charts").await?;
        let chart = format!(
            "apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n\
             - {{name: app, version: '>=1.0.0 <1.5.0', repository: '{}', alias: first}}\n\
             - {{name: from-oci, version: 0.x, repository: '{}'}}\n\
             - {{name: near, version: '*', repository: 'file://../near'}}\n",
            server.url("charts"),
            registry.url("charts"),
        );
        let near = [("Chart.yaml", "apiVersion: v2\nname: near\nversion: 0.0.1\n"), ("templates/a.yaml", "a: b\n")];
        commit(scene, "near", &near)?;
        commit(scene, "parent", &[("Chart.yaml", &chart), ("templates/a.yaml", "a: b\n")])?;
        scene.add_source("source", json!({})).await?;
        add(scene, "parent", ("GitRepository", "source"), json!({ "chart": "parent" })).await?;
        let built = scene.ready(HELM_CHART, "parent").await?;
        let files = download(&built).await?;
        ensure!(files["parent/charts/first/Chart.yaml"].contains("version: 1.0.0"), "{files:?}");
        ensure!(
            files.contains_key("parent/charts/from-oci/Chart.yaml") && files.contains_key("parent/charts/near/templates/a.yaml")
        );

        let broken = |repository: &str, version: &str| {
            format!(
                "apiVersion: v2\nname: broken\nversion: 1.0.0\ndependencies:\n\
                 - {{name: near, version: '{version}', repository: '{repository}'}}\n"
            )
        };
        for (name, repository, version, why) in [
            (
                "alias",
                "@charts",
                "*",
                "failed to add remote dependency 'near': aliased repository dependency is not supported: @charts",
            ),
            (
                "range",
                "file://../near",
                ">1",
                "failed to add local dependency 'near': can't get a valid version for constraint '>1'",
            ),
            (
                "outside",
                "file://../../../../etc",
                "*",
                "failed to add local dependency 'near': no chart found at '/etc' (reference 'file://../../../../etc')",
            ),
        ] {
            commit(scene, name, &[("Chart.yaml", &broken(repository, version))])?;
            scene.reconcile(GIT_REPOSITORY, "source").await?;
            add(scene, name, ("GitRepository", "source"), json!({ "chart": name })).await?;
            let message = scene.failed(HELM_CHART, name, "DependencyBuildError").await?;
            assert_eq!(message, format!("dependency build error: {why}"));
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_source_that_is_missing_or_not_ready_is_waited_for() -> anyhow::Result<()> {
    play("chart-source", async |scene, _| {
        for kind in ["HelmRepository", "GitRepository", "Bucket"] {
            let name = kind.to_ascii_lowercase();
            add(scene, &name, (kind, "later"), json!({})).await?;
            let message = scene.failed(HELM_CHART, &name, "SourceUnavailable").await?;
            assert_eq!(message, format!("failed to get source: {kind}.source.toolkit.fluxcd.io \"later\" not found"));
        }
        let server = FileServer::start(file_server::Protection::default()).await?;
        add_repository(scene, "later", json!({ "url": server.url("charts"), "interval": "10m" })).await?;
        scene.failed(HELM_REPOSITORY, "later", "Failed").await?;
        scene.reconcile(HELM_CHART, "helmrepository").await?;
        let message = scene.failed(HELM_CHART, "helmrepository", "NoSourceArtifact").await?;
        assert_eq!(message, "no artifact available for HelmRepository source 'later'");
        publish(&server, &["1.0.0"])?;
        scene.reconcile(HELM_REPOSITORY, "later").await?;
        scene.ready(HELM_CHART, "helmrepository").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn sec_c4_c5_what_is_no_chart_stalls_or_fails_alone() -> anyhow::Result<()> {
    play("chart-attacks", async |scene, _| {
        let server = repository(&["1.0.0"]).await?;
        let chart = |name: &str, version: &str| format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
        let bomb = vec![0_u8; 11 << 20];
        server.put("charts/evil-1.0.0.tgz", archive::of(&[("evil/Chart.yaml", &chart("../../x", "1.0.0"))])?);
        server.put("charts/evil-2.0.0.tgz", b"no archive".to_vec());
        server.put("charts/evil-3.0.0.tgz", bomb);
        let entries = "  evil:\n  - null\n  - {name: evil, version: 1.0.0, urls: [evil-1.0.0.tgz]}\n\
                       \x20 - {name: evil, version: 2.0.0, urls: [evil-2.0.0.tgz]}\n\
                       \x20 - {name: evil, version: 3.0.0, urls: [evil-3.0.0.tgz]}\n\
                       \x20 - {name: ../evil, version: 4.0.0, urls: [a]}\n  - {name: evil, version: ../1, urls: [a]}\n\
                       \x20 - {name: evil, version: 5.0.0}\n  empty: [null]\n  none: null\n";
        server.put("charts/index.yaml", format!("{}{entries}", index(&["1.0.0"])));
        add_repository(scene, "charts", json!({ "url": server.url("charts"), "interval": "10m" })).await?;
        for (name, chart, version, reason, part) in [
            ("named", "evil", "1.0.0", "ChartPullError", "chart.metadata.name \"../../x\" is invalid"),
            ("broken", "evil", "2.0.0", "ChartPullError", "failed to load chart metadata from written chart: "),
            ("large", "evil", "3.0.0", "ChartPullError", "larger than 10485760 bytes"),
            ("path", "evil", "4.0.0", "InvalidChartReference", "no 'evil' chart with version matching '4.0.0' found"),
            ("placeless", "evil", "5.0.0", "ChartPullError", "chart 'evil' has no downloadable URLs"),
            ("empty", "empty", "*", "InvalidChartReference", "no chart version found"),
            ("none", "none", "*", "InvalidChartReference", "no chart version found"),
            ("up", "../evil", "*", "InvalidChartReference", "invalid chart name '../evil'"),
        ] {
            add(scene, name, ("HelmRepository", "charts"), json!({ "chart": chart, "version": version })).await?;
            let message = scene.failed(HELM_CHART, name, reason).await?;
            ensure!(message.contains(part), "{name}: {message}");
        }
        add(scene, "healthy", ("HelmRepository", "charts"), json!({})).await?;
        scene.ready(HELM_CHART, "healthy").await?;

        commit(scene, "link", &[("values.yaml", "a: b\n")])?;
        scene.repository.commit("link").symlink("link/Chart.yaml", "/etc/passwd").create()?;
        scene.add_source("source", json!({})).await?;
        for (name, path, part) in [
            ("link", "link", "open /link/Chart.yaml: no such file or directory"),
            ("outside", "../../../etc", "stat /etc: no such file or directory"),
        ] {
            add(scene, name, ("GitRepository", "source"), json!({ "chart": path })).await?;
            let message = scene.failed(HELM_CHART, name, "InvalidChartReference").await?;
            assert_eq!(message, format!("invalid chart reference: {part}"));
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_signature_that_is_wanted_is_never_passed_over() -> anyhow::Result<()> {
    play("chart-verify", async |scene, _| {
        let server = repository(&["1.0.0"]).await?;
        add_repository(scene, "charts", json!({ "url": server.url("charts"), "interval": "10m" })).await?;
        add(scene, "signed", ("HelmRepository", "charts"), json!({ "verify": { "provider": "cosign" } })).await?;
        let message = scene.failed(HELM_CHART, "signed", "VerificationError").await?;
        assert_eq!(message, "chart verification error: not implemented");
        let signed = scene.get(HELM_CHART, "signed").await?;
        assert_eq!(condition(&signed, "BuildFailed"), ("True", "ChartVerificationError", message.as_str()));
        ensure!(signed["status"]["artifact"].is_null(), "nothing unverified is published");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_c7_c8_only_a_chart_that_the_key_signed_is_published() -> anyhow::Result<()> {
    play("chart-signed", async |scene, _| {
        let registry = RegistryServer::start(Protection::default()).await?;
        let signer = Signer::new()?;
        for version in ["1.0.0", "1.1.0"] {
            let layer = Layer { media_type: CHART_LAYER.to_owned(), content: archive::chart("app", version)? };
            let digest = registry.push("charts/app", version, &[layer], &[]).await?;
            if version == "1.0.0" {
                signer.sign(&registry, "charts/app", &digest).await?;
            }
        }
        scene.add_secret("keys", &[("cosign.pub", &signer.public_key()?)]).await?;
        scene.add_secret("empty", &[("cosign.txt", "no key")]).await?;
        add_repository(scene, "charts", json!({ "type": "oci", "url": registry.url("charts") })).await?;
        let wanted = |version: &str, verify: Value| json!({ "version": version, "verify": verify });
        let keyed = |secret: &str| json!({ "provider": "cosign", "secretRef": { "name": secret } });
        add(scene, "signed", ("HelmRepository", "charts"), wanted("1.0.0", keyed("keys"))).await?;
        let chart = scene.ready(HELM_CHART, "signed").await?;
        assert_eq!(condition(&chart, "SourceVerified"), ("True", "Succeeded", "verified signature of version 1.0.0"));
        add(scene, "unsigned", ("HelmRepository", "charts"), wanted("*", keyed("keys"))).await?;
        let message = scene.failed(HELM_CHART, "unsigned", "VerificationError").await?;
        let why = format!("no matching signatures were found for '{}/charts/app:1.1.0'", registry.address());
        assert_eq!(message, format!("chart verification error: {why}"));
        let unsigned = scene.get(HELM_CHART, "unsigned").await?;
        assert_eq!(condition(&unsigned, "SourceVerified"), ("False", "VerificationError", message.as_str()));
        assert_eq!(condition(&unsigned, "BuildFailed"), ("True", "ChartVerificationError", message.as_str()));
        ensure!(unsigned["status"]["artifact"].is_null(), "nothing unverified is published");
        for (name, verify, part) in [
            (
                "keyless",
                json!({ "provider": "cosign" }),
                "using provider 'cosign keyless': the root of the public Sigstore is not fetched",
            ),
            (
                "notation",
                json!({ "provider": "notation", "secretRef": { "name": "keys" } }),
                "using provider 'notation': 'trustpolicy.json' not found in secret ",
            ),
            ("empty", keyed("empty"), "using provider 'cosign': no public keys found in secret "),
        ] {
            add(scene, name, ("HelmRepository", "charts"), wanted("1.0.0", verify)).await?;
            let message = scene.failed(HELM_CHART, name, "VerificationError").await?;
            ensure!(message.starts_with("failed to verify the signature ") && message.contains(part), "{message}");
        }
        Ok(())
    })
    .await
}
