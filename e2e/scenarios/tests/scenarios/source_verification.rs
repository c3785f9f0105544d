//! Signatures without keys: cosign's for identities, notation's by policies. They were recorded with the originals.

use anyhow::{Context, ensure};
use e2e::objects::{HELM_CHART, HELM_REPOSITORY, OCI_REPOSITORY, condition};
use e2e::world::{self, Settings};
use scenarios::artifact::download;
use scenarios::own::Ground;
use scenarios::signatures::Recorded;
use scenarios::{Scene, play};
use serde_json::{Value, json};
use test_support::registry::{Protection, RegistryServer};

const ISSUER: &str = "^https://token.actions.githubusercontent.com$";
const SUBJECT: &str = "^https://github.com/org/app/";

async fn add(scene: &Scene, name: &str, url: &str, verify: &Value) -> anyhow::Result<()> {
    let spec = json!({ "url": url, "interval": "10m", "ref": { "tag": "v1" }, "verify": verify });
    scene.add(OCI_REPOSITORY, name, json!({ "spec": spec })).await
}

fn keyless(issuer: &str, root: &str) -> Value {
    json!({
        "provider": "cosign", "matchOIDCIdentity": [{ "issuer": issuer, "subject": SUBJECT }],
        "trustedRootSecretRef": { "name": root },
    })
}

/// Adds an object that must not be published; gives its message.
async fn refused(scene: &Scene, name: &str, url: &str, verify: &Value) -> anyhow::Result<String> {
    add(scene, name, url, verify).await?;
    let message = scene.failed(OCI_REPOSITORY, name, "VerificationError").await?;
    let source = scene.get(OCI_REPOSITORY, name).await?;
    ensure!(source["status"]["artifact"].is_null(), "nothing unverified is published");
    assert_eq!(condition(&source, "SourceVerified"), ("False", "VerificationError", message.as_str()));
    Ok(message)
}

#[tokio::test]
async fn sec_c8_only_what_an_expected_identity_signed_is_published() -> anyhow::Result<()> {
    play("oci-keyless", async |scene, _| {
        let (registry, recorded) = (RegistryServer::start(Protection::default()).await?, Recorded::keyless()?);
        scene.add_secret("root", &[("trusted_root.json", &recorded.root("good"))]).await?;
        scene.add_secret("strange", &[("trusted_root.json", &recorded.root("other instance"))]).await?;
        scene.add_secret("empty", &[("root.json", "{}")]).await?;
        for form in ["payload", "bundle"] {
            let repository = format!("org/{form}");
            let digest = recorded.publish_signed(&registry, (&repository, "v1"), ("files", &format!("{form}: good"))).await?;
            let url = registry.url(&repository);
            add(scene, form, &url, &keyless(ISSUER, "root")).await?;
            let source = scene.ready(OCI_REPOSITORY, form).await?;
            let message = format!("verified signature of revision v1@{digest}");
            assert_eq!(condition(&source, "SourceVerified"), ("True", "Succeeded", message.as_str()));
            assert_eq!(download(&source).await?.keys().collect::<Vec<_>>(), ["signed.yaml"]);
            for (name, verify, part) in [
                (
                    "strange",
                    keyless(ISSUER, "strange"),
                    "the signature is in no trusted log: no entry of such a log comes with it",
                ),
                (
                    "issuer",
                    keyless("^https://accounts.example.com$", "root"),
                    "none of the expected identities matched what was in ",
                ),
                ("absent", keyless(ISSUER, "absent"), "absent': secrets \"absent\" not found"),
                ("empty", keyless(ISSUER, "empty"), "empty': 'trusted_root.json' not found in secret "),
                (
                    "pattern",
                    keyless("(", "root"),
                    "malformed issuer in identity: (: error parsing regexp: missing closing ): `(`",
                ),
            ] {
                let message = refused(scene, &format!("{form}-{name}"), &url, &verify).await?;
                let title = "failed to verify the signature using provider 'cosign keyless': ";
                ensure!(message.starts_with(title) && message.contains(part), "{message}");
            }
            let evil = format!("evil/{form}");
            let case = format!("{form}: an issuer that ends with the expected one");
            recorded.publish_signed(&registry, (&evil, "v1"), ("files", &case)).await?;
            let lax = keyless("https://token.actions.githubusercontent.com", "root");
            let message = refused(scene, &format!("{form}-evil"), &registry.url(&evil), &lax).await?;
            // Messages show no queries of addresses.
            ensure!(message.ends_with("with issuer https://evil/"), "{message}");
        }
        Ok(())
    })
    .await
}

/// Adds a Secret with the policy of a recorded case and its certificates.
async fn add_policy(scene: &Scene, name: &str, case: &Value) -> anyhow::Result<()> {
    let certificates: Vec<&str> = case["certificates"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    scene.add_secret(name, &[("trustpolicy.json", &case["policy"].to_string()), ("ca.crt", &certificates.concat())]).await
}

fn notation(secret: &str) -> Value {
    json!({ "provider": "notation", "secretRef": { "name": secret } })
}

#[tokio::test]
async fn sec_c8_only_what_the_policy_accepts_is_published() -> anyhow::Result<()> {
    play("oci-notation", async |scene, _| {
        let (registry, recorded) = (RegistryServer::start(Protection::default()).await?, Recorded::notation()?);
        scene.add_secret("unclear", &[("trustpolicy.json", "{}"), ("ca.crt", "no certificate")]).await?;
        for (form, media_type) in [("jws", "application/jose+json"), ("cose", "application/cose")] {
            let named = |case: &str| format!("{media_type}: {case}");
            let repository = format!("org/{form}");
            let digest = recorded.publish_signed(&registry, (&repository, "v1"), ("files", &named("good"))).await?;
            let url = registry.url(&repository);
            for (name, case) in [
                (form.to_owned(), named("good")),
                (format!("{form}-audit"), named("another root, audit")),
                (format!("{form}-strange"), named("another root")),
                (format!("{form}-identity"), named("another identity")),
                (format!("{form}-scope"), named("another repository")),
            ] {
                add_policy(scene, &name, recorded.case(&case)?).await?;
            }
            add(scene, form, &url, &notation(form)).await?;
            let source = scene.ready(OCI_REPOSITORY, form).await?;
            let message = format!("verified signature of revision v1@{digest}");
            assert_eq!(condition(&source, "SourceVerified"), ("True", "Succeeded", message.as_str()));
            let audit = format!("{form}-audit");
            add(scene, &audit, &url, &notation(&audit)).await?;
            let source = scene.ready(OCI_REPOSITORY, &audit).await?;
            assert_eq!(condition(&source, "SourceVerified").0, "", "a policy that only looks says nothing of the signature");
            for (name, part) in [
                ("strange", "the signature's certificate chain does not contain any trusted certificate"),
                ("identity", "does not match the X.509 trusted identities defined in the trust policy \"one\""),
                ("scope", "has no applicable trust policy statement"),
            ] {
                let name = format!("{form}-{name}");
                let message = refused(scene, &name, &url, &notation(&name)).await?;
                let title = "failed to verify the signature using provider 'notation': ";
                ensure!(message.starts_with(title) && message.contains(part), "{message}");
            }
        }
        let url = registry.url("org/unsigned");
        recorded.publish(&registry, ("org/unsigned", "v1"), "files").await?;
        for (name, verify, part) in [
            ("unsigned", notation("jws"), "no signature is associated with "),
            (
                "unclear",
                notation("unclear"),
                "error occurred while parsing trustpolicy.json: trust policy document uses unsupported version",
            ),
            ("absent", notation("absent"), "secrets \"absent\" not found"),
            ("without", json!({ "provider": "notation" }), "verification secret cannot be empty"),
        ] {
            let message = refused(scene, name, &url, &verify).await?;
            ensure!(message.contains(part), "{message}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_c8_only_a_chart_that_is_signed_as_wanted_is_published() -> anyhow::Result<()> {
    let Some(ground) = Ground::shared().await? else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let recorded = Recorded::keyless()?;
    let root = directory.path().join("trusted_root.json");
    std::fs::write(&root, recorded.root("good"))?;
    let mut settings = Settings::for_tests()?;
    let scene = Scene::new(&ground.cluster, &ground.git, directory.path(), "chart-keyless").await?;
    settings.flags.extend(["--watch-all-namespaces=false".to_owned(), format!("--sigstore-trusted-root={}", root.display())]);
    let kubeconfig = ground.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
    let controller = world::source_controller(&settings, &kubeconfig, directory.path())?;
    let mut controller = controller.variable("RUNTIME_NAMESPACE", scene.name()).start(directory.path())?;
    controller.wait_until_ready().await?;
    let outcome = charts(&scene, &recorded).await;
    if outcome.is_err() {
        scene.explain().await;
    }
    outcome
}

async fn charts(scene: &Scene, keyless: &Recorded) -> anyhow::Result<()> {
    let (registry, notation) = (RegistryServer::start(Protection::default()).await?, Recorded::notation()?);
    add_policy(scene, "policy", notation.case("chart")?).await?;
    add_policy(scene, "strange", notation.case("application/cose: another root")?).await?;
    for (place, recorded, case) in
        [("payload", keyless, "chart: payload"), ("bundle", keyless, "chart: bundle"), ("notation", &notation, "chart")]
    {
        recorded.publish_signed(&registry, (&format!("{place}/signed"), "1.0.0"), ("chart", case)).await?;
        let repository = json!({ "type": "oci", "url": registry.url(place) });
        scene.add(HELM_REPOSITORY, place, json!({ "spec": repository })).await?;
    }
    let identity =
        |subject: &str| json!({ "provider": "cosign", "matchOIDCIdentity": [{ "issuer": ISSUER, "subject": subject }] });
    let policy = |secret: &str| json!({ "provider": "notation", "secretRef": { "name": secret } });
    for (place, good, bad, reason) in [
        ("payload", identity(SUBJECT), identity("^https://github.com/other/"), "none of the expected identities matched "),
        ("bundle", identity(SUBJECT), identity("^https://github.com/other/"), "none of the expected identities matched "),
        ("notation", policy("policy"), policy("strange"), "does not contain any trusted certificate"),
    ] {
        let add = async |name: &str, verify: &Value| {
            let spec = json!({
                "interval": "10m", "chart": "signed", "version": "1.0.0", "verify": verify,
                "sourceRef": { "kind": "HelmRepository", "name": place },
            });
            scene.add(HELM_CHART, name, json!({ "spec": spec })).await
        };
        add(place, &good).await?;
        let chart = scene.ready(HELM_CHART, place).await?;
        assert_eq!(condition(&chart, "SourceVerified"), ("True", "Succeeded", "verified signature of version 1.0.0"));
        let strange = format!("{place}-strange");
        add(&strange, &bad).await?;
        let message = scene.failed(HELM_CHART, &strange, "VerificationError").await?;
        ensure!(message.starts_with("chart verification error: ") && message.contains(reason), "{message}");
        let chart = scene.get(HELM_CHART, &strange).await?;
        assert_eq!(condition(&chart, "BuildFailed"), ("True", "ChartVerificationError", message.as_str()));
        ensure!(chart["status"]["artifact"].is_null(), "nothing unverified is published");
    }
    Ok(())
}
